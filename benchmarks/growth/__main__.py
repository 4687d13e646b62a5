"""``python -m benchmarks.growth [start] [catalogs] [lists] [listeners]``: cost curves, each point in its own process.

How the admin's pages grow with the calls that are kept is for ``python -m benchmarks.overview --rows N`` to say.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from . import listeners, start
from .measured import CATALOG, LIST, START

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument(
        "curves", nargs="*", choices=["start", "catalogs", "lists", "listeners", []], help="all of them if none"
    )
    parser.add_argument("--up-to", type=int, default=0, help="leave out the points above this number")
    parser.add_argument("--starts", type=int, default=5, help="of how many processes the start is the median of")
    limits = parser.parse_args()
    wanted = limits.curves or ["start", "catalogs", "lists", "listeners"]
    points = {
        "catalogs": (10, 100, 1_000, 10_000),
        "lists": (10, 100, 1_000, 10_000, 100_000),
        "listeners": (1, 10, 100, 1_000),
    }
    for curve in wanted:
        if curve == "start":
            table("the demo", start.COLUMNS, start.measure(3 * limits.starts))
            continue
        chosen = [number for number in points[curve] if not limits.up_to or number <= limits.up_to]
        if curve == "listeners":
            table("listeners", listeners.COLUMNS, map(listeners.measure, chosen))
        elif curve == "catalogs":
            rows = ([str(number), *started(number, limits.starts), *fresh(curve, number)] for number in chosen)
            table("tools", [*START, *CATALOG], rows)
        else:
            table("rows", LIST, ([str(number), *fresh(curve, number)] for number in chosen))


def started(number: int, times: int) -> list[str]:
    """What a start costs: medians of processes, after one that wrote the bytecode."""
    columns = zip(*[fresh("starts", number) for _ in range(times + 1)][1:], strict=True)
    start, first, grown = map(statistics.median, columns)
    return [f"{start:,.0f} ms", f"{first:,.0f} ms", f"{grown:.0f} MB"]


def fresh(curve: str, number: int) -> list:
    """What is measured in a new process on a new database."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.growth.settings",
            "BENCHMARK_FOLDER": folder,
            "GROWTH_TOOLS": "10" if curve == "lists" else str(number),
        }
        command = [sys.executable, "-m", "benchmarks.growth.measured", curve, str(number)]
        run = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout)


def table(first: str, columns: list[str], rows) -> None:
    """Print each row as soon as it is known."""
    print(f"| {first} | {' | '.join(columns)} |\n|{'---:|' * (len(columns) + 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
    print()


if __name__ == "__main__":
    main()
