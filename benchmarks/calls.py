"""``python -m benchmarks.calls``: what an MCP call costs beside the same REST call.

Both go to one running server, call by call, over one kept-alive connection each. Every answer is
checked before its time counts. README.md says how to read the table.
"""

import argparse
import datetime as dt
import json
import os
import platform
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .client import Client, WrongAnswerError
from .operations import MCP_VERSION, OPERATIONS, Operation
from .server import COMMANDS, running_server

MAX_ROUNDS = 20_000


def measure(operation: Operation, rest: Client, mcp: Client, limits: argparse.Namespace) -> dict[str, Any]:
    """Ask both in pairs, and take the medians.

    Which of a pair comes first is drawn by lot. In strict turns, what a server does at every so many
    requests (Python's garbage collection does) may hit the same side each time.

    Args:
        operation: What to ask.
        rest: The connection for REST.
        mcp: The connection for MCP.
        limits: ``rounds``, ``seconds`` and ``warm_up``.

    Returns:
        One row of the results, times in milliseconds.

    Raises:
        WrongAnswerError: An answer was not the right one.
    """
    walls: list[tuple[float, float]] = []
    cpus: list[tuple[float, float]] = []
    sizes: dict[str, int] = {}
    lot = random.Random(operation.name)
    deadline = None
    for number in range(limits.warm_up + limits.rounds):
        if number == limits.warm_up and limits.seconds:
            deadline = time.monotonic() + limits.seconds
        if deadline and time.monotonic() > deadline and walls:
            break
        if lot.random() < 0.5:
            by_rest, by_mcp = rest.send(operation.rest()), mcp.send(operation.mcp())
        else:
            by_mcp, by_rest = mcp.send(operation.mcp()), rest.send(operation.rest())
        if not operation.is_right(by_rest, by_mcp):
            shown = [f"{answer.status} {json.dumps(answer.data)[:400]}" for answer in (by_rest, by_mcp)]
            raise WrongAnswerError(f"{operation.name}: REST answered {shown[0]}, MCP {shown[1]}")
        if number < limits.warm_up:
            continue
        sizes = {"rest": by_rest.size, "mcp": by_mcp.size}
        walls.append((by_rest.wall, by_mcp.wall))
        if by_rest.cpu is not None and by_mcp.cpu is not None:
            cpus.append((by_rest.cpu, by_mcp.cpu))
    # Ticks are coarser than a call: a median of them is zero, while their mean is right in the long run.
    average = statistics.fmean if limits.cpu_clock == "ticks" else statistics.median
    return {
        "operation": operation.name,
        "aim": operation.aim,
        "rounds": len(walls),
        "bytes": sizes,
        "cpu": compare(cpus, average),
        "wall": compare(walls, statistics.median),
    }


def compare(pairs: list[tuple[float, float]], average: Callable[[list[float]], float]) -> dict[str, float] | None:
    """Both sides' times in milliseconds and their ratio, None where nothing was measured.

    The ratio of each side's fastest quarter stands beside it: on a quiet machine the two agree.
    """
    rest, mcp = ([pair[side] for pair in pairs] for side in (0, 1))
    if not sum(rest):
        return None
    quarter = max(1, len(pairs) // 4)
    fastest = [statistics.fmean(sorted(times)[:quarter]) for times in (rest, mcp)]
    return {
        "rest_ms": round(average(rest) * 1000, 4),
        "mcp_ms": round(average(mcp) * 1000, 4),
        "ratio": round(average(mcp) / average(rest), 3),
        "ratio_of_fastest_quarter": round(fastest[1] / fastest[0], 3) if fastest[0] else float("nan"),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| call | CPU REST | CPU MCP | CPU ratio | wall REST | wall MCP | wall ratio | aim |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = [row["operation"]]
        for times in (row["cpu"], row["wall"]):
            if times is None:
                cells += ["-", "-", "-"]
            else:
                cells += [f"{times['rest_ms']:.2f} ms", f"{times['mcp_ms']:.2f} ms", f"**{times['ratio']:.2f}**"]
        cells.append("" if row["aim"] is None else f"{row['aim']:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def conditions(server: str, cpu_clock: str) -> dict[str, Any]:
    """What a reader has to know to compare two results."""
    packages = ["drf-viewset-mcp", "django", "djangorestframework", server]
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "server": server,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "cpu_clock": cpu_clock,
        "load_average": round(os.getloadavg()[0], 2),
    }


def options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calls", description="What an MCP call costs beside the same REST call."
    )
    parser.add_argument("--server", choices=sorted(COMMANDS), default="gunicorn")
    parser.add_argument("--rounds", type=int, default=400, help="calls of each side per operation (default: 400)")
    parser.add_argument("--seconds", type=float, help="stop each operation after this time, if that comes first")
    parser.add_argument("--warm-up", type=int, default=30, help="calls that do not count (default: 30)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    parsed = parser.parse_args(arguments)
    if not (1 <= parsed.rounds <= MAX_ROUNDS and 0 <= parsed.warm_up <= MAX_ROUNDS):
        parser.error(f"between 1 and {MAX_ROUNDS} rounds, please")
    return parsed


def run(limits: argparse.Namespace) -> dict[str, Any]:
    """Start the server, measure every operation and stop the server.

    Raises:
        WrongAnswerError: An answer was not the right one.
    """
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        running_server(limits.server, Path(folder)) as server,
    ):
        limits.cpu_clock = server.cpu.kind
        result = conditions(limits.server, server.cpu.kind)
        rest = Client(server, {"Accept": "application/json"})
        mcp = Client(server, {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": MCP_VERSION})
        try:
            rows = [measure(operation, rest, mcp, limits) for operation in OPERATIONS]
        finally:
            rest.close()
            mcp.close()
    return {**result, "results": rows}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    # A termination ends the script as an interrupt does, so that the server is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    limits = options(arguments)
    try:
        result = run(limits)
    except WrongAnswerError as error:
        sys.exit(f"Nothing was measured: {error}")
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    machine = "{cores} cores, {system}, {architecture}".format(**result["machine"])
    print(f"{result['date']}, {versions}; {machine}; CPU clock: {result['cpu_clock']}\n")
    print(table(result["results"]))
    if result["cpu_clock"] == "ticks":
        print("\nThis system counts CPU time in coarse ticks: CPU columns need thousands of rounds.")
    if result["load_average"] > 0.5:
        print(f"\nThe machine was busy (load {result['load_average']}): wall times and wall ratios say little.")
    if limits.json:
        limits.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
