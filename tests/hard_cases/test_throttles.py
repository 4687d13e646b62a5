"""Throttles count what reaches a view, whoever asks by whatever way, in the bucket that REST counts in."""

from __future__ import annotations

import json

import pytest
from django.test import override_settings
from rest_framework import throttling
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.viewsets import ViewSet

from tests.auth.test_tokens import make_token
from tests.factories import MCPClient, mcp_urls, routed
from tests.hard_cases.callers import MCP

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class ByUser(throttling.UserRateThrottle):
    rate = "3/min"


class ByAddress(throttling.AnonRateThrottle):
    rate = "3/min"


class Bells(ViewSet):
    throttle_classes = [ByUser, ByAddress]

    def list(self, request):
        return Response(["ding"])


urlpatterns = [*routed(Bells, prefix="bells", basename="bell"), *mcp_urls()]


def outcomes(mcp: MCP, count: int, **headers: str) -> list[int]:
    return [mcp.call("list_bell", **headers).status for _ in range(count)]


def test_a_call_that_is_one_too_many_says_when_to_come_again(alice) -> None:
    assert outcomes(alice.mcp, 3) == [200, 200, 200]
    answer = alice.mcp.call("list_bell")
    assert answer.is_refused
    assert answer.structured["status"] == 429
    assert answer.structured["code"] == "throttled"
    assert 0 < int(answer.structured["retry_after"]) <= 60
    assert f"Call again in {answer.structured['retry_after']} seconds." in answer.text


def test_rest_and_mcp_count_together(alice) -> None:
    assert outcomes(alice.mcp, 2) == [200, 200]
    assert alice.rest.get("/bells/").status_code == 200
    assert outcomes(alice.mcp, 2) == [429, 429]
    refused = alice.rest.get("/bells/")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) - int(alice.mcp.call("list_bell").structured["retry_after"]) in (0, 1)


def test_a_batch_counts_each_call_of_it(alice) -> None:
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "list_bell"}}
    client = MCPClient(alice.user, version="2025-03-26")
    answers = json.loads(client.post([{**call, "id": number} for number in range(50)]).content)
    refused = [answer for answer in answers if answer["result"].get("isError")]
    assert (len(answers), len(refused)) == (50, 47)
    assert all(answer["result"]["structuredContent"]["retry_after"] for answer in refused)
    assert alice.rest.get("/bells/").status_code == 429


def test_another_token_is_the_same_user(alice, bob) -> None:
    assert outcomes(alice.mcp, 3) == [200, 200, 200]
    other = MCPClient(HTTP_AUTHORIZATION=f"Bearer {make_token(alice.user)[1]}")
    assert other.call("list_bell")["isError"]
    assert outcomes(bob.mcp, 1) == [200]


def test_a_resource_that_is_read_counts_like_the_tool(alice) -> None:
    for _ in range(3):
        assert alice.mcp.post("resources/read", {"uri": "drf:///bells/"}).result["contents"]
    assert alice.mcp.post("resources/read", {"uri": "drf:///bells/"}).error["code"] == 429
    assert outcomes(alice.mcp, 1) == [429]


@pytest.mark.parametrize("anonymous_lists", [0, 20])
def test_who_only_looks_at_lists_uses_nothing_up(alice, nobody, anonymous_lists) -> None:
    for _ in range(anonymous_lists):
        assert "list_bell" in nobody.mcp.tools()
        assert "list_bell" in alice.mcp.tools()
    assert outcomes(nobody.mcp, 4) == [200, 200, 200, 429]
    assert outcomes(alice.mcp, 4) == [200, 200, 200, 429]


@pytest.mark.parametrize(("proxies", "is_fooled"), [(None, True), (0, False), (1, False)])
def test_a_forged_address_does_what_it_does_to_rest(nobody, proxies, is_fooled) -> None:
    """DRF believes the header where a project does not say how many proxies it has."""
    with override_settings(REST_FRAMEWORK={**api_settings.user_settings, "NUM_PROXIES": proxies}):
        by_mcp = [outcomes(nobody.mcp, 1, HTTP_X_FORWARDED_FOR=f"9.9.9.{n}, 8.8.8.8")[0] for n in range(5)]
        by_rest = [nobody.rest.get("/bells/", HTTP_X_FORWARDED_FOR=f"9.9.9.{n}, 8.8.8.8").status_code for n in range(5)]
    assert by_mcp == ([200] * 5 if is_fooled else [200, 200, 200, 429, 429])
    assert by_rest == ([200] * 5 if is_fooled else [429] * 5)
