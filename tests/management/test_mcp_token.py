"""``manage.py mcp_token``: makes, lists and revokes access tokens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from drf_mcp.models import AccessToken, digest_of
from tests.factories import MCPClient, UserFactory
from tests.servers import ROOT

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("mcp_token", *arguments, stdout=out)
    return out.getvalue()


def value_in(text: str) -> str:
    (value,) = set(re.findall(r"mcp_[0-9a-f]{64}", text))
    return value


@pytest.fixture
def alice():
    return UserFactory(username="alice")


def test_a_token_is_made_and_printed_once(alice) -> None:
    said = run("create", "alice", "--name", "laptop")
    token = AccessToken.objects.get()
    assert (token.user, token.name, token.expires, token.is_read_only, token.tools) == (
        alice,
        "laptop",
        None,
        False,
        "",
    )
    assert token.digest == digest_of(value_in(said))
    assert said.count("mcp_") == 1
    assert MCPClient(HTTP_AUTHORIZATION=f"Bearer {value_in(said)}").send("ping")["result"] == {}
    assert value_in(said) not in run("list")


def test_a_token_can_be_narrowed(alice) -> None:
    run("create", "alice", "--read-only", "--tools", "list_*", "retrieve_users_user")
    narrowing = AccessToken.objects.get().mcp_narrowing
    assert narrowing.read_only
    assert narrowing.include == ("list_*", "retrieve_users_user")


def test_a_pattern_that_no_tool_is_like_is_named(alice) -> None:
    err = StringIO()
    call_command("mcp_token", "create", "alice", "--tools", "list_*,create_*", "list_*", stdout=StringIO(), stderr=err)
    assert err.getvalue().startswith("Warning: no tool is like the pattern 'list_*,create_*'; ")
    assert err.getvalue().count("Warning") == 1


def test_the_line_for_claude_code_is_ready_to_run_where_the_address_is_known(alice) -> None:
    with override_settings(DRF_MCP={"PUBLIC_URL": "https://example.com/", "SERVER_INFO": {"name": "Book shop; rm"}}):
        said = run("create", "alice")
    words = shlex.split(said.strip().splitlines()[-1])
    assert words[:6] == ["claude", "mcp", "add", "--transport", "http", "Book-shop-rm"]
    assert words[6:] == ["https://example.com/mcp", "--header", f"Authorization: Bearer {value_in(said)}"]


@pytest.mark.urls("rest_framework.urls")
def test_without_an_address_there_is_no_such_line(alice) -> None:
    with override_settings(DRF_MCP={"PUBLIC_URL": "https://example.com/"}):
        assert "claude" not in run("create", "alice")


@pytest.mark.parametrize(
    ("text", "duration"), [("30d", {"days": 30}), ("12h", {"hours": 12}), ("2w", {"weeks": 2}), ("5m", {"minutes": 5})]
)
def test_a_token_expires_after_a_while(alice, text, duration) -> None:
    run("create", "alice", "--expires", text)
    left = AccessToken.objects.get().expires - timezone.now()
    assert timedelta(minutes=-1) < left - timedelta(**duration) <= timedelta()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2999-01-31", "2999-01-30T23:00:00+00:00"),
        ("2999-01-31T12:00", "2999-01-31T11:00:00+00:00"),
        ("2999-01-31 12:00+05:00", "2999-01-31T07:00:00+00:00"),
    ],
)
def test_a_token_expires_at_a_date_in_the_projects_time_zone(alice, text, expected) -> None:
    with override_settings(TIME_ZONE="Europe/Berlin"):
        run("create", "alice", "--expires", text)
    assert AccessToken.objects.get().expires.astimezone(timezone.get_fixed_timezone(0)).isoformat() == expected


def test_a_project_without_time_zones_has_dates_without_them(alice) -> None:
    with override_settings(USE_TZ=False):
        run("create", "alice", "--expires", "2999-01-31")
        assert "2999-01-31 00:00" in run("list")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["create", "bob"], "There is no user with the username 'bob'."),
        (["create", "off"], "The account 'off' is switched off, so no token lets it in."),
        (["create", "alice", "--expires", "soon"], "neither a duration such as 30d"),
        (["create", "alice", "--expires", "2026-02-31"], "neither a duration such as 30d"),
        (["create", "alice", "--expires", "9" * 20 + "d"], "neither a duration such as 30d"),
        (["create", "alice", "--expires", "0d"], "is over already"),
        (["create", "alice", "--expires", "2020-01-01"], "is over already"),
        (["create", "alice", "--name", "x" * 101], "at most 100 characters"),
        (["create", "alice", "--name", ""], "cannot be blank"),
        (["create"], "required: user"),
        (["create", "alice", "--tools"], "expected at least one argument"),
        (["create", "alice", "--tools", ""], "--tools has an empty pattern."),
        (["create", "alice", "--tools", "list_*", " "], "--tools has an empty pattern."),
        (["list", "bob"], "There is no user with the username 'bob'."),
        (["revoke", "77"], "There is no token 77."),
        (["revoke", "x"], "invalid int value"),
        ([], "required: what"),
    ],
)
def test_what_cannot_be_done_is_said(alice, arguments, reason) -> None:
    UserFactory(username="off", is_active=False)
    with pytest.raises(CommandError, match=re.escape(reason)):
        run(*arguments)
    assert not AccessToken.objects.exists()


def test_tokens_are_listed_with_what_they_may_and_whether_they_work(alice) -> None:
    off = UserFactory(username="bob", is_active=False)
    for user, name, fields in (
        (alice, "laptop", {"last_used": timezone.now(), "tools": "list_*\nretrieve_*", "is_read_only": True}),
        (alice, "old", {"expires": timezone.now() - timedelta(days=1)}),
        (alice, "lost", {"revoked": timezone.now(), "expires": timezone.now() - timedelta(days=1)}),
        (off, "bobs", {}),
    ):
        token = AccessToken(user=user, name=name, **fields)
        token.make_value()
        token.save()
    header, *rows = run("list").splitlines()
    assert header.split() == ["id", "user", "name", "ends", "in", "state", "expires", "last", "used", "tools"]
    cells = {re.split(r" {2,}", row)[2]: re.split(r" {2,}", row) for row in rows}
    assert {name: row[4] for name, row in cells.items()} == {
        "laptop": "valid",
        "old": "expired",
        "lost": "revoked",
        "bobs": "account off",
    }
    assert cells["laptop"][-1] == "list_*, retrieve_*, read only"
    assert cells["bobs"][5:] == ["never", "never", "all"]
    assert len(run("list", "alice").splitlines()) == 4


def test_a_revoked_token_lets_nobody_in_any_more(alice) -> None:
    value = value_in(run("create", "alice"))
    token = AccessToken.objects.get()
    assert f"Token {token.pk}, command line (...{value[-4:]}), is revoked." in run("revoke", str(token.pk))
    token.refresh_from_db()
    first = token.revoked
    assert run("revoke", str(token.pk))
    token.refresh_from_db()
    assert token.revoked == first
    assert MCPClient(HTTP_AUTHORIZATION=f"Bearer {value}").post({}).status_code == 401


def test_a_database_that_was_not_migrated_is_said(transactional_db) -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(AccessToken)
    try:
        with pytest.raises(CommandError, match=re.escape("Run 'manage.py migrate' first.")):
            run("list")
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(AccessToken)


def test_the_exit_code_tells_whether_it_worked(tmp_path) -> None:
    command = [sys.executable, "manage.py", "mcp_token", "create", "nobody"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"DEMO_DATABASE": str(tmp_path / "empty.sqlite3"), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "CommandError: The database has no table for access tokens yet. Run 'manage.py migrate' first."
    )
