"""Servers whose faults are looked for, each kind once, and a table of what others noticed of each."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.integration.test_behind_nginx import behind_nginx  # noqa: F401  (a fixture)
from tests.threats.conftest import ON_POSTGRES, Site, start_sites

from . import LONG

KINDS = {"gthread": "gunicorn, 2 x 4 threads", "gunicorn": "gunicorn, 2 x 1", "uvicorn-workers": "uvicorn, 2 workers"}
"""The servers, in the words of the table."""

FAULT = "fault"
"""Under what a test's report has its row of the table."""


@pytest.fixture(scope="package")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Start a server, once for each kind and environment, and let it find its tools."""
    known: set[str] = set()

    def serve(start: Callable[..., Site], kind: str = "gthread", **environment: str) -> Site:
        site = start(kind, **environment)
        if site.url not in known:
            assert all(is_answered(site) for _ in range(8))
            known.add(site.url)
        return site

    for start in start_sites(tmp_path_factory, "tests.faults.settings", "tests.faults"):
        yield partial(serve, start)


@pytest.fixture(params=["gthread", "uvicorn-workers"])
def kind(request: pytest.FixtureRequest) -> str:
    """The servers of two processes."""
    return str(request.param)


@pytest.fixture(params=["gthread", "uvicorn-workers"] if LONG else ["gthread"])
def kind_if_long(request: pytest.FixtureRequest) -> str:
    """The same where one of them shows what there is to see."""
    return str(request.param)


@pytest.fixture
def site(kind: str, serving: Callable[..., Site]) -> Site:
    """Two processes."""
    return serving(kind)


def soon(is_so: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def is_answered(site: Site) -> bool:
    """Whether a call gets its answer."""
    try:
        return "result" in site.call("list_threats_note").json
    except (OSError, http.client.HTTPException, ValueError):
        return False


@dataclass
class Others:
    """What others noticed: somebody who calls all the time, over a connection each.

    Args:
        sent: How many calls.
        failed: How many of them were not answered, or with an error.
        slowest: The seconds that one took that was answered.
        back: The seconds until all was as before, None where it never was otherwise.
    """

    sent: int = 0
    failed: int = 0
    slowest: float = 0.0
    back: float | None = None

    def call(self, site: Site) -> None:
        """Call once."""
        began = time.monotonic()
        answered = is_answered(site)
        self.sent, self.failed = self.sent + 1, self.failed + (not answered)
        if answered:
            self.slowest = max(self.slowest, time.monotonic() - began)

    def call_on(self, site: Site, ended: threading.Event) -> None:
        """Call until told otherwise."""
        while not ended.wait(0.02 if LONG else 0.2):
            self.call(site)

    def wait_until(self, is_so: Callable[[], Any]) -> Any:
        """Wait until all is as before, which began now."""
        began = time.monotonic()
        found = soon(is_so)
        self.back = time.monotonic() - began
        return found


@pytest.fixture
def watching(request: pytest.FixtureRequest) -> Callable[..., AbstractContextManager[Others]]:
    """Let somebody call a site while it has a fault, and give the table a row."""

    @contextmanager
    def watch(fault: str, site: Site, kind: str, database: str = "", *, calls_on: bool = True) -> Iterator[Others]:
        others, ended = Others(), threading.Event()
        caller = threading.Thread(target=others.call_on, args=[site, ended])
        if calls_on:
            caller.start()
        try:
            yield others
        finally:
            ended.set()
            if calls_on:
                caller.join()
        database = database or ("PostgreSQL" if ON_POSTGRES else "SQLite")
        back = "" if others.back is None else f"{others.back:.1f} s"
        row = (fault, KINDS.get(kind, kind), database, others.sent, others.failed, f"{others.slowest:.2f} s", back)
        if others.sent:
            request.node.user_properties.append((FAULT, row))

    return watch


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of the long form."""
    reports = [report for kept in terminalreporter.stats.values() for report in kept if hasattr(report, "when")]
    rows = [
        [str(value) for value in row]
        for report in reports
        if report.when == "call"
        for name, row in report.user_properties
        if name == FAULT
    ]
    if not LONG or not rows:
        return
    head = ["fault", "server", "database", "calls of others", "failed", "slowest answer", "all as before after"]
    terminalreporter.section("What others noticed")
    for cells in [head, ["---"] * 3 + ["---:"] * 4, *sorted(rows)]:
        terminalreporter.write_line(f"| {' | '.join(cells)} |".replace("  ", " "))
