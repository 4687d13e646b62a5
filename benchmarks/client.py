"""A client that asks over one connection and says what each answer cost."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any

from .server import HOST, Server


class WrongAnswerError(Exception):
    """A side did not answer what it was asked, so that its time would mean nothing."""


@dataclass(frozen=True)
class Message:
    """What is sent: an HTTP method, a path and, where there is one, a body for JSON."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        status: The HTTP status.
        data: The body, decoded.
        size: Its length in bytes.
        wall: Seconds from the first byte sent to the last byte read.
        cpu: Seconds of the server's CPU time, None where the system does not tell.
    """

    status: int
    data: Any
    size: int
    wall: float
    cpu: float | None


class Client:
    """One connection that stays open.

    Args:
        server: The server to call.
        headers: What each request carries besides its credentials.
    """

    def __init__(self, server: Server, headers: dict[str, str]) -> None:
        self._cpu = server.cpu
        self._headers = {"Authorization": f"Token {server.token}", "User-Agent": "benchmark", **headers}
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=30)

    def send(self, message: Message) -> Answer:
        """Send one request, read its answer and what it cost.

        Raises:
            WrongAnswerError: The server closed the connection, which would be measured along with the next call.
        """
        headers = self._headers
        body = None
        if message.body is not None:
            body = json.dumps(message.body).encode()
            headers = {**headers, "Content-Type": "application/json"}
        cpu = self._cpu.read()
        start = time.perf_counter()
        self._connection.request(message.method, message.path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        wall = time.perf_counter() - start
        used = self._cpu.read_at_rest()
        if response.will_close:
            raise WrongAnswerError("The server does not keep connections open.")
        data = json.loads(content) if content else None
        return Answer(response.status, data, len(content), wall, None if used is None or cpu is None else used - cpu)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
