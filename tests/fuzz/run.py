"""The long run: ``python -m tests.fuzz.run [--seconds 600 | --inputs 1000000] [--only NAME] [--keep]``."""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .database import changed, set_up
from .memory import Growth, family
from .oracle import Finding, kind_of

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / ".fuzz"
SMALL = ["parse", "headers", "arguments", "cursors", "request_state", "uris", "templates"]
SHARES = {**dict.fromkeys(SMALL, 0.06), "wire": 0.18, "stateful": 0.2, "calls": 0.16, "live": 0.04}
"""How much of the time each has."""
COUNTS = {**dict.fromkeys(SMALL, 0.1386), "wire": 0.02, "stateful": 0.007, "calls": 0.0022, "live": 0.0006}
"""How many of a number of inputs each has; those that need a database are slower by far."""
STEPS = 20


@dataclass
class Row:
    """What became of one target."""

    name: str
    inputs: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)
    megabytes: int = 0
    note: str = ""

    def hold(self, growth: Growth) -> None:
        """Hold the memory of this target's processes to its bound."""
        self.seek(lambda: growth.check(self.inputs))
        self.megabytes = max(self.megabytes, growth.largest)

    def seek(self, work: Callable[[], Any]) -> None:
        """Do something, and keep what is found, once for each kind."""
        try:
            work()
        except Finding as finding:
            if kind_of(finding) not in map(kind_of, map(Finding, self.findings)):
                self.findings.append(str(finding))


def steady(examples: int) -> settings:
    """Settings for a round of a long run, which keeps what it finds by itself."""
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


class Budget:
    """Until when a target runs, and the number that its first inputs are drawn by."""

    def __init__(self, seconds: float | None, inputs: int | None, number: int | None = None) -> None:
        self.seconds, self.inputs, self.started = seconds, inputs, time.monotonic()
        self.number = int(time.time()) if number is None else number

    def is_left(self, inputs: int) -> bool:
        """Whether there is time, or a number of inputs, left."""
        if self.inputs is not None:
            return inputs < self.inputs
        return time.monotonic() - self.started < (self.seconds or 0)


def run_guided(name: str, budget: Budget) -> Row:
    """Run a target under atheris."""
    row = Row(name)
    limit = f"-runs={budget.inputs}" if budget.inputs else f"-max_total_time={int(budget.seconds or 1)}"
    found = guided(name, limit, f"-dict={HERE / 'dictionary.txt'}")
    units = re.search(r"number_of_executed_units: (\d+)\n.*average_exec_per_sec: +(\d+)", found)
    row.inputs, rate = (int(units[1]), int(units[2])) if units else (0, 1)
    row.seconds = row.inputs / rate  # without the start of the process
    row.megabytes = int((re.findall(r"peak_rss_mb: +(\d+)", found) or ["0"])[-1])
    row.findings = [line for line in found.splitlines() if line.startswith("FOUND")]
    if not units:
        row.findings.append(f"It ended early:\n{found[-2000:]}")
    return row


def guided(name: str, *options: str) -> str:
    """What a run of ``tests.fuzz.guided`` says."""
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(FOLDER / name), *options]
    return subprocess.run(command, capture_output=True, check=False).stderr.decode(errors="replace")


def run_stateful(budget: Budget) -> Row:
    """Run the state machine."""
    from .endpoint import Collecting
    from .wire import machine_for

    row, endpoint, growth, started = Row("stateful"), Collecting(), Growth(), time.monotonic()
    with endpoint.open():
        machine, number = machine_for(endpoint), budget.number
        while budget.is_left(endpoint.inputs):
            number += 1
            examples = 100 if budget.inputs is None else min(100, 1 + (budget.inputs - endpoint.inputs) // STEPS)
            row.seek(partial(run_state_machine_as_test, seed(number)(machine), settings=steady(examples)))
            row.inputs = endpoint.inputs
            row.hold(growth)
    row.findings += endpoint.findings.values()
    row.seconds = time.monotonic() - started
    return row


def run_calls(budget: Budget) -> Row:
    """Call the tools of all projects by their schemas, in turns."""
    from .calls import PROJECTS, THREATS, Called, call_every_tool
    from .endpoint import Collecting

    row, called, growth, started = Row("calls"), Called(), Growth(first=0), time.monotonic()
    for number in count(budget.number):
        for project in random.Random(number).sample([*PROJECTS, THREATS], len(PROJECTS) + 1):
            if not budget.is_left(row.inputs):
                break
            endpoint = Collecting(project)
            with endpoint.open():
                left = partial(lambda endpoint: budget.is_left(row.inputs + endpoint.inputs), endpoint)
                called |= call_every_tool(endpoint, steady(2), endpoint.keep, number=number, is_left=left)
            row.inputs += endpoint.inputs
            row.findings += [finding for finding in endpoint.findings.values() if finding not in row.findings]
        if not budget.is_left(row.inputs):
            break
        row.hold(growth)
    row.note = str(called)
    row.seconds = time.monotonic() - started
    return row


def run_live(budget: Budget) -> Row:
    """Send to live servers, over their sockets."""
    from .live import folder, fuzzed_database, live_requests, ping, send, serving, sessions_on, stored

    row, started = Row("live"), time.monotonic()
    for kind in ("gthread", "uvicorn"):
        half = Budget((budget.seconds or 0) / 2, None if budget.inputs is None else row.inputs + budget.inputs // 2)
        with folder() as first, folder() as place, serving(kind, place, fuzzed_database(first)) as server:

            def one(request: tuple[Any, list[str], int]) -> None:
                row.inputs += 1
                row.seek(lambda: send(server, *request))

            before, growth = stored(server), Growth(family(server.process.pid), first=0)
            row.hold(growth)
            while half.is_left(row.inputs):
                number, sessions = int(time.time()), sessions_on(server)
                seed(number)(steady(STEPS)(given(live_requests())(one)))()
                row.seek(partial(run_state_machine_as_test, seed(number)(sessions), settings=steady(2)))
                row.inputs += sessions.inputs
                row.hold(growth)
            if tables := changed(before, stored(server)):
                row.findings.append(f"{kind}: no request is of a tool that writes, and {tables} changed.")
            if ping(server).status != 200:
                row.findings.append(f"{kind} serves no more.")
    row.seconds = time.monotonic() - started
    return row


def main() -> int:
    """Run, print a table, and say by the exit code whether anything was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", "600")))
    parser.add_argument("--inputs", type=int)
    parser.add_argument("--seed", type=int, help="a number, for the same inputs again of stateful and calls")
    parser.add_argument("--only", action="append", choices=list(SHARES))
    parser.add_argument("--keep", action="store_true", help="take what is new into tests/fuzz/corpus afterwards")
    options = parser.parse_args()
    has_atheris = find_spec("atheris") is not None
    names = options.only or list(SHARES)
    if not has_atheris:
        print("atheris cannot be imported here (it is for CPython 3.11 to 3.13 on Linux, x86_64), so what it guides is")
        print("left out: " + ", ".join(name for name in names if name in [*SMALL, "wire"]) + ". Everything else runs.")
        names = [name for name in names if name not in [*SMALL, "wire"]]
    set_up()
    shares, rows = COUNTS if options.inputs else SHARES, []
    own = {"stateful": run_stateful, "calls": run_calls, "live": run_live}
    for name in names:
        share = shares[name] / sum(shares[other] for other in names)
        inputs = max(1, round(options.inputs * share)) if options.inputs else None
        budget = Budget(None if options.inputs else options.seconds * share, inputs, options.seed)
        rows.append(own[name](budget) if name in own else run_guided(name, budget))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        row = rows[-1]
        row.megabytes = row.megabytes or peak
        print(
            f"{row.name:14} {row.inputs:>9,} inputs {row.seconds:>7.0f} s {row.inputs / (row.seconds or 1):>8,.0f}/s "
            f"{row.megabytes:>5} MB {len(row.findings):>3} found",
            flush=True,
        )
        if row.note:
            print(f"{'':14} {row.note}")
    total, seconds = sum(row.inputs for row in rows), sum(row.seconds for row in rows)
    found = [finding for row in rows for finding in row.findings]
    print(
        f"{'together':14} {total:>9,} inputs {seconds:>7.0f} s {total / (seconds or 1):>8,.0f}/s "
        f"{'':>8} {len(found):>3} found"
    )
    for number, finding in enumerate(found, 1):
        print(f"\n{number}. {finding}")
    if options.keep:
        from .keeping import keep

        keep(FOLDER)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
