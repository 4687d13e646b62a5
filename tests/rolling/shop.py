"""Two versions of the package behind one nginx, on the same database and the same cache."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_behind_nginx import CONFIGURATION, documented_location
from tests.integration.test_listening import Redis
from tests.integration.test_speaking import Talk, eventually
from tests.servers import ROOT, Server, demo_environment, free_port, start_server, wait_for

EARLIER = "236c9deb2a170d4f7d7708652a00a2fe32442f24"
"""The commit that first promised what the tests say."""
SETTINGS = "tests.rolling.settings"


def sources(package: Path) -> dict[str, str]:
    return {str(file.relative_to(package)): file.read_text() for file in package.rglob("*.py")}


def earlier_package(folder: Path) -> Path:
    """A folder with this project on an earlier version of the package; skips where git does not have that."""
    folder.mkdir()
    for name in ("tests", "config", "users"):
        (folder / name).symlink_to(ROOT / name)
    command = ["git", "archive", EARLIER, "drf_mcp"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip(
            f"Two versions were NOT served: git lacks {EARLIER[:7]}. In a shallow clone: git fetch --unshallow."
        )
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(folder, filter="data")
    assert sources(folder / "drf_mcp") != sources(ROOT / "drf_mcp")
    return folder


@contextmanager
def shared_database(folder: Path, template: Path) -> Iterator[dict[str, str]]:
    """What a process needs to reach the shop's database and cache: SQLite and files, or PostgreSQL and Redis."""
    if "TEST_POSTGRES_PORT" not in os.environ:
        shutil.copy(template, folder / "shared.sqlite3")
        yield {"DEMO_DATABASE": str(folder / "shared.sqlite3"), "SPEAKING_CACHE": str(folder / "cache")}
        return
    if not shutil.which("redis-server"):
        pytest.skip("There is no redis-server; on Debian: apt-get install redis-server.")
    import psycopg

    name = f"rolling_{uuid.uuid4().hex}"
    address = f"host=127.0.0.1 port={os.environ['TEST_POSTGRES_PORT']} user=test dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    redis = Redis(folder)
    redis.start()
    try:
        yield {"DEMO_DATABASE": str(folder / "unused"), "ROLLING_DATABASE": name, "SPEAKING_REDIS": redis.url}
    finally:
        redis.kill()


@dataclass
class Shop:
    """Servers of both versions, and the one address that clients know.

    Args:
        folder: Where everything of it is.
        template: The demo's database.
        shared: The variables that all of its processes have.
        roots: The folder of each version.
        servers: All that were started.
        urls: The last server of each version.
    """

    folder: Path
    template: Path
    shared: dict[str, str]
    roots: dict[str, Path]
    servers: list[Server] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    nginx: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> Server:
        """The balancer, as clients take it."""
        assert self.nginx is not None
        return Server(f"http://127.0.0.1:{self.port}", self.nginx, self.folder / "error.log", self.template)

    def migrate(self, version: str) -> None:
        """Migrate the database to what a version knows, whoever uses it at the time."""
        last = max(file.stem for file in (self.roots[version] / "drf_mcp/migrations").glob("0*.py"))
        code = (
            "import django; from django.core.management import call_command as do; django.setup(); "
            f"do('migrate', verbosity=0); do('migrate', 'drf_mcp', '{last}', verbosity=0)"
        )
        environment = demo_environment(self.template, SETTINGS, **self.shared)
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)

    def start(self, version: str) -> Server:
        (place := self.folder / f"server{len(self.servers)}").mkdir()
        where = {"settings": SETTINGS, "project": "tests.rolling", "root": self.roots[version]}
        server = start_server("uvicorn", place, self.template, ROLLING=version, **where, **self.shared)
        self.servers.append(server)
        self.urls[version] = server.url
        return server

    def serve(self, *servers: Server) -> None:
        """Put nginx before these, configured as the documentation says; each gets its turn, in this order."""
        turn = uuid.uuid4().hex
        places = "".join(f"server {server.url.removeprefix('http://')}; " for server in servers)
        location = documented_location().replace("http://127.0.0.1:8000", "http://shop")
        headers = f"add_header X-Served-By $upstream_addr always; add_header X-Turn {turn} always;"
        location = location.replace("{", f"{{ {headers}", 1)
        configuration = CONFIGURATION.format(folder=self.folder, port=self.port, location=location)
        file = self.folder / "nginx.conf"
        file.write_text(configuration.replace("http {", f"http {{ upstream shop {{ {places} }}", 1))
        if self.nginx:
            self.nginx.send_signal(signal.SIGHUP)
        else:
            self.nginx = subprocess.Popen(["nginx", "-c", file, "-p", self.folder], stderr=subprocess.DEVNULL)
            wait_for(self.port, self.nginx)

        def latest() -> str | None:
            with Client(self.server, "2025-06-18").send("ping", {}) as response:
                return response.headers["X-Turn"]

        eventually(latest, turn)

    def close(self) -> None:
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait(timeout=10)
        for server in self.servers:
            server.stop()


@contextmanager
def open_shop(folder: Path, template: Path) -> Iterator[Shop]:
    """A shop without servers, on the tables of the version after."""
    if not shutil.which("nginx"):
        pytest.skip("There is no nginx; on Debian: apt-get install nginx-light.")
    with ExitStack() as stack:
        roots = {"before": earlier_package(folder / "before"), "after": ROOT}
        shared = stack.enter_context(shared_database(folder, template))
        shop = Shop(folder, template, shared, roots)
        stack.callback(shop.close)
        yield shop


@dataclass
class Client(Talk):
    """A client that knows one address, and notes who served it."""

    served: list[str] = field(default_factory=list)

    @contextmanager
    def request(self, verb: str, body: Any = None, **headers: str) -> Any:
        with super().request(verb, body, **headers) as response:
            self.served.append(f"http://{response.headers['X-Served-By']}")
            yield response

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        with self.send(method, params) as response:
            return json.loads(response.read())
