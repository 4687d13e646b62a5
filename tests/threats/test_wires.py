"""Bytes that are no message: broken HTTP on raw sockets, JSON that is a bomb, names that only look like one."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress

import pytest

from .conftest import Site
from .fill import ACCESS

pytestmark = pytest.mark.live

LIST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
LIMIT = 2_621_440


@pytest.fixture(scope="module", params=["gunicorn", "uvicorn"])
def either(serving, request) -> Site:
    return serving(request.param)


def raw(site: Site, head: list[str], body: bytes = b"", *, is_short: bool = False) -> bytes:
    """All that a server answers to bytes as they stand."""
    lines = ["POST /mcp HTTP/1.1", f"Host: 127.0.0.1:{site.address[1]}", f"Authorization: Bearer {ACCESS['bob']}"]
    lines += ["Content-Type: application/json", "MCP-Protocol-Version: 2025-06-18", *head]
    with socket.create_connection(site.address, timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        if is_short:  # or else the server waits for the rest
            connection.shutdown(socket.SHUT_WR)
        found = b""
        try:
            while part := connection.recv(65_536):
                found += part
        except (TimeoutError, ConnectionError):
            pass
        return found


CLOSE = "Connection: close"
SMUGGLED = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "body", "allowed"),
    [
        ([f"Content-Length: {len(LIST)}", CLOSE], LIST, {200}),
        ([f"Content-Length: {len(LIST) + 50}", CLOSE], LIST, {400, None}),
        ([f"Content-Length: {len(LIST) - 9}", CLOSE], LIST, {400}),
        (["Content-Length: -1", CLOSE], LIST, {400}),
        (["Content-Length: +5", CLOSE], LIST, {400}),
        (["Content-Length: 0x10", CLOSE], LIST, {400}),
        (["Content-Length: 5, 6", CLOSE], LIST, {400}),
        ([f"Content-Length: {len(LIST)}", "Content-Length: 3", CLOSE], LIST, {400}),
        ([f"Content-Length: {LIMIT + 1}", CLOSE], b"{}", {413, None}),
        ([f"Content-Length: {10**30}", CLOSE], b"{}", {413, 400}),
        (["Transfer-Encoding: xchunked", f"Content-Length: {len(LIST)}", CLOSE], LIST, {400, 501}),
        (["Transfer-Encoding: chunked", "Content-Length: 3", CLOSE], b"0\r\n\r\n" + SMUGGLED, {400}),
        (["Transfer-Encoding: chunked", CLOSE], b"zz\r\n", {400, None}),
        ([f"Content-Length: {len(LIST)}", "Content-Encoding: gzip", CLOSE], LIST, {200, 400, 415}),
        (["Content-Length: 20", "Content-Encoding: gzip", CLOSE], b"\x1f\x8b\x08" + b"\0" * 17, {400, 415}),
        ([f"Content-Length: {len(LIST) + 3}", CLOSE], b"\xef\xbb\xbf" + LIST, {400}),
        ([f"Content-Length: {2 * len(LIST)}", CLOSE], LIST.decode().encode("utf-16-le"), {400}),
    ],
)
def test_a_request_that_contradicts_itself_has_one_answer(either: Site, head, body, allowed) -> None:
    found = raw(either, head, body, is_short="None" in str(allowed))
    statuses = [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]
    statuses = [status for status in statuses if status != 100]
    assert len(statuses) <= 1, found
    status = statuses[0] if statuses else None
    if status == 200 and 200 not in allowed:  # a JSON-RPC error of the handshake era
        assert b'"error"' in found
    else:
        assert status in allowed, found[:300]
    assert b"Traceback" not in found
    assert either.post(LIST).status == 200


@pytest.mark.parametrize("stated", [LIMIT + 1, 10**12])
def test_a_stated_size_over_the_limit_is_refused_before_anything_is_read(serving, stated) -> None:
    """Where the server hands on what it has not read: uvicorn waits for the body, and Django with it."""
    site = serving("gunicorn")
    assert site.post(LIST).status == 200
    assert raw(site, [f"Content-Length: {stated}", CLOSE]).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "utf-7", "x" * 500])
def test_json_in_another_charset_is_refused(either: Site, charset) -> None:
    assert either.post(LIST, Content_Type=f"application/json; charset={charset}").status == 415


def test_a_body_over_the_limit_is_refused_in_one_piece_and_in_chunks(either: Site) -> None:
    large = b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * LIMIT + b'"}'
    with suppress(ConnectionError):  # the server may close before all of it was sent
        assert either.post(large).status == 413
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in (large[i : i + 2**16] for i in range(0, len(large), 2**16))
    )
    try:
        found = raw(either, ["Transfer-Encoding: chunked", CLOSE], chunks + b"0\r\n\r\n")
        # Where gunicorn ends a body that has no stated length, none of it is there: the endpoint says so.
        assert found.split(b" ")[1] in (b"413", b"400")
        assert b'"result"' not in found
    except ConnectionError:
        pass
    assert either.post(LIST).status == 200


# Headers


@pytest.mark.parametrize("name", ["Mcp-Name", "Mcp-Method", "MCP-Protocol-Version", "Authorization", "X-MCP-Tools"])
@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "a\nX-Evil: 1", 'a", error="x', "a\\", "\x00", "\xff" * 20])
def test_no_header_of_a_client_becomes_one_of_the_answer(either: Site, name, value) -> None:
    lines = [f"{name}: {value}", f"Content-Length: {len(LIST)}", CLOSE]
    found = raw(either, lines, LIST)
    head = found.partition(b"\r\n\r\n")[0].lower()
    assert b"set-cookie" not in head
    assert b"x-evil" not in head
    assert b" 500 " not in head.split(b"\r\n")[0]
    assert head.count(b'error="') <= 1


@pytest.mark.parametrize("text", ['a"b', "a\r\nX-Evil: 1", "a,b", "\\", "\u2028", "x" * 10_000, "<script>"])
def test_no_text_of_a_message_becomes_a_header(site: Site, text) -> None:
    for message in (
        {"method": "tools/call", "params": {"name": text}},
        {"method": text, "params": {}},
        {"method": "tools/list", "params": {"cursor": text}},
        {"method": "resources/read", "params": {"uri": text}},
        {"method": "initialize", "params": {"protocolVersion": text, "clientInfo": {"name": text, "version": text}}},
    ):
        for caller in ("bob", None):
            reply = site.post({"jsonrpc": "2.0", "id": text, **message}, caller)
            assert reply.status in (200, 400, 401)
            assert "x-evil" not in reply.headers
            assert "X-Evil" not in json.dumps(reply.headers)
            if caller is None:
                assert reply.headers["www-authenticate"] == 'Bearer realm="mcp"'


def test_headers_that_contradict_the_body_are_refused(site: Site) -> None:
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": "2026-07-28", f"{prefix}clientCapabilities": {}}
    params = {"name": "list_bell", "arguments": {}, "_meta": meta}
    good = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/call", "Mcp_Name": "list_curious"}
    assert site.ask("tools/call", {**params, "name": "list_curious"}, **good).status == 200
    for change in ({"Mcp_Name": "destroy_all"}, {"Mcp_Method": "tools/list"}, {"MCP_Protocol_Version": "2025-06-18"}):
        assert site.ask("tools/call", {**params, "name": "list_curious"}, **{**good, **change}).status == 400


# Bombs


def message(params: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":%b}' % params.encode("utf-8", "surrogatepass")


BOMBS = {
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep in params": message('{"name":"list_bell","arguments":{"a":' + "[" * 50_000 + "]" * 50_000 + "}}"),
    "long integer": message('{"name":"list_bell","arguments":{"a":1' + "0" * 5000 + "}}"),
    "long float": message('{"name":"list_bell","arguments":{"a":1e999}}'),
    "NaN": message('{"name":"list_bell","arguments":{"a":NaN}}'),
    "Infinity": message('{"name":"list_bell","arguments":{"a":-Infinity}}'),
    "the same key twice": message('{"name":"list_bell","arguments":{"a":1,"a":2}}'),
    "two names": message('{"name":"list_bell","name":"list_curious"}'),
    "two methods": b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
    "100,000 keys": message('{"name":"list_bell","arguments":{' + ",".join(f'"k{i}":0' for i in range(100_000)) + "}}"),
    "half a pair": message('{"name":"list_bell","arguments":{"a":"\\ud800"}}'),
    "half a pair as a name": message('{"name":"\\udfff"}'),
    "NUL in a name": message('{"name":"list_bell\\u0000"}'),
    "a number": b"1",
    "a text": b'"tools/list"',
    "null": b"null",
    "nothing": b"",
    "a batch of 1000": b"[" + b",".join([LIST] * 1000) + b"]",
    "many empty objects": b"[" + b",".join([b"{}"] * 800_000) + b"]",
    "quotes and backslashes": b'"' + b'\\"' * 1_000_000,
    "a megabyte of a name": message('{"name":"' + "x" * 1_000_000 + '"}'),
    "a megabyte of an argument's name": message('{"name":"list_bell","arguments":{"' + "search" * 200_000 + '":1}}'),
    "a megabyte of a URI": b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"drf:///api/note/%b"}}'
    % (b"1/" * 500_000),
    "a megabyte of a query": b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"drf:///api/note/?%b"}}'
    % (b"a=1&" * 250_000),
    "raw bytes": bytes(range(256)) * 100,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("version", ["2025-06-18", "2025-03-26"])
def test_a_bomb_is_refused_at_once(serving, name, version) -> None:
    site = serving("uvicorn")
    body = BOMBS[name]
    start, before = time.monotonic(), _peak(site)
    cpu = _cpu(site)
    reply = site.post(body, MCP_Protocol_Version=version)
    assert _cpu(site) - cpu < 1
    assert time.monotonic() - start < 10  # of a machine that others use, too
    assert _peak(site) - before < 50_000
    assert reply.status in (200, 400, 413)
    answer = reply.json
    if isinstance(answer, list):
        answer = answer[0]
    assert answer["error"]["code"] in (-32700, -32600, -32602, 413), answer
    assert len(reply.content) < 50_000
    assert site.post(LIST).status == 200


def _peak(site: Site) -> int:
    """The most memory that the server ever had, in kilobytes."""
    with open(f"/proc/{site.server.process.pid}/status") as file:  # noqa: PTH123
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def _cpu(site: Site) -> float:
    """The seconds that the server has worked."""
    with open(f"/proc/{site.server.process.pid}/stat") as file:  # noqa: PTH123
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


# Names


@pytest.mark.parametrize(
    "name",
    [
        "\uff4cist_bell", "list_bel\u200bl", "list_bell\u0000", "LIST_BELL", "List_bell", "list_bell ", " list_bell",
        "list_bell\n", "list_be\u006c\u0301l", "l\u0131st_bell", "list\u005fbell\ufeff", "__class__", "a/b", "initial",
        "dispatch", "list_bell.json", "x" * 10_000, "list_bell\u202e", "", "list-bell", "../list_bell", "*", "list_*",
    ],
)  # fmt: skip
def test_only_the_exact_name_is_a_tool(site: Site, name) -> None:
    for method, params in (("tools/call", {"name": name}), ("prompts/get", {"name": name})):
        reply = site.ask(method, params)
        assert reply.status == 200
        assert reply.error["code"] in (-32602, -32601)
        assert len(reply.content) < 2_000
        assert b"\\u0000" not in reply.content or "\x00" in name


@pytest.mark.parametrize("method", ["__class__", "tools/CALL", "tools/list\u200b", "dispatch", "initial", "x" * 10_000])
def test_only_the_exact_method_is_one(site: Site, method) -> None:
    assert site.ask(method).error["code"] == -32601


def test_all_names_are_plain_and_no_two_of_them_look_alike(site: Site) -> None:
    import re
    import unicodedata

    names = list(site.tools("admin"))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in names}) == len(names)
