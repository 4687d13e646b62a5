"""While a deploy rolls, one request is answered by the code before it and the next by the code after it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from tests.factories import MCPClient, StatelessClient, mcp_urls, routed

pytestmark = pytest.mark.django_db


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class Order(serializers.Serializer[Any]):
    size = serializers.IntegerField()


class BiggerOrder(Order):
    colour = serializers.CharField()


def tool(name: str, **options: Any) -> Any:
    def handler(self: Any, request: Any) -> Response:
        if "input" in options:
            options["input"](data=request.data).is_valid(raise_exception=True)
            return Response({"for": request.mcp.elicit("Your name?", NameSerializer)["name"], **request.data})
        return Response(name)

    handler.__name__ = name
    return mcp_tool(name=name, **options)(action(detail=False, methods=["post"])(handler))


def deployed(**tools: Any) -> Any:
    return override_settings(ROOT_URLCONF=(*routed(type("Shop", (ViewSet,), tools)), *mcp_urls()))


before = {name: tool(name) for name in ("bake", "clean", "open_shop")}
after = {name: tool(name) for name in ("bake", "brew", "open_shop")}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr("drf_mcp.protocol.pagination.PAGE_SIZE", 1)


def names(answer: dict[str, Any]) -> list[str]:
    return [each["name"] for each in answer["result"]["tools"]]


def test_a_list_goes_on_behind_a_tool_that_both_have() -> None:
    client = MCPClient()
    with deployed(**before):
        first = client.send("tools/list")
    with deployed(**after):
        second = client.send("tools/list", {"cursor": first["result"]["nextCursor"]})
    assert (names(first), names(second)) == (["bake"], ["brew"])


def test_a_list_whose_place_is_gone_is_begun_again() -> None:
    client = MCPClient()
    with deployed(**before):
        first = client.send("tools/list")
        second = client.send("tools/list", {"cursor": first["result"]["nextCursor"]})
        assert names(second) == ["clean"]
    with deployed(**after):
        error = client.send("tools/list", {"cursor": second["result"]["nextCursor"]})["error"]
    assert (error["code"], "ask for the list again" in error["message"]) == (-32602, True)


def test_a_tool_that_one_of_them_lacks_is_unknown_there() -> None:
    client = MCPClient()
    with deployed(**after):
        assert client.call("brew")["isError"] is False
    with deployed(**before):
        assert client.fail("brew")["message"] == "Unknown tool: brew"


@pytest.mark.parametrize(("order", "code"), [(Order, None), (BiggerOrder, -32602)])
def test_a_question_is_answered_at_the_other_if_the_tool_still_takes_the_arguments(order, code) -> None:
    client, params = StatelessClient(capabilities={"elicitation": {}}), {"name": "sell", "arguments": {"size": 3}}
    with deployed(sell=tool("sell", asks=True, input=Order)):
        asked = client.send("tools/call", params)["result"]
    answers = {key: {"action": "accept", "content": {"name": "Ann"}} for key in asked["inputRequests"]}
    params |= {"requestState": asked["requestState"], "inputResponses": answers}
    with deployed(sell=tool("sell", asks=True, input=order)):
        answered = client.send("tools/call", params)
    if code is None:
        assert answered["result"]["structuredContent"] == {"for": "Ann", "size": 3}
    else:
        assert (answered["error"]["code"], "colour" in answered["error"]["message"]) == (code, True)
