"""``python -m benchmarks.guard``: fail where an MCP call has become clearly dearer beside the same REST call.

No server, no sockets: the WSGI application is called in this process, call by call in turns that lots decide, and the
thread's CPU time is read. What is compared is the fastest third of each side, which other programs on the machine touch
least; a ratio above its limit is measured again before it counts.
"""

from __future__ import annotations

import gc
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMITS = {
    "list, 100 rows": 1.4,
    "retrieve": 1.6,
    "failing create": 1.55,
    "tools/list : retrieve": 0.9,
    "initialize : retrieve": 0.9,
    "server/discover : retrieve": 0.9,
}
"""The highest ratio of CPU times that passes: what was measured when it was set, and a fifth of it for noise."""

ROUNDS, WARM_UP, TRIES = 150, 20, 3


def main() -> None:
    """Measure, print, and end with 1 where a ratio is above its limit."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "benchmarks.project.settings", "BENCHMARK_FOLDER": folder}
        os.environ["BENCHMARK_RECORD"] = "none"
        call = _application()
        gc.freeze()
        failed = [name for name, limit in LIMITS.items() if not _passes(name, limit, call)]
    if failed:
        sys.exit(
            f"Clearly dearer than it was: {', '.join(failed)}. A profile says why; LIMITS in {Path(__file__).name}."
        )


def _passes(name: str, limit: float, call: Callable[[Any], bytes]) -> bool:
    from .operations import OPERATIONS

    operation = next(operation for operation in OPERATIONS if operation.name == name)
    for _ in range(TRIES):
        ratio = _ratio(lambda: call(operation.rest()), lambda: call(operation.mcp()))
        print(f"{name}: {ratio:.2f}, at most {limit:.2f}", flush=True)
        if ratio <= limit:
            return True
    return False


def _ratio(rest: Callable[[], bytes], mcp: Callable[[], bytes]) -> float:
    times: dict[Callable[[], bytes], list[int]] = {rest: [], mcp: []}
    for number in range(WARM_UP + ROUNDS):
        for ask in random.sample([rest, mcp], 2):
            begin = time.thread_time_ns()
            ask()
            if number >= WARM_UP:
                times[ask].append(time.thread_time_ns() - begin)
    fastest = [statistics.fmean(sorted(found)[: ROUNDS // 3]) for found in (times[rest], times[mcp])]
    return fastest[1] / fastest[0]


def _application() -> Callable[[Any], bytes]:
    """What sends a message to the project and gives the answer's body."""
    import django

    django.setup()
    from django.core.wsgi import get_wsgi_application

    from .operations import MCP_VERSION
    from .project.fill import fill

    token, application = fill(), get_wsgi_application()
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

    def call(message: Any) -> bytes:
        body = b"" if message.body is None else json.dumps(message.body).encode()
        sent = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))} if body else {}
        sent |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in message.headers.items()}
        own = {"REQUEST_METHOD": message.method, "PATH_INFO": message.path, "wsgi.input": io.BytesIO(body), **sent}
        statuses: list[str] = []
        response = application({**common, **own}, lambda status, *_: statuses.append(status))
        content = b"".join(response)
        response.close()  # type: ignore[attr-defined]
        if not statuses[0].startswith(("2", "400")):
            sys.exit(f"{message.method} {message.path} answered {statuses[0]} {content[:300]!r}")
        return content

    return call


if __name__ == "__main__":
    main()
