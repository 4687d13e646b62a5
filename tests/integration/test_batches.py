"""Batches: taken in the one revision that has them, each message by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import ViewSet

from drf_mcp.protocol.revisions import MAX_BATCH
from tests.factories import MCPClient, mcp_urls, routed


class Twice(BaseThrottle):
    seen = 0

    def allow_request(self, request: Any, view: Any) -> bool:
        Twice.seen += 1
        return Twice.seen <= 2


class Bells(ViewSet):
    @action(detail=False, throttle_classes=[Twice])
    def ring(self, request):
        return Response({"sound": "ding"})

    @action(detail=False)
    def closed(self, request):
        raise PermissionDenied

    @action(detail=False)
    def broken(self, request):
        raise ZeroDivisionError("secret")


urlpatterns = [*routed(Bells), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


def rpc(request_id: Any, method: str = "ping", **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def call(request_id: Any, name: str) -> dict[str, Any]:
    return rpc(request_id, "tools/call", name=name)


@pytest.fixture(params=[None, "2025-03-26"])
def client(request: Any) -> MCPClient:
    Twice.seen = 0
    return MCPClient(version=request.param)


def answers(response: Any) -> list[Any]:
    assert response["Content-Type"] == "application/json"
    assert b"\n" not in response.content
    return list(json.loads(response.content))


def test_each_request_is_answered_in_order_and_the_rest_is_taken(client: MCPClient) -> None:
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    response = client.post([rpc(1), notification, rpc("b", "tools/list"), {"jsonrpc": "2.0", "id": 9, "result": {}}])
    assert response.status_code == 200
    first, second = answers(response)
    assert first == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert second["id"] == "b"
    assert second["result"]["tools"]


def test_nothing_but_notifications_and_responses_wants_no_answer(client: MCPClient) -> None:
    response = client.post([{"jsonrpc": "2.0", "method": "x"}, {"jsonrpc": "2.0", "id": 1, "result": {}}])
    assert (response.status_code, response.content) == (202, b"")


def test_one_that_fails_costs_none_of_the_others(client: MCPClient) -> None:
    batch = [
        7,
        [],
        rpc(None),
        rpc(1, "nothing"),
        call(2, "broken_thing"),
        call(3, "closed_thing"),
        call(4, "ring_thing"),
    ]
    response = client.post(batch)
    assert response.status_code == 200
    found = [(answer["id"], answer.get("error", {}).get("code")) for answer in answers(response)]
    assert found == [(None, -32600), (None, -32600), (None, -32600), (1, -32601), (2, -32603), (3, 401), (4, None)]
    assert b"secret" not in response.content


def test_each_call_is_throttled_by_itself(client: MCPClient) -> None:
    response = client.post([call(number, "ring_thing") for number in range(3)])
    assert [answer["result"]["isError"] for answer in answers(response)] == [False, False, True]
    assert Twice.seen == 3


def test_what_all_answers_agree_on_is_what_http_says(client: MCPClient) -> None:
    response = client.post([call(1, "closed_thing"), call(2, "closed_thing")])
    assert response.status_code == 401
    assert "WWW-Authenticate" in response
    assert len(answers(response)) == 2


@pytest.mark.parametrize(
    "batch", [[], [rpc(n) for n in range(MAX_BATCH + 1)], [rpc(1), rpc(2, "initialize")]], ids=["none", "many", "hello"]
)
def test_a_batch_that_is_none_is_refused_as_a_whole(client: MCPClient, batch: Any) -> None:
    response = client.post(batch)
    assert response.status_code == 400
    assert json.loads(response.content)["error"]["code"] == -32600
    assert json.loads(response.content)["id"] is None


def test_a_full_batch_is_taken(client: MCPClient) -> None:
    assert len(answers(client.post([rpc(number) for number in range(MAX_BATCH)]))) == MAX_BATCH


@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28", "2027-01-01"])
def test_the_other_revisions_have_none(version: str) -> None:
    response = MCPClient(version=version).post([rpc(1)])
    assert response.status_code == 400
    assert json.loads(response.content)["error"]["code"] == -32600


def test_an_entry_of_a_later_revision_has_to_pass_its_gate(client: MCPClient) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    first, second = answers(client.post([rpc(1, "tools/list", _meta=meta), rpc(2)]))
    assert first["error"]["code"] == -32020
    assert second["result"] == {}
