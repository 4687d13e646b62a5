"""The load program in short: what it says of a server under load is right, and it sees what is wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.load.callers import Ledger, Update
from benchmarks.load.findings import faults_of, faults_of_audit, faults_of_hearing, faults_of_leaks
from benchmarks.load.servers import Reading

ROOT = Path(__file__).parents[2]


@pytest.mark.live
@pytest.mark.parametrize("server", ["gunicorn", "uvicorn"])
def test_nothing_is_lost_or_leaked_or_anybody_elses_under_load(server) -> None:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")) or shutil.which("redis-server") is None:
        pytest.skip("It takes PostgreSQL and Redis; on Debian: apt-get install postgresql redis-server.")
    more = ["--no-comparison"] if server == "uvicorn" else []
    sizes = ["--clients", "20", "--seconds", "2", "--warm-up", "1", *more]
    command = [
        "tests/with-postgres",
        "tests/with-redis",
        sys.executable,
        "-m",
        "benchmarks.load",
        "--server",
        server,
        *sizes,
    ]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    found = dict(re.findall(r"^\| (.+) \| (.+) \|$", run.stdout, re.MULTILINE))
    assert found["things that were wrong"] == "0"
    if server == "uvicorn":
        updates, heard = found["acknowledged updates of these, heard of"].split(", ")
        assert updates == heard != "0"
    else:
        assert "### gunicorn: beside REST" in run.stdout


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


def test_what_a_listener_misses_or_makes_up_is_seen() -> None:
    ledger = Ledger(watched={"a": 0.0, "b": 0.0, "c": 0.0, "d": 10.0})
    ledger.updates = [
        *(Update("a", began, began + 2) for began in (1.0, 3.0, 5.0)),  # of which two are merged, and the last is lost
        Update("b", 1.0, 2.0),
        Update("b", 3.0),  # nobody knows whether it was made, so that it may be heard of
        Update("d", 9.0, 9.5),  # before anybody listened
    ]
    ledger.heard |= {"a": [4.0], "b": [0.5, 1.5, 4.0], "c": [1.0]}
    assert ledger.delays() == {"a": [1.0, 0.0, None], "b": [0.0]}
    assert sorted(faults_of_hearing(ledger)) == [
        "heard of 1 times before anybody changed it: b",
        "heard of 1 times before anybody changed it: c",
        "heard of none of 1 updates: a",
    ]
