"""Requests that are wrong, however broken: each gets its status, its code and JSON, never a page or a crash."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.permissions import AllowAny, IsAdminUser

from tests.protocol import JSON, steady
from tests.servers import Server, start_server
from users.models import User
from users.views import UserViewSet

PATHS = ["/mcp", "/mcp/"]
LIMIT = 2_621_440
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
LIST_USERS = {"name": "list_users_user", "arguments": {}}


@pytest.fixture
def client() -> Client:
    """A client that shows crashes as clients see them and has no CSRF token, like every MCP client."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def demo_data(db: None) -> None:
    call_command("demo_data", verbosity=0, stdout=None)


def post(client: Client, body: Any, path: str = "/mcp/", content_type: str = "application/json", **options: Any) -> Any:
    """Post bytes as they are, and anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    # Django's client leaves these two out where the body is empty, which no other client does.
    options = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(data)), **options}
    return client.generic("POST", path, data, **options)


def rpc(method: Any = "ping", **members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, **members}


def tool_call(name: Any, arguments: Any) -> dict[str, Any]:
    return rpc("tools/call", params={"name": name, "arguments": arguments})


def assert_error(response: Any, status: int, code: int | None = None, request_id: Any = None) -> dict[str, Any]:
    """The answer is a JSON-RPC error in JSON, with this status, code and id; give back its ``error``."""
    assert response.status_code == status, response.content[:500]
    assert response.headers["Content-Type"].split(";")[0] == "application/json"
    message = json.loads(response.content)
    assert message["jsonrpc"] == "2.0"
    assert "result" not in message
    assert message["id"] == request_id
    assert type(message["id"]) is type(request_id)
    error = message["error"]
    assert isinstance(error["code"], int)
    assert code in (None, error["code"])
    assert isinstance(error["message"], str)
    assert error["message"].strip()
    assert "Traceback" not in response.text
    assert "ErrorDetail" not in response.text
    return error


def result_of(response: Any) -> Any:
    assert response.status_code == 200, response.content[:500]
    return json.loads(response.content)["result"]


# --- What is no JSON: 400, -32700, id null ---------------------------------------------------------

NO_JSON = {
    "an empty body": b"",
    "blanks": b" \r\n\t ",
    "a word": b"hello",
    "a form": b"jsonrpc=2.0&id=1&method=ping",
    "a page": b"<html></html>",
    "half a message": PING[:-1],
    "two messages": PING + PING,
    "two messages in lines": PING + b"\n" + PING,
    "single quotes": b"{'jsonrpc':'2.0','id':1,'method':'ping'}",
    "a trailing comma": b'{"jsonrpc":"2.0","id":1,"method":"ping",}',
    "a comment": b'{"jsonrpc":"2.0","id":1,"method":"ping"} // now',
    "a raw line break in a string": b'{"jsonrpc":"2.0","id":1,"method":"pi\nng"}',
    "a NUL byte": b'{"jsonrpc":"2.0","id":1,"method":"ping"}\x00',
    "NaN": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}',
    "NaN alone": b"NaN",
    "NaN as id": b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}',
    "Infinity": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":[Infinity]}}',
    "minus Infinity": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":-Infinity}}',
    "a number that is infinite to every reader": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":1e999}}',
    "a negative number of that kind": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":-1E+999}}',
    "a key twice": b'{"jsonrpc":"2.0","id":1,"id":1,"method":"ping"}',
    "a method twice": b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
    "a key twice in params": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":1,"x":2}}',
    "a key twice deep down": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":[{"y":{"z":1,"z":1}}]}}',
    "a key twice in two spellings": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":1,"\\u0078":2}}',
    "a tool's name twice": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
    b'{"name":"list_users_user","name":"destroy_users_user","arguments":{"id":"1"}}}',
    "an argument twice": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
    b'{"name":"retrieve_users_user","arguments":{"id":"1","id":"2"}}}',
    "100,000 arrays": b"[" * 100_000,
    "100,000 arrays that close": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
    "100,000 arrays in the arguments": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":'
    + (b"[" * 100_000 + b"]" * 100_000 + b"}}"),
    "an integer of 5,000 digits": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":' + b"9" * 5000 + b"}}",
    "an id of 5,000 digits": b'{"jsonrpc":"2.0","id":-' + b"9" * 5000 + b',"method":"ping"}',
    "a byte that is no UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\xff"}}',
    "Latin-1": '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"é"}}'.encode("latin-1"),
    "an overlong slash": b'{"jsonrpc":"2.0","id":1,"method":"tools\xc0\xaflist"}',
    "a raw surrogate": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\xed\xa0\x80"}}',
    "UTF-16": PING.decode().encode("utf-16"),
    "UTF-32": PING.decode().encode("utf-32-le"),
    "UTF-7": PING.decode().encode("utf-7") + b"+AGEA",
    "gzip": gzip.compress(PING),
    "a byte order mark": b"\xef\xbb\xbf" + PING,
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_a_parse_error(body: bytes, path: str, client: Client) -> None:
    assert_error(post(client, body, path), 400, -32700)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\ud800"}}',
        rb'{"jsonrpc":"2.0","id":"\udfff","method":"ping"}',
        rb'{"jsonrpc":"2.0","id":1,"method":"\uD83D\uD83D"}',
        rb'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"\udc00":1}}',
        rb'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\ud800"}}',
        rb'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"retrieve_users_user","arguments":{"id":"\ud800"}}}',
    ],
)
def test_half_of_a_surrogate_pair_is_refused(body: bytes, client: Client) -> None:
    response = post(client, body)
    assert response.status_code in (200, 400)
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.content)["error"]["code"] in (-32700, -32600, -32602)


@pytest.mark.parametrize(
    "params",
    [
        rb'{"x":"\ud83d\ude00"}',
        rb'{"x":"\\ud800"}',
        rb'{"x":"[[[[\"{{{{"}',
        b'{"x":' + b"[" * 50 + b"]" * 50 + b"}",
        b'{"x":"' + b"[" * 100_000 + b'"}',
        b'{"x":[' + b",".join([b"[]"] * 5000) + b"]}",
        b'{"x":1e308,"y":-0.0,"z":123456789012345678901234567890}',
        b'{"":1," ":2,"\\u0000":3}',
    ],
)
def test_unusual_json_that_is_in_order_is_taken(params: bytes, client: Client) -> None:
    body = b' \r\n{"jsonrpc":"2.0","id":1,"method":"ping","params":%b}\n' % params
    assert result_of(post(client, body)) == {}


# --- What is JSON and no message: 400, -32600 ------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"null", b"true", b"1", b"1.5", b'"ping"', b'""'])
def test_json_that_is_no_object_is_no_request(body: bytes, path: str, client: Client) -> None:
    assert_error(post(client, body, path), 400, -32600)


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
@pytest.mark.parametrize("batch", [[], [rpc()], [rpc(), rpc(id=2)], [1, 2], [[]], [rpc()] * 1000])
def test_a_batch_is_refused_where_the_revision_has_none(batch: list[Any], version: str, client: Client) -> None:
    assert_error(post(client, batch, headers={"MCP-Protocol-Version": version}), 400, -32600)


@pytest.mark.parametrize("bad_id", [None, True, False, 1.0, 1.5, 1e3, -0.0, [], [1], {}, {"a": 1}], ids=repr)
def test_an_id_is_a_string_or_an_integer(bad_id: Any, client: Client) -> None:
    assert_error(post(client, rpc(id=bad_id)), 400, -32600)


@pytest.mark.parametrize(
    "good_id", ["", "123", "é\n\x00", "x" * 1000, 0, -1, 2**53 + 1, 10**400], ids=lambda i: repr(i)[:20]
)
def test_every_string_and_every_integer_comes_back_as_the_id(good_id: Any, client: Client) -> None:
    response = post(client, rpc(id=good_id))
    assert result_of(response) == {}
    assert json.loads(response.content)["id"] == good_id
    assert_error(post(client, rpc("nonsense", id=good_id)), 200, -32601, good_id)


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 7},
        {"jsonrpc": "2.0", "id": 7, "params": {}},
        {"jsonrpc": "2.0", "id": 7, "method": None},
        {"jsonrpc": "2.0", "id": 7, "method": 1},
        {"jsonrpc": "2.0", "id": 7, "method": ["ping"]},
        {"jsonrpc": "2.0", "id": 7, "method": {"name": "ping"}},
        {"jsonrpc": "2.0", "id": 7, "Method": "ping"},
        {"jsonrpc": "1.0", "id": 7, "method": "ping"},
        {"jsonrpc": 2.0, "id": 7, "method": "ping"},
        {"jsonrpc": None, "id": 7, "method": "ping"},
        {"id": 7, "method": "ping"},
    ],
    ids=json.dumps,
)
def test_a_message_needs_its_version_and_its_method(message: Any, client: Client) -> None:
    assert_error(post(client, message), 400, -32600, 7)


@pytest.mark.parametrize(
    "message",
    [{}, {"jsonrpc": "2.0"}, {"method": "ping"}, {"jsonrpc": "2.0", "params": {}}, {"jsonrpc": "2.0", "method": 1}],
    ids=json.dumps,
)
def test_a_message_with_neither_id_nor_method_is_refused_and_not_ignored(message: Any, client: Client) -> None:
    assert_error(post(client, message), 400, -32600)


# --- Messages that want no answer: 202, empty -------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1, "reason": "tired"}},
        {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"},
        {"jsonrpc": "2.0", "method": "notifications/nonsense"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": "x", "result": {"roots": []}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "no"}},
    ],
    ids=json.dumps,
)
def test_a_posted_notification_or_response_is_taken_without_a_word(message: Any, path: str, client: Client) -> None:
    response = post(client, message, path)
    assert response.status_code == 202
    assert response.content == b""


@pytest.mark.usefixtures("demo_data")
def test_a_call_without_an_id_calls_nothing(client: Client) -> None:
    arguments = {"username": "ghost", "email": "ghost@test.com", "password": "password123"}
    message = tool_call("create_users_user", arguments)
    del message["id"]
    response = post(client, message)
    assert response.status_code == 202
    assert response.content == b""
    assert not User.objects.filter(username="ghost").exists()


# --- Methods and params -----------------------------------------------------------------------------


@pytest.mark.parametrize("params", [[], ["x"], [{}], None, "x", 1, 1.5, True], ids=repr)
@pytest.mark.parametrize("method", ["ping", "initialize", "tools/list", "tools/call", "call_tool"])
def test_params_are_an_object(method: str, params: Any, client: Client) -> None:
    assert_error(post(client, rpc(method, params=params)), 200, -32602, 1)


UNKNOWN_METHODS = ["", "nonsense", "Ping", "ping ", "ping\x00", "ping\n", "tools", "tools/", "tools/list/", "__class__"]
UNKNOWN_METHODS += ["dispatch", "initial", "tools/call/list_users_user", "rpc.discover", "\U0001f600", "x" * 10_240]
UNKNOWN_METHODS += ["x\r\nSet-Cookie: a=b"]


@pytest.mark.parametrize("method", UNKNOWN_METHODS, ids=lambda method: repr(method)[:20])
def test_an_unknown_method_is_not_found(method: str, client: Client) -> None:
    assert_error(post(client, rpc(method)), 200, -32601, 1)
    assert_error(post(client, rpc(method, id="a"), headers={"MCP-Protocol-Version": "2025-11-25"}), 200, -32601, "a")


@pytest.mark.parametrize("version", ["1999-01-01", "2099-12-31", "1", "", " ", "2025-06-18, 2025-06-18", "x" * 5000])
@pytest.mark.parametrize("method", ["ping", "tools/list", "nonsense"])
def test_a_protocol_version_that_is_not_served_is_refused(method: str, version: str, client: Client) -> None:
    response = post(client, rpc(method), headers={"MCP-Protocol-Version": version})
    assert assert_error(response, 400, None, 1)["code"] in (-32602, -32020, -32022)


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_every_handshake_revision_is_served(version: str, client: Client) -> None:
    assert result_of(post(client, rpc("ping"), headers={"MCP-Protocol-Version": version})) == {}
    result = result_of(post(client, rpc("initialize", params={"protocolVersion": version})))
    assert result["protocolVersion"] == version


@pytest.mark.parametrize("version", [None, "", "1", "2099-12-31", 20251125, True, ["2024-11-05"], {"v": 1}], ids=repr)
def test_initialize_answers_a_version_it_does_not_know_with_the_newest_it_has(version: Any, client: Client) -> None:
    result = result_of(post(client, rpc("initialize", params={"protocolVersion": version})))
    assert result["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize("params", [{}, {"arguments": {}}, {"name": None}, {"Name": "list_users_user"}], ids=json.dumps)
@pytest.mark.parametrize("method", ["tools/call", "call_tool"])
def test_a_call_names_its_tool(method: str, params: Any, client: Client) -> None:
    error = assert_error(post(client, rpc(method, params=params)), 200, -32602, 1)
    assert "name" in error["message"]


@pytest.mark.parametrize("name", [1, 1.5, True, [], ["list_users_user"], {}, {"name": "list_users_user"}], ids=repr)
def test_the_name_of_a_tool_is_a_string(name: Any, client: Client) -> None:
    error = assert_error(post(client, tool_call(name, {})), 200, -32602, 1)
    assert "name" in error["message"]


@pytest.mark.parametrize("arguments", [[], [{}], "x", "", 0, 1, 1.5, True, False], ids=repr)
@pytest.mark.parametrize("tool", ["list_users_user", "create_users_user"])
def test_the_arguments_of_a_tool_are_an_object(tool: str, arguments: Any, client: Client) -> None:
    error = assert_error(post(client, tool_call(tool, arguments)), 200, -32602, 1)
    assert "arguments" in error["message"]


UNKNOWN_TOOLS = ["nonexistent_tool", "", "LIST_USERS_USER", "list_users_user ", "list_users_user\x00", "list_users_use"]
UNKNOWN_TOOLS += [
    "\uff4cist_users_user",
    "list\u200b_users_user",
    "__class__",
    "users",
    "list_users_user/",
    "x" * 10_240,
]


@pytest.mark.parametrize("name", UNKNOWN_TOOLS, ids=lambda name: repr(name)[:20])
def test_an_unknown_tool_is_said_to_be_unknown(name: str, client: Client) -> None:
    message = tool_call(name, {"id": "1"})
    error = assert_error(post(client, message), 200, -32601, 1)
    assert error["message"].startswith("Unknown tool: ")
    newer = assert_error(post(client, message, headers={"MCP-Protocol-Version": "2025-06-18"}), 200, -32602, 1)
    assert newer["message"] == error["message"]


# --- Arguments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments", "unknown", "nearest"),
    [
        (
            "create_users_user",
            {"usrname": "x", "email": "x@test.com", "password": "password123"},
            "usrname",
            "username",
        ),
        ("create_users_user", {"userName": "x"}, "userName", "username"),
        ("create_users_user", {"e-mail": "x@test.com"}, "e-mail", "email"),
        ("create_users_user", {"pasword": "password123"}, "pasword", "password"),
        ("update_users_user", {"id": "2", "emial": "x@test.com"}, "emial", "email"),
        ("retrieve_users_user", {"Id": "1"}, "Id", "id"),
        ("retrieve_users_user", {"id": "1", "idd": "2"}, "idd", "id"),
        ("activate_users_user", {"user_id": "3"}, "user_id", "id"),
        ("destroy_users_user", {"ids": ["1"]}, "ids", "id"),
    ],
)
@pytest.mark.usefixtures("demo_data")
def test_an_unknown_argument_is_refused_with_the_nearest_legal_one(
    tool: str, arguments: Any, unknown: str, nearest: str, client: Client
) -> None:
    error = assert_error(post(client, tool_call(tool, arguments)), 200, -32602, 1)
    assert repr(unknown)[1:-1] in error["message"]
    assert re.search(rf"\b{nearest}\b", error["message"])
    assert unknown in json.dumps(error["data"])
    assert nearest in json.dumps(error["data"])


@pytest.mark.parametrize(
    "name", ["search", "page", "is_staff", "pk", "", "__class__", "username__startswith", "\x00", "é\n"]
)
@pytest.mark.usefixtures("demo_data")
def test_an_argument_that_resembles_none_is_refused_by_name(name: str, client: Client) -> None:
    error = assert_error(post(client, tool_call("list_users_user", {name: "1"})), 200, -32602, 1)
    assert name.strip("\x00\n") in error["message"]
    assert error["data"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("create_users_user", {"id": "9"}),
        ("create_users_user", {"is_staff": True}),
        ("create_users_user", {"is_superuser": True}),
        ("create_users_user", {"is_active": False}),
        ("create_users_user", {"date_joined": "2000-01-01T00:00:00Z"}),
        ("update_users_user", {"id": "2", "is_staff": True}),
        ("update_users_user", {"id": "2", "is_active": False}),
        ("activate_users_user", {"id": "3", "is_staff": True}),
    ],
)
@pytest.mark.usefixtures("demo_data")
def test_a_field_that_nobody_may_write_is_no_argument(tool: str, arguments: Any, client: Client) -> None:
    before = list(User.objects.values())
    good = {"username": "x", "email": "x@test.com", "password": "password123"} if tool.startswith("create") else {}
    assert_error(post(client, tool_call(tool, {**good, **arguments})), 200, -32602, 1)
    assert list(User.objects.values()) == before


@pytest.mark.parametrize(
    "tool", ["retrieve_users_user", "update_users_user", "destroy_users_user", "activate_users_user"]
)
@pytest.mark.parametrize("arguments", [{}, {"id": None}], ids=json.dumps)
@pytest.mark.usefixtures("demo_data")
def test_a_call_without_its_lookup_names_it(tool: str, arguments: Any, client: Client) -> None:
    error = assert_error(post(client, tool_call(tool, arguments)), 200, -32602, 1)
    assert "'id'" in error["message"]
    assert "id" in json.dumps(error["data"])


BAD_IDS = [
    True,
    False,
    {},
    {"pk": 1},
    [],
    ["1"],
    [1, 2],
    1.0,
    1.5,
    "",
    "1/2",
    "1/",
    "/1",
    "/",
    "../",
    "..",
    "../1",
    ".",
]
BAD_IDS += [
    "../../admin",
    "1/activate",
    "1/../2",
    "\x00",
    "1\x00",
    "1\n",
    "\n",
    "1\r\n",
    "1/activate/?x=",
    "1.json",
    "1.api",
    "1.xml",
]


@pytest.mark.parametrize("bad_id", BAD_IDS, ids=repr)
@pytest.mark.parametrize(
    "tool", ["retrieve_users_user", "update_users_user", "destroy_users_user", "activate_users_user"]
)
@pytest.mark.usefixtures("demo_data")
def test_an_id_that_no_address_can_hold_is_refused_by_name(tool: str, bad_id: Any, client: Client) -> None:
    before = list(User.objects.values())
    error = assert_error(post(client, tool_call(tool, {"id": bad_id})), 200, -32602, 1)
    assert "id" in error["message"]
    assert "id" in json.dumps(error["data"])
    assert list(User.objects.values()) == before


ABSENT_IDS = ["999", 999, -1, "0", "abc", "1?x=2", "1#x", "%31", "%2e%2e", "1;x", "1%2Factivate", "é", "\U0001f600"]
ABSENT_IDS += ["{pk}", "%(pk)s", "1 OR 1=1", "9" * 401, "x" * 10_240, 10**400, str(2**63), 2**64]


@pytest.mark.parametrize("absent_id", ABSENT_IDS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    "tool", ["retrieve_users_user", "update_users_user", "destroy_users_user", "activate_users_user"]
)
@pytest.mark.usefixtures("demo_data")
def test_an_id_that_nobody_has_is_said_to_be_absent(tool: str, absent_id: Any, client: Client) -> None:
    before = list(User.objects.values())
    response = post(client, tool_call(tool, {"id": absent_id}))
    assert response.status_code == 200
    message = json.loads(response.content)
    assert message["id"] == 1
    if "error" in message:  # an address cannot hold it at all
        assert message["error"]["code"] == -32602
        assert "id" in message["error"]["message"]
    else:
        result = message["result"]
        assert result["isError"] is True
        assert result["content"][0]["text"]
        assert result["structuredContent"]["status"] == 404
        assert result["structuredContent"]["code"]
        assert result["structuredContent"]["detail"]
    assert list(User.objects.values()) == before


@pytest.mark.parametrize("absent_id", ["999", 999])
@pytest.mark.usefixtures("demo_data")
def test_a_user_who_does_not_exist_is_a_refusal_that_a_model_can_read(absent_id: Any, client: Client) -> None:
    result = result_of(post(client, tool_call("retrieve_users_user", {"id": absent_id})))
    assert result["isError"] is True
    assert "not found" in result["content"][0]["text"].lower()
    structured = result["structuredContent"]
    assert {**structured, "detail": ""} == {"status": 404, "code": "not_found", "detail": ""}
    assert isinstance(structured["detail"], str)


@pytest.mark.parametrize("good_id", ["2", 2])
@pytest.mark.usefixtures("demo_data")
def test_an_integer_does_for_the_string_of_an_id(good_id: Any, client: Client) -> None:
    result = result_of(post(client, tool_call("retrieve_users_user", {"id": good_id})))
    assert result["structuredContent"]["username"] == "johndoe"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"username": None}, "username"),
        ({"username": []}, "username"),
        ({"username": {}}, "username"),
        ({"username": True}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": ""}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"username": "johndoe"}, "username"),
        ({"email": "no address"}, "email"),
        ({"email": 1}, "email"),
        ({"password": "short"}, "password"),
        ({"password": ["password123"]}, "password"),
    ],
)
@pytest.mark.usefixtures("demo_data")
def test_a_value_that_the_serializer_refuses_is_named_with_its_field_and_code(
    arguments: Any, field: str, client: Client
) -> None:
    good = {"username": "newcomer", "email": "new@test.com", "password": "password123"}
    error = assert_error(post(client, tool_call("create_users_user", {**good, **arguments})), 200, -32602, 1)
    assert error["message"].startswith(f"Tool execution failed: {field}: ")
    assert set(error["data"]["errors"]) == {field}
    for entry in error["data"]["errors"][field]:
        assert set(entry) == {"message", "code"}
        assert entry["message"] in error["message"]
    assert User.objects.count() == 3


# --- HTTP: content type, size, origin, method -------------------------------------------------------


NOT_JSON = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "text/html",
]
NOT_JSON += ["", "*/*", "application/*", "application/jsonp", "application/jsonx", "xapplication/json", "json", ";"]
NOT_JSON += ["text/plain; application/json", "text/plain, application/json", "application/xml", "image/svg+xml"]
STILL_JSON = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "APPLICATION/JSON",
]
STILL_JSON += ['application/json; charset="utf-8"', " application/json ; charset=utf8", "application/json; profile=x"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content_type", NOT_JSON)
def test_anything_but_json_is_an_unsupported_media_type(content_type: str, path: str, client: Client) -> None:
    assert_error(post(client, PING, path, content_type), 415)


@pytest.mark.parametrize(
    "charset", ["latin-1", "iso-8859-1", "utf-16", "utf-7", "ascii", "nonsense", "utf-8x", '"utf-16"']
)
def test_json_in_another_charset_is_refused(charset: str, client: Client) -> None:
    response = post(client, PING, content_type=f"application/json; charset={charset}")
    assert_error(response, 415 if response.status_code == 415 else 400)


@pytest.mark.parametrize("content_type", STILL_JSON)
def test_json_by_any_of_its_spellings_is_taken(content_type: str, client: Client) -> None:
    assert result_of(post(client, PING, content_type=content_type)) == {}


def padded(size: int) -> bytes:
    frame = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"pad":"%b"}}'
    return frame % (b"x" * (size - len(frame) + 2))


@pytest.mark.parametrize("path", PATHS)
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(path: str, client: Client) -> None:
    assert result_of(post(client, padded(LIMIT), path)) == {}
    assert_error(post(client, padded(LIMIT + 1), path), 413)


@pytest.mark.parametrize("stated", ["0", "1", "40"])
def test_a_stated_size_that_is_too_small_cuts_the_body_and_breaks_nothing(stated: str, client: Client) -> None:
    response = post(client, padded(LIMIT + 1), CONTENT_LENGTH=stated)
    assert_error(response, 400, -32700)


@pytest.mark.parametrize("stated", [str(LIMIT + 1), str(10**12), "9" * 5000])
def test_a_stated_size_over_the_limit_is_refused_whatever_comes(stated: str, client: Client) -> None:
    assert_error(post(client, PING, CONTENT_LENGTH=stated), 413)


@pytest.mark.parametrize("stated", ["-1", "abc", "1.5", "0x10", "1e3", "+40", "40, 40", "²"])
def test_a_stated_size_that_is_no_number_is_a_bad_request(stated: str, client: Client) -> None:
    response = post(client, PING, CONTENT_LENGTH=stated)
    assert_error(response, 400)


@pytest.mark.parametrize("limit", [100, 4_000_000])
def test_the_limit_is_a_setting(limit: int, client: Client, settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": True, "MAX_BODY_SIZE": limit}
    assert result_of(post(client, padded(limit))) == {}
    assert_error(post(client, padded(limit + 1)), 413)


FOREIGN = ["https://evil.example", "null", "", "http://evil.example:80", "http://testserver.evil.example", "testserver"]
FOREIGN += [
    "https://testserver",
    "http://testserver:8000",
    "file://",
    "http://testserver/",
    "http://evil@testserver",
    "*",
]
FOREIGN += ["http://testserver http://evil.example", "HTTP://evil.example", "http://[::1", "chrome-extension://abc"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("debug", [True, False])
def test_a_foreign_origin_is_forbidden(origin: str, path: str, debug: bool, client: Client, settings: Any) -> None:
    settings.DEBUG = debug
    assert_error(post(client, PING, path, headers={"Origin": origin}), 403)


def test_the_own_origin_is_only_known_from_the_host_while_debugging(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert result_of(post(client, PING, headers={"Origin": "http://testserver"})) == {}
    settings.DEBUG = False
    assert_error(post(client, PING, headers={"Origin": "http://testserver"}), 403)


@pytest.mark.parametrize("origin", ["https://site.example", "https://friend.example:8443"])
def test_the_public_url_and_the_allowed_origins_may_call(origin: str, client: Client, settings: Any) -> None:
    settings.DRF_MCP = {
        "ANONYMOUS": True,
        "PUBLIC_URL": "https://site.example/below",
        "ALLOWED_ORIGINS": ["https://friend.example:8443"],
    }
    assert result_of(post(client, PING, headers={"Origin": origin})) == {}
    assert_error(post(client, PING, headers={"Origin": origin.replace("https", "http")}), 403)
    assert_error(post(client, PING, headers={"Origin": f"{origin}.evil.example"}), 403)


@pytest.mark.usefixtures("demo_data")
def test_a_foreign_page_runs_no_tool(client: Client) -> None:
    for options in ({"headers": {"Origin": "https://evil.example"}}, {"content_type": "text/plain"}):
        response = post(client, tool_call("destroy_users_user", {"id": "1"}), **options)
        assert response.status_code in (403, 415)
    assert User.objects.filter(pk=1).exists()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "text/html"])
def test_only_post_is_allowed(method: str, path: str, accept: str, client: Client) -> None:
    response = client.generic(method, path, PING, content_type="application/json", headers={"Accept": accept})
    assert response.headers["Allow"] == "POST"
    if method == "HEAD":
        assert response.status_code == 405
        assert response.content == b""
    else:
        assert_error(response, 405)


@pytest.mark.parametrize("path", PATHS)
def test_a_plain_get_of_a_browser_gets_no_page(path: str, client: Client) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    assert_error(response, 405)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "text/event-stream", "*/*", "", "nonsense", "a/b;q=x"]
)
@pytest.mark.parametrize("query", ["", "?format=xml", "?format=api"])
def test_whatever_a_client_says_it_accepts_the_answer_is_json(accept: str, query: str, client: Client) -> None:
    response = post(client, PING, f"/mcp/{query}", headers={"Accept": accept})
    assert result_of(response) == {}
    assert response.headers["Content-Type"] == "application/json"
    assert_error(post(client, b"{", f"/mcp/{query}", headers={"Accept": accept}), 400, -32700)


# --- Who calls --------------------------------------------------------------------------------------

BAD_CREDENTIALS = [
    "Bearer x",
    "Bearer",
    "Bearer x y",
    "Token junk",
    "Token",
    "Token a b",
    "Basic",
    "Basic YWRtaW46YWRtaW4=",
]
BAD_CREDENTIALS += ["Digest x", "junk", "MCP x", "Token é", "Token \x00", "token " + "x" * 100_000, "x" * 100_000]


def assert_challenge(response: Any, request_id: Any = None) -> str:
    """The answer is a 401 that tells a client to log in; it has an id where the message had been read already."""
    error = assert_error(response, 401, None, request_id)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    return str(error["message"])


@pytest.fixture
def closed(settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": False}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [PING, b"{", json.dumps(tool_call("list_users_user", {})).encode()])
@pytest.mark.usefixtures("closed", "db")
def test_a_caller_without_credentials_is_told_how_to_get_in(body: bytes, path: str, client: Client) -> None:
    assert "token" in assert_challenge(post(client, body, path)).lower()


@pytest.mark.usefixtures("db")
def test_callers_without_credentials_are_refused_by_default(client: Client, settings: Any) -> None:
    settings.DRF_MCP = {}
    assert_challenge(post(client, PING))


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.parametrize("credentials", BAD_CREDENTIALS, ids=lambda value: repr(value)[:20])
@pytest.mark.usefixtures("demo_data")
def test_credentials_that_fail_are_final(credentials: str, anonymous: bool, client: Client, settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": anonymous}
    response = post(client, rpc("tools/call", params=LIST_USERS), headers={"Authorization": credentials})
    assert_challenge(response)
    assert "admin@example.com" not in response.text


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.usefixtures("demo_data")
def test_the_token_of_an_inactive_user_is_refused(anonymous: bool, client: Client, settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": anonymous}
    token = Token.objects.create(user=User.objects.get(username="testuser"))
    assert_challenge(post(client, PING, headers={"Authorization": f"Token {token.key}"}))


@pytest.mark.usefixtures("demo_data", "closed")
def test_a_token_counts_in_the_header_and_nowhere_else(client: Client) -> None:
    key = Token.objects.create(user=User.objects.get(username="johndoe")).key
    assert result_of(post(client, PING, headers={"Authorization": f"Token {key}"})) == {}
    for name in ("access_token", "token", "Authorization"):
        assert_challenge(post(client, PING, f"/mcp/?{name}={key}"))
        assert_challenge(post(client, rpc("ping", params={name: key})))
    client.cookies["Authorization"] = f"Token {key}"
    assert_challenge(post(client, PING, headers={"X-Access-Token": key}))


@pytest.fixture
def session_project(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose API, like most, knows its users by their session or by Basic first."""
    classes = [SessionAuthentication, BasicAuthentication, TokenAuthentication]
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [f"{c.__module__}.{c.__name__}" for c in classes]}
    monkeypatch.setattr(UserViewSet, "authentication_classes", classes)
    monkeypatch.setattr(UserViewSet, "permission_classes", [IsAdminUser])


@pytest.mark.parametrize("csrf_token", [False, True])
@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.usefixtures("demo_data", "session_project")
def test_a_session_cookie_never_counts(csrf_token: bool, anonymous: bool, client: Client, settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": anonymous}
    client.force_login(User.objects.get(username="admin"))
    assert client.get("/api/users/").status_code == 200
    headers = {}
    if csrf_token:
        client.cookies["csrftoken"] = headers["X-CSRFToken"] = "a" * 32
    for call in (LIST_USERS, {"name": "destroy_users_user", "arguments": {"id": "2"}}):
        response = post(client, rpc("tools/call", params=call), headers=headers)
        assert_challenge(response, 1 if anonymous else None)
    assert User.objects.count() == 3


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.usefixtures("demo_data", "session_project")
def test_a_password_in_basic_never_counts(anonymous: bool, client: Client, settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": anonymous}
    headers = {"Authorization": "Basic YWRtaW46YWRtaW4="}
    assert client.get("/api/users/", headers=headers).status_code == 200
    assert_challenge(post(client, rpc("tools/call", params=LIST_USERS), headers=headers))


@pytest.mark.usefixtures("demo_data", "session_project", "closed")
def test_a_token_counts_beside_a_cookie_of_someone_else(client: Client) -> None:
    client.force_login(User.objects.get(username="admin"))
    key = Token.objects.create(user=User.objects.get(username="johndoe")).key
    answer = post(client, rpc("tools/call", params=LIST_USERS), headers={"Authorization": f"Token {key}"})
    assert json.loads(answer.content)["error"]["message"] == f"Unknown tool: {LIST_USERS['name']}"


@pytest.mark.usefixtures("demo_data")
def test_an_anonymous_call_that_the_view_refuses_is_asked_for_credentials(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserViewSet, "permission_classes", [IsAdminUser])
    assert_challenge(post(client, rpc("tools/call", params=LIST_USERS)), 1)
    monkeypatch.setattr(UserViewSet, "permission_classes", [AllowAny])
    assert result_of(post(client, rpc("tools/call", params=LIST_USERS)))["isError"] is False


# --- Anything at all --------------------------------------------------------------------------------

TOOLS = [f"{action}_users_user" for action in ("list", "create", "retrieve", "update", "destroy", "activate")]
NAMES = ["id", "username", "email", "password", "search", "new_id"]
CALLS = st.fixed_dictionaries(
    {"name": st.sampled_from(TOOLS), "arguments": st.dictionaries(st.sampled_from(NAMES) | st.text(), JSON)}
)
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | JSON},
    optional={
        "id": st.integers() | st.text() | JSON,
        "method": st.sampled_from(["initialize", "ping", "tools/list", "tools/call", "call_tool", "get_prompt"]) | JSON,
        "params": CALLS | st.fixed_dictionaries({}, optional={"name": JSON, "arguments": JSON, "_meta": JSON}) | JSON,
    },
)


def assert_answered(response: Any) -> None:
    assert response.status_code in (200, 202, 400), response.content[:500]
    if response.status_code == 202:
        assert response.content == b""
        return
    assert response.headers["Content-Type"] == "application/json"
    assert b"\n" not in response.content
    answer = json.loads(response.content)
    for message in answer if isinstance(answer, list) else [answer]:
        assert message["jsonrpc"] == "2.0"
        assert ("result" in message) is not ("error" in message)
        assert message.get("error", {}).get("code") in (None, -32700, -32600, -32601, -32602, -32020, -32022)


@steady
@given(st.binary())
def test_any_bytes_get_an_answer(body: bytes) -> None:
    assert_answered(post(Client(enforce_csrf_checks=True, raise_request_exception=False), body))


@steady
@given(JSON | MESSAGES)
@pytest.mark.usefixtures("demo_data")
def test_any_json_gets_an_answer(message: Any) -> None:
    assert_answered(post(Client(enforce_csrf_checks=True, raise_request_exception=False), message))


@steady
@given(CALLS)
@pytest.mark.usefixtures("demo_data")
def test_any_call_gets_an_answer(params: Any) -> None:
    assert_answered(
        post(Client(enforce_csrf_checks=True, raise_request_exception=False), rpc("tools/call", params=params))
    )


# --- On a real wire ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def start(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """Servers of each kind, started on first use; what they logged is read at the end."""
    servers: dict[str, Server] = {}

    def start(kind: str) -> Server:
        if kind not in servers:
            servers[kind] = start_server(kind, tmp_path_factory.mktemp(kind), demo_database)
        return servers[kind]

    yield start
    for server in servers.values():
        server.stop()
        assert "Traceback" not in server.log.read_text()


@pytest.fixture(params=["gunicorn", "uvicorn"])
def live(request: pytest.FixtureRequest, start: Callable[[str], Server]) -> Server:
    return start(request.param)


class RawAnswer:
    """An answer read from a socket, with the names that Django's responses have."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status_code = response.status
        self.headers = response.headers
        self.content = response.read()
        self.text = self.content.decode()


def send(server: Server, head: str, body: bytes = b"", *, path: str = "/mcp/", hang_up: bool = False) -> RawAnswer:
    """Send header lines and a body as they are, hang up if that is asked for, and read the answer."""
    address = urlsplit(server.url)
    lines = [f"POST {path} HTTP/1.1", f"Host: {address.netloc}", *head.split("\n"), "", ""]
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        # A server that has heard enough answers and closes; what it said can still be read.
        with contextlib.suppress(ConnectionError):
            connection.sendall("\r\n".join(lines).encode("latin-1") + body)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        with http.client.HTTPResponse(connection) as response:
            response.begin()
            return RawAnswer(response)


JSON_HEAD = "Content-Type: application/json\nContent-Length: {}"


@pytest.mark.live
@pytest.mark.parametrize("path", PATHS)
class TestOnTheWire:
    def test_an_honest_message_is_answered_without_a_redirect(self, path: str, live: Server) -> None:
        assert result_of(send(live, JSON_HEAD.format(len(PING)), PING, path=path)) == {}

    def test_a_body_over_the_limit_is_refused(self, path: str, live: Server) -> None:
        body = padded(LIMIT + 1)
        assert_error(send(live, JSON_HEAD.format(len(body)), body, path=path), 413)

    def test_a_missing_content_type_is_refused(self, path: str, live: Server) -> None:
        assert_error(send(live, f"Content-Length: {len(PING)}", PING, path=path), 415)

    def test_a_missing_content_length_is_an_empty_body(self, path: str, live: Server) -> None:
        assert_error(send(live, "Content-Type: application/json", path=path), 400, -32700)

    def test_a_content_length_that_is_too_short_cuts_the_message(self, path: str, live: Server) -> None:
        assert_error(send(live, JSON_HEAD.format(10), PING, path=path), 400, -32700)

    def test_100_000_brackets_are_refused(self, path: str, live: Server) -> None:
        assert_error(send(live, JSON_HEAD.format(100_000), b"[" * 100_000, path=path), 400, -32700)

    def test_a_foreign_origin_is_forbidden(self, path: str, live: Server) -> None:
        head = f"{JSON_HEAD.format(len(PING))}\nOrigin: https://evil.example"
        assert_error(send(live, head, PING, path=path), 403)

    def test_the_own_origin_may_call_the_demo(self, path: str, live: Server) -> None:
        head = f"{JSON_HEAD.format(len(PING))}\nOrigin: {live.url}"
        assert result_of(send(live, head, PING, path=path)) == {}

    @pytest.mark.parametrize("length", ["-1", "abc", "40\nContent-Length: 41", "0x28", "1 0"])
    def test_a_content_length_that_is_no_number_is_a_bad_request(self, length: str, path: str, live: Server) -> None:
        # Servers answer some of these by themselves, in their own words.
        answer = send(live, JSON_HEAD.format(length), PING, path=path)
        assert 400 <= answer.status_code < 500


@pytest.mark.live
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stated", [LIMIT + 1, 10**12])
def test_a_stated_size_over_the_limit_is_refused_before_anything_is_read(
    stated: int, path: str, start: Callable[[str], Server]
) -> None:
    assert_error(send(start("gunicorn"), JSON_HEAD.format(stated), path=path), 413)


@pytest.mark.live
@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_ends_early_is_a_bad_request(path: str, start: Callable[[str], Server]) -> None:
    for body in (PING, PING[:-5]):
        assert_error(send(start("gunicorn"), JSON_HEAD.format(1000), body, path=path, hang_up=True), 400)


@pytest.mark.live
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("kind", "statuses"), [("gunicorn", (400, 411, 413)), ("uvicorn", (413,))])
def test_a_body_in_chunks_is_limited_too(
    kind: str, statuses: tuple[int, ...], path: str, start: Callable[[str], Server]
) -> None:
    # Under WSGI Django reads no chunks: there the body is empty.
    chunk = b"%x\r\n%b\r\n" % (65536, b"x" * 65536)
    head = "Content-Type: application/json\nTransfer-Encoding: chunked"
    answer = send(start(kind), head, chunk * 41 + b"0\r\n\r\n", path=path)
    assert_error(answer, answer.status_code)
    assert answer.status_code in statuses
