"""A process, a Redis, a disk or a database that goes away: others are served meanwhile, and all comes back."""

from __future__ import annotations

import contextlib
import http.client
import os
import resource
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
from tests.threats.conftest import ON_POSTGRES, Reply, Site

from . import LONG
from .conftest import is_answered, soon
from .test_views import entries, workers

pytestmark = pytest.mark.live

HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}


# A process


def test_a_worker_that_is_killed_in_mid_call_takes_only_its_own_calls_with_it(kind, site, watching) -> None:
    before = workers(site)
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(site.call, "writes_and_waits", {"text": "lost", "seconds": 30})
        place = Path(f"{site.server.database}.lost")
        pid = int(soon(lambda: place.exists() and place.read_text()))
        with watching("a worker is killed", site, kind) as others:
            os.kill(pid, signal.SIGKILL)
            now = others.wait_until(lambda: len(found := living(site)) == len(before) and pid not in found and found)
        with pytest.raises((OSError, http.client.HTTPException)):
            lost.result(10)
    assert now, "The server has no other worker."
    # Those that the dead one had accepted are lost with it, as any server has it: two at most of one who calls on.
    assert others.failed <= 2
    assert entries(site) == []


def living(site: Site) -> set[int]:
    """The processes that answer, though one may be gone."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return workers(site)
    return set()


# Redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("There is no redis-server; on Debian: apt-get install redis-server.")
    server = Redis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("kind", ["uvicorn-workers", "gthread"] if LONG else ["uvicorn-workers"])
def test_without_its_redis_a_site_serves_all_that_needs_none_and_says_so_of_the_rest(
    serving, redis, watching, kind
) -> None:
    site = serving(kind, FAULTS_REDIS=redis.url)

    def shake_hands() -> Reply:
        return site.ask("initialize", HANDSHAKE, MCP_Protocol_Version="2025-11-25")

    session = shake_hands().headers["mcp-session-id"]
    with watching("Redis is lost", site, kind) as others:
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
        assert others.wait_until(lambda: "mcp-session-id" in shake_hands().headers)
    assert others.failed == 0
    assert opened.result != shake_hands().result


# A disk


class Limited:
    """Processes that may not let a file grow, as where a quota is used up: each write beyond it is an ``OSError``."""

    def __init__(self, folder: Path) -> None:
        pass

    def fill(self, site: Site) -> None:
        self.set(site, site.server.database.stat().st_size)

    def clear(self, site: Site) -> None:
        self.set(site, resource.RLIM_INFINITY)

    def set(self, site: Site, size: int) -> None:
        for pid in workers(site):  # Python ignores the signal that comes with it
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class Mounted:
    """A file system of its own, in which a large file takes all room."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.large = folder, folder / "large"

    def fill(self, site: Site) -> None:
        database = site.server.database
        if not database.is_symlink():
            shutil.move(database, self.folder / "db.sqlite3")
            database.symlink_to(self.folder / "db.sqlite3")
        self.take_all()

    def take_all(self) -> None:
        with contextlib.suppress(OSError), self.large.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass

    def clear(self, site: Site) -> None:
        self.large.unlink()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for 8 MB, where one may mount."""
    folder = tmp_path / "mount"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.getuid() or not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("Nothing can be mounted here.")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(params=[Limited, Mounted] if LONG else [Limited])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A disk that can be full."""
    return request.param(request.getfixturevalue("mount") if request.param is Mounted else tmp_path)


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL has a disk of its own below.")
def test_with_a_full_disk_reading_goes_on_unrecorded_and_nothing_is_half_written(
    kind_if_long, serving, disk, watching
) -> None:
    name = type(disk).__name__
    site = serving(kind_if_long, FAULTS_DISK=name)
    what = "a full disk (tmpfs)" if name == "Mounted" else "a full disk (RLIMIT_FSIZE)"
    with watching(what, site, kind_if_long) as others:
        disk.fill(site)
        try:
            fill_up(site, site.rows)
        finally:
            disk.clear(site)
        assert others.wait_until(lambda: writes_again(site, site.rows))
    assert others.failed == 0
    assert site.rows("PRAGMA integrity_check") == [("ok",)]


def create(site: Site) -> Reply:
    return site.call("create_threats_note", {"text": "x" * 10_000, "size": 1})


def fill_up(site: Site, rows: Callable[[str], Any]) -> None:
    """Write and read where there is hardly any room, and count what is there afterwards."""
    ((notes,),) = rows("SELECT count(*) FROM threats_note")
    made, refused, sent = 0, 0, 0
    while refused < 5:
        reply = create(site)
        made, refused = made + ("result" in reply.json), refused + ("error" in reply.json)
        assert reply.status == 200
        assert "result" in reply.json or reply.error["code"] == -32603
    while "Calls are answered, but not recorded." not in site.log:
        assert site.call("list_threats_note", {"search": "y" * 1000}).result["isError"] is False
        sent += 1
        assert sent < 500, "It was not full."
    assert rows("SELECT count(*) FROM threats_note") == [(notes + made,)]


def writes_again(site: Site, rows: Callable[[str], Any]) -> bool:
    """Whether a call makes its row and is recorded."""
    ((before,),) = rows("SELECT count(*) FROM drf_mcp_call WHERE name = 'create_threats_note'")
    is_made = "result" in create(site).json
    return is_made and rows("SELECT count(*) FROM drf_mcp_call WHERE name = 'create_threats_note'") == [(before + 1,)]


# A database


@pytest.fixture(scope="package")
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL of these tests' own, since others would miss it: its port and its folder."""
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


def query(port: str, sql: str) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(f"host=127.0.0.1 port={port} user=test dbname=postgres", autocommit=True) as connection:
        cursor = connection.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def control(folder: Path, *words: str) -> None:
    owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    tool = max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    command = [*owner, str(tool), "-D", str(folder), "-w", "-m", "immediate", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


HOW = {"": "no connections kept", "checked": "connections kept and checked", "unchecked": "connections kept, unchecked"}
"""``CONN_MAX_AGE=0``, and ``None`` with and without ``CONN_HEALTH_CHECKS``."""

MID_CALL = [("gthread", ""), *([("gthread", "checked"), ("uvicorn-workers", "")] if LONG else [])]
QUIET = [("gthread", "checked"), ("gthread", "unchecked"), *([("uvicorn-workers", "unchecked")] if LONG else [])]


def on(port: str, serving: Callable[..., Site], kind: str, kept: str) -> Site:
    """A server on a PostgreSQL that can be stopped."""
    variables = {"FAULTS_KEPT": kept} if kept else {}
    return serving(kind, TEST_POSTGRES_PORT=port, THREATS_DATABASE="postgres", **variables)


@pytest.mark.parametrize(("kind", "kept"), MID_CALL)
def test_a_database_that_restarts_costs_the_calls_of_that_moment_and_no_others(
    own_postgres, serving, watching, kind, kept
) -> None:
    port, folder = own_postgres
    site = on(port, serving, kind, kept)
    ((notes,),) = query(port, "SELECT count(*) FROM threats_note")
    with watching(f"a database restarts in mid-call, {HOW[kept]}", site, kind, "PostgreSQL") as others:
        with ThreadPoolExecutor(1) as pool:
            lost = pool.submit(site.call, "writes_and_waits", {"text": "lost", "seconds": 2})
            assert soon(Path(f"{site.server.database}.lost").exists)
            control(folder, "stop")
            while_down = site.call("list_threats_note")
            assert (while_down.json["id"], while_down.error["code"]) == (1, -32603)  # nobody can be proved
            assert (lost.result().json["id"], lost.result().error["code"]) == (1, -32603)
        control(folder, "restart")  # which starts it as it was started
        assert others.wait_until(lambda: is_answered(site))
    assert all(is_answered(site) for _ in range(16))
    assert query(port, "SELECT count(*) FROM threats_note") == [(notes,)]
    assert query(port, "SELECT 1 FROM threats_entry") == []


@pytest.mark.parametrize(("kind", "kept"), QUIET)
def test_a_database_that_restarts_while_nobody_calls_costs_one_call_for_each_kept_connection_that_is_not_checked(
    own_postgres, serving, watching, kind, kept
) -> None:
    port, folder = own_postgres
    site = on(port, serving, kind, kept)
    with ThreadPoolExecutor(8) as pool:  # so that each thread has its connections
        assert all(pool.map(lambda _: is_answered(site), range(32)))
    ((connections,),) = query(port, "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'postgres%'")
    with watching(f"a database restarts unseen, {HOW[kept]}", site, kind, "PostgreSQL", calls_on=False) as others:
        control(folder, "restart")
        for _ in range(40):
            others.call(site)
    # Which thread answers is the server's choice, so that one may meet its old connection later.
    lost = others.failed + [is_answered(site) for _ in range(40)].count(False)
    if (kind, kept) == ("gthread", "unchecked"):
        assert 0 < lost < connections  # one of them is the test's own
    else:  # under ASGI each request has connections of its own
        assert lost == 0


@pytest.mark.skipif(not LONG, reason="It takes a while, and a file system of its own.")
def test_with_a_full_disk_of_postgresql_reading_goes_on_and_nothing_is_half_written(
    own_postgres, mount, kind_if_long, serving, watching
) -> None:
    port, _ = own_postgres
    disk, space, name = Mounted(mount), mount / "space", f"small_{kind_if_long[:3]}"
    site = serving(kind_if_long, TEST_POSTGRES_PORT=port, THREATS_DATABASE="postgres")
    for folder in mount.parents[:3]:
        folder.chmod(0o755)  # for the user who runs PostgreSQL
    space.mkdir()
    shutil.chown(space, "postgres")
    query(port, f"CREATE TABLESPACE {name} LOCATION '{space}'")
    for table in ("drf_mcp_call", "threats_note"):
        query(port, f"ALTER TABLE {table} SET TABLESPACE {name}")
    with watching("a full disk (tablespace on tmpfs)", site, kind_if_long, "PostgreSQL") as others:
        disk.take_all()
        try:
            fill_up(site, lambda sql: query(port, sql))
        finally:
            disk.clear(site)
        assert others.wait_until(lambda: writes_again(site, lambda sql: query(port, sql)))
    assert others.failed == 0
    for table in ("drf_mcp_call", "threats_note"):
        query(port, f"ALTER TABLE {table} SET TABLESPACE pg_default")
    query(port, f"DROP TABLESPACE {name}")
