"""The demo's own commands."""

from __future__ import annotations

import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from tests.factories import MCPClient, UserFactory
from tests.servers import ROOT, demo_environment
from users.models import User


def demo_data() -> str:
    printed = StringIO()
    call_command("demo_data", stdout=printed)
    return printed.getvalue()


@pytest.fixture(autouse=True)
def media(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.django_db
def test_demo_data_makes_the_three_users_of_the_demo() -> None:
    printed = demo_data()
    assert [line for line in printed.splitlines() if "project" not in line] == [
        "Created admin.",
        "Created johndoe.",
        "Created testuser.",
    ]
    assert list(User.objects.values_list("username", "email", "is_staff", "is_active")) == [
        ("admin", "admin@example.com", True, True),
        ("johndoe", "john@example.com", False, True),
        ("testuser", "test@example.com", False, False),
    ]
    assert authenticate(username="admin", password="admin").is_superuser


@pytest.mark.django_db
@pytest.mark.urls("config.urls")
def test_the_demo_has_a_file_to_read_and_an_argument_with_suggestions() -> None:
    demo_data()
    result = MCPClient().call("list_projects_attachment")
    (link,) = [block for block in result["content"] if block["type"] == "resource_link"]
    (entry,) = MCPClient().send("resources/read", {"uri": link["uri"]})["result"]["contents"]
    assert entry["text"].startswith("Four boards")
    params = {"ref": {"type": "ref/prompt", "name": "plan_day"}, "argument": {"name": "day", "value": "tu"}}
    assert MCPClient().send("completion/complete", params)["result"]["completion"]["values"] == ["Tuesday"]


@pytest.mark.django_db
def test_demo_data_changes_nothing_a_second_time() -> None:
    demo_data()
    User.objects.filter(username="johndoe").update(email="changed@example.com")
    assert demo_data() == ""
    assert User.objects.count() == 3
    assert User.objects.get(username="johndoe").email == "changed@example.com"


@pytest.mark.django_db
def test_demo_data_leaves_other_users_alone() -> None:
    user = UserFactory()
    demo_data()
    assert User.objects.filter(pk=user.pk).exists()
    assert User.objects.count() == 4


@pytest.mark.live
def test_the_demo_goes_from_nothing_to_a_first_answered_call(tmp_path: Path, free_port: int) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--once", "--port", str(free_port)],
        cwd=ROOT,
        env=demo_environment(tmp_path / "demo.sqlite3", PYTHONWARNINGS="", COVERAGE_PROCESS_START=""),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    url = f"http://127.0.0.1:{free_port}"
    for line in (
        "Created admin.",
        f"MCP endpoint   {url}/mcp",
        f"Admin          {url}/admin/   log in as admin, password admin",
        f"claude mcp add --transport http django-demo {url}/mcp",
        "tools/list answers:",
        "list_users_user",
        "List User in users",
        "tools/call list_users_user answers:",
        "Found 3 users:",
        "- Username: admin",
    ):
        assert line in done.stdout
    assert "Serving on" not in done.stdout
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", free_port)) != 0, "the server still runs"


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"listens on port {port}\. Try: manage\.py demo --port {port + 1}"):
            call_command("demo", port=port, once=True)
