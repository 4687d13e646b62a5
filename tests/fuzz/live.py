"""The same hostile messages over the socket of a live server: gunicorn with threads, and uvicorn."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st

from tests.servers import Server, make_database, start_server

from .database import contents
from .messages import HANDSHAKE, METHODS, STATELESS, ids, junk, requests, with_meta
from .oracle import Finding, Reply, Sent, check
from .sessions import SessionRules

SECONDS = 30
"""When a request is given up. The oracle's second is held to what a ping takes, since machines are busy."""
SILENT = 0.5
"""After how long without an event a stream is left."""
TOKEN = "0123456789abcdef0123456789abcdef01234567"
OTHER_TOKEN = TOKEN[::-1]
DUPLICATES = ["HTTP_MCP_PROTOCOL_VERSION", "HTTP_MCP_METHOD", "HTTP_MCP_NAME", "HTTP_AUTHORIZATION", "HTTP_ORIGIN"]


def fuzzed_database(folder: Path) -> Path:
    """The database of the fuzzed project, with two users who have tokens, in an empty folder."""
    template = make_database(folder / "db.sqlite3")
    with sqlite3.connect(template) as database:
        for offset, token in enumerate([TOKEN, OTHER_TOKEN]):
            database.execute(
                "INSERT INTO authtoken_token (key, created, user_id) "
                "SELECT ?, '2026-01-01', id FROM users_user LIMIT 1 OFFSET ?",
                [token, offset],
            )
    return template


@contextmanager
def serving(kind: str, folder: Path, template: Path) -> Iterator[Server]:
    """Serve the fuzzed project from an empty folder, on a copy of its database."""
    server = start_server(kind, folder, template, settings="tests.fuzz.settings", DEMO_DEBUG="0")
    try:
        for _ in range(12):  # each worker builds on its first request what it keeps
            ping(server)
        yield server
    finally:
        server.stop()


@st.composite
def live_requests(draw: Any) -> tuple[Sent, list[str], int]:
    """A request, headers that stand there twice, and where it is cut in two."""
    version = draw(st.sampled_from([*HANDSHAKE, STATELESS, STATELESS]))
    method = draw(st.sampled_from(METHODS))
    params = draw(
        st.sampled_from(
            [
                *[{}, {"protocolVersion": version, "capabilities": {"elicitation": {}}, "clientInfo": {"name": "x"}}],
                *[{"name": name, "arguments": {}} for name in ("report", "ask_twice", "list_users_user", "x")],
                *[{"name": "route", "arguments": {"region": "eu"}}, {"uri": "drf:///api/users/"}, {"level": "info"}],
                *[{"notifications": {"toolsListChanged": True}}, {"requestId": 1}, {"cursor": "x"}],
            ]
        )
        | st.dictionaries(st.sampled_from(["name", "uri", "arguments", "cursor"]), junk, max_size=2)
    )
    message = {"jsonrpc": "2.0", "id": draw(ids), "method": method, "params": with_meta(params, version)}
    sent = draw(requests(message, version, TOKEN))
    return (
        sent,
        draw(st.lists(st.sampled_from(DUPLICATES), max_size=1)),
        draw(st.integers(0, 50)) % (len(sent.body) + 1),
    )


def written(sent: Sent, twice: list[str], host: str) -> bytes | None:
    """The request as it goes over the wire, None where a server would not let it be HTTP."""
    headers = {"CONTENT_TYPE": "application/json", **sent.headers, "CONTENT_LENGTH": str(len(sent.body))}
    lines = [f"{sent.verb} {sent.path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    for name, value in headers.items():
        if not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value) or len(value) > 4000:
            return None
        lines += [f"{name.removeprefix('HTTP_').replace('_', '-')}: {value}"] * (1 + (name in twice))
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + sent.body


def exchange(server: Server, raw: bytes, cut: int) -> Reply:
    """Send in two parts and read to the end, or of an endless stream what comes at first."""
    address = urlsplit(server.url)
    started, found, is_open = time.perf_counter(), b"", False
    ended = started
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(raw[: len(raw) - cut])
            connection.sendall(raw[len(raw) - cut :])
        with suppress(ConnectionResetError):
            while chunk := _receive(connection, found):
                found, ended = found + chunk, time.perf_counter()
                waits = b"text/event-stream" in found and (b"subscriptions/" in found or b"elicitation/create" in found)
                if waits and raw.startswith(b"POST"):
                    break
            is_open = chunk != b""
    head, _, body = found.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/") else 0
    lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(re.split(rb"(?:\r\n)?[0-9a-f]+\r\n", body)).removesuffix(b"\r\n")
    seconds = (ended if is_open else time.perf_counter()) - started
    return Reply(status, headers.get("content-type", ""), body, seconds, headers, is_open)


def _receive(connection: socket.socket, found: bytes) -> bytes | None:
    """What comes next, None where a stream is silent."""
    is_stream = b"text/event-stream" in found
    connection.settimeout(SILENT if is_stream else SECONDS)
    try:
        return connection.recv(65536)
    except TimeoutError:
        if is_stream:
            return None
        raise


def send(server: Server, sent: Sent, twice: Sequence[str] = (), cut: int = 0) -> tuple[Reply, list[dict[str, Any]]]:
    """Send one request, and hold its answer and the log to the oracle.

    Returns:
        The answer, with its messages, none where a server would not let the request be HTTP.

    Raises:
        Finding: Something is not as it must be.
    """
    raw = written(sent, twice, urlsplit(server.url).netloc)
    if raw is None:
        return Reply(0, "", b""), []
    try:
        reply = exchange(server, raw, cut)
        if reply.seconds > 1:
            reply = replace(reply, seconds=exchange(server, raw, cut).seconds)
        if reply.seconds > 1:
            reply = replace(reply, seconds=reply.seconds - ping(server).seconds)
    except TimeoutError:
        raise Finding(f"no answer in {SECONDS} s") from None
    # How long the body is was said as it is.
    headers = {name: value for name, value in sent.headers.items() if name != "CONTENT_LENGTH"}
    if twice and reply.status == 200 and b'"result"' in reply.body:
        return reply, []  # what two headers of one name mean is the server's to say
    answers = check(Sent(sent.body, headers, sent.verb, sent.path), reply)
    if "Traceback" in (log := server.log.read_text(errors="replace")):
        server.log.write_text("")
        raise Finding(f"in the log: {log[-1500:]}")
    return reply, answers


class Sessions(SessionRules):
    """Sessions on a live server, whose calls speak."""

    server: Server
    inputs = 0
    callers = [f"Token {TOKEN}", f"Token {OTHER_TOKEN}", ""]
    speaks = True

    def exchange(self, sent: Sent) -> tuple[Reply, list[dict[str, Any]]]:
        type(self).inputs += 1
        try:
            return send(self.server, sent)
        except Finding as finding:
            raise Finding(f"{finding}\nsent {sent!r}") from None


def sessions_on(server: Server) -> type[Sessions]:
    """The machine for a server."""
    return type("Sessions", (Sessions,), {"server": server})


def ping(server: Server) -> Reply:
    """What a plain request gets."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    raw = written(Sent(body, {"HTTP_AUTHORIZATION": f"Token {TOKEN}"}), [], urlsplit(server.url).netloc)
    assert raw is not None
    return exchange(server, raw, 0)


def stored(server: Server) -> dict[str, list[Any]]:
    """What stands in the tables of a server."""
    with closing(sqlite3.connect(server.database, timeout=SECONDS)) as database:
        return contents(database)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for a server, gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
