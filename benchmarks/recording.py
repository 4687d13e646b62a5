"""``python -m benchmarks.recording``: what it costs that calls are recorded.

Three servers, which record nothing, writes and failures, and everything, are asked the same in turns that lots decide.
With ``tests/with-postgres`` before it each has a PostgreSQL database, else a SQLite one.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from .client import Client, WrongAnswerError
from .operations import MCP_VERSION, OPERATIONS
from .server import COMMANDS, running_server

MODES = ("none", "writes", "all")
ASKED = ("retrieve", "failing create", "create")


def make_database(name: str) -> dict[str, str]:
    """A new PostgreSQL database, as the environment names it; nothing where there is no PostgreSQL."""
    if "TEST_POSTGRES_PORT" not in os.environ:
        return {}
    import psycopg

    address = f"host=127.0.0.1 port={os.environ['TEST_POSTGRES_PORT']} user=test dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return {"BENCHMARK_POSTGRES": name}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recording", description=__doc__)
    parser.add_argument("--server", choices=sorted(COMMANDS), default="gunicorn")
    parser.add_argument("--rounds", type=int, default=400)
    limits = parser.parse_args()
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": MCP_VERSION}
    with ExitStack() as stack:
        clients = {}
        for mode in MODES:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
            database = make_database(f"benchmark_{mode}")
            server = stack.enter_context(running_server(limits.server, folder, BENCHMARK_RECORD=mode, **database))
            clients[mode] = Client(server, headers)
            stack.callback(clients[mode].close)
        asked = [operation for operation in OPERATIONS if operation.name in ASKED]
        rows = [measure(operation, clients, limits.rounds) for operation in asked]
    where = "PostgreSQL" if "TEST_POSTGRES_PORT" in os.environ else "SQLite"
    print(f"{where}, {limits.server}, {limits.rounds} rounds; medians, and ratios to the server that records nothing\n")
    print("| call | " + " | ".join(f"CPU {mode} | wall {mode}" for mode in MODES) + " |")
    print("|---|" + "---:|" * 2 * len(MODES))
    print("\n".join(rows))


def measure(operation, clients, rounds: int) -> str:
    """One row: the median times of each server."""
    lot = random.Random(operation.name)
    times = {mode: ([], []) for mode in MODES}
    for number in range(rounds + 30):
        for mode in lot.sample(MODES, len(MODES)):
            answer = clients[mode].send(operation.mcp())
            if not operation.check_mcp(answer):
                raise WrongAnswerError(f"{operation.name}: {answer.status} {str(answer.data)[:400]}")
            if number >= 30:
                times[mode][0].append(answer.cpu or 0)
                times[mode][1].append(answer.wall)
    cells = [operation.name]
    first = [statistics.median(values) for values in times["none"]]
    for mode in MODES:
        for value, base in zip((statistics.median(values) for values in times[mode]), first, strict=True):
            ratio = "" if mode == "none" else f" **{value / base:.2f}**"
            cells.append(f"{value * 1000:.2f} ms{ratio}")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    try:
        main()
    except WrongAnswerError as error:
        sys.exit(f"Nothing was measured: {error}")
