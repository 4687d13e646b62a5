"""One row as JSON, in a process of its own: ``python -m benchmarks.growth.measured starts|catalogs|lists N``."""

import json
import os
import re
import statistics
import sys
import time
from functools import partial
from pathlib import Path

START = ["start of the project", "first list", "memory of the first list"]
CATALOG = [
    "list, all pages",
    "filtered list, all pages",
    "retrieve by REST",
    "retrieve by MCP",
    "ratio",
    "listed",
]
NEXT = re.compile(rb'"nextCursor":"([^"]+)"}}$')
LIST = [
    "by REST",
    "by MCP",
    "ratio",
    "answer by REST",
    "answer by MCP",
    "memory of a REST call",
    "memory of an MCP call",
]


def milliseconds(work, rounds: int = 1) -> float:
    """The median CPU time."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return statistics.median(times) * 1000


def alternately(one, other, rounds: int) -> tuple[float, float]:
    """The median CPU times of two, which take turns."""
    times = [(milliseconds(one), milliseconds(other)) for _ in range(rounds)]
    return tuple(map(statistics.median, zip(*times, strict=True)))


def memory(work) -> float:
    """Megabytes that this process has more, at most, while it works than it had before."""
    Path("/proc/self/clear_refs").write_text("5")  # the most so far is what there is now
    before = _megabytes("VmRSS")
    work()
    return _megabytes("VmHWM") - before


def memory_apart(first, work) -> float:
    """The same in a process of its own, which has done something smaller, and has nothing that a larger one freed."""
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        first()
        os.write(writing, str(memory(work)).encode())
        os._exit(0)
    os.close(writing)
    found = float(os.read(reading, 100))
    os.close(reading)
    os.waitpid(child, 0)
    return found


def _megabytes(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


class Caller:
    """Somebody who calls in process.

    Args:
        name: The user's name, made on the spot.
        is_superuser: Whether they may do everything.
    """

    def __init__(self, name: str, *, is_superuser: bool) -> None:
        from django.contrib.auth import get_user_model
        from django.test import Client
        from rest_framework.authtoken.models import Token

        user = get_user_model().objects.create_user(name, is_superuser=is_superuser)
        token = Token.objects.create(user=user).key
        self.http = Client(headers={"authorization": f"Token {token}", "mcp-protocol-version": "2025-11-25"})

    def get(self, path: str):
        """Ask by REST."""
        answer = self.http.get(path, headers={"host": "127.0.0.1"})
        assert answer.status_code == 200, answer.content
        return answer

    def post(self, method: str, **params):
        """Ask by MCP."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"host": "127.0.0.1", "accept": "application/json, text/event-stream"}
        answer = self.http.post("/mcp/", body, content_type="application/json", headers=headers)
        assert b'"result"' in answer.content[:100], answer.content[:500]
        return answer

    def call(self, tool: str, **arguments):
        """Call a tool."""
        return self.post("tools/call", name=tool, arguments=arguments)

    def tools(self) -> int:
        """Ask for all pages of the list of tools, and count them in bytes."""
        size, cursor = 0, {}
        while cursor is not None:
            content = self.post("tools/list", **cursor).content
            size += len(content)
            # A client that reads all of it would take most of the time.
            found = NEXT.search(content, max(0, len(content) - 500))
            cursor = {"cursor": found[1].decode()} if found else None
        return size


def starts(number: int) -> list[float]:
    """What a process costs until it has listed its tools once: CPU times of the start and of the list, its memory."""
    import django

    def start() -> None:
        from django.urls import get_resolver

        django.setup()
        _ = get_resolver().url_patterns

    started = milliseconds(start)
    from benchmarks.project.fill import fill

    fill()
    root = Caller("root", is_superuser=True)
    root.get("/api/parts0/1/")
    first: list[float] = []
    grown = memory(lambda: first.append(milliseconds(lambda: root.post("tools/list"))))
    return [started, *first, grown]


def catalogs(number: int) -> list[str]:
    """How a catalog grows, once it is there."""
    import django

    django.setup()
    from benchmarks.project.fill import fill

    fill()
    root, limited = Caller("root", is_superuser=True), Caller("ann", is_superuser=False)
    listed = root.tools()
    limited.tools()
    rounds = 5 if number > 1_000 else 20
    all_pages, filtered = milliseconds(root.tools, rounds), milliseconds(limited.tools, rounds)
    last = number // 5 - 1
    by_rest, by_mcp = alternately(
        lambda: root.get(f"/api/parts{last}/1/"),
        lambda: root.call(f"retrieve_project_product_part{last}", id=1),
        rounds=200,
    )
    return [
        f"{all_pages:,.1f} ms",
        f"{filtered:,.1f} ms",
        f"{by_rest:.2f} ms",
        f"{by_mcp:.2f} ms",
        f"**{by_mcp / by_rest:.2f}**",
        f"{listed / 1000:,.0f} kB",
    ]


def lists(number: int) -> list[str]:
    """How one answer grows."""
    import django

    django.setup()
    from benchmarks.project.fill import ROWS, fill
    from benchmarks.project.models import Product

    fill()
    Product.objects.bulk_create(
        Product(sku=f"MORE-{n:06}", name=f"Product number {n}", description="One of very many.", price="9.95")
        for n in range(number - ROWS)
    )
    root = Caller("root", is_superuser=True)
    path, tool = "/api/parts0/?page_size=", "list_project_product_part0"

    def by_rest(rows: int = number) -> bytes:
        return root.get(f"{path}{rows}").content

    def by_mcp(rows: int = number) -> bytes:
        return root.call(tool, page_size=rows).content

    by_rest(1), by_mcp(1)
    memory_of_rest, memory_of_mcp = (memory_apart(partial(side, 1), side) for side in (by_rest, by_mcp))
    size_of_rest, size = len(by_rest()), len(by_mcp())
    rest, mcp = alternately(by_rest, by_mcp, max(1, min(100, 20_000 // number)))
    return [
        f"{rest:,.1f} ms",
        f"{mcp:,.1f} ms",
        f"**{mcp / rest:.2f}**",
        f"{size_of_rest / 1000:,.0f} kB",
        f"{size / 1000:,.0f} kB",
        f"{memory_of_rest:.1f} MB",
        f"{memory_of_mcp:.1f} MB",
    ]


if __name__ == "__main__":
    measure = {"starts": starts, "catalogs": catalogs, "lists": lists}[sys.argv[1]]
    sys.stdout.write(json.dumps(measure(int(sys.argv[2]))))
