"""Fixtures that every test can use."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from drf_mcp.declarations import Registry, registry
from drf_mcp.models import Call
from drf_mcp.rules import NO_RULES, snapshot

from .servers import Server, make_database, start_server

pytest_plugins = ["drf_mcp.pytest_plugin"]


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with the demo's three users; servers work on copies of it."""
    return make_database(tmp_path_factory.mktemp("demo") / "template.sqlite3")


@pytest.fixture(autouse=True)
def no_rules() -> Iterator[None]:
    """No rules of administrators, and no look for them, which comes once a second and would be counted by chance."""
    snapshot.hold(NO_RULES)
    yield
    snapshot.hold(NO_RULES)


@pytest.fixture(autouse=True)
def no_calls(request: pytest.FixtureRequest) -> None:
    """Begin a test that looks at calls without those that other tests' threads recorded, which nothing takes back."""
    looks_at_calls = "Call" in vars(request.module) or "tests/admin" in str(request.path)
    if looks_at_calls and request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Call.objects.all().delete()


@pytest.fixture
def rules_are_read(no_rules: None) -> None:
    """Rules are read as in a process that has just begun."""
    snapshot.forget()


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry without the demo's resources and prompts; what a test declares is gone after it."""
    monkeypatch.setattr(registry, "resources", {})
    monkeypatch.setattr(registry, "prompts", {})
    return registry


@pytest.fixture
def serve(demo_database: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers for one test: ``serve("gunicorn")``, with the options of ``start_server``."""
    servers: list[Server] = []

    def start(kind: str = "gunicorn", **options: Any) -> Server:
        folder = tmp_path / f"server{len(servers)}"
        folder.mkdir()
        servers.append(start_server(kind, folder, demo_database, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def speaking(serve: Callable[..., Server], tmp_path: Path) -> Callable[..., Server]:
    """Start servers of the speaking project; those of one test share a cache."""

    def start(kind: str, **options: Any) -> Server:
        environment = {"SPEAKING_CACHE": str(tmp_path / "cache"), **options}
        server = serve(kind, settings="tests.speaking.settings", project="tests.speaking", **environment)
        with sqlite3.connect(f"{server.database}.other") as other:
            other.execute("CREATE TABLE notes (note)")
        return server

    return start


@pytest.fixture(scope="session")
def signing_in_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database with the tables of its authorization server."""
    return make_database(tmp_path_factory.mktemp("oauth") / "template.sqlite3", settings="tests.signing_in.settings")


@pytest.fixture(scope="session")
def signing_in(
    signing_in_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    """A server of the demo with sign-in, of each kind that is asked for one for all tests."""
    servers: dict[str, Server] = {}

    def start(kind: str = "gunicorn") -> Server:
        if kind not in servers:
            folder = tmp_path_factory.mktemp(f"oauth_{kind}")
            where = {"settings": "tests.signing_in.settings", "project": "tests.signing_in"}
            environment = {"SIGNING_IN_CACHE": str(folder / "cache")}
            servers[kind] = start_server(kind, folder, signing_in_database, **where, **environment)
        return servers[kind]

    yield start
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let PostgreSQL drop its database at the end, although threads that ran asynchronous tests kept connections."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
