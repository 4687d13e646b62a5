"""``reference/errors.md``: each row happens as it says, and the text around the tables is true."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from rest_framework.authtoken.models import Token

from drf_mcp.models import Prompt
from drf_mcp.protocol.revisions import REVISIONS
from users.models import User

from .pages import DOCS, blocks_of, code, table
from .refusals import ForSomethingElse

PAGE = DOCS / "reference/errors.md"
ERRORS = table(PAGE, "what happened", "HTTP", "code", "message")
RESULTS = table(PAGE, "what happened", "status", "code", "text")


class Caller:
    """Posts to the endpoint."""

    def __init__(self, client: Any, settings: Any) -> None:
        self.client = client
        self.settings = settings

    def set(self, **values: Any) -> Caller:
        self.settings.DRF_MCP = {"ANONYMOUS": True, **values}
        return self

    def post(self, body: Any, content_type: str = "application/json", **options: Any) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        options = {"CONTENT_LENGTH": str(len(data)), "CONTENT_TYPE": content_type, **options}
        return self.client.generic("POST", "/mcp", data, **options)

    def ask(self, method: str, params: Any = None, **options: Any) -> Any:
        return self.post({"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}, **options)

    def tool(self, tool: str, arguments: Any = None, **options: Any) -> Any:
        return self.ask("tools/call", {"name": tool, "arguments": arguments or {}}, **options)

    def gate(self, *, version: str = "2026-07-28", name: str = "refuse", can_ask: bool = False, **more: Any) -> Any:
        """A call in 2026-07-28 that is in order, apart from what is given: headers and params."""
        mirrored = {"HTTP_MCP_METHOD": "tools/call", "HTTP_MCP_NAME": "refuse", **NEW_VERSION}
        headers = {key: value for key, value in more.items() if key.startswith("HTTP_")}
        params = {
            "name": name,
            "arguments": {} if name == "elicit" else {"why": "403"},
            "_meta": stateless_meta(version),
        }
        if can_ask:
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {"elicitation": {}}
        params |= {key: value for key, value in more.items() if key not in headers}
        return self.ask("tools/call", params, **{**mirrored, **headers})

    def refuse(self, why: str, **options: Any) -> Any:
        return self.tool("refuse", {"why": why}, **options)

    def read(self, uri: Any) -> Any:
        return self.ask("resources/read", {"uri": uri})

    def prompt(self, name: str, **arguments: str) -> Any:
        return self.ask("prompts/get", {"name": name, "arguments": arguments})

    def stored(self, template: str, for_group: str = "") -> Any:
        row = Prompt.objects.create(name="stored", template=template)
        if for_group:
            row.groups.add(Group.objects.create(name=for_group))
        return self.prompt("stored")

    def complete(self, ref: Any) -> Any:
        return self.ask("completion/complete", {"ref": ref, "argument": {"name": "nope", "value": ""}})

    def token(self, username: str = "johndoe") -> dict[str, str]:
        token = Token.objects.create(user=User.objects.get(username=username))
        return {"HTTP_AUTHORIZATION": f"Token {token.key}"}


@pytest.fixture
def caller(client, demo_data, settings) -> Caller:
    settings.ROOT_URLCONF = "tests.docs.refusals"
    return Caller(client, settings).set()


def without_common_middleware(caller: Caller) -> Any:
    name = "django.middleware.common.CommonMiddleware"
    caller.settings.MIDDLEWARE = [entry for entry in django_settings.MIDDLEWARE if entry != name]
    return caller.ask("ping", HTTP_HOST="foreign.example")


def upload(caller: Caller, content: str, tool: str = "keep", **more: Any) -> Any:
    return caller.tool(tool, {"file": {"name": "a.txt", "content": content}, **more})


def stateless_meta(version: str = "2026-07-28") -> dict[str, Any]:
    prefix = "io.modelcontextprotocol/"
    return {f"{prefix}protocolVersion": version, f"{prefix}clientCapabilities": {}}


def message(**members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": "ping", **members}


VERSION = {"HTTP_MCP_PROTOCOL_VERSION": "2025-06-18"}
NEW_VERSION = {"HTTP_MCP_PROTOCOL_VERSION": "2026-07-28"}

HAPPENINGS: dict[str, Callable[[Caller], Any]] = {
    "The host is not in `ALLOWED_HOSTS`": without_common_middleware,
    "A web page of a foreign origin": lambda c: c.ask("ping", HTTP_ORIGIN="https://foreign.example"),
    "Any method but POST; the response has `Allow: POST`": lambda c: c.client.get("/mcp"),
    "Another content type": lambda c: c.ask("ping", CONTENT_TYPE="text/plain"),
    "Another charset": lambda c: c.ask("ping", CONTENT_TYPE="application/json; charset=latin-1"),
    "A `Content-Length` that is no number": lambda c: c.ask("ping", CONTENT_LENGTH="many"),
    "A body larger than `MAX_BODY_SIZE`": lambda c: c.post(b" " * 2_621_441),
    "No credentials, while `ANONYMOUS` is `False`": lambda c: c.set(ANONYMOUS=False).ask("ping"),
    "Credentials that no class accepts, or of a user who is not active": lambda c: c.ask(
        "ping", HTTP_AUTHORIZATION="Token nobody"
    ),
    "A token with OAuth scopes, none of them for MCP": lambda c: c.set(AUTHENTICATION_CLASSES=[ForSomethingElse]).ask(
        "ping", HTTP_AUTHORIZATION="Bearer x"
    ),
    "A body that ends before its `Content-Length`": lambda c: c.post(
        b"", **{"CONTENT_LENGTH": "3", "wsgi.input": io.BytesIO(b"{}")}
    ),
    "Not UTF-8": lambda c: c.post(b'{"\xff": 1}'),
    "Not JSON, or empty": lambda c: c.post(b""),
    "NaN or Infinity": lambda c: c.post(b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"x": NaN}}'),
    "A key twice in one object": lambda c: c.post(b'{"jsonrpc": "2.0", "id": 7, "id": 8, "method": "ping"}'),
    "Nested deeper than 100 levels": lambda c: c.post(b"[" * 101 + b"]" * 101),
    "More than 100,000 arrays and objects": lambda c: c.post(b"[" + b",".join([b"{}"] * 100_001) + b"]"),
    "Half of a surrogate pair in the `params`": lambda c: c.post(
        rb'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"x": "\ud800"}}'
    ),
    "The view answers 304": lambda c: c.refuse("304"),
    "Half of a surrogate pair outside of a request's `params`": lambda c: c.post(
        rb'{"jsonrpc": "2.0", "id": "\ud800", "method": "ping"}'
    ),
    "An integer of thousands of digits": lambda c: c.post(b'{"id": %b}' % (b"9" * 5000)),
    "An array, in a revision that has no batches": lambda c: c.post([message()], **VERSION),
    "An empty array, or one of more than 50 messages": lambda c: c.post([]),
    "`initialize` in an array": lambda c: c.post([message(method="initialize")]),
    "Neither an object nor an array": lambda c: c.post(b"7"),
    'No `"jsonrpc": "2.0"`': lambda c: c.post(message(jsonrpc="1.0")),
    "An id that is null, a bool or a float": lambda c: c.post(message(id=1.5)),
    "No `method`": lambda c: c.post({"jsonrpc": "2.0", "id": 7}),
    "A `method` that is no string": lambda c: c.post(message(method=1)),
    "`_meta` lacks the version or the client's capabilities": lambda c: c.ask("tools/list", **NEW_VERSION),
    "`MCP-Protocol-Version` is missing or differs": lambda c: c.gate(HTTP_MCP_PROTOCOL_VERSION="2027-01-01"),
    "The revision is not served, or only after a handshake": lambda c: c.gate(
        version="2027-01-01", HTTP_MCP_PROTOCOL_VERSION="2027-01-01"
    ),
    "`Mcp-Method` is missing or differs": lambda c: c.gate(HTTP_MCP_METHOD="ping"),
    "`Mcp-Name` is missing, malformed or differs": lambda c: c.gate(HTTP_MCP_NAME="=?base64?!?="),
    "An `Mcp-Param-` header is missing, malformed or differs": lambda c: c.gate(name="sort", HTTP_MCP_NAME="sort"),
    "The log level in `_meta` is none": lambda c: c.ask(
        "tools/list",
        {"_meta": {**stateless_meta(), "io.modelcontextprotocol/logLevel": "loud"}},
        **NEW_VERSION,
        HTTP_MCP_METHOD="tools/list",
    ),
    "The client did not declare what the tool requires or asks for": lambda c: c.gate(
        name="sample", HTTP_MCP_NAME="sample"
    ),
    "`params` is not an object": lambda c: c.post(message(params=[])),
    "`_meta` is not an object": lambda c: c.post(message(params={"_meta": 1})),
    "An unknown method": lambda c: c.ask("nope"),
    "A cursor that the list did not give out": lambda c: c.ask("tools/list", {"cursor": "x"}),
    "`tools/call` without a name": lambda c: c.ask("tools/call"),
    "A level that `logging/setLevel` does not know": lambda c: c.ask("logging/setLevel", {"level": "loud"}),
    "`inputResponses` is not an object": lambda c: c.gate(name="elicit", HTTP_MCP_NAME="elicit", inputResponses=1),
    "A `requestState` that was changed, used before, is too old or is another call's": lambda c: c.gate(
        name="elicit", HTTP_MCP_NAME="elicit", requestState="x"
    ),
    "A confirmation code that was used before, is too old or is another call's": lambda c: c.set(
        CONFIRM="destroy"
    ).tool("destroy_users_user", {"id": 3, "confirmation_code": "x"}),
    "`arguments` is not an object": lambda c: c.ask("tools/call", {"name": "refuse", "arguments": [1]}),
    "An unknown tool, or one that is not for this caller": lambda c: c.tool("nope", **VERSION),
    "An unknown tool, from a client that sends no `MCP-Protocol-Version`": lambda c: c.tool("nope"),
    "An unknown argument": lambda c: c.tool("create_users_user", {"user": "ann"}),
    "A part of the URL is missing": lambda c: c.tool("retrieve_users_user"),
    "A part of the URL of a wrong type": lambda c: c.tool("retrieve_users_user", {"id": True}),
    "A part of the URL that leads elsewhere": lambda c: c.tool("retrieve_users_user", {"id": "1/../2"}),
    "A file that is not Base64": lambda c: upload(c, "!"),
    "A file larger than `MAX_FILE_SIZE`": lambda c: upload(c, base64.b64encode(b"x" * 1_048_577).decode()),
    "What no form holds, such as an empty list, beside a file": lambda c: upload(c, "eA==", tags=[]),
    "Anything beside the file, where the view reads a file and nothing else": lambda c: upload(
        c, "eA==", tool="store", tags=["a"]
    ),
    "The serializer refuses": lambda c: c.tool("create_users_user", {"username": "ann", "password": "12345678"}),
    "The database refuses the values, such as a unique check that lost a race": lambda c: c.refuse("race"),
    "The view answers 403": lambda c: c.refuse("403", **c.token()),
    "The view answers 404": lambda c: c.refuse("404"),
    "The view answers 405": lambda c: c.refuse("405"),
    "The view answers 409": lambda c: c.refuse("409"),
    "The view answers 415": lambda c: c.refuse("415"),
    "The view answers 429": lambda c: c.refuse("429"),
    "The view answers 410, without a word": lambda c: c.refuse("410"),
    "The view or a middleware redirects": lambda c: c.refuse("redirect"),
    "The view answers with a page": lambda c: c.refuse("page"),
    "An object that others refer to cannot be deleted": lambda c: c.refuse("protected"),
    "An answer larger than `MAX_FILE_SIZE`": lambda c: c.tool("send"),
    "The tool asks for a confirmation of a client that cannot ask its user": lambda c: c.set(CONFIRM="destroy").tool(
        "destroy_users_user", {"id": 3}
    ),
    "The user declines what the tool asks": lambda c: c.gate(
        name="elicit", HTTP_MCP_NAME="elicit", can_ask=True, inputResponses={"question_1": {"action": "decline"}}
    ),
    "The client cannot be asked, in a revision with a handshake": lambda c: c.tool("elicit"),
    "A resource that is not there, or not for this caller": lambda c: c.read("drf:///api/users/999/"),
    "A URI that is no string": lambda c: c.read(7),
    "A URI that is too long": lambda c: c.read("x" * 2049),
    "A query of a URI that the list does not take": lambda c: c.read("drf:///api/users/?nam=x"),
    "A query that the view refuses": lambda c: c.read("drf:///api/readings/colour/"),
    "A resource larger than `MAX_FILE_SIZE`": lambda c: c.read("drf:///api/readings/large/"),
    "A view that refuses a read with another status, such as 429": lambda c: c.read("drf:///api/readings/429/"),
    "A view that answers a read with a page": lambda c: c.read("drf:///api/readings/page/"),
    "An unknown prompt, or one that is not for this caller": lambda c: c.prompt("nope"),
    "An argument of a prompt is missing or wrong": lambda c: c.prompt("project_report"),
    "An argument that a prompt does not take": lambda c: c.prompt("project_report", projct="garden"),
    "A stored prompt whose template cannot be rendered": lambda c: c.stored("{% load static %}"),
    "A completion for what is neither a prompt nor a template": lambda c: c.complete({"type": "ref/tool"}),
    "A completion for an unknown argument": lambda c: c.complete({"type": "ref/prompt", "name": "project_report"}),
    "A caller without credentials asks for what only others see": lambda c: c.stored("Hello", for_group="hosts"),
    "A view refuses a caller without credentials, with 401 or 403": lambda c: c.refuse("403"),
    "A view answers 401 to a caller who was proved": lambda c: c.refuse("401", **c.token()),
    "A view raises what nobody foresaw, or answers with a 5xx": lambda c: c.refuse("bug"),
}


def test_each_row_has_its_happening():
    rows = [row[0] for row in [*ERRORS, *RESULTS]]

    assert set(rows) == set(HAPPENINGS)
    assert len(rows) == len(HAPPENINGS)


@pytest.mark.parametrize(("what", "status", "error_code", "text"), ERRORS, ids=lambda cell: cell[:40])
def test_an_error_is_answered_as_its_row_says(caller, what, status, error_code, text):
    response = HAPPENINGS[what](caller)

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (int(status), int(error_code))
    assert error["message"].startswith(code(text)), error
    assert ("Allow" in response.headers) == (status == "405")
    assert ("WWW-Authenticate" in response.headers) == (status == "401" or "OAuth scopes" in what)


@pytest.mark.parametrize(("what", "status", "result_code", "text"), RESULTS, ids=lambda cell: cell[:40])
def test_a_refusal_is_answered_as_its_row_says(caller, what, status, result_code, text):
    response = HAPPENINGS[what](caller)

    assert response.status_code == 200
    result = response.json()["result"]
    assert result["isError"] is True
    assert result["content"][0]["text"].startswith(code(text)), result
    structured = result["structuredContent"]
    assert (structured["status"], structured["code"]) == (int(status), code(result_code))
    assert structured["detail"]


def test_the_shapes_are_the_ones_that_are_shown(caller):
    of_serializer, of_body, of_throttle = (json.loads(block.text) for block in blocks_of(PAGE, "json"))
    arguments = {"username": "ann", "password": "12345678"}

    assert caller.tool("create_users_user", arguments).json()["error"] == of_serializer
    assert caller.refuse("400").json()["error"] == of_body
    result = caller.refuse("429").json()["result"]
    assert result["structuredContent"] == of_throttle
    assert result["content"][0]["text"].endswith("Call again in 30 seconds.")


def test_the_words_about_the_tables_are_true(caller):
    before_the_id = caller.ask("ping", CONTENT_TYPE="text/plain")
    with_the_id = caller.refuse("403")
    assert (before_the_id.json()["id"], with_the_id.json()["id"]) == (None, 7)

    inactive = caller.ask("ping", **caller.token("testuser"))
    assert inactive.status_code == 401
    assert "mcp_token" in inactive.json()["error"]["message"]

    unserved = caller.gate(version="2027-01-01", HTTP_MCP_PROTOCOL_VERSION="2027-01-01").json()["error"]
    assert unserved["data"] == {"supported": list(REVISIONS), "requested": "2027-01-01"}
    assert caller.gate(name="sample", HTTP_MCP_NAME="sample").json()["error"]["data"] == {
        "requiredCapabilities": {"sampling": {}}
    }
    statuses = {
        "nope": caller.gate(name="nope", HTTP_MCP_NAME="nope").status_code,
        "subscriptions/listen": caller.ask(
            "subscriptions/listen", {"_meta": stateless_meta()}, **NEW_VERSION, HTTP_MCP_METHOD="subscriptions/listen"
        ).status_code,
    }
    assert statuses == {"nope": 400, "subscriptions/listen": 404}

    wrong = caller.tool("retrieve_users_user", {"id": True}).json()["error"]
    assert wrong["data"]["argument"] == "id"

    page = caller.ask("ping", HTTP_HOST="foreign.example")
    assert (page.status_code, page.headers["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("why", ["race", "serializer"])
def test_the_last_two_become_results_where_the_project_wants_it(caller, why):
    caller.set(VALIDATION_ERRORS="result")

    answer = caller.refuse("race") if why == "race" else caller.tool("create_users_user", {})
    result = answer.json()["result"]

    assert result["isError"] is True
    assert result["structuredContent"]["status"] == 400
    assert result["structuredContent"]["errors"]


@pytest.mark.parametrize(("why", "logger"), [("bug", "django.request"), ("503", "django.request"), ("401", "drf_mcp")])
@pytest.mark.parametrize("debug", [True, False])
def test_an_internal_error_is_in_the_log_and_nowhere_else(caller, settings, caplog, why, logger, debug):
    settings.DEBUG = debug

    answer = caller.refuse(why, **caller.token())

    error_id = answer.json()["error"]["data"]["error_id"]
    assert [record.name for record in caplog.records if error_id in record.getMessage()] == [logger]
    assert b"secret" not in answer.content
    assert b"Closed" not in answer.content
