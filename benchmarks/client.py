"""A client that asks over one connection and says what each answer cost."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .server import HOST, Server


class WrongAnswerError(Exception):
    """A side did not answer what it was asked, so that its time would mean nothing."""


@dataclass(frozen=True)
class Message:
    """What is sent: an HTTP method, a path and, where there are any, a body for JSON and headers of its own."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        status: The HTTP status.
        data: The body, decoded.
        size: Its length in bytes.
        wall: Seconds from the first byte sent to the last byte read.
        cpu: Seconds of the server's CPU time, None where the system does not tell.
        session: The MCP session that it opened, None where it opened none.
    """

    status: int
    data: Any
    size: int
    wall: float
    cpu: float | None
    session: str | None = None


class Client:
    """One connection that stays open.

    Args:
        server: The server to call.
        headers: What each request carries besides its credentials.
        may_close: Whether the server may close the connection after each answer.
    """

    def __init__(self, server: Server, headers: dict[str, str], *, may_close: bool = False) -> None:
        self._may_close = may_close
        self._cpu = server.cpu
        self._headers = {"Authorization": f"Token {server.token}", "User-Agent": "benchmark", **headers}
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=30)

    def send(self, message: Message) -> Answer:
        """Send one request, read its answer and what it cost.

        Raises:
            WrongAnswerError: The server closed the connection, which would be measured along with the next call.
        """
        headers = {**self._headers, **message.headers}
        body = None
        if message.body is not None:
            body = json.dumps(message.body).encode()
            headers = {**headers, "Content-Type": "application/json"}
        cpu = self._cpu.read()
        start = time.perf_counter()
        try:
            self._connection.request(message.method, message.path, body, headers)
            response = self._connection.getresponse()
        except ConnectionError:
            if not self._may_close:
                raise
            self._connection.close()  # which the server has done without a word
            cpu, start = self._cpu.read(), time.perf_counter()
            self._connection.request(message.method, message.path, body, headers)
            response = self._connection.getresponse()
        content = response.read()
        wall = time.perf_counter() - start
        used = self._cpu.read_at_rest()
        if response.will_close and not self._may_close:
            raise WrongAnswerError("The server does not keep connections open.")
        cost = None if used is None or cpu is None else used - cpu
        session = response.getheader("Mcp-Session-Id")
        return Answer(response.status, _decoded(content), len(content), wall, cost, session)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _decoded(content: bytes) -> Any:
    """JSON, or the message that one event of a stream carries; None for anything else."""
    if content.startswith((b"event:", b"data:", b"id:", b":")):
        content = b"".join(line[5:] for line in content.splitlines() if line.startswith(b"data:"))
    try:
        return json.loads(content)
    except ValueError:
        return None
