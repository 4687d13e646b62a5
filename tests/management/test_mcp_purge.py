"""``manage.py mcp_purge``."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from drf_mcp.management.commands import mcp_purge
from drf_mcp.models import Call
from tests.factories import CallFactory
from tests.servers import ROOT, demo_environment

pytestmark = pytest.mark.django_db


def purge(*args: str) -> str:
    out = io.StringIO()
    call_command("mcp_purge", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def ages(monkeypatch) -> None:
    """Calls of 1, 11, 21, ... 141 days ago, deleted by fours."""
    monkeypatch.setattr(mcp_purge, "CHUNK", 4)
    for days in range(1, 150, 10):
        CallFactory(at=timezone.now() - timedelta(days=days))


def test_calls_are_deleted_that_are_older_than_the_setting_keeps_them(ages) -> None:
    assert purge().startswith("Deleted 6 calls that were older than 2")
    assert Call.objects.count() == 9
    with override_settings(DRF_MCP={"RETAIN_DAYS": 30}):
        assert purge().startswith("Deleted 6 calls")
    assert purge().startswith("Deleted 0 calls")


@pytest.mark.parametrize(("age", "left"), [("20d", 2), ("20", 2), ("3w", 2), ("25h", 1), ("12h", 0)])
def test_an_age_is_in_hours_days_or_weeks(ages, age, left) -> None:
    CallFactory(at=timezone.now() - timedelta(hours=13))
    purge("--older-than", age)
    assert Call.objects.filter(at__lt=timezone.now() - timedelta(hours=14)).count() == left


def test_a_dry_run_deletes_nothing(ages) -> None:
    assert purge("--dry-run", "--older-than", "100d").startswith("5 calls are older than 2")
    assert Call.objects.count() == 15


@pytest.mark.parametrize("age", ["", "0d", "d", "-1d", "90m", "1.5d", "999999d"])
def test_what_is_no_age_is_refused(age) -> None:
    with pytest.raises(CommandError, match="is no age: write 90d, 12h or 8w"):
        purge(f"--older-than={age}")


def test_calls_that_are_kept_for_ever_are_deleted_only_where_an_age_is_said() -> None:
    with override_settings(DRF_MCP={"RETAIN_DAYS": 0}):
        with pytest.raises(CommandError, match="for ever"):
            purge()
        assert purge("--older-than", "90d").startswith("Deleted 0 calls")


def test_who_stops_it_is_told_how_far_it_came(ages, monkeypatch) -> None:
    def stop(self, done, total):
        raise KeyboardInterrupt

    monkeypatch.setattr(mcp_purge.Command, "show", stop)
    with pytest.raises(CommandError, match="Stopped: 4 of 6 calls were deleted") as stopped:
        purge()
    assert stopped.value.returncode == 130
    assert Call.objects.count() == 11


def test_a_terminal_sees_a_bar_and_everybody_else_a_line(ages) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    seen = Terminal()
    call_command("mcp_purge", stdout=seen)
    assert seen.getvalue().startswith("\r[###########################             ]  67%  4 of 6\r[####")
    assert "100%  6 of 6\nDeleted 6 calls" in seen.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "options", "code", "said"),
    [
        ("migrated", ["--older-than", "90d"], 0, "Deleted 0 calls"),
        ("migrated", ["--older-than", "soon"], 2, "is no age"),
        ("empty", [], 1, "The calls cannot be deleted: no such table: drf_mcp_call"),
    ],
)
def test_the_exit_code_tells_how_it_went(demo_database, tmp_path, database, options, code, said) -> None:
    path = demo_database if database == "migrated" else tmp_path / "empty.sqlite3"
    done = subprocess.run(
        [sys.executable, "manage.py", "mcp_purge", *options],
        cwd=ROOT,
        env=demo_environment(path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
