"""The servers under load: PostgreSQL's database, Redis and the workers, and what /proc says of these."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PROJECT = "benchmarks.load.project"

COMMANDS = {
    "gunicorn": [
        *["gunicorn", "--no-control-socket", "--workers", "4", "--worker-class", "gthread", "--threads", "4"],
        *["--keep-alive", "75", "--log-level", "warning", "--bind", f"{HOST}:{{port}}", f"{PROJECT}.servers:wsgi"],
    ],
    "uvicorn": [
        *["uvicorn", "--workers", "2", "--timeout-keep-alive", "75", "--lifespan", "off", "--no-access-log"],
        *["--log-level", "warning", "--host", HOST, "--port", "{port}", f"{PROJECT}.servers:asgi"],
    ],
}
WORKERS = {"gunicorn": 4, "uvicorn": 2}
HELD = ("threads", "files", "connections")
"""What a worker may leak."""


@dataclass(frozen=True)
class Reading:
    """What the workers hold at one moment.

    Args:
        threads: How many threads they have, together.
        files: How many file descriptors.
        connections: How many connections the database has.
        memory: What each has for itself, in MB, by process.
    """

    threads: int
    files: int
    connections: int
    memory: dict[int, float]


@dataclass(frozen=True)
class Site:
    """Running servers.

    Args:
        port: Where the endpoint and the REST API are.
        folder: Where they keep what they write.
        address: Where the database is.
    """

    port: int
    folder: Path
    address: str

    @property
    def workers(self) -> list[int]:
        """The processes that run the project."""
        return sorted(int(file.stem) for file in self.folder.glob("*.worker") if _is_alive(int(file.stem)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database has."""
        import psycopg

        with psycopg.connect(self.address) as connection:
            return psycopg.Cursor(connection).execute(sql).fetchall()

    def read(self) -> Reading:
        """Look at all workers."""
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
        held = [Path(f"/proc/{pid}") for pid in self.workers]
        return Reading(
            threads=sum(len(list((place / "task").iterdir())) for place in held),
            files=sum(len(list((place / "fd").iterdir())) for place in held),
            connections=self.rows(sql)[0][0],
            memory={int(place.name): _memory(place) for place in held},
        )

    def read_at_rest(self) -> Reading:
        """Look once nothing has been given back for a second; it waits for twenty at most."""
        last = self.read()
        for _ in range(20):
            time.sleep(1)
            now = self.read()
            if all(getattr(now, name) >= getattr(last, name) for name in HELD):
                return now
            last = now
        return last

    def cpu(self) -> float:
        """The seconds of CPU time that the workers have used."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.workers]
        return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _memory(place: Path) -> float:
    for line in (place / "status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def running_site(server: str, clients: int) -> Iterator[Site]:
    """Start a server on a new database and an empty part of Redis, and stop them whatever happens.

    Args:
        server: A key of ``COMMANDS``.
        clients: How many users there are.

    Raises:
        RuntimeError: Something did not start.
    """
    import psycopg

    name = f"load_{os.getpid()}_{server}"
    address = f"host={HOST} port={os.environ['TEST_POSTGRES_PORT']} user=test dbname="
    with psycopg.connect(f"{address}postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="load-")))
        port = _free_port()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": f"{PROJECT}.settings",
            "LOAD_FOLDER": str(folder),
            "LOAD_SERVER": server,
            "LOAD_DATABASE": name,
            "LOAD_REDIS": f"redis://{HOST}:{os.environ['TEST_REDIS_PORT']}/{[*COMMANDS].index(server)}",
        }
        fill = [sys.executable, "-m", f"{PROJECT}.fill", str(clients)]
        subprocess.run(fill, cwd=ROOT, env=environment, check=True)
        command = [sys.executable, "-m", *(part.format(port=port) for part in COMMANDS[server])]
        process = stack.enter_context(_running(command, environment))
        site = Site(port, folder, f"{address}{name}")
        for _ in range(600):
            if len(site.workers) == WORKERS[server] and _listens(port):
                break
            if process.poll() is not None:
                raise RuntimeError(f"{server} did not start.")
            time.sleep(0.1)
        yield site


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
