"""Streams, questions and cancellation over real connections, on each kind of server."""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers import Server

pytestmark = pytest.mark.live

PATIENCE = 30
"""Seconds after which a test gives up; nothing waits that long on a healthy server."""


@dataclass
class Event:
    id: str = ""
    retry: str = ""
    data: str = ""

    @property
    def message(self) -> Any:
        return json.loads(self.data)


@dataclass
class Talk:
    """A client that reads streams event by event.

    Args:
        server: Whom it talks to.
        version: The revision that it speaks.
        capabilities: What it declares.
    """

    server: Server
    version: str = "2025-11-25"
    capabilities: dict[str, Any] = field(default_factory=dict)
    session: str | None = None
    accept: str = "application/json, text/event-stream"
    count: int = 0

    @property
    def is_stateless(self) -> bool:
        return self.version == "2026-07-28"

    def open(self) -> Talk:
        """Shake hands."""
        params = {"protocolVersion": self.version, "capabilities": self.capabilities, "clientInfo": {"name": "t"}}
        with self.send("initialize", params) as response:
            self.session = response.headers["Mcp-Session-Id"]
            self.opened = json.loads(response.read())["result"]
        return self

    @contextlib.contextmanager
    def request(self, verb: str, body: Any = None, **headers: str) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=PATIENCE)
        headers = {"Content-Type": "application/json", "Accept": self.accept, **headers}
        headers["MCP-Protocol-Version"] = self.version
        if self.session:
            headers["Mcp-Session-Id"] = self.session
        try:
            connection.request(verb, "/mcp/", None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            yield response
        finally:
            response.close()
            connection.close()

    def send(self, method: str, params: dict[str, Any], **meta: Any) -> Any:
        self.count += 1
        headers = {}
        if self.is_stateless:
            prefix = "io.modelcontextprotocol/"
            meta |= {f"{prefix}protocolVersion": self.version, f"{prefix}clientCapabilities": self.capabilities}
            headers = {"Mcp-Method": method, "Mcp-Name": params.get("name", "")}
        message = {"jsonrpc": "2.0", "id": self.count, "method": method, "params": {**params, "_meta": meta}}
        return self.request("POST", message, **headers)

    def call(self, tool: str, arguments: Any = None, *, more: Any = None, **meta: Any) -> Any:
        return self.send("tools/call", {"name": tool, "arguments": arguments or {}, **(more or {})}, **meta)

    def result(self, tool: str, arguments: Any = None, **options: Any) -> Any:
        """Call a tool whose answer is plain JSON."""
        with self.call(tool, arguments, **options) as response:
            assert response.headers["Content-Type"] == "application/json"
            return json.loads(response.read())["result"]

    def reply(self, request_id: Any, result: Any) -> int:
        with self.request("POST", {"jsonrpc": "2.0", "id": request_id, "result": result}) as response:
            return response.status

    def notify(self, method: str, params: Any) -> int:
        with self.request("POST", {"jsonrpc": "2.0", "method": method, "params": params}) as response:
            return response.status


def events(response: http.client.HTTPResponse) -> Iterator[Event]:
    """The events of a stream as they come, without comments."""
    assert response.headers["Content-Type"] == "text/event-stream", response.read()
    event: dict[str, str] = {}
    while line := response.readline().decode():
        if line == "\n":
            if event:
                yield Event(**event)
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.rstrip("\n").partition(": ")
            event[name] = value


def messages(response: http.client.HTTPResponse) -> Iterator[Any]:
    """The messages of a stream."""
    return (event.message for event in events(response) if event.data.strip())


def accept(**content: Any) -> dict[str, Any]:
    return {"action": "accept", "content": content}


def rows(server: Server, *, of: str) -> list[str]:
    """What actions wrote into the first database's groups or into the other one's notes."""
    path, sql = {
        "groups": (str(server.database), "SELECT name FROM auth_group"),
        "notes": (f"{server.database}.other", "SELECT note FROM notes"),
    }[of]
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute(sql)]


def eventually(read: Callable[[], Any], expected: Any) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE
    while (found := read()) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


on_threads = pytest.mark.parametrize("kind", ["gthread", "uvicorn", "uvicorn-workers"])
in_both_eras = pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
STEPS = [{"progressToken": "p", "progress": n, "total": 3, "message": f"Step {n}"} for n in (1, 2, 3)]


# Progress and log messages


@on_threads
@in_both_eras
def test_progress_comes_before_the_result(speaking, kind, version):
    with Talk(speaking(kind), version).call("count", progressToken="p") as response:
        heard = list(messages(response))
        assert response.headers["X-Accel-Buffering"] == "no"
        assert response.headers["Cache-Control"] == "no-store, no-transform"

    assert [message.get("params") for message in heard[:-1]] == STEPS
    assert {message["method"] for message in heard[:-1]} == {"notifications/progress"}
    assert heard[-1]["result"]["structuredContent"] == {"counted": 3}
    assert heard[-1]["result"]["content"][0]["text"].endswith("Counted.")


@on_threads
def test_nothing_is_streamed_to_a_client_that_does_not_ask_for_it(speaking, kind):
    server = speaking(kind)
    eager = Talk(server, "2026-07-28")
    assert eager.result("count")["structuredContent"] == {"counted": 3}

    deaf = Talk(server, "2026-07-28", accept="application/json")
    assert deaf.result("count", progressToken="p")["structuredContent"] == {"counted": 3}


@on_threads
def test_log_messages_come_from_the_level_on_that_the_client_wants(speaking, kind):
    server = speaking(kind)
    level = {"io.modelcontextprotocol/logLevel": "info"}
    with Talk(server, "2026-07-28").call("count", **level) as response:
        logged = next(messages(response))
    assert logged["params"] == {"level": "info", "data": "Counting", "logger": "counter"}

    talk = Talk(server).open()
    assert talk.opened["capabilities"]["logging"] == {}
    assert talk.result("count")["isError"] is False
    with talk.send("logging/setLevel", {"level": "debug"}) as response:
        assert json.loads(response.read())["result"] == {}
    with talk.call("count") as response:
        assert next(messages(response))["method"] == "notifications/message"


@on_threads
def test_a_wrong_level_is_refused_before_anything_runs(speaking, kind):
    meta = {"io.modelcontextprotocol/logLevel": "loud", "progressToken": "p"}
    with Talk(speaking(kind), "2026-07-28").call("count", **meta) as response:
        assert response.status == 400
        assert json.loads(response.read())["error"]["code"] == -32602


@on_threads
def test_a_refusal_before_the_first_word_has_its_own_status(speaking, kind):
    with Talk(speaking(kind), "2026-07-28").call("refuse", progressToken="p") as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert json.loads(response.read())["error"]["message"].startswith("This tool needs a signed-in caller,")


@on_threads
def test_whatever_is_raised_ends_the_stream_with_an_error(speaking, kind):
    with Talk(speaking(kind), "2026-07-28").call("speak_and_break", progressToken="p") as response:
        progress, answer = messages(response)

    assert progress["method"] == "notifications/progress"
    assert answer["error"]["message"] == "Internal error"
    assert answer["id"] == 1


@on_threads
def test_a_text_in_chunks_is_heard_as_it_comes_and_returned_as_a_whole(speaking, kind):
    with Talk(speaking(kind), "2026-07-28").call("yield_words", progressToken="p") as response:
        *heard, answer = messages(response)

    assert [message["params"]["message"] for message in heard] == ["Stream ", "results ", "as they become available."]
    assert answer["result"]["content"] == [{"type": "text", "text": "Stream results as they become available."}]


@on_threads
def test_the_language_of_the_caller_reaches_the_thread(speaking, kind):
    with Talk(speaking(kind), "2026-07-28").send("tools/call", {"name": "say_language"}, progressToken="p") as response:
        assert list(messages(response))[-1]["result"]["structuredContent"] == {"language": "en-us", "yes": "Yes"}


# Clients that go away


@on_threads
def test_closing_the_stream_cancels_a_stateless_call(speaking, kind):
    server = speaking(kind)
    with Talk(server, "2026-07-28").call("work_until_cancelled", progressToken="p") as response:
        next(messages(response))

    eventually(lambda: rows(server, of="notes"), ["cancelled"])
    assert rows(server, of="groups") == []


@on_threads
def test_a_call_of_a_session_is_cancelled_by_a_notification(speaking, kind):
    server = speaking(kind)
    talk = Talk(server).open()
    with talk.call("work_until_cancelled", progressToken="p") as response:
        heard = messages(response)
        next(heard)
        assert talk.notify("notifications/cancelled", {"requestId": talk.count}) == 202
        assert [message for message in heard if "method" not in message] == []

    eventually(lambda: rows(server, of="notes"), ["cancelled"])
    assert rows(server, of="groups") == []


@on_threads
def test_what_a_client_missed_comes_after_the_last_event_that_it_has(speaking, kind):
    talk = Talk(speaking(kind)).open()
    with talk.call("finish_later", progressToken="p") as response:
        primer, retry = events(response)
    assert (primer.data, retry.retry) == ("", "100")

    with talk.request("GET", **{"Last-Event-ID": primer.id}) as response:
        progress, answer = messages(response)
    assert progress["params"] == {"progressToken": "p", "progress": 1}
    assert answer["result"]["structuredContent"] == {"hung_up": True}

    with talk.request("GET", **{"Last-Event-ID": "0" * 16 + ".1"}) as response:
        assert response.status == 400


# Questions


@on_threads
def test_a_question_goes_out_on_the_stream_and_the_answer_lets_the_action_go_on(speaking, kind):
    server = speaking(kind)
    talk = Talk(server, capabilities={"elicitation": {}}).open()
    with talk.call("ask_name") as response:
        heard = messages(response)
        first = next(heard)
        assert first["method"] == "elicitation/create"
        assert (rows(server, of="groups"), rows(server, of="notes")) == ([], [])

        assert talk.reply(first["id"], accept(name="x" * 21)) == 202
        again = next(heard)
        assert again["params"]["message"].startswith("Your name?\nname: ")
        assert again["id"] != first["id"]

        assert talk.reply(again["id"], accept(name="Ann")) == 202
        (answer,) = heard
    assert answer["result"]["structuredContent"] == {"name": "Ann"}
    assert rows(server, of="groups") == ["before", "Ann"]
    assert rows(server, of="notes") == ["before"]


@on_threads
def test_a_stateless_client_brings_its_answer_to_any_process(speaking, kind):
    server = speaking(kind)
    talk = Talk(server, "2026-07-28", capabilities={"elicitation": {}})
    asked = talk.result("ask_name")
    assert (rows(server, of="groups"), rows(server, of="notes")) == ([], [])

    answers = {"inputResponses": {"question_1": accept(name="Ann")}, "requestState": asked["requestState"]}
    assert talk.result("ask_name", more=answers)["structuredContent"] == {"name": "Ann"}
    assert rows(server, of="groups") == ["before", "Ann"]
    assert rows(server, of="notes") == ["before"]


@on_threads
def test_an_answer_of_another_session_is_none(speaking, kind):
    server = speaking(kind)
    talk, other = (Talk(server, capabilities={"elicitation": {}}).open() for _ in range(2))
    with talk.call("ask_name") as response:
        heard = messages(response)
        question = next(heard)
        assert other.reply(question["id"], accept(name="Eve")) == 202
        assert talk.reply(question["id"], accept(name="Ann")) == 202
        (answer,) = heard
    assert answer["result"]["structuredContent"] == {"name": "Ann"}


@on_threads
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ({"result": {"action": "decline"}}, "declined"),
        ({"result": {"action": "cancel"}}, "cancelled"),
        ({"error": {"code": -32603, "message": "No window"}}, "cancelled"),
        (None, "timed_out"),
    ],
)
def test_a_question_without_an_answer_is_a_result_of_its_own(speaking, kind, reply, code):
    server = speaking(kind, SPEAKING_ANSWER_SECONDS="60" if reply else "1")
    talk = Talk(server, capabilities={"elicitation": {}}).open()
    with talk.call("ask_name") as response:
        heard = messages(response)
        question = next(heard)
        if reply:
            with talk.request("POST", {"jsonrpc": "2.0", "id": question["id"], **reply}):
                pass
        (answer,) = heard
    assert answer["result"]["structuredContent"]["code"] == code
    assert rows(server, of="groups") == []


@on_threads
def test_a_coroutine_reports_and_asks(speaking, kind):
    talk = Talk(speaking(kind), capabilities={"elicitation": {}}).open()
    with talk.call("count_async", progressToken="p") as response:
        heard = messages(response)
        assert next(heard)["params"] == {"progressToken": "p", "progress": 1}
        talk.reply(next(heard)["id"], accept(name="Ann"))
        assert next(heard)["result"]["structuredContent"] == {"users": 3, "name": "Ann"}


def test_a_worker_without_threads_streams_nothing_and_waits_for_nobody(speaking):
    server = speaking("gunicorn")
    talk = Talk(server, capabilities={"elicitation": {}}).open()
    assert talk.session is None

    assert talk.result("count", progressToken="p")["structuredContent"] == {"counted": 3}
    assert talk.result("ask_name")["structuredContent"]["code"] == "cannot_ask"
    stateless = Talk(server, "2026-07-28", capabilities={"elicitation": {}})
    assert stateless.result("ask_name")["resultType"] == "input_required"


# Sessions


@on_threads
def test_a_session_ends(speaking, kind):
    talk = Talk(speaking(kind)).open()
    with talk.send("ping", {}) as response:
        assert response.status == 200
    with talk.request("DELETE") as response:
        assert response.status == 204
    with talk.send("ping", {}) as response:
        assert response.status == 404
    assert talk.notify("notifications/initialized", {}) == 404
    with talk.request("DELETE") as response:
        assert response.status == 404
    with talk.request("GET", **{"Last-Event-ID": "x.1"}) as response:
        assert response.status == 404


@on_threads
def test_batches_never_stream_and_never_wait(speaking, kind):
    server = speaking(kind)
    talk = Talk(server, "2025-03-26", capabilities={"elicitation": {}}).open()
    params = {"name": "ask_name", "arguments": {}, "_meta": {"progressToken": "p"}}
    entry = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    with talk.request("POST", [entry, {**entry, "id": 2}]) as response:
        answers = json.loads(response.read())

    assert [answer["result"]["structuredContent"]["code"] for answer in answers] == ["cannot_ask"] * 2


@pytest.mark.parametrize("kind", ["gthread", "uvicorn-workers"])
def test_processes_that_share_no_cache_promise_no_session(serve, kind):
    server = serve(kind, settings="tests.speaking.settings", project="tests.speaking")

    assert Talk(server).open().session is None


def test_one_process_alone_needs_no_shared_cache(serve):
    server = serve("uvicorn", settings="tests.speaking.settings", project="tests.speaking")

    assert Talk(server).open().session


# Confirmation


@on_threads
@in_both_eras
def test_a_client_that_can_ask_confirms_with_its_user(speaking, kind, version):
    server = speaking(kind)
    talk = Talk(server, version, capabilities={"elicitation": {}})
    if talk.is_stateless:
        asked = talk.result("destroy_users_user", {"id": 3})
        ((name, question),) = asked["inputRequests"].items()
        answers = {"inputResponses": {name: accept(confirm=True)}, "requestState": asked["requestState"]}
        done = talk.result("destroy_users_user", {"id": 3}, more=answers)
    else:
        talk.open()
        with talk.call("destroy_users_user", {"id": 3}) as response:
            heard = messages(response)
            question = next(heard)
            talk.reply(question["id"], accept(confirm=True))
            done = next(heard)["result"]
    assert question["params"]["message"].startswith("Delete User 3 (")
    assert done["isError"] is False
