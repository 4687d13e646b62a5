"""What the tests of the pages share."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.test import Client

from drf_mcp.declarations import registry
from users.models import User

from .pages import Block, blocks_of


@pytest.fixture
def demo_data(db: None) -> None:
    """The demo's data with the ids that it has in a new database, which is what the pages show."""
    tables = [User._meta.db_table]
    flush = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    connection.ops.execute_sql_flush(flush)
    call_command("demo_data", verbosity=0, stdout=io.StringIO())


@pytest.fixture
def client() -> Client:
    """A client that has no CSRF token, like every MCP client, and calls the host that the pages call."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False, SERVER_NAME="127.0.0.1")


@pytest.fixture
def load_page(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Any]]:
    """Run a page's Python as one module; if that has routes, they are the project's."""
    names = []
    for nouns in ("resources", "prompts"):  # what a page declares is gone with it
        monkeypatch.setattr(registry, nouns, dict(getattr(registry, nouns)))

    def load(page: Path) -> Any:
        apply_settings(settings, [block for block in blocks_of(page, "python") if block.kind == "settings"])
        name = f"docs_{page.stem.replace('-', '_').lower()}"
        path = tmp_path / f"{name}.py"
        # Blank lines in front keep the line numbers of a traceback those of the page.
        lines: list[str] = []
        for block in blocks_of(page, "python"):
            if not block.kind:
                lines += [""] * (block.line - len(lines)) + block.text.splitlines()
        path.write_text("\n".join(lines))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        names.append(name)
        spec.loader.exec_module(module)
        if hasattr(module, "urlpatterns"):
            settings.ROOT_URLCONF = name
        return module

    yield load
    for name in names:
        del sys.modules[name]


def apply_settings(settings: Any, blocks: list[Block]) -> None:
    """Run settings snippets as the end of a settings module, one after the other."""
    namespace = {name: getattr(django_settings, name) for name in ("INSTALLED_APPS", "MIDDLEWARE", "DEBUG")}
    before = dict(namespace)
    for block in blocks:
        namespace["INSTALLED_APPS"] = list(before["INSTALLED_APPS"])
        exec(compile(block.text, str(block), "exec"), namespace)
        added = namespace.pop("INSTALLED_APPS")[len(before["INSTALLED_APPS"]) :]
        assert set(added) <= set(before["INSTALLED_APPS"]), added
        for name in ("DRF_MCP", "REST_FRAMEWORK", "SIMPLE_JWT", "REST_KNOX", "OAUTH2_PROVIDER", "LOGIN_URL"):
            if name in namespace:
                setattr(settings, name, namespace.pop(name))


def run_program(block: Block, origin: str, **environment: str) -> str:
    """Run a client program against a server; gives what it prints.

    ``asyncio.run`` wants a thread without a loop, and a test may have one.
    """
    source = block.text.replace("http://127.0.0.1:8000", origin)
    printed, failures = io.StringIO(), []

    def run() -> None:
        try:
            exec(compile(source, str(block), "exec"), {"__name__": "__main__"})
        except BaseException as error:  # noqa: BLE001  (handed to the test)
            failures.append(error)

    with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(printed):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(timeout=30)
    if failures:
        raise failures[0]
    return printed.getvalue()
