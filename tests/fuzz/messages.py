"""Messages of both eras as a client sends them, and ways to spoil them."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from drf_mcp.protocol.revisions import CLIENT_CAPABILITIES_META, LOG_LEVEL_META, PROTOCOL_VERSION_META

from .oracle import Sent

HANDSHAKE = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
STATELESS = "2026-07-28"
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
METHODS = [
    *["initialize", "ping", "tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read"],
    *["resources/subscribe", "resources/unsubscribe", "prompts/list", "prompts/get", "completion/complete"],
    *["logging/setLevel", "server/discover", "subscriptions/listen", "list_tools", "call_tool", "list_prompts"],
    *["get_prompt", "notifications/initialized", "notifications/cancelled", "tasks/get", "nonsense", ""],
]


class Doubled(str):
    """A key that stands beside itself."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def _deep(depth: int, inner: Any = 1) -> Any:
    for _ in range(depth):
        inner = [inner]
    return inner


JUNK = [
    *[None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**40, 10**400],
    *[
        "",
        " ",
        "0",
        "1",
        "null",
        "true",
        "[]",
        "{}",
        "\x00",
        "a\x00b",
        "\n",
        "\r\nX: y",
        "\ud800",
        "a\udfffb",
        "é",
        "😀",
    ],
    *["\u202e", "\ufeff", "../..", "%00", "%2e%2e", "1;DROP TABLE users", "{{7*7}}", "${x}", "<script>", "x" * 5000],
    *["9" * 400, "-", "1e999", "nan", "0x10", "2024-02-30", "2024-13-01T25:61:61Z", "P1Y", "a@b", "http://[::1"],
    *[float("nan"), float("inf"), [], [[]], [None], [1, "a", {}], {}, {"": ""}, {"a": {"b": {"c": []}}}],
    *[_deep(50), _deep(99), _deep(101), {"__class__": "x", "pk": 1}, {"name": "a.txt", "content": "!"}],
]
WORDS = ["id", "name", "email", "username", "search", "page", "page_size", "ordering", "format", "uri", "cursor", "x"]

junk = st.sampled_from(JUNK) | st.text(max_size=20) | st.integers() | st.floats()
ids = st.sampled_from([1, 0, -1, 2**53 + 1, 10**30, "", "a", "1", "é\n\x00", "x" * 300]) | st.integers() | st.text()


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the parts of a value stand."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*at, key)
        yield from paths(inner, (*at, key))


def _spoil(draw: Any, message: Any) -> Any:
    """Change one place of a message."""
    places = list(paths(message))
    how = draw(st.sampled_from(["replace", "replace", "drop", "add", "double", "wrap"]))
    if not places or how == "wrap":
        return draw(st.sampled_from([[message], [message, message], {"x": message}, [message] * 51, [], [[message]]]))
    *parents, last = draw(st.sampled_from(places))
    holder = message
    for key in parents:
        holder = holder[key]
    if how == "drop":
        del holder[last]
    elif how == "add" and isinstance(holder, dict):
        holder[draw(st.sampled_from(WORDS) | st.text(max_size=5))] = copy.deepcopy(draw(junk))
    elif how == "double" and isinstance(holder, dict):
        holder[Doubled(last)] = copy.deepcopy(draw(st.just(holder[last]) | junk))
    else:
        holder[last] = copy.deepcopy(draw(junk))
    return message


def _spoil_bytes(draw: Any, body: bytes) -> bytes:
    # Of how long a body is, which a state within it decides, nothing that is drawn may depend.
    at = draw(st.integers(0, 1000)) * len(body) // 1000
    how = draw(st.sampled_from(["cut", "put", "swap", "again", "blank"]))
    odd = draw(st.sampled_from([b"\x00", b"\xff", b'"', b"{", b"[", b"\\", b",", b"\xed\xa0\x80", b"\\ud800", b"\n"]))
    return {
        "cut": body[:at],
        "put": body[:at] + odd + body[at:],
        "swap": body[:at] + odd + body[at + 1 :],
        "again": body + body[at:],
        "blank": b" \r\n\t" + body + b" " * draw(st.integers(0, 50)),
    }[how]


def encoded(value: Any) -> bytes:
    """As JSON with all that Python writes and the protocol does not take."""
    return json.dumps(value).encode()


def headers_for(message: Any, version: str) -> dict[str, str]:
    """What a client sends with a message."""
    headers = {"HTTP_MCP_PROTOCOL_VERSION": version, "HTTP_ACCEPT": "application/json, text/event-stream"}
    if version == STATELESS and isinstance(message, dict):
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        method = message.get("method")
        headers["HTTP_MCP_METHOD"] = _header(method)
        if isinstance(method, str) and method in NAMED_BY:
            headers["HTTP_MCP_NAME"] = _header(params.get(NAMED_BY[method]))
        arguments = params.get("arguments")
        for name in ("region", "count") if isinstance(arguments, dict) else ():
            if arguments.get(name) is not None:
                headers[f"HTTP_MCP_PARAM_{name.upper()}"] = _header(arguments[name])
    return headers


def _header(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if text.isascii() and text.isprintable() and text == text.strip():
        return text
    return f"=?base64?{base64.b64encode(text.encode(errors='replace')).decode()}?="


# A Host that Django refuses is not among them: its middleware answers with Django's own page before any view.
HEADERS = {
    "HTTP_MCP_PROTOCOL_VERSION": [
        *HANDSHAKE,
        STATELESS,
        "",
        "2025-06-18, 2025-06-18",
        "2099-01-01",
        "x",
        " 2025-06-18",
    ],
    "HTTP_MCP_METHOD": ["tools/call", "ping", "TOOLS/LIST", "", "a, a", "=?base64?cGluZw==?=", "\xff"],
    "HTTP_MCP_NAME": [
        "",
        "ask_twice",
        "ask_twice, ask_twice",
        "=?base64?!?=",
        "=?base64?YQ?=",
        "=?base64?/w==?=",
        "\xe9",
    ],
    "HTTP_MCP_PARAM_REGION": ["", "eu", "=?base64?ZXU=?=", "=?base64?ZXV=?=", "eu, eu", "\x00"],
    "HTTP_MCP_PARAM_COUNT": ["", "1", "1.0", "1e0", "01", "٣", "9" * 5000, "true"],
    "HTTP_MCP_SESSION_ID": ["", "x", "0" * 32, "\x7f", "x" * 5000],
    "HTTP_LAST_EVENT_ID": ["", "x", "x:1", "0" * 32 + ":1", "-1", "9" * 500],
    "HTTP_AUTHORIZATION": ["", "Token", "Token x", "Bearer x", "Basic eDp5", "Token \xff", "x" * 5000],
    "HTTP_ORIGIN": ["http://evil.example", "null", "", "http://[::1", "http://testserver"],
    "HTTP_ACCEPT": ["text/html", "text/event-stream", "", "*/*;q=x", ",,,"],
    "HTTP_ACCEPT_LANGUAGE": ["de", "xx", "", "*", "a" * 600, "en;q=nan"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE", "GET"],
    "HTTP_X_FORWARDED_FOR": ["1.2.3.4", "\xff", ""],
    "HTTP_CONTENT_ENCODING": ["gzip", "identity", "x"],
    "HTTP_TRACEPARENT": ["00-" + "0" * 32 + "-" + "0" * 16 + "-01", "x", "00-zz"],
    "HTTP_COOKIE": ["sessionid=x", "a=b; a=c", "\xff", "=;="],
    "CONTENT_TYPE": [
        "",
        "text/plain",
        "application/json; charset=latin-1",
        "application/json;;=;",
        "multipart/form-data",
    ],
    "CONTENT_LENGTH": ["0", "1", "-1", "x", "", "99999999999999999999", "²", "40"],
}
PATHS = [
    "/mcp",
    "/mcp/?read_only=1",
    "/mcp/?include=*",
    "/mcp/?read_only=x",
    "/mcp/?include=%00&exclude=[",
    "/mcp/?format=x",
]
VERBS = ["GET", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH", "TRACE"]


@st.composite
def requests(draw: Any, message: Any, version: str, token: str) -> Sent:
    """A message on its way, with up to some faults of any kind."""
    message, faults = copy.deepcopy(message), draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))
    kinds = [draw(st.sampled_from(["message", "message", "message", "bytes", "header", "http"])) for _ in range(faults)]
    for _ in range(kinds.count("message")):
        message = _spoil(draw, message)
    headers = headers_for(message, version)
    if draw(st.booleans()):
        headers["HTTP_AUTHORIZATION"] = f"Token {token}"
    verb, path = "POST", "/mcp/"
    for _ in range(kinds.count("header")):
        name = draw(st.sampled_from(list(HEADERS)))
        headers[name] = draw(st.sampled_from(HEADERS[name]) | st.text(st.characters(max_codepoint=255), max_size=10))
        if draw(st.integers(0, 3)) == 0:
            del headers[name]
    if "http" in kinds:
        verb, path = draw(st.sampled_from([(verb, path) for verb in VERBS] + [("POST", path) for path in PATHS]))
    body = encoded(message)
    for _ in range(kinds.count("bytes")):
        body = _spoil_bytes(draw, body)
    return Sent(body, headers, verb, path)


def with_meta(params: dict[str, Any], version: str, capabilities: Any = None) -> dict[str, Any]:
    """The params with what a stateless client says of itself."""
    if version != STATELESS:
        return params
    declared = {"elicitation": {"form": {}}} if capabilities is None else capabilities
    meta = {PROTOCOL_VERSION_META: version, CLIENT_CAPABILITIES_META: declared, LOG_LEVEL_META: "info"}
    return {**params, "_meta": {**meta, "progressToken": 1}}
