"""Live updates over real connections: two workers, one of which changes what somebody hears of at the other."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.subscriptions import ResourceUpdated
from mcp.shared.exceptions import MCPDeprecationWarning

from tests.servers import ROOT, Server, free_port, wait_for

from .rounds import make_token
from .test_speaking import Event, Talk, events, messages

pytestmark = pytest.mark.live

URI = "drf:///api/accounts/3/"
TAG = "io.modelcontextprotocol/subscriptionId"


class Redis:
    """A Redis of one test's own, as ``tests/with-redis`` has it, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        environment = {**os.environ, "TEST_REDIS_PORT": str(self.port), "TMPDIR": str(self.folder)}
        command = [str(ROOT / "tests/with-redis"), "cat"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True)
        wait_for(self.port, self.process)

    def kill(self) -> None:
        """Stop it without a word, and what has started it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    pytest.importorskip("redis", reason="The package redis is missing; `make test` installs it.")
    if shutil.which("redis-server") is None:
        pytest.skip("There is no redis-server; on Debian: apt-get install redis-server.")
    server = Redis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis(own_redis: Redis) -> str:
    return own_redis.url


@pytest.fixture(params=["cache", "redis"])
def workers(request: pytest.FixtureRequest, speaking: Callable[..., Server]) -> Server:
    """Two workers that tell each other through a cache of files, or through Redis."""
    more = {"SPEAKING_REDIS": request.getfixturevalue("redis")} if request.param == "redis" else {}
    return speaking("uvicorn-workers", **more)


def listening(talk: Talk, **notifications: Any) -> Any:
    return talk.send("subscriptions/listen", {"notifications": notifications})


def rename(server: Server, name: str, pk: int = 3) -> None:
    """Change a user through the endpoint, at whichever worker."""
    result = Talk(server, "2026-07-28").result("update_users_user", {"id": pk, "username": name})
    assert result["isError"] is False, result


@contextlib.contextmanager
def timed() -> Iterator[list[float]]:
    began, took = time.monotonic(), []
    yield took
    took.append(time.monotonic() - began)


def test_a_listener_hears_of_a_change_at_any_worker_within_a_second(workers):
    talk = Talk(workers, "2026-07-28")
    with listening(talk, resourceSubscriptions=[URI, "drf:///api/accounts/99/"], toolsListChanged=True) as response:
        heard = messages(response)
        acknowledged = next(heard)
        assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
        assert acknowledged["params"] == {
            "notifications": {"toolsListChanged": True, "resourceSubscriptions": [URI]},
            "_meta": {TAG: talk.count},
        }
        time.sleep(1)
        for name in ("one", "two", "three", "four"):
            rename(workers, name)
            with timed() as took:
                updated = next(heard)
            assert updated["method"] == "notifications/resources/updated"
            assert updated["params"] == {"uri": URI, "_meta": {TAG: talk.count}}
            assert took[0] < 1
            time.sleep(0.3)


def test_a_change_in_the_first_moment_is_not_missed(workers):
    rename(workers, "before")  # at both workers there has been time to see that nobody listens
    talk = Talk(workers, "2026-07-28")
    with listening(talk, resourceSubscriptions=[URI]) as response:
        heard = messages(response)
        next(heard)
        for n in range(3):
            rename(workers, f"fast{n}")
        with timed() as took:
            assert next(heard)["method"] == "notifications/resources/updated"
        assert took[0] < 1.5


def test_a_session_hears_on_its_own_stream(workers):
    talk = Talk(workers).open()
    assert talk.opened["capabilities"]["resources"] == {"subscribe": True, "listChanged": True}
    with talk.request("GET") as response:
        heard = events(response)
        primer = next(heard)
        assert (primer.data, primer.id[0]) == ("", "g")
        with talk.send("resources/subscribe", {"uri": URI}) as answer:
            assert json.loads(answer.read())["result"] == {}
        time.sleep(1)
        rename(workers, "one")
        with timed() as took:
            first = next(heard)
        assert first.message == {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": URI}}
        assert took[0] < 1

    # What happens while no stream is open is told to the next one.
    rename(workers, "two")
    with talk.request("GET", **{"Last-Event-ID": primer.id}) as response:
        heard = (event for event in events(response) if event.data.strip())
        assert next(heard) == first
        assert next(heard).message["params"] == {"uri": URI}

    with talk.send("resources/unsubscribe", {"uri": URI}) as answer:
        assert json.loads(answer.read())["result"] == {}
    with talk.request("GET") as response:
        heard = events(response)
        next(heard)
        rename(workers, "three")
        with talk.request("DELETE"):
            pass
        assert list(heard) == []


def test_of_two_streams_of_a_session_one_tells(workers):
    talk = Talk(workers).open()
    with talk.send("resources/subscribe", {"uri": URI}):
        pass
    with talk.request("GET") as older:
        heard_by_older = events(older)
        next(heard_by_older)
        with talk.request("GET") as newer:
            heard = events(newer)
            next(heard)
            time.sleep(1)
            rename(workers, "one")
            assert next(heard).message["params"] == {"uri": URI}
        time.sleep(1)
        rename(workers, "two")
        told = next(heard_by_older)
        assert told.message["params"] == {"uri": URI}
        assert isinstance(told, Event)


def test_a_redis_that_goes_and_comes_back_costs_no_listener_its_stream(speaking, own_redis):
    workers = speaking("uvicorn-workers", SPEAKING_REDIS=own_redis.url)
    talk = Talk(workers, "2026-07-28")
    with listening(talk, resourceSubscriptions=[URI]) as response:
        heard = messages(response)
        next(heard)
        time.sleep(1)
        own_redis.kill()
        for name in ("unheard", "still_unheard"):
            rename(workers, name)  # which costs the caller nothing
        time.sleep(1.5)
        own_redis.start()

        with timed() as took:  # what was missed may be anything, so all is told once
            assert next(heard)["params"]["uri"] == URI
        assert took[0] < 10
        time.sleep(11)  # a process that could not ask who listens asks again after ten seconds
        settled = 0
        for name in ("one", "two", "three", "four"):
            rename(workers, name)
            with timed() as took:
                assert next(heard)["params"]["uri"] == URI
            settled += took[0] < 1
            time.sleep(0.5)
        assert settled == 4


def test_uvicorns_workers_under_gunicorn_tell_what_changes_and_end_their_streams(speaking):
    pytest.importorskip("uvicorn_worker", reason="The package uvicorn-worker is missing; `make test` installs it.")
    server = speaking("gunicorn-uvicorn")
    talk = Talk(server, "2026-07-28")
    with listening(talk, resourceSubscriptions=[URI]) as response:
        heard = messages(response)
        next(heard)
        time.sleep(1)
        for name in ("one", "two", "three", "four"):
            rename(server, name)
            with timed() as took:
                assert next(heard)["params"]["uri"] == URI
            assert took[0] < 1
            time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        with timed() as took:
            list(heard)
            server.process.wait(timeout=15)
        assert took[0] < 5


@pytest.mark.parametrize("kind", ["uvicorn", "uvicorn-workers"])
def test_a_server_that_stops_ends_its_streams(speaking, kind):
    server = speaking(kind)
    talk, other = Talk(server, "2026-07-28"), Talk(server).open()
    with listening(talk, toolsListChanged=True) as response, other.request("GET") as stream:
        heard = messages(response)
        next(heard)
        of_session = events(stream)
        next(of_session)
        server.process.send_signal(signal.SIGTERM)
        with timed() as took:
            (result,) = heard
            assert list(of_session) == []
            server.process.wait(timeout=10)
    assert result["id"] == talk.count
    assert result["result"]["resultType"] == "complete"
    assert result["result"]["_meta"][TAG] == talk.count
    assert took[0] < 3


@pytest.mark.parametrize("kind", ["gunicorn", "gthread"])
def test_under_wsgi_nothing_is_promised_and_nothing_is_there(speaking, kind):
    server = speaking(kind)
    talk = Talk(server, "2026-07-28")
    with listening(talk, toolsListChanged=True) as response:
        assert response.status == 404
        assert json.loads(response.read())["error"]["code"] == -32601
    with talk.send("server/discover", {}) as response:
        capabilities = json.loads(response.read())["result"]["capabilities"]
    assert capabilities["tools"] == {"listChanged": False}
    assert capabilities["resources"] == {"listChanged": False}
    with Talk(server, "2025-11-25").request("GET", **{"Mcp-Session-Id": "0" * 32}) as response:
        assert response.status == 405


def test_processes_that_share_nothing_promise_nothing(serve):
    server = serve("uvicorn-workers", settings="tests.speaking.settings", project="tests.speaking")
    with listening(Talk(server, "2026-07-28"), toolsListChanged=True) as response:
        assert response.status == 404


def test_one_process_alone_needs_nothing(serve):
    server = serve("uvicorn", settings="tests.speaking.settings", project="tests.speaking")
    with listening(Talk(server, "2026-07-28"), resourceSubscriptions=[URI]) as response:
        heard = messages(response)
        next(heard)
        rename(server, "one")
        assert next(heard)["params"]["uri"] == URI


def test_a_caller_who_is_not_let_in_any_more_hears_the_end(serve, tmp_path):
    server = serve("uvicorn", DEMO_DEBUG="0")
    token = make_token(server, "admin")
    talk = Talk(server, "2026-07-28")
    message = {"notifications": {"resourceSubscriptions": ["drf:///api/users/3/"], "promptsListChanged": True}}
    meta = {"io.modelcontextprotocol/protocolVersion": talk.version, "io.modelcontextprotocol/clientCapabilities": {}}
    body = {"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": {**message, "_meta": meta}}
    headers = {"Mcp-Method": "subscriptions/listen", "Authorization": f"Token {token}"}
    with talk.request("POST", body, **headers) as response:
        heard = messages(response)
        assert next(heard)["params"]["notifications"]["resourceSubscriptions"] == ["drf:///api/users/3/"]
        arguments = {"id": 3, "username": "renamed"}
        call = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "update_users_user", "arguments": arguments, "_meta": meta},
        }
        headers = {"Mcp-Method": "tools/call", "Mcp-Name": "update_users_user", "Authorization": f"Token {token}"}
        with talk.request("POST", call, **headers):
            pass
        assert next(heard)["params"]["uri"] == "drf:///api/users/3/"
        with contextlib.closing(sqlite3.connect(server.database)) as database, database:
            database.execute("DELETE FROM authtoken_token")
        other = {**headers, "Authorization": f"Token {make_token(server, 'admin')}"}
        with talk.request("POST", call, **other) as again:
            assert json.loads(again.read())["result"]["isError"] is False
        assert next(heard)["result"]["resultType"] == "complete"


# The official clients


async def hear(server: Server, mode: str) -> list[Any]:
    heard: list[Any] = []

    async def take(message: Any) -> None:
        heard.append(getattr(message, "method", message))

    async with Client(f"{server.url}/mcp/", mode=mode, message_handler=take) as client:
        if mode == "legacy":
            with pytest.warns(MCPDeprecationWarning):
                await client.subscribe_resource(URI)
            await anyio.sleep(1)
            await anyio.to_thread.run_sync(partial(rename, server, "one"))
            await anyio.sleep(1)
            return [method for method in heard if "updated" in str(method)]
        async with client.listen(tools_list_changed=True, resource_subscriptions=[URI]) as subscription:
            await anyio.sleep(1)
            await anyio.to_thread.run_sync(partial(rename, server, "one"))
            with anyio.fail_after(10):
                return [await anext(subscription)]


def test_a_python_client_hears_of_updates(workers):
    assert anyio.run(hear, workers, "2026-07-28") == [ResourceUpdated(uri=URI)]
    assert anyio.run(hear, workers, "legacy") == ["notifications/resources/updated"]


def test_a_stream_that_is_closed_is_heard_of_no_more(workers):
    talk = Talk(workers, "2026-07-28")
    for _ in range(45):  # more than one caller may have open
        with listening(talk, toolsListChanged=True) as response:
            assert response.status == 200, response.read()
            next(messages(response))
