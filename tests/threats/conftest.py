"""One server of each kind for all threat cases, on SQLite or on ``tests/with-postgres``."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers import ROOT, Server, demo_environment, start_server

from .fill import ACCESS, TOKENS
from .outside import Outside
from .sign_in import SignIn

SETTINGS = "tests.threats.settings"
ON_POSTGRES = "TEST_POSTGRES_PORT" in os.environ


@dataclass
class Reply:
    """What HTTP answered."""

    status: int
    headers: dict[str, str]
    content: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def result(self) -> Any:
        assert "result" in self.json, self.json
        return self.json["result"]

    @property
    def error(self) -> Any:
        assert "error" in self.json, self.json
        return self.json["error"]

    @property
    def data(self) -> Any:
        assert not self.result.get("isError"), self.json
        return self.result["structuredContent"]


class Site:
    """A running server, and who may ask it what."""

    def __init__(self, server: Server, variables: dict[str, str]) -> None:
        self.server = server
        self.variables = variables
        self.url = server.url
        self.address = ("127.0.0.1", int(urlsplit(server.url).port or 0))

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Send a request over a connection of its own."""
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def post(self, body: Any, caller: str | None = "bob", path: str = "/mcp", **headers: str) -> Reply:
        """Post a message to the endpoint."""
        sent = {"Content_Type": "application/json", "MCP_Protocol_Version": "2025-06-18"}
        if caller is not None:
            sent["Authorization"] = f"Bearer {ACCESS[caller]}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", path, data, **{**sent, **headers})

    def ask(self, method: str, params: Any = None, caller: str | None = "bob", **headers: str) -> Reply:
        """Ask for something."""
        return self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}, caller, **headers)

    def call(self, name: str, arguments: Any = None, caller: str | None = "bob", **headers: str) -> Reply:
        """Call a tool."""
        return self.ask("tools/call", {"name": name, "arguments": arguments or {}}, caller, **headers)

    def tools(self, caller: str | None = "bob", **headers: str) -> dict[str, Any]:
        """The tools that a caller sees."""
        return {tool["name"]: tool for tool in self.ask("tools/list", {}, caller, **headers).result["tools"]}

    def rest(self, method: str, path: str, data: Any = None, caller: str | None = "bob", **headers: str) -> Reply:
        """Call the REST API."""
        body = None if data is None else json.dumps(data).encode()
        sent = {"Content_Type": "application/json", "Accept": "application/json"}
        if caller is not None:
            sent["Authorization"] = f"Token {TOKENS[caller]}"
        return self.request(method, f"/api/{path}", body, **{**sent, **headers})

    def rows(self, sql: str, alias: str = "default") -> list[tuple[Any, ...]]:
        """What the database has."""
        if ON_POSTGRES:
            import psycopg

            name = self.variables["THREATS_DATABASE"] + ("" if alias == "default" else "_other")
            with _postgres(name) as connection:
                return list(psycopg.Cursor(connection).execute(sql).fetchall())
        with sqlite3.connect(f"{self.server.database}{'' if alias == 'default' else '.other'}") as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """Change something behind the server's back."""
        if ON_POSTGRES:
            with _postgres(self.variables["THREATS_DATABASE"]) as connection:
                connection.execute(sql)
            return
        with sqlite3.connect(self.server.database) as connection:
            connection.execute(sql)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables, as a backup has them."""
        of_postgres = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        tables = self.rows(of_postgres if ON_POSTGRES else "SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name: sorted(self.rows(f'SELECT * FROM "{name}"'), key=repr) for (name,) in tables}

    @property
    def log(self) -> str:
        """What the server has printed."""
        return self.server.log.read_text(errors="replace")

    @property
    def sockets(self) -> str:
        """Where the server wanted to connect to."""
        path = Path(f"{self.server.database}.sockets")
        return path.read_text() if path.exists() else ""


def _postgres(name: str) -> Any:
    import psycopg

    where = {"host": "127.0.0.1", "port": os.environ["TEST_POSTGRES_PORT"], "user": "test"}
    return psycopg.connect(dbname=name, autocommit=True, **where)


@pytest.fixture(scope="package")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Start a server, once for each kind and environment."""
    yield from start_sites(tmp_path_factory)


def start_sites(
    tmp_path_factory: pytest.TempPathFactory, settings: str = SETTINGS, project: str = "tests.threats"
) -> Iterator[Callable[..., Site]]:
    """The same for any project that is built on this one."""
    sites: dict[Any, Site] = {}
    template = tmp_path_factory.mktemp("threats") / "template.sqlite3"

    def fill(file: Path, variables: dict[str, str]) -> None:
        environment = demo_environment(file, settings, **variables)
        subprocess.run([sys.executable, "-m", "tests.threats.fill"], cwd=ROOT, env=environment, check=True)
        file.touch()

    def start(kind: str = "gthread", **environment: str) -> Site:
        key = (kind, tuple(sorted(environment.items())))
        if key in sites:
            return sites[key]
        variables = dict(environment)
        folder = tmp_path_factory.mktemp(kind)
        if ON_POSTGRES:
            name = variables["THREATS_DATABASE"] = f"threats_{uuid.uuid4().hex[:12]}"
            with _postgres("postgres") as connection:
                for database in (name, f"{name}_other"):
                    connection.execute(f"CREATE DATABASE {database}")
            fill(template, variables)
        else:
            if not template.exists():
                fill(template, {})
            shutil.copy(f"{template}.other", folder / "db.sqlite3.other")
        server = start_server(kind, folder, template, settings=settings, project=project, **variables)
        sites[key] = Site(server, variables)
        return sites[key]

    yield start
    for site in sites.values():
        site.server.stop()


@pytest.fixture
def site(serving: Callable[..., Site]) -> Site:
    """The server that most cases attack: two processes of four threads."""
    return serving()


@pytest.fixture(scope="package")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The one host that the server with an authorization server reaches."""
    host = Outside(tmp_path_factory.mktemp("outside"))
    yield host
    host.stop()


@pytest.fixture
def sign_in(serving: Callable[..., Site], outside: Outside) -> SignIn:
    """The server that has an authorization server."""
    return SignIn(serving(DJANGO_SETTINGS_MODULE="tests.threats.sign_in_settings", **outside.environment))


@pytest.fixture
def client_id(sign_in: SignIn) -> str:
    """A client that registered itself."""
    return str(sign_in.new_client()["client_id"])
