"""While a deploy rolls, one request is answered by the code before it and the next by the code after it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
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
from tests.integration.test_listening import listening
from tests.integration.test_speaking import accept, eventually, messages
from tests.rolling.shop import Client, Shop, open_shop

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


# Two versions as processes of their own behind one nginx, which share the database and the cache


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, demo_database: Path) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("rolling"), demo_database) as made:
        made.serve(made.start("before"), made.start("after"))
        yield made


@pytest.fixture(scope="module", params=["before", "after"], ids="on the tables of {}".format)
def tables(request: pytest.FixtureRequest, shop: Shop) -> None:
    """The database is migrated before the code is deployed, or after it."""
    shop.migrate(request.param)


@pytest.fixture(params=[("before", "after"), ("after", "before")], ids=" then ".join)
def pair(request: pytest.FixtureRequest, shop: Shop, tables: None) -> list[str]:
    """Who gets the next request, and who gets the one behind it; and so on in turns."""
    first, second = (shop.urls[name] for name in request.param)
    client = Client(shop.server, "2025-06-18")
    while client.served[-1:] != [second]:
        client.ask("ping", {})
    return [first, second]


@pytest.mark.live
def test_lists_and_calls_go_on_at_a_process_of_the_other_version(shop, pair) -> None:
    client = Client(shop.server, "2025-06-18")
    seen: list[str] = []
    params: dict[str, Any] = {}
    for _ in range(20):
        found = client.ask("tools/list", params)["result"]
        seen += [tool["name"] for tool in found["tools"]]
        if "nextCursor" not in found:
            break
        params = {"cursor": found["nextCursor"]}
    assert client.served == (pair * 10)[: len(seen)]
    of_both = {"ask", "sell", "list_auth_group", "retrieve_auth_group", "create_auth_group", "destroy_auth_group"}
    assert of_both < set(seen)
    assert len(seen) == len(set(seen))
    assert len({client.result("ask")["structuredContent"]["package"] for _ in range(2)}) == 2
    for name in ("brew", "clean"):
        known = ["result" in client.ask("tools/call", {"name": name}) for _ in range(2)]
        assert sorted(known) == [False, True]


@pytest.mark.live
def test_a_question_of_one_version_is_answered_at_the_other(shop, pair) -> None:
    client = Client(shop.server, "2026-07-28", {"elicitation": {"form": {}}})
    asked = client.result("sell", {"size": 3})
    answers = {key: accept(name="Ann") for key in asked["inputRequests"]}
    done = client.result("sell", {"size": 3}, more={"requestState": asked["requestState"], "inputResponses": answers})
    assert done["structuredContent"] == {"for": "Ann", "size": 3}
    assert client.served == pair


@pytest.mark.live
def test_a_session_of_one_version_is_one_at_the_other_and_brings_answers_to_the_first(shop, pair) -> None:
    client = Client(shop.server, capabilities={"elicitation": {}}).open()
    with client.call("sell", {"size": 3}, progressToken=1) as response:
        heard = messages(response)
        question = next(message for message in heard if message.get("method") == "elicitation/create")
        assert client.reply(question["id"], accept(name="Ann")) == 202
        assert next(heard)["result"]["structuredContent"] == {"for": "Ann", "size": 3}
    assert client.ask("ping", {})["result"] == {}
    with client.request("DELETE") as response:
        assert response.status in (200, 204)
    with client.send("ping", {}) as response:
        assert response.status == 404
    assert client.served == pair * 3


@pytest.mark.live
def test_who_listens_at_one_version_hears_of_what_the_other_wrote(shop, pair) -> None:
    uri = "drf:///api/groups/"
    listener, client = Client(shop.server, "2026-07-28"), Client(shop.server, "2025-06-18")
    with listening(listener, resourceSubscriptions=[uri]) as response:
        heard = messages(response)
        assert next(heard)["method"] == "notifications/subscriptions/acknowledged"
        made = client.result("create_auth_group", {"name": uuid.uuid4().hex})["structuredContent"]
        update = next(heard)
        assert (update["method"], update["params"]["uri"]) == ("notifications/resources/updated", uri)
    assert client.result("retrieve_auth_group", {"id": str(made["id"])})["structuredContent"] == made
    assert [*listener.served, client.served[0]] == pair

    def recorded() -> list[Any]:
        return [client.result("recorded", {"of": str(made["id"])})["structuredContent"]["names"] for _ in pair]

    eventually(recorded, [["create_auth_group"]] * 2)
