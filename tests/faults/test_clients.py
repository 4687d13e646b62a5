"""Clients that go, dawdle or never read: nothing of theirs is half-done, and others are served."""

from __future__ import annotations

import json
import shutil
import socket
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.test_behind_nginx import documented_location
from tests.threats.conftest import Site
from tests.threats.fill import ACCESS

from . import LONG
from .conftest import is_answered
from .test_views import entries, workers

pytestmark = pytest.mark.live


def request_of(name: str, arguments: dict[str, object], *, is_chunked: bool = False, **meta: object) -> bytes:
    """A tool call, byte for byte."""
    prefix = "io.modelcontextprotocol/"
    meta |= {f"{prefix}protocolVersion": "2026-07-28", f"{prefix}clientCapabilities": {}}
    params = {"name": name, "arguments": arguments, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = {
        "Host": "127.0.0.1",
        "Authorization": f"Bearer {ACCESS['bob']}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": name,
        **({"Transfer-Encoding": "chunked"} if is_chunked else {"Content-Length": str(len(body))}),
    }
    if is_chunked:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /mcp HTTP/1.1\r\n{lines}\r\n".encode() + body


def connect(site: Site) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what nobody reads stays with the server
    connection.settimeout(30)
    connection.connect(site.address)
    # Closing resets the connection at once, as a process does that is killed.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return connection


def handles(site: Site) -> dict[int, int]:
    """How many files, sockets among them, each process has open."""
    return {pid: len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in workers(site)}


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunks"])
def test_a_client_that_goes_after_any_byte_of_its_request_leaves_nothing(kind, site, is_chunked, watching) -> None:
    sent = request_of("writes_and_waits", {"text": "half"}, is_chunked=is_chunked)
    before = handles(site)
    end = len(sent) - (len(b"\r\n0\r\n\r\n") if is_chunked else 0)  # there the message is complete
    begin = sent.index(b"\r\n\r\n") if is_chunked else 0  # up to there it is the same again
    fault = f"{end - begin} clients go, one after each byte of {'chunks' if is_chunked else 'a request'}"
    with watching(fault, site, kind) as others:
        for size in range(begin, end):
            with connect(site) as connection:
                connection.sendall(sent[:size])
                if size % 2:
                    connection.shutdown(socket.SHUT_WR)  # politely
    assert others.failed == 0
    assert site.call("list_threats_note").data["count"] == 5
    assert "half" not in entries(site)
    for _ in range(20):
        after = handles(site)
        if all(after[pid] <= before.get(pid, 0) + 4 for pid in after):
            break
        time.sleep(0.1)
    assert after.keys() == before.keys()
    assert all(after[pid] <= before[pid] + 4 for pid in after), (before, after)


def test_a_client_that_goes_before_its_answer_has_its_call_made_once_or_not_at_all(site) -> None:
    for number in range(10):
        with connect(site) as connection:
            connection.sendall(request_of("writes_and_waits", {"text": f"gone{number}"}))
    made, seen = entries(site), None
    while made != seen:  # what was begun goes on
        time.sleep(0.5)
        made, seen = entries(site), made
    assert len(made) == len(set(made))
    assert site.call("list_threats_note").data["count"] == 5
    site.execute("DELETE FROM threats_entry")


@dataclass
class Crowd:
    """Slow clients: how many, of which server, and whether it has room for others beside them."""

    site: Site
    server: str
    size: int
    leaves_room: bool = True


CROWDS = ["few at gthread", "uvicorn", "nginx", *(["many at gthread"] if LONG else [])]
"""Each slow client takes one of the 8 threads of a ``gthread`` server that has no proxy, and none of the others'."""


@pytest.fixture(params=CROWDS)
def crowd(request: pytest.FixtureRequest, serving: Callable[..., Site]) -> Crowd:
    if request.param == "uvicorn":
        return Crowd(serving("uvicorn-workers"), "uvicorn-workers", 16)
    site = serving("gthread")
    if request.param == "few at gthread":
        return Crowd(site, "gthread", 3)
    if request.param == "many at gthread":
        return Crowd(site, "gthread", 16, leaves_room=False)
    if shutil.which("nginx") is None:
        pytest.skip("There is no nginx; on Debian: apt-get install nginx-light.")
    assert "send_timeout 10s;" in documented_location()
    server = request.getfixturevalue("behind_nginx")(
        site.server, lambda location: location.replace("send_timeout 10s", "send_timeout 1s")
    )
    return Crowd(Site(server, site.variables), "gunicorn behind nginx", 16)


SLOW = (8, 1.0) if LONG else (4, 0.0)
"""How many bytes come one by one, and how many seconds lie between them."""


@pytest.mark.parametrize("part", ["headers", "body"])
def test_clients_that_send_byte_by_byte_are_answered_in_the_end_and_hold_up_nobody_where_there_is_room(
    crowd, part, watching
) -> None:
    site, sent = crowd.site, request_of("list_threats_note", {})
    end = sent.index(b"\r\n\r\n") if part == "headers" else len(sent) - 1
    fault = f"{crowd.size} clients send a byte a second of their {part}"
    with watching(fault, site, crowd.server) as others:
        with ExitStack() as stack:
            slow = [stack.enter_context(connect(site)) for _ in range(crowd.size)]
            for connection in slow:
                connection.sendall(sent[: end - SLOW[0]])
            for place in range(end - SLOW[0], end):
                time.sleep(SLOW[1])
                for connection in slow:
                    connection.sendall(sent[place : place + 1])
                if crowd.leaves_room:
                    assert site.call("list_threats_note").data["count"] == 5
            for connection in slow:
                connection.sendall(sent[end:])
            for connection in slow:
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert others.wait_until(lambda: is_answered(site))
    assert others.failed == 0


def test_clients_that_never_read_their_stream_hold_up_nobody_where_there_is_room(crowd, watching) -> None:
    site = crowd.site
    sent = request_of("says_much", {}, **{"io.modelcontextprotocol/logLevel": "debug", "progressToken": 1})
    before = handles(site)
    with watching(f"{crowd.size} clients never read their stream", site, crowd.server) as others:
        with ExitStack() as stack:
            for _ in range(crowd.size):
                connection = stack.enter_context(connect(site))
                connection.sendall(sent)
                if crowd.leaves_room:
                    assert connection.recv(100).startswith(b"HTTP/1.1 200")
            for _ in range(8 if crowd.leaves_room else 0):
                assert site.call("list_threats_note").data["count"] == 5
            time.sleep(5 if LONG else 0)
        assert others.wait_until(lambda: is_answered(site))
    assert others.failed == 0
    for _ in range(50):
        after = handles(site)
        if all(after[pid] <= before.get(pid, 0) + 4 for pid in after):
            return
        time.sleep(0.1)
    pytest.fail(f"What they held open stays open: {before} {after}")
