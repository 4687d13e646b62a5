"""A process, a Redis, a disk or a database that goes away: others are served meanwhile, and all comes back."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_listening import Redis
from tests.servers import ROOT, demo_environment
from tests.threats.conftest import ON_POSTGRES, Reply

from .test_views import entries, workers

pytestmark = pytest.mark.live

HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}


def soon(is_so: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < until:
        time.sleep(0.1)
    return found


# A process


def test_a_worker_that_is_killed_in_mid_call_takes_only_its_own_calls_with_it(site) -> None:
    before = workers(site)
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(site.call, "writes_and_waits", {"text": "lost", "seconds": 30})
        place = Path(f"{site.server.database}.lost")
        pid = int(soon(lambda: place.exists() and place.read_text()))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises((OSError, http.client.HTTPException)):
            lost.result(10)
    answered = 0
    for _ in range(10):
        with contextlib.suppress(OSError, http.client.HTTPException):  # what the dead one had accepted
            answered += site.call("list_threats_note").data["count"] == 5
    assert answered >= 8
    assert entries(site) == []
    now = soon(lambda: len(found := workers(site)) == len(before) and pid not in found and found)
    assert now, "The server has no other worker."


# Redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("There is no redis-server; on Debian: apt-get install redis-server.")
    server = Redis(tmp_path)
    server.start()
    yield server
    server.kill()


def test_without_its_redis_a_site_serves_all_that_needs_none_and_says_so_of_the_rest(serving, redis) -> None:
    site = serving("uvicorn-workers", FAULTS_REDIS=redis.url)

    def shake_hands() -> Reply:
        return site.ask("initialize", HANDSHAKE, MCP_Protocol_Version="2025-11-25")

    session = shake_hands().headers["mcp-session-id"]
    redis.kill()
    for _ in range(4):
        began = time.monotonic()
        assert site.call("list_threats_note").data["count"] == 5
        made = site.call("create_threats_note", {"text": "without", "size": 1}).data
        assert site.call("destroy_threats_note", {"id": str(made["id"])}).result["isError"] is False
        assert time.monotonic() - began < 5
    opened = shake_hands()
    assert "mcp-session-id" not in opened.headers
    assert opened.result["capabilities"]["tools"] == {"listChanged": False}
    assert opened.result["capabilities"]["resources"] == {"listChanged": False}
    in_session = site.call("list_threats_note", Mcp_Session_Id=session)
    assert (in_session.json["id"], in_session.error["code"]) == (1, -32603)
    redis.start()
    assert "mcp-session-id" in shake_hands().headers
    assert opened.result != shake_hands().result


# A disk


@pytest.mark.skipif(ON_POSTGRES, reason="It is SQLite that can be told how large a database may be.")
def test_calls_are_answered_where_there_is_no_room_to_record_them(serving) -> None:
    site = serving("gthread", FAULTS_FULL="other")
    for number in range(100):
        assert site.call("list_threats_note", {"search": "x" * number}).result["isError"] is False
    ((recorded,),) = site.rows("SELECT count(*) FROM drf_mcp_call", "other")
    assert recorded < 100, "It was not full."
    assert 1 <= site.log.count("Calls are answered, but not recorded.") <= 2  # once for each process


@pytest.mark.skipif(ON_POSTGRES, reason="It is SQLite that can be told how large a database may be.")
def test_where_there_is_no_room_for_rows_either_nothing_is_half_written_and_reading_goes_on(serving) -> None:
    site = serving("gthread", FAULTS_FULL="default")
    made, refused = 0, 0
    while refused < 5:
        reply = site.call("create_threats_note", {"text": "x" * 10_000, "size": 1})
        made, refused = made + ("result" in reply.json), refused + ("error" in reply.json)
        assert reply.status == 200
        assert "result" in reply.json or reply.error["code"] == -32603
    assert len(site.rows("SELECT 1 FROM threats_note")) == 15 + made
    assert site.call("list_threats_note").data["count"] == 5 + made
    assert site.rows("PRAGMA integrity_check") == [("ok",)]


# A database


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL of one test's own, since others would miss it."""
    import psycopg

    if ON_POSTGRES:
        pytest.skip("Each server of this run has a database of its own in the PostgreSQL that all share.")
    if not list(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")):
        pytest.skip("There is no PostgreSQL; on Debian: apt-get install postgresql.")
    command = ["tests/with-postgres", "sh", "-c", "echo $TEST_POSTGRES_PORT; read _"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = process.stdout.readline().strip()
    with psycopg.connect(f"host=127.0.0.1 port={port} user=test dbname=postgres", autocommit=True) as connection:
        (folder,) = connection.execute("SHOW data_directory").fetchone()
        connection.execute("CREATE DATABASE postgres_other")
    environment = demo_environment(Path(), "tests.faults.settings", TEST_POSTGRES_PORT=port)
    subprocess.run([sys.executable, "-m", "tests.threats.fill"], cwd=ROOT, env=environment, check=True)
    yield port, Path(folder)
    process.communicate("\n")


def control(folder: Path, *words: str) -> None:
    owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    tool = max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    command = [*owner, str(tool), "-D", str(folder), "-w", "-m", "immediate", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_database_that_restarts_costs_the_calls_of_that_moment_and_no_others(own_postgres, serving) -> None:
    port, folder = own_postgres
    site = serving("gthread", TEST_POSTGRES_PORT=port, THREATS_DATABASE="postgres")
    assert site.call("create_threats_note", {"text": "before", "size": 1}).result["isError"] is False
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(site.call, "writes_and_waits", {"text": "lost", "seconds": 2})
        assert soon(Path(f"{site.server.database}.lost").exists)
        control(folder, "stop")
        while_down = site.call("list_threats_note")
        assert (while_down.json["id"], while_down.error["code"]) == (1, -32603)  # nobody can be proved
        assert (lost.result().json["id"], lost.result().error["code"]) == (1, -32603)
    control(folder, "restart")  # which starts it as it was started
    replies = [site.call("list_threats_note") for _ in range(16)]
    assert [reply.data["count"] for reply in replies] == [6] * 16
