"""No page of the admin ends in an error of the database for an address, a table that is missing or a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.urls import path

from drf_mcp.admin import OverviewAdmin
from drf_mcp.admin.guarded import tables
from drf_mcp.models import Call, Overview
from tests.factories import CallFactory, MCPClient, UserFactory

from .test_calls import logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]

ADMIN = "/admin/drf_mcp/"
PAGES = ["toolrule/", "toolrule/rule/app/users/", "call/", "overview/", "accesstoken/", "aswho/?user=root", "prompt/"]


@pytest.fixture
def admin() -> Client:
    return logged_in(username="root", is_superuser=True)


@pytest.fixture
def asked_again() -> Iterator[None]:
    tables.are_there = False
    yield
    tables.are_there = False


@pytest.mark.parametrize(
    "address",
    [
        *(f"call/?{name}=a%00b" for name in ("name", "client", "username", "outcome__exact", "request_id", "q")),
        *("call/?only=a%00:b", "call/?only=a:b%00", "call/export/?name=%00", "toolrule/rule/tool/%00/"),
        *("call/?only=by:99999999999999999999999", "call/?only=with:99999999999999999999999", "call/?only=by:x"),
        *("accesstoken/?q=%00", "prompt/?q=%00", "toolrule/try/%00/", "aswho/?user=%00"),
    ],
)
def test_what_no_database_can_hold_is_no_error_of_one(admin, address) -> None:
    CallFactory()
    assert admin.get(f"{ADMIN}{address}").status_code in (200, 302, 404)


@pytest.mark.usefixtures("asked_again")
@pytest.mark.parametrize("page", PAGES)
def test_missing_tables_are_named(admin, monkeypatch, page) -> None:
    names = [name for name in connection.introspection.table_names() if name != "drf_mcp_call"]
    monkeypatch.setattr(connection.introspection, "table_names", lambda *args: names)
    answer = admin.get(f"{ADMIN}{page}")
    assert answer.status_code == 503
    assert "Run 'manage.py migrate' and come back." in answer.content.decode()
    assert "Missing: drf_mcp_call</p>" in answer.content.decode()
    assert Client().get(f"{ADMIN}{page}").status_code == 302

    monkeypatch.undo()
    assert admin.get(f"{ADMIN}{page}").status_code == 200


def test_an_overview_without_the_list_of_calls_has_no_links_to_it() -> None:
    site = AdminSite(name="own")
    site.register(Overview, OverviewAdmin)
    CallFactory()
    client = logged_in(is_superuser=True)
    with override_settings(ROOT_URLCONF=(path("own/", site.urls),)):
        page = client.get("/own/drf_mcp/overview/").content.decode()
    assert "list_users_user" in page
    assert "/call/" not in page


@override_settings(USE_TZ=False)
def test_a_project_without_time_zones_has_its_calls_counted_and_shown(admin) -> None:
    caller: Any = MCPClient(UserFactory(is_staff=True, is_superuser=True))
    assert caller.call("create_users_user", username="ada", email="a@example.com", password="x-1234567")
    call = Call.objects.get()
    assert call.at.tzinfo is None
    for page in (*PAGES, *(f"overview/?period={name}" for name in ("day", "month")), f"call/{call.pk}/change/"):
        assert admin.get(f"{ADMIN}{page}").status_code == 200, page
    assert b"create_users_user" in b"".join(admin.get(f"{ADMIN}call/export/"))
    assert "create_users_user" in admin.get(f"{ADMIN}overview/?period=day").content.decode()
    out = StringIO()
    call_command("mcp_purge", "--older-than", "1d", stdout=out)
    assert "Deleted 0 calls" in out.getvalue()
