"""``manage.py mcp_tools``."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_exclude
from tests.factories import MCPClient, UserFactory, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer


@mcp_exclude("destroy")
class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


urlpatterns = [*routed(Users), *mcp_urls()]


def mcp_tools(*options: str) -> str:
    printed = StringIO()
    call_command("mcp_tools", *options, stdout=printed)
    return printed.getvalue()


@pytest.mark.urls(__name__)
def test_the_table_says_what_each_tool_does_and_where() -> None:
    assert mcp_tools().splitlines() == [
        "list_users_user      reads   GET    /things/",
        "create_users_user    writes  POST   /things/",
        "retrieve_users_user  reads   GET    /things/{pk}/",
        "update_users_user    writes  PATCH  /things/{pk}/",
        "4 tools, 1 view left out.",
    ]


@pytest.mark.urls(__name__)
def test_json_is_what_tools_list_answers() -> None:
    assert json.loads(mcp_tools("--json")) == list(MCPClient().list_tools().values())


@pytest.mark.urls(__name__)
def test_what_is_left_out_is_listed_with_the_reason() -> None:
    printed = mcp_tools("--skipped")
    assert "/things/{pk}/" in printed
    assert "Users.destroy" in printed
    assert "author excluded" in printed


@pytest.mark.urls("config.urls")
def test_a_project_that_leaves_nothing_out_is_told_so() -> None:
    assert mcp_tools("--skipped") == "Every routed ViewSet is a tool.\n"


@pytest.mark.urls("drf_mcp.urls")
def test_a_project_without_viewsets_has_no_tools() -> None:
    assert mcp_tools() == "0 tools, 0 views left out.\n"
    assert json.loads(mcp_tools("--json")) == []


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_a_user_sees_what_tools_list_answers_them() -> None:
    UserFactory(username="ann")

    assert json.loads(mcp_tools("--json", "--as", "ann")) == list(MCPClient().list_tools().values())
    assert mcp_tools("--as", "ann") == mcp_tools()
    with pytest.raises(CommandError, match="Did you mean ann") as refused:
        mcp_tools("--as", "anna")
    assert refused.value.returncode == 2


@pytest.mark.urls(__name__)
def test_what_was_written_does_not_differ(tmp_path: Path) -> None:
    snapshot = tmp_path / "tools.json"

    assert mcp_tools("--write", str(snapshot)) == f"Wrote 4 tools to {snapshot}.\n"
    assert mcp_tools("--diff", str(snapshot)) == f"4 tools, as in {snapshot}.\n"


@pytest.mark.urls(__name__)
def test_what_differs_is_said_in_words_and_by_the_exit_code(tmp_path: Path) -> None:
    snapshot = tmp_path / "tools.json"
    tools = json.loads(mcp_tools("--json"))
    tools[0]["name"] = "list_users_person"
    tools[1]["inputSchema"]["properties"]["email"]["maxLength"] = 100
    tools[1]["inputSchema"]["required"].pop()
    del tools[2]["outputSchema"]
    snapshot.write_text(json.dumps(tools))
    printed = StringIO()

    with pytest.raises(CommandError, match="--write") as differs:
        call_command("mcp_tools", "--diff", str(snapshot), stdout=printed)

    assert differs.value.returncode == 1
    lines = printed.getvalue().splitlines()
    assert lines[:5] == [
        "- list_users_person",
        "+ list_users_user",
        "~ create_users_user",
        "    inputSchema.properties.email.maxLength: was 100, is 254",
        '    inputSchema.required: was ["username", "email"], is ["username", "email", "password"]',
    ]
    assert lines[5] == "~ retrieve_users_user"
    assert lines[6].startswith('    outputSchema: is new, {"type": "object"')
    assert len(lines) == 7


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("text", [None, "no JSON", '{"a": 1}'])
def test_a_snapshot_that_cannot_be_read_ends_with_2(tmp_path: Path, text: str | None) -> None:
    snapshot = tmp_path / "tools.json"
    if text is not None:
        snapshot.write_text(text)

    with pytest.raises(CommandError, match="cannot be read") as refused:
        mcp_tools("--diff", str(snapshot))

    assert refused.value.returncode == 2


@pytest.mark.urls(__name__)
def test_a_file_that_cannot_be_written_ends_with_2(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere") as refused:
        mcp_tools("--write", str(tmp_path / "nowhere" / "tools.json"))

    assert refused.value.returncode == 2
