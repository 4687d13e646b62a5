"""``tests/with-postgres tests/with-redis python -m benchmarks.load``: correct under parallel load, beside REST.

It ends with 1 where anything is not as it should be. README.md says how to read the tables.
"""

import argparse
import asyncio
import datetime as dt
import os
import platform
import signal
import sys
import time
from importlib.metadata import version

from .callers import COMPARED, MIX, Caller, Ledger, run_all
from .findings import faults_of, faults_of_audit, faults_of_hearing, faults_of_leaks, growth
from .servers import COMMANDS, HELD, Reading, Site, running_site

SLICE = 5.0
"""Seconds of one side, before the other has its turn."""


STEADY = 20.0
"""After how many seconds memory says anything: until then each worker still meets much for the first time."""


async def sampled(site: Site, samples: list[Reading]) -> None:
    """Read the workers every now and then."""
    while True:
        samples.append(await asyncio.to_thread(site.read))
        await asyncio.sleep(1)


def listeners_of(server: str, options: argparse.Namespace) -> int:
    """How many callers listen: none under WSGI, where each stream would keep a thread of the few there are."""
    return options.clients // 5 if server == "uvicorn" else 0


async def mixed(site: Site, callers: list[Caller], options: argparse.Namespace, server: str) -> tuple[float, list]:
    """Everything at once."""
    samples: list[Reading] = []
    sampling = asyncio.ensure_future(sampled(site, samples))
    took = await run_all(callers, options.seconds, MIX, listeners=listeners_of(server, options))
    sampling.cancel()
    await asyncio.gather(sampling, return_exceptions=True)
    return took, samples


async def compared(site: Site, callers: list[Caller], seconds: float) -> dict[str, dict[str, float]]:
    """The same calls through REST and through MCP, in turns."""
    totals = {side: {"wall": 0.0, "cpu": 0.0} for side in ("rest", "mcp")}
    turns = max(1, round(seconds / SLICE / 2))
    for turn in range(2 * turns):
        side = ("rest", "mcp", "mcp", "rest")[turn % 4]
        cpu = site.cpu()
        totals[side]["wall"] += await run_all(callers, seconds / turns / 2, COMPARED, side)
        await asyncio.sleep(0.3)
        totals[side]["cpu"] += site.cpu() - cpu
    return totals


PERCENTILES = ("p50", "p95", "p99")


def percentiles(times: list[float]) -> list[float]:
    """The median, the 95th and the 99th, in milliseconds."""
    ordered = sorted(times) or [float("nan")]
    return [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99)]


def bold(sides: dict[str, float]) -> str:
    """The ratio of MCP to REST."""
    return f"**{sides['mcp'] / sides['rest']:.2f}**"


def comparison(ledger: Ledger, totals: dict[str, dict[str, float]]) -> str:
    """Both sides as Markdown tables."""
    names = " | ".join(f"{side} {name}" for side in ("REST", "MCP", "ratio of") for name in PERCENTILES)
    lines = [f"| call | {names} |", f"|---|{'---:|' * 9}"]
    for kind in COMPARED:
        rest, mcp = (percentiles(ledger.times[side, kind]) for side in ("rest", "mcp"))
        ratios = [bold({"rest": less, "mcp": more}) for less, more in zip(rest, mcp, strict=True)]
        lines.append(f"| {kind} | {' | '.join([*(f'{value:.0f} ms' for value in (*rest, *mcp)), *ratios])} |")
    counts = {side: sum(len(ledger.times[side, kind]) for kind in COMPARED) for side in totals}
    rates = {side: counts[side] / totals[side]["wall"] for side in totals}
    costs = {side: totals[side]["cpu"] / max(1, counts[side]) * 1000 for side in totals}
    lines += [
        "",
        "| all of them | REST | MCP | ratio |",
        "|---|---:|---:|---:|",
        f"| calls | {counts['rest']:,} | {counts['mcp']:,} | |",
        f"| calls in a second | {rates['rest']:.0f} | {rates['mcp']:.0f} | {bold(rates)} |",
        f"| workers' CPU time for a call | {costs['rest']:.2f} ms | {costs['mcp']:.2f} ms | {bold(costs)} |",
    ]
    return "\n".join(lines)


def mixture(ledger: Ledger, took: float) -> str:
    """The mixed load as a Markdown table."""
    lines = [f"| kind | calls | {' | '.join(PERCENTILES)} |", "|---|---:|---:|---:|---:|"]
    for kind in MIX:
        times = ledger.times["mcp", kind]
        cells = " | ".join(f"{value:.0f} ms" for value in percentiles(times))
        lines.append(f"| {kind} | {len(times):,} | {cells} |")
    total = sum(len(ledger.times["mcp", kind]) for kind in MIX)
    return "\n".join([*lines, f"| all, {total / took:.0f} in a second | {total:,} | | | |"])


def outcome(ledger: Ledger, before: Reading, after: Reading, samples: list[Reading], wrong: int, own: float) -> str:
    """What was looked at, as a Markdown table."""
    updates = [delay for delays in ledger.delays().values() for delay in delays]
    rows = {
        "things that were wrong": str(wrong),
        "creates acknowledged, calls refused, answers abandoned": ", ".join(
            f"{len(fate):,}" for fate in (ledger.acknowledged, ledger.refused, ledger.unknown)
        ),
        "items listened to": f"{len(ledger.watched):,}",
    }
    if ledger.watched:
        heard = sorted(delay for delay in updates if delay is not None)
        slowest = ", ".join(f"{value:.0f} ms" for value in [*percentiles(heard), max(heard, default=0) * 1000])
        rows |= {
            "acknowledged updates of these, heard of": f"{len(updates):,}, {len(heard):,}",
            "notifications, each of one update or several": f"{sum(map(len, ledger.heard.values())):,}",
            "heard after the answer: p50, p95, p99, most": slowest,
        }
    rows |= {f"{name}, before → after": f"{getattr(before, name)} → {getattr(after, name)}" for name in HELD}
    memory = ", ".join(f"{before.memory[pid]:.0f} MB {grown:+.1f}" for pid, grown in growth(samples).items())
    rows |= {"memory of each worker, and its growth": memory, "the callers used": f"{own:.0%} of one core"}
    return "\n".join(
        ["| looked at | found |", "|---|---:|", *(f"| {name} | {found} |" for name, found in rows.items())]
    )


def run(server: str, options: argparse.Namespace) -> list[str]:
    """Load one kind of server, print what was measured and give what was wrong."""
    with running_site(server, options.clients) as site:
        ledger = Ledger()
        callers = [Caller(number, site.port, ledger) for number in range(options.clients)]
        asyncio.run(run_all(callers, options.warm_up, MIX, listeners=listeners_of(server, options)))
        asyncio.run(run_all(callers, 1, COMPARED, "rest"))
        before = site.read_at_rest()
        ledger.times.clear()
        own, began = time.process_time(), time.monotonic()
        took, samples = asyncio.run(mixed(site, callers, options, server))
        own = (time.process_time() - own) / (time.monotonic() - began)
        after = site.read_at_rest()
        steady = samples if options.seconds >= STEADY else []
        faults = [*faults_of(ledger, site), *faults_of_audit(ledger, site), *faults_of_hearing(ledger)]
        faults += faults_of_leaks(before, after, steady)
        print(f"### {server}: the mixed load\n\n{mixture(ledger, took)}\n")
        print(f"{outcome(ledger, before, after, samples, len(faults), own)}\n")
        if not options.no_comparison:
            ledger.times.clear()
            totals = asyncio.run(compared(site, callers, options.seconds))
            faults += [*faults_of(ledger, site), *faults_of_audit(ledger, site)]
            print(f"### {server}: beside REST\n\n{comparison(ledger, totals)}\n")
    return list(dict.fromkeys(faults))


def main() -> None:
    """Load each kind of server."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--clients", type=int, default=200, help="how many ask at once (default: 200)")
    parser.add_argument("--seconds", type=float, default=60, help="of each part (default: 60)")
    parser.add_argument("--warm-up", type=float, default=15, help="seconds that do not count (default: 15)")
    parser.add_argument("--server", choices=sorted(COMMANDS), action="append", help="one kind alone")
    parser.add_argument("--no-comparison", action="store_true", help="leave out the part beside REST")
    options = parser.parse_args()
    if not {"TEST_POSTGRES_PORT", "TEST_REDIS_PORT"} <= os.environ.keys():
        sys.exit("Run it as 'tests/with-postgres tests/with-redis python -m benchmarks.load'.")
    # A termination ends the script as an interrupt does, so that the servers are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = ("drf-viewset-mcp", "django", "djangorestframework", "gunicorn", "uvicorn")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"{dt.datetime.now(dt.UTC).date()}, Python {platform.python_version()}, {versions}; {os.cpu_count()} cores.")
    print(f"{options.clients} clients, {options.seconds:.0f} s each; load before: {os.getloadavg()[0]:.1f}\n")
    faults = [f"{server}: {fault}" for server in options.server or COMMANDS for fault in run(server, options)]
    for fault in faults[:50]:
        print(f"WRONG {fault}")
    sys.exit(f"{len(faults)} things were wrong." if faults else 0)


if __name__ == "__main__":
    main()
