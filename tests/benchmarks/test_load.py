"""The load program in short: what it says of a server under load is right, and it sees what is wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.load.callers import Ledger
from benchmarks.load.findings import faults_of, faults_of_audit, faults_of_leaks
from benchmarks.load.servers import Reading

ROOT = Path(__file__).parents[2]


@pytest.mark.live
@pytest.mark.parametrize("server", ["gunicorn", "uvicorn"])
def test_nothing_is_lost_or_leaked_or_anybody_elses_under_load(server) -> None:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")) or shutil.which("redis-server") is None:
        pytest.skip("It takes PostgreSQL and Redis; on Debian: apt-get install postgresql redis-server.")
    sizes = ["--clients", "20", "--seconds", "2", "--warm-up", "1", "--no-comparison"]
    command = ["tests/with-postgres", sys.executable, "-m", "benchmarks.load", "--server", server, *sizes]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"### {server}: the mixed load" in run.stdout


def test_what_is_wrong_is_seen() -> None:
    ledger = Ledger(acknowledged=["a", "lost", "b"], refused=["no", "half"], unknown=["gone", "never"])
    ledger.calls = Counter({("ann", "create", "ok"): 3, ("bob", "work", "?"): 2, ("cid", "list", "ok"): 1})
    keys = [("a",), ("b",), ("b",), ("half",), ("gone",), ("surprise",)]
    calls = [("ann", "create", "ok", 2), ("bob", "work", "ok", 1), ("bob", "work", "cancelled", 1)]
    site = SimpleNamespace(rows=lambda sql: calls if "drf_mcp_call" in sql else keys)
    assert sorted(faults_of(ledger, site)) == [
        "acknowledged and not there: lost",
        "made 2 times: b",
        "refused and there: half",
        "there, and nobody knows of it: surprise",
    ]
    assert sorted(faults_of_audit(ledger, site)) == [
        "ann create: 1 calls not recorded, 0 recorded that were none",
        "cid list: 1 calls not recorded, 0 recorded that were none",
    ]
    before, after = Reading(20, 60, 16, {1: 70.0}), Reading(20, 90, 16, {2: 70.0})
    found = faults_of_leaks(before, after, [before, before, Reading(20, 60, 16, {1: 90.0})])
    assert found == [
        "files: 60 before, 90 after",
        "workers [1] before, [2] after",
        "memory of worker 1: 20.0 MB more in the last third than in the first",
    ]
