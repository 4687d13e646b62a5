"""What the coverage-guided fuzzer feeds with bytes: each target takes any, and raises only what is a finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model

from drf_mcp.arguments import bind_arguments
from drf_mcp.auth.identity import Identity
from drf_mcp.bodies import encode_body
from drf_mcp.catalog import get_catalog
from drf_mcp.elicitation import Dialogue
from drf_mcp.protocol.errors import MCPError
from drf_mcp.protocol.gate import pass_gate
from drf_mcp.protocol.headers import check_content_type, check_mirrored_params, decode_value, encode_value, header_value
from drf_mcp.protocol.jsonrpc import Request, encode_error, encode_result, load_message, loads, parse_message
from drf_mcp.protocol.pagination import decode_cursor, encode_cursor, page_of
from drf_mcp.protocol.revisions import check_batch, handshake_revision
from drf_mcp.protocol.uri_templates import URITemplate
from drf_mcp.resource_catalog import resources_of
from drf_mcp.rounds import _take_answers
from drf_mcp.sealing import Seal
from drf_mcp.trace import received

from .endpoint import Endpoint, rolled_back
from .oracle import Finding, Sent

MIRRORED = {("region",): "Region", ("count",): "Count", ("a", "b"): "Deep"}
HEADERS = {
    b"v": "HTTP_MCP_PROTOCOL_VERSION",
    b"m": "HTTP_MCP_METHOD",
    b"n": "HTTP_MCP_NAME",
    b"r": "HTTP_MCP_PARAM_REGION",
    b"c": "HTTP_MCP_PARAM_COUNT",
    b"s": "HTTP_MCP_SESSION_ID",
    b"e": "HTTP_LAST_EVENT_ID",
    b"a": "HTTP_ACCEPT",
    b"o": "HTTP_ORIGIN",
    b"t": "CONTENT_TYPE",
    b"l": "CONTENT_LENGTH",
    b"k": "HTTP_AUTHORIZATION",
}
"""The letters by which an input names its headers."""


def split(data: bytes) -> tuple[dict[str, str], bytes]:
    """Headers, each in a line that begins with its letter, and the body behind an empty line."""
    head, _, body = data.partition(b"\n\n")
    lines = [line for line in head.split(b"\n") if line[:1] in HEADERS]
    return {HEADERS[line[:1]]: line[1:].decode("latin-1") for line in lines}, body


def parse(data: bytes) -> None:
    """Bytes to a message and to an answer."""
    try:
        value = load_message(data)
        if json.loads(data) != value:
            raise Finding("JSON that another reader understands otherwise")
        if isinstance(value, list):
            check_batch(value, None)
        received(value)
        message = parse_message(value)
        if isinstance(message, Request):
            answer = encode_result(message.id, {"echo": message.params})
            if json.loads(answer)["id"] != message.id or b"\n" in answer:
                raise Finding("an answer that is not as the request")
    except MCPError as error:
        json.loads(encode_error(error.request_id, error))


def headers(data: bytes) -> None:
    """The headers of a request against its body."""
    found, body = split(data)
    for value in found.values():
        decoded = decode_value(value)
        if decoded is not None and decode_value(encode_value(decoded)) != decoded:
            raise Finding(f"a value that is another one when it is written again: {decoded!r}")
    try:
        check_content_type(found.get("CONTENT_TYPE", "application/json"))
        value = load_message(body)
        revision = handshake_revision(value, header_value(found, "HTTP_MCP_PROTOCOL_VERSION"))
        message = parse_message(value)
        if isinstance(message, Request):
            check_mirrored_params(MIRRORED, message.params.get("arguments", {}), found)
            if revision is None:
                pass_gate(message, found)
    except MCPError as error:
        json.loads(encode_error(error.request_id, error))


@cache
def _tools() -> list[Any]:
    return [*get_catalog("tests.fuzz.urls").tools, *get_catalog("tests.fuzz.zoo").tools]


def arguments(data: bytes) -> None:
    """Arguments to the parts of a request: a number of a tool, and an object."""
    try:
        given = loads(data[1:])
    except MCPError:
        return
    if isinstance(given, dict):
        tools = _tools()
        tool = tools[data[0] % len(tools)]
        try:
            bound = bind_arguments(tool, given)
            encode_body(bound, tool.endpoint.viewset.parser_classes)
        except MCPError as error:
            json.loads(encode_error(1, error))


def cursors(data: bytes) -> None:
    """A cursor of any kind for a list."""
    try:
        cursor = json.loads(data)
    except (ValueError, RecursionError):
        cursor = data.decode(errors="surrogateescape")
    try:
        position = decode_cursor("tools/list", cursor)
        if position is not None and encode_cursor("tools/list", position) != cursor:
            raise Finding("two cursors for one place")
        page_of(["a", "b", "\x00", "é", ""], cursor, method="tools/list", key=str)
    except MCPError as error:
        json.loads(encode_error(1, error))


@cache
def _seal() -> tuple[Seal, str]:
    seal = Seal("rounds", Identity(get_user_model()(pk=1), None, None), ["tools/call ask_twice", {}])
    return seal, seal.close([1, {"first": {"name": "Ann"}}])


def request_state(data: bytes) -> None:
    """The state and the answers of a call that asks; no state but the one that was given out is taken."""
    seal, given_out = _seal()
    answers, _, state = data.partition(b"\n")
    params: dict[str, Any] = {"requestState": state.decode(errors="surrogateescape")}
    try:
        params["inputResponses"] = loads(answers)
        if state.startswith(b"="):  # beside the real one, so that changes of it are tried, too
            params["requestState"] = given_out[: len(given_out) - len(state)] + state[1:].decode(errors="replace")
        _take_answers(params, seal, Dialogue("2026-07-28", {}))
        if params["requestState"] != given_out:
            raise Finding("a state that nobody gave out")
    except MCPError as error:
        json.loads(encode_error(1, error))


@cache
def _resources() -> Any:
    return resources_of("tests.fuzz.urls")


def uris(data: bytes) -> None:
    """Which resources a URI means, and the values that it has for their variables."""
    uri = data.decode(errors="surrogateescape")
    for resource, values in _resources().candidates(uri):
        base = uri.partition("?")[0] if "?" in uri and "?" not in resource.template.text else uri
        expanded = resource.template.expand(values)
        again = resource.template.match(expanded)
        if values and again != {name: str(value) for name, value in values.items()}:
            raise Finding(f"{base!r} has {values!r}, {expanded!r} has {again!r}")


def templates(data: bytes) -> None:
    """A template and a URI that may be one of its."""
    text, _, uri = data.decode(errors="replace").partition("\n")
    try:
        template = URITemplate(text)
    except ValueError:
        return
    values = template.match(uri)
    if values is not None and template.match(template.expand(values)) != values:
        raise Finding(f"{text!r} has {values!r} of {uri!r}, and not of {template.expand(values)!r}")


@cache
def _endpoint() -> Endpoint:
    return Endpoint()


def wire(data: bytes) -> None:
    """The endpoint as a whole."""
    found, body = split(data)
    endpoint = _endpoint()
    if "HTTP_AUTHORIZATION" in found and not found["HTTP_AUTHORIZATION"]:
        found["HTTP_AUTHORIZATION"] = f"Token {endpoint.token}"
    with rolled_back():
        endpoint.send(Sent(body, found))


TARGETS: dict[str, tuple[Callable[[bytes], None], int]] = {
    "parse": (parse, 400),
    "headers": (headers, 600),
    "arguments": (arguments, 300),
    "cursors": (cursors, 200),
    "request_state": (request_state, 300),
    "uris": (uris, 200),
    "templates": (templates, 200),
    "wire": (wire, 800),
}
"""The targets by name, with the length up to which inputs are made."""
