"""``manage.py mcp_tools``."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_exclude
from tests.factories import MCPClient, mcp_urls, routed
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
        "4 tools, 1 views left out.",
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
