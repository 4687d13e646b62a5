"""Clients that listen, each with a stream that stays open, at one uvicorn process."""

import asyncio
import http.client
import json
import resource
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.server import HOST, Server, running_server

COLUMNS = [
    "opened in",
    "memory",
    "CPU at rest",
    "the last hears after",
    "CPU of telling all",
    "retrieve beside them",
]
VERSION = "2026-07-28"
URI = "drf:///api/products/1/"
AT_REST = 5


def measure(number: int) -> list[str]:
    """One row: what this many listeners cost."""
    files = 2 * number + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(files, hard)), hard))  # the server inherits it
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, running_server("uvicorn", Path(folder)) as server:
        pid = int((Path(folder) / "pid").read_text())
        change(server)
        tokens = make_tokens(Path(folder) / "db.sqlite3", number)
        return asyncio.run(listen(server, tokens, lambda: memory(pid)))


def make_tokens(database: Path, number: int) -> list[str]:
    """The tokens of users of their own, since one caller may open only so many streams."""
    tokens = [f"{n:040}" for n in range(number)]
    with sqlite3.connect(database) as connection:
        for n, token in enumerate(tokens):
            connection.execute(
                "INSERT INTO auth_user (username, password, first_name, last_name, email, is_superuser, is_staff,"
                " is_active, date_joined) VALUES (?, '', '', '', '', 0, 0, 1, '2026-01-01')",
                [f"listener{n}"],
            )
            connection.execute(
                "INSERT INTO authtoken_token (key, created, user_id)"
                " SELECT ?, '2026-01-01', id FROM auth_user WHERE username = ?",
                [token, f"listener{n}"],
            )
    return tokens


async def listen(server: Server, tokens: list[str], megabytes) -> list[str]:
    """Open the streams, wait, change something, and see who hears of it."""
    before, begin = megabytes(), time.perf_counter()
    streams = []
    for first in range(0, len(tokens), 50):
        streams += await asyncio.gather(*(open_stream(server, token) for token in tokens[first : first + 50]))
    opened, grown = time.perf_counter() - begin, megabytes() - before
    await asyncio.sleep(1)
    cpu = server.cpu.read()
    await asyncio.sleep(AT_REST)
    at_rest = (server.cpu.read() - cpu) / AT_REST
    cpu, begin = server.cpu.read(), time.perf_counter()
    hearing = asyncio.gather(*(hear(reader) for reader, _ in streams))
    await asyncio.to_thread(change, server)
    heard = max(await hearing) - begin
    told = server.cpu.read() - cpu
    retrieves = [await asyncio.to_thread(retrieve, server) for _ in range(20)]
    for _, writer in streams:
        writer.close()
    return [
        str(len(tokens)),
        f"{opened:.1f} s",
        f"{grown:.0f} MB",
        f"{at_rest * 100:.1f} %",
        f"{heard * 1000:,.0f} ms",
        f"{told * 1000:,.0f} ms",
        f"{statistics.median(retrieves) * 1000:.1f} ms",
    ]


async def open_stream(server: Server, token: str):
    """Listen to one product, and wait until the server says that it will tell."""
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": VERSION, f"{prefix}clientCapabilities": {}}
    params = {"notifications": {"resourceSubscriptions": [URI]}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params})
    head = [
        "POST /mcp/ HTTP/1.1",
        f"Host: {HOST}",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        f"Authorization: Token {token}",
        f"MCP-Protocol-Version: {VERSION}",
        "Mcp-Method: subscriptions/listen",
        f"Content-Length: {len(body)}",
        *("", body),
    ]
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write("\r\n".join(head).encode())
    await until(reader, b"notifications/subscriptions/acknowledged")
    return reader, writer


async def hear(reader: asyncio.StreamReader) -> float:
    """When this stream told of the change."""
    await until(reader, b"notifications/resources/updated")
    return time.perf_counter()


async def until(reader: asyncio.StreamReader, words: bytes) -> None:
    """Read up to a line with these words.

    Raises:
        RuntimeError: The stream ended, or was silent for a minute.
    """
    async with asyncio.timeout(60):
        while line := await reader.readline():
            if words in line:
                return
    raise RuntimeError(f"No {words.decode()}")


def ask(server: Server, method: str, body=None) -> None:
    """Ask REST for the product, over a connection of its own."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    headers = {"Authorization": f"Token {server.token}", "Content-Type": "application/json"}
    connection.request(method, "/api/products/1/", body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    connection.close()


def change(server: Server) -> None:
    """Save the product."""
    ask(server, "PATCH", json.dumps({"stock": time.time_ns() % 1000}))


def retrieve(server: Server) -> float:
    """How long REST takes for the product."""
    begin = time.perf_counter()
    ask(server, "GET")
    return time.perf_counter() - begin


def memory(pid: int) -> float:
    """Megabytes that the server has."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
