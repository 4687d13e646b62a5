"""``python -m benchmarks.beside``: what an MCP call costs here and in other packages, each beside its own REST call.

All serve the project of ``project`` at once, each a process of its own, and are asked in turns that lots decide.
README.md says how to read the tables.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .calls import conditions
from .client import Answer, Client, Message, WrongAnswerError
from .operations import PRODUCTS, WRONG_PRODUCT, new_product, retrieve, rpc
from .others import PACKAGES, Package
from .project.fill import ROWS
from .server import COMMANDS, running_server

VERSION = "2025-06-18"
"""The revision that all of them speak."""

SIZES = (1, 20, 200)
"""How many ViewSets are routed where ``tools/list`` is measured."""

OURS = {
    "drf-viewset-mcp": {},
    "drf-viewset-mcp, RECORD all": {"BENCHMARK_RECORD": "all"},
    "drf-viewset-mcp, SKIP_MIDDLEWARE": {"BENCHMARK_SKIP_MIDDLEWARE": "1"},
}
_OWN_CALLS: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "list": lambda _: ("list_project_product", {}),
    "retrieve": lambda _: ("retrieve_project_product", {"id": "50"}),
    "failing create": lambda body: ("create_project_product", body),
    "create": lambda body: ("create_project_product", body),
}


@dataclass(frozen=True)
class Operation:
    """What is asked of everyone.

    Args:
        rest: The REST request.
        body: What a tool gets of it.
        status: What REST answers with.
        is_right: Whether the text of an MCP answer is what was asked for.
    """

    rest: Callable[[dict[str, Any]], Message]
    body: Callable[[], dict[str, Any]]
    status: int
    is_right: Callable[[str], bool]


OPERATIONS = {
    f"list, {ROWS} rows": Operation(lambda _: Message("GET", PRODUCTS), dict, 200, lambda text: _rows(text) == ROWS),
    "retrieve": Operation(lambda _: retrieve(), dict, 200, lambda text: "SKU-0050" in text),
    "failing create": Operation(
        lambda body: Message("POST", PRODUCTS, body),
        lambda: WRONG_PRODUCT,
        400,
        lambda text: "required" in text and "name" in text,  # some look at the types first
    ),
    "create": Operation(
        lambda body: Message("POST", PRODUCTS, body), new_product, 201, lambda text: "A new product" in text
    ),
}


def _rows(text: str) -> int:
    return len({text[at : at + 8] for at in range(len(text)) if text.startswith("SKU-", at)})


class Side:
    """One package and its server.

    Args:
        name: What the tables call it.
        package: The package, None for this one.
        server: Where it runs.
    """

    def __init__(self, name: str, package: Package | None, server: Any) -> None:
        self.name = name
        self.path = "/mcp/" if package is None else package.path
        self.calls = _OWN_CALLS if package is None else package.calls
        self.rest = Client(server, {"Accept": "application/json"}, may_close=True)
        headers = {"Accept": "application/json, text/event-stream"}
        opening = Client(server, headers, may_close=True)
        opened = opening.send(self.ask("initialize", self.handshake()))
        if opened.status != 200 or not opened.data or "result" not in opened.data:
            raise WrongAnswerError(f"{name}: initialize was answered {opened.status} {str(opened.data)[:300]}")
        opening.close()
        headers["MCP-Protocol-Version"] = opened.data["result"]["protocolVersion"]
        if opened.session:
            headers["Mcp-Session-Id"] = opened.session
        self.mcp = Client(server, headers, may_close=True)
        self.tools = len(self.mcp.send(self.ask("tools/list", {})).data["result"]["tools"])

    def handshake(self) -> dict[str, Any]:
        """The params of ``initialize``."""
        return {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}}

    def ask(self, method: str, params: dict[str, Any]) -> Message:
        """An MCP request to it."""
        return Message("POST", self.path, rpc(method, params).body)

    def close(self) -> None:
        """Close its connections."""
        self.rest.close()
        self.mcp.close()


def asked(name: str, side: Side) -> tuple[Callable[[], Answer], Callable[[], Answer]] | None:
    """What an operation asks of REST and of MCP, checked; None where a package has no tool for it."""
    if name.startswith(("tools/list", "initialize")):
        method, params = (name, {}) if name == "tools/list" else ("initialize", side.handshake())
        return (
            lambda: _checked(side, name, side.rest.send(retrieve()), lambda answer: answer.status == 200),
            lambda: _checked(
                side, name, side.mcp.send(side.ask(method, params)), lambda answer: "result" in answer.data
            ),
        )
    operation, key = OPERATIONS[name], name.split(",")[0]
    if key not in side.calls:
        return None

    def by_mcp() -> Answer:
        tool, arguments = side.calls[key](operation.body())
        answer = side.mcp.send(side.ask("tools/call", {"name": tool, "arguments": arguments}))
        return _checked(side, name, answer, lambda answer: operation.is_right(json.dumps(answer.data)))

    def by_rest() -> Answer:
        answer = side.rest.send(operation.rest(operation.body()))
        return _checked(side, name, answer, lambda answer: answer.status == operation.status)

    return by_rest, by_mcp


def _checked(side: Side, name: str, answer: Answer, is_right: Callable[[Answer], bool]) -> Answer:
    if answer.data is None or not is_right(answer):
        raise WrongAnswerError(f"{side.name}, {name}: {answer.status} {json.dumps(answer.data)[:400]}")
    return answer


def measure(name: str, sides: list[Side], limits: argparse.Namespace) -> dict[str, str]:
    """One column: the ratios of CPU and of wall time by side, medians over all rounds."""
    lot = random.Random(name)
    pairs: dict[str, list[tuple[Answer, Answer]]] = {}
    askers = {side.name: asker for side in sides if (asker := _first(name, side)) is not None}
    deadline = time.monotonic() + limits.seconds
    for number in range(limits.rounds + limits.warm_up):
        if time.monotonic() > deadline and number > limits.warm_up + 4:
            break
        for side in lot.sample(sorted(askers), len(askers)):
            answers = {which: askers[side][which]() for which in lot.sample([0, 1], 2)}
            if number >= limits.warm_up:
                pairs.setdefault(side, []).append((answers[0], answers[1]))
    return {side: _ratios(found) for side, found in pairs.items()}


def _first(name: str, side: Side) -> tuple[Callable[[], Answer], Callable[[], Answer]] | None:
    """The same once it was answered right; a package that cannot do it is left out of a column, and said."""
    asker = asked(name, side)
    try:
        for ask in asker or ():
            ask()
    except WrongAnswerError as error:
        print(f"Left out: {error}", file=sys.stderr)
        return None
    return asker


def _ratios(pairs: list[tuple[Answer, Answer]]) -> str:
    def ratio(time_of: Callable[[Answer], float]) -> float:
        rest, mcp = (statistics.median(time_of(pair[number]) for pair in pairs) for number in (0, 1))
        return mcp / rest if rest else float("nan")

    return f"**{ratio(lambda answer: answer.cpu or 0):.2f}** / {ratio(lambda answer: answer.wall):.2f}"


def run(
    limits: argparse.Namespace, viewsets: int, names: list[str]
) -> tuple[dict[str, dict[str, str]], dict[str, int]]:
    """Start every server, measure the operations, and stop the servers."""
    with ExitStack() as stack:
        sides = []
        chosen: dict[str, Package | None] = {**dict.fromkeys(OURS), **PACKAGES}
        for name, package in chosen.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
            python = sys.executable if package is None else package.python()
            variables = {"BENCHMARK_VIEWSETS": str(viewsets), **OURS.get(name, {})}
            variables |= {} if package is None else {"BENCHMARK_PACKAGE": package.name}
            server = stack.enter_context(running_server(limits.server, folder, python, threads=4, **variables))
            try:
                sides.append(Side(name, package, server))
            except (WrongAnswerError, KeyError, TypeError) as error:
                print(f"Left out: {name}, {viewsets} ViewSets: {error!r}", file=sys.stderr)
                continue
            stack.callback(sides[-1].close)
        return {name: measure(name, sides, limits) for name in names}, {side.name: side.tools for side in sides}


def table(columns: dict[str, dict[str, str]]) -> str:
    """The columns as a Markdown table, a row for each side."""
    rows = dict.fromkeys(side for column in columns.values() for side in column)
    lines = [f"| CPU / wall | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    lines += [f"| {side} | {' | '.join(column.get(side, '-') for column in columns.values())} |" for side in rows]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beside", description=__doc__)
    parser.add_argument("--server", choices=sorted(COMMANDS), action="append", help="gunicorn and uvicorn if not given")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60, help="stop a column after this time")
    limits = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for server in limits.server or ["gunicorn", "uvicorn"]:
        limits.server = server
        found = conditions(server, "")
        others = ", ".join(requirement for package in PACKAGES.values() for requirement in package.requirements)
        versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
        print(f"{found['date']}, {versions}; {others}; load {found['load_average']}\n")
        columns, _ = run(limits, 1, [*OPERATIONS, "initialize"])
        for size in SIZES:
            lists, tools = run(limits, size, ["tools/list"])
            columns[f"tools/list, {size} ViewSets"] = {
                side: f"{cell} ({tools[side]} tools)" for side, cell in lists["tools/list"].items()
            }
        print(table(columns) + "\n", flush=True)


if __name__ == "__main__":
    try:
        main()
    except WrongAnswerError as error:
        sys.exit(f"Nothing was measured: {error}")
