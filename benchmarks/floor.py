"""``python -m benchmarks.floor``: the least that an MCP call can cost beside the same REST call.

Beside REST and MCP, in the same turns, it asks an endpoint that does nothing of its own: a function that Django calls
proves the caller and passes the call on to Django's own handler, with the whole middleware and the routed view, as
promise 1 wants it. It checks no message, no origin and no argument, knows four calls by heart, and makes no text of the
data. Whatever opens a connection or lists tools is held against a function that proves the caller and answers the same
bytes from its memory, with ``--filtered`` after it has asked the permissions of each ViewSet for each HTTP method.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .client import Message
from .in_process import Prepare, application, cpu_times

VIEWSETS = 62
"""How many ViewSets are routed, which are 310 tools."""

CALLS = ("list, 100 rows", "retrieve", "failing create", "create")
OPENINGS = {"initialize : retrieve": "initialize", "server/discover : retrieve": "server/discover"}


def main() -> None:
    """Set the project up, measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--filtered", action="store_true", help="let model permissions decide, of a group's member")
    parser.add_argument("--skip-middleware", action="store_true", help="leave all of it out of the call inside")
    parser.add_argument("--persistent", action="store_true", help="keep the database's connection open")
    options = parser.parse_args()
    permission = "DjangoModelPermissions" if options.filtered else "IsAuthenticated"
    wanted = {"SKIP_MIDDLEWARE": options.skip_middleware, "PERSISTENT": options.persistent}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        given = {f"BENCHMARK_{name}": "1" for name, is_wanted in wanted.items() if is_wanted}
        prepare = floor_application(folder, BENCHMARK_PERMISSION=permission, **given)
        print(f"{' '.join(sys.argv[1:])}\n\n| call | REST | floor | MCP | floor : REST | MCP : REST | MCP : floor |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for name, sides in sides_of(prepare, is_filtered=options.filtered).items():
            times = cpu_times(sides, prepare, options.rounds)
            ms = " | ".join(f"{times[side] * 1000:.2f} ms" for side in ("REST", "floor", "MCP"))
            floor, mcp = times["floor"] / times["REST"], times["MCP"] / times["REST"]
            print(f"| {name} | {ms} | {floor:.2f} | **{mcp:.2f}** | {mcp / floor:.2f} |", flush=True)


def floor_application(folder: str, **environment: str) -> Prepare:
    """The project with those endpoints, and a caller whose group may do everything.

    Args:
        folder: Where its database is made.
        environment: What else ``project.settings`` looks for.
    """
    own = {"BENCHMARK_VIEWSETS": str(VIEWSETS), "BENCHMARK_URLCONF": "benchmarks.floor_urls"}
    prepare = application(folder, **own, **environment)
    from django.contrib.auth.models import Group, Permission, User

    group = Group.objects.create(name="staff")
    group.permissions.set(Permission.objects.all())
    User.objects.get().groups.add(group)
    return prepare


def sides_of(prepare: Prepare, *, is_filtered: bool) -> dict[str, dict[str, Callable[[], Message]]]:
    """What is asked of REST, of the floor and of MCP, by the name of the row; all were seen to answer the same."""
    from .floor_urls import KEPT
    from .operations import OPERATIONS, retrieve, rpc

    operations = {operation.name: operation for operation in OPERATIONS}
    found = {}
    if not is_filtered:
        for name in CALLS:
            operation = operations[name]
            found[name] = {
                "REST": operation.rest,
                "floor": lambda make=operation.mcp: replace(make(), path="/floor/"),
                "MCP": operation.mcp,
            }
            assert _data(prepare(found[name]["floor"]())()).keys() == json.loads(prepare(operation.rest())()).keys()
    opening: dict[str, Callable[[], Message]] = {} if is_filtered else {n: operations[n].mcp for n in OPENINGS}
    opening[f"tools/list of {VIEWSETS * 5} : retrieve"] = lambda: rpc("tools/list", {})
    for name, make in opening.items():
        method = make().body["method"]
        KEPT[method] = prepare(make())()
        assert b'"error"' not in KEPT[method][:50], KEPT[method][:300]
        path = f"/kept/{'asking/' if is_filtered else ''}"
        found[name] = {
            "REST": retrieve,
            "floor": lambda make=make, path=path: replace(make(), path=path),
            "MCP": make,
        }
        assert prepare(found[name]["floor"]())() == KEPT[method]
    return found


def _data(answer: bytes) -> Any:
    return json.loads(answer)["result"]["structuredContent"]


if __name__ == "__main__":
    main()
