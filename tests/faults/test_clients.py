"""Clients that go, dawdle or never read: nothing of theirs is half-done, and others are served."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.threats.conftest import Site
from tests.threats.fill import ACCESS

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
    connection = socket.create_connection(site.address, timeout=30)
    # Closing resets the connection at once, as a process does that is killed.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return connection


def handles(site: Site) -> dict[int, int]:
    """How many files, sockets among them, each process has open."""
    return {pid: len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in workers(site)}


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunks"])
def test_a_client_that_goes_after_any_byte_of_its_request_leaves_nothing(site, is_chunked) -> None:
    sent = request_of("writes_and_waits", {"text": "half"}, is_chunked=is_chunked)
    before = handles(site)
    end = len(sent) - (len(b"\r\n0\r\n\r\n") if is_chunked else 0)  # there the message is complete
    begin = sent.index(b"\r\n\r\n") if is_chunked else 0  # up to there it is the same again
    for size in range(begin, end):
        with connect(site) as connection:
            connection.sendall(sent[:size])
            if size % 2:
                connection.shutdown(socket.SHUT_WR)  # politely
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


SLOW = (60, 1.0) if "FAULTS_LONG" in os.environ else (4, 0.0)
"""How many bytes come one by one, and how many seconds lie between them."""


def test_clients_that_send_byte_by_byte_hold_up_nobody_and_are_answered_in_the_end(site) -> None:
    sent = request_of("list_threats_note", {})
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(site)) for _ in range(3)]
        for connection in slow:
            connection.sendall(sent[: -SLOW[0]])
        for place in range(len(sent) - SLOW[0], len(sent)):
            time.sleep(SLOW[1])
            for connection in slow:
                connection.sendall(sent[place : place + 1])
            assert site.call("list_threats_note").data["count"] == 5
        for connection in slow:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_clients_that_never_read_their_stream_hold_up_nobody(site) -> None:
    sent = request_of("says_much", {}, **{"io.modelcontextprotocol/logLevel": "debug", "progressToken": 1})
    before = handles(site)
    with ExitStack() as stack:
        for _ in range(3):
            connection = stack.enter_context(connect(site))
            connection.sendall(sent)
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        for _ in range(8):
            assert site.call("list_threats_note").data["count"] == 5
    for _ in range(50):
        after = handles(site)
        if all(after[pid] <= before.get(pid, 0) + 4 for pid in after):
            return
        time.sleep(0.1)
    pytest.fail(f"What they held open stays open: {before} {after}")
