"""While a deploy rolls, one request is answered by the code before it and the next by the code after it."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing
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
from tests.integration.test_speaking import Talk, accept, messages
from tests.servers import ROOT, Server, start_server

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


# Two versions as processes of their own, which share the database and the cache

EARLIER = "236c9deb2a170d4f7d7708652a00a2fe32442f24"
"""The commit that first promised what stands here; where it is out of reach, a copy stands in for it."""


def earlier_package(folder: Path) -> Path:
    """A folder with this project on an earlier version of the package."""
    for name in ("tests", "config", "users"):
        (folder / name).symlink_to(ROOT / name)
    command = ["git", "archive", EARLIER, "drf_mcp"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        shutil.copytree(ROOT / "drf_mcp", folder / "drf_mcp", ignore=shutil.ignore_patterns("__pycache__"))
    else:
        with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
            archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory, demo_database: Path) -> Iterator[dict[str, Server]]:
    folder = tmp_path_factory.mktemp("rolling")
    shared = {"DEMO_DATABASE": str(folder / "shared.sqlite3"), "SPEAKING_CACHE": str(folder / "cache")}
    shutil.copy(demo_database, folder / "shared.sqlite3")
    servers: dict[str, Server] = {}
    try:
        for name in ("before", "after"):
            (place := folder / name).mkdir()
            root = earlier_package(place) if name == "before" else ROOT
            where = {"settings": "tests.rolling.settings", "project": "tests.rolling", "root": root}
            servers[name] = start_server("uvicorn", place, demo_database, ROLLING=name, **where, **shared)
        yield servers
    finally:
        for server in servers.values():
            server.stop()


@pytest.fixture(params=[("before", "after"), ("after", "before")], ids=" then ".join)
def pair(request: pytest.FixtureRequest, versions: dict[str, Server]) -> list[Server]:
    """Who gets the first request, and who gets the next."""
    return [versions[name] for name in request.param]


def ask(talk: Talk, method: str, params: dict[str, Any]) -> Any:
    with talk.send(method, params) as response:
        return json.loads(response.read())


@pytest.mark.live
def test_lists_and_calls_go_on_at_a_process_of_the_other_version(pair) -> None:
    talk = Talk(pair[0], "2025-06-18")
    seen: list[str] = []
    params: dict[str, Any] = {}
    for turn in range(20):
        talk.server = pair[min(turn, 1)]
        answer = ask(talk, "tools/list", params)
        if "error" in answer and params:  # the other version's cursors look otherwise: clients list again
            assert answer["error"]["message"] == "Unknown cursor: ask for the list again without one."
            seen, params = [], {}
            continue
        found = answer["result"]
        seen += [tool["name"] for tool in found["tools"]]
        if "nextCursor" not in found:
            break
        params = {"cursor": found["nextCursor"]}
    of_both = {"ask", "sell", "list_auth_group", "retrieve_auth_group", "create_auth_group", "destroy_auth_group"}
    assert of_both < set(seen)
    assert len(seen) == len(set(seen))
    packages = {}
    for server in pair:
        talk.server = server
        packages[server.url] = talk.result("ask")["structuredContent"]["package"]
    assert len(set(packages.values())) == 2
    known = [ask(talk, "tools/call", {"name": name}) for name in ("brew", "clean")]
    assert sorted("result" in answer for answer in known) == [False, True]


@pytest.mark.live
def test_a_question_of_one_version_is_answered_at_the_other(pair) -> None:
    talk = Talk(pair[0], "2026-07-28", {"elicitation": {"form": {}}})
    asked = talk.result("sell", {"size": 3})
    answers = {key: accept(name="Ann") for key in asked["inputRequests"]}
    talk.server = pair[1]
    done = talk.result("sell", {"size": 3}, more={"requestState": asked["requestState"], "inputResponses": answers})
    assert done["structuredContent"] == {"for": "Ann", "size": 3}


@pytest.mark.live
def test_a_session_of_one_version_is_one_at_the_other_and_brings_answers_to_the_first(pair) -> None:
    first, second = pair
    talk = Talk(first, capabilities={"elicitation": {}}).open()
    with talk.call("sell", {"size": 3}, progressToken=1) as response:
        heard = messages(response)
        question = next(message for message in heard if message.get("method") == "elicitation/create")
        talk.server = second
        assert talk.reply(question["id"], accept(name="Ann")) == 202
        assert next(heard)["result"]["structuredContent"] == {"for": "Ann", "size": 3}
    assert ask(talk, "ping", {})["result"] == {}
    with talk.request("DELETE") as response:
        assert response.status in (200, 204)
    talk.server = first
    with talk.send("ping", {}) as response:
        assert response.status == 404


@pytest.mark.live
def test_who_listens_at_one_version_hears_of_what_the_other_wrote(pair) -> None:
    first, second = pair
    uri = "drf:///api/groups/"
    with listening(Talk(first, "2026-07-28"), resourceSubscriptions=[uri]) as response:
        heard = messages(response)
        assert next(heard)["method"] == "notifications/subscriptions/acknowledged"
        made = Talk(second, "2025-06-18").result("create_auth_group", {"name": f"by {second.url}"})["structuredContent"]
        update = next(heard)
        assert (update["method"], update["params"]["uri"]) == ("notifications/resources/updated", uri)
    found = Talk(first, "2025-06-18").result("retrieve_auth_group", {"id": str(made["id"])})
    assert found["structuredContent"] == made
    with closing(sqlite3.connect(first.database.parent.parent / "shared.sqlite3")) as database:
        query = "SELECT name FROM drf_mcp_call WHERE outcome = 'ok' AND object_id = ?"
        assert database.execute(query, [str(made["id"])]).fetchall() == [("create_auth_group",)]
