"""While a deploy rolls, one request is answered by the code before it and the next by the code after it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
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
from tests.integration.test_behind_nginx import CONFIGURATION, documented_location
from tests.integration.test_listening import Redis, listening
from tests.integration.test_speaking import Talk, accept, eventually, messages
from tests.servers import ROOT, Server, demo_environment, free_port, start_server, wait_for

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

EARLIER = "236c9deb2a170d4f7d7708652a00a2fe32442f24"
"""The commit that first promised what stands here."""
SETTINGS = "tests.rolling.settings"


def sources(package: Path) -> dict[str, str]:
    return {str(file.relative_to(package)): file.read_text() for file in package.rglob("*.py")}


def earlier_package(folder: Path) -> Path:
    """A folder with this project on an earlier version of the package; skips where git does not have that."""
    for name in ("tests", "config", "users"):
        (folder / name).symlink_to(ROOT / name)
    command = ["git", "archive", EARLIER, "drf_mcp"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip(
            f"Two versions were NOT served: git lacks {EARLIER[:7]}. In a shallow clone: git fetch --unshallow."
        )
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(folder, filter="data")
    assert sources(folder / "drf_mcp") != sources(ROOT / "drf_mcp")
    return folder


@dataclass
class Shop:
    """Both versions, and the one address that they have.

    Args:
        servers: Each by its name.
        balancer: The server that clients know.
        environment: What all processes of the shop have in common.
        earlier: The last migration that the version before knows.
    """

    servers: dict[str, Server]
    balancer: Server
    environment: dict[str, str]
    earlier: str

    def migrate(self, name: str) -> None:
        """Migrate the database to what the version before knows, or the one after, while both serve."""
        target = ["drf_mcp", self.earlier] if name == "before" else []
        command = [sys.executable, "-m", "django", "migrate", "-v0", *target]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)


@contextmanager
def balance(servers: dict[str, Server], folder: Path) -> Iterator[Server]:
    """Put nginx before servers, configured as the documentation says; requests go to them in strict turns."""
    port = free_port()
    places = "".join(f"server {server.url.removeprefix('http://')}; " for server in servers.values())
    location = documented_location().replace("http://127.0.0.1:8000", "http://shop")
    location = location.replace("{", "{ add_header X-Served-By $upstream_addr always;", 1)
    configuration = CONFIGURATION.format(folder=folder, port=port, location=location)
    file = folder / "nginx.conf"
    file.write_text(configuration.replace("http {", f"http {{ upstream shop {{ {places} }}", 1))
    process = subprocess.Popen(["nginx", "-c", file, "-p", folder], stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield replace(servers["after"], url=f"http://127.0.0.1:{port}", process=process)
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def shared_database(folder: Path, template: Path) -> Iterator[dict[str, str]]:
    """What a process needs to reach the shop's database and cache: SQLite and files, or PostgreSQL and Redis."""
    if "TEST_POSTGRES_PORT" not in os.environ:
        shutil.copy(template, folder / "shared.sqlite3")
        yield {"DEMO_DATABASE": str(folder / "shared.sqlite3"), "SPEAKING_CACHE": str(folder / "cache")}
        return
    if not shutil.which("redis-server"):
        pytest.skip("There is no redis-server; on Debian: apt-get install redis-server.")
    import psycopg

    name = f"rolling_{uuid.uuid4().hex}"
    address = f"host=127.0.0.1 port={os.environ['TEST_POSTGRES_PORT']} user=test dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    redis = Redis(folder)
    redis.start()
    try:
        yield {"DEMO_DATABASE": str(folder / "unused"), "ROLLING_DATABASE": name, "SPEAKING_REDIS": redis.url}
    finally:
        redis.kill()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, demo_database: Path) -> Iterator[Shop]:
    if not shutil.which("nginx"):
        pytest.skip("There is no nginx; on Debian: apt-get install nginx-light.")
    folder = tmp_path_factory.mktemp("rolling")
    roots = {"before": folder / "before", "after": ROOT}
    for name in roots:
        (folder / name).mkdir()
    earlier_package(roots["before"])
    last = max(file.stem for file in (roots["before"] / "drf_mcp/migrations").glob("0*.py"))
    with ExitStack() as stack:
        shared = stack.enter_context(shared_database(folder, demo_database))
        servers: dict[str, Server] = {}
        for name, root in roots.items():
            where = {"settings": SETTINGS, "project": "tests.rolling", "root": root}
            servers[name] = start_server("uvicorn", folder / name, demo_database, ROLLING=name, **where, **shared)
            stack.callback(servers[name].stop)
        balancer = stack.enter_context(balance(servers, folder))
        made = Shop(servers, balancer, demo_environment(demo_database, SETTINGS, **shared), last)
        made.migrate("after")
        yield made


@pytest.fixture(scope="module", params=["before", "after"], ids="on the tables of {}".format)
def tables(request: pytest.FixtureRequest, shop: Shop) -> None:
    """The database is migrated before the code is deployed, or after it."""
    shop.migrate(request.param)


@dataclass
class Client(Talk):
    """A client that knows one address, and notes who served it."""

    served: list[str] = field(default_factory=list)

    @contextmanager
    def request(self, verb: str, body: Any = None, **headers: str) -> Any:
        with super().request(verb, body, **headers) as response:
            self.served.append(f"http://{response.headers['X-Served-By']}")
            yield response

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        with self.send(method, params) as response:
            return json.loads(response.read())


@pytest.fixture(params=[("before", "after"), ("after", "before")], ids=" then ".join)
def pair(request: pytest.FixtureRequest, shop: Shop, tables: None) -> list[str]:
    """Who gets the next request, and who gets the one behind it; and so on in turns."""
    first, second = (shop.servers[name].url for name in request.param)
    client = Client(shop.balancer, "2025-06-18")
    while client.served[-1:] != [second]:
        client.ask("ping", {})
    return [first, second]


@pytest.mark.live
def test_lists_and_calls_go_on_at_a_process_of_the_other_version(shop, pair) -> None:
    client = Client(shop.balancer, "2025-06-18")
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
    client = Client(shop.balancer, "2026-07-28", {"elicitation": {"form": {}}})
    asked = client.result("sell", {"size": 3})
    answers = {key: accept(name="Ann") for key in asked["inputRequests"]}
    done = client.result("sell", {"size": 3}, more={"requestState": asked["requestState"], "inputResponses": answers})
    assert done["structuredContent"] == {"for": "Ann", "size": 3}
    assert client.served == pair


@pytest.mark.live
def test_a_session_of_one_version_is_one_at_the_other_and_brings_answers_to_the_first(shop, pair) -> None:
    client = Client(shop.balancer, capabilities={"elicitation": {}}).open()
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
    listener, client = Client(shop.balancer, "2026-07-28"), Client(shop.balancer, "2025-06-18")
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
