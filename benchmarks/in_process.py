"""Calls of the WSGI application in this process, and their CPU time: no server, no sockets."""

from __future__ import annotations

import gc
import io
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from .client import Message

WARM_UP = 20
"""How often each is called before its time counts."""

Prepare = Callable[[Message], Callable[[], bytes]]
"""Makes the call of a message, which gives the answer's body; what a client does is done before the clock runs."""


def application(folder: str, **environment: str) -> Prepare:
    """Set the project of these benchmarks up, which works once in a process.

    Args:
        folder: Where its database is made.
        environment: What else ``project.settings`` looks for.
    """
    own = {"DJANGO_SETTINGS_MODULE": "benchmarks.project.settings", "BENCHMARK_FOLDER": folder}
    os.environ |= {**own, "BENCHMARK_RECORD": "none", **environment}
    import django

    django.setup()
    from django.core.wsgi import get_wsgi_application

    from .operations import MCP_VERSION
    from .project.fill import fill

    token, wsgi = fill(), get_wsgi_application()
    gc.freeze()
    common = {
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Token {token}",
        "HTTP_ACCEPT": "application/json, text/event-stream",
        "HTTP_USER_AGENT": "benchmark",
        "HTTP_MCP_PROTOCOL_VERSION": MCP_VERSION,
    }

    def prepare(message: Message) -> Callable[[], bytes]:
        body = b"" if message.body is None else json.dumps(message.body).encode()
        sent: dict[str, Any] = {"REQUEST_METHOD": message.method, "PATH_INFO": message.path}
        sent |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))} if body else {}
        sent |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in message.headers.items()}
        environ = {**common, **sent, "wsgi.input": io.BytesIO(body)}

        def call() -> bytes:
            statuses: list[str] = []
            response = wsgi(environ, lambda status, *_: statuses.append(status))
            content = b"".join(response)
            response.close()  # type: ignore[attr-defined]
            if not statuses[0].startswith(("2", "400")):
                sys.exit(f"{message.method} {message.path} answered {statuses[0]} {content[:300]!r}")
            return content

        return call

    return prepare


def cpu_times(sides: Mapping[str, Callable[[], Message]], prepare: Prepare, rounds: int) -> dict[str, float]:
    """Call all sides in turns that lots decide.

    Args:
        sides: What makes each side's message anew, by its name.
        prepare: From ``application``.
        rounds: How often each is called.

    Returns:
        The CPU time of each in seconds: the mean of its fastest third, which other programs touch least.
    """
    times: dict[str, list[int]] = {name: [] for name in sides}
    for number in range(WARM_UP + rounds):
        for name in random.sample([*sides], len(sides)):
            call = prepare(sides[name]())
            begin = time.thread_time_ns()
            call()
            if number >= WARM_UP:
                times[name].append(time.thread_time_ns() - begin)
    return {name: statistics.fmean(sorted(found)[: max(1, rounds // 3)]) / 1e9 for name, found in times.items()}
