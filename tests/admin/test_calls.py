"""The calls in Django admin: who sees, finds and exports them."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.db import connection, connections
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone, translation

from drf_mcp.admin import CallAdmin, OverviewAdmin, large_tables
from drf_mcp.admin.export import safe_cell
from drf_mcp.models import Call, Overview
from tests.factories import CallFactory, UserFactory
from users.admin import AccountAdmin
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]

URL = "/admin/drf_mcp/call/"
OVERVIEW = "/admin/drf_mcp/overview/"
EXPORT = f"{URL}export/"


def logged_in(*permissions: str, **values: Any) -> Client:
    user = UserFactory(is_staff=True, **values)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin() -> Client:
    return logged_in(username="root", is_superuser=True)


def listed(admin: Client, query: str = "") -> list[str]:
    answer = admin.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.headers
    return [call.name for call in answer.context["cl"].result_list]


# Who may


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ([], []),
        (["export_call"], []),
        (["view_call"], [URL, OVERVIEW]),
        (["view_call", "export_call"], [URL, OVERVIEW, EXPORT]),
    ],
    ids=str,
)
def test_permissions_decide_who_sees_and_who_exports(permissions, allowed) -> None:
    call = CallFactory()
    client = logged_in(*permissions)

    for url in (URL, OVERVIEW, EXPORT, f"{URL}{call.pk}/change/"):
        is_allowed = url in allowed or (url.endswith("change/") and URL in allowed)
        assert client.get(url).status_code == (200 if is_allowed else 403), url
    index = client.get("/admin/").content.decode()
    assert (OVERVIEW in index) == (OVERVIEW in allowed)
    if URL in allowed:
        assert ("Export as CSV" in client.get(URL).content.decode()) == (EXPORT in allowed)


def test_a_visitor_has_to_log_in_first() -> None:
    for url in (URL, OVERVIEW, EXPORT):
        assert Client().get(url).headers["Location"].startswith("/admin/login/")


def test_nobody_adds_changes_or_deletes_a_call(admin) -> None:
    call = CallFactory(name="list_users_user")

    assert admin.get(f"{URL}add/").status_code == 403
    assert admin.post(f"{URL}{call.pk}/change/", {"name": "other"}).status_code == 403
    assert admin.post(f"{URL}{call.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Call.objects.get().name == "list_users_user"
    assert admin.get(f"{OVERVIEW}add/").status_code == 404
    assert admin.get(f"{URL}{call.pk}/change/").status_code == 200
    assert admin.get(f"{URL}0/change/").status_code == 302


# The list


def test_calls_are_found_by_part_of_a_name_or_by_a_whole_id(admin) -> None:
    CallFactory(name="create_users_user", username="ada", request_id="770077", object_id="12")
    CallFactory(name="list_shop_book", username="grace", error_id="abcdef012345")

    assert listed(admin, "q=shop") == ["list_shop_book"]
    assert listed(admin, "q=GRAC") == ["list_shop_book"]
    assert listed(admin, "q=abcdef012345") == ["list_shop_book"]
    assert listed(admin, "q=770077") == ["create_users_user"]
    assert listed(admin, "q=77007") == []


def test_filters_offer_what_there_was_of_late_and_what_is_chosen(admin, monkeypatch) -> None:
    monkeypatch.setattr(large_tables, "RECENT", 3)
    CallFactory(name="old", at=timezone.now() - timedelta(days=3), username="grace", client_name="Cursor")
    for name in ("b", "a", "a"):
        CallFactory(name=name)

    assert listed(admin, "name=a") == ["a", "a"]
    assert listed(admin, "name=old") == ["old"]
    assert listed(admin, "username=grace") == ["old"]
    assert listed(admin, "client=Cursor") == ["old"]
    assert listed(admin, "outcome__exact=error") == []
    assert listed(admin, "outcome__in=ok,error&at__gte=2020-01-01T00:00:00%2B00:00") == ["a", "a", "b", "old"]
    specs = {spec.title: spec for spec in admin.get(f"{URL}?name=old").context["cl"].filter_specs}
    assert [value for value, _ in specs["name"].lookup_choices] == ["a", "b", "old"]


def test_a_user_and_an_object_have_links_to_their_calls(admin) -> None:
    ada = UserFactory(username="ada")
    CallFactory(name="by", user=ada)
    CallFactory(name="on", object_model="users.user", object_id=ada.pk)
    CallFactory(name="other", object_model="users.user", object_id=ada.pk + 1)

    page = admin.get(f"/admin/users/user/{ada.pk}/change/").content.decode()
    for only, names in [(f"by%3A{ada.pk}", ["by"]), (f"users.user%3A{ada.pk}", ["on"])]:
        assert f'href="{URL}?only={only}"' in page
        assert listed(admin, f"only={only}") == names
    viewer = logged_in("view_user")
    assert "only=" not in viewer.get(f"/admin/users/user/{ada.pk}/change/").content.decode()
    assert admin.get("/admin/users/user/add/").status_code == 200
    assert listed(admin, "only=nonsense") == ["other", "on", "by"]


@pytest.mark.parametrize("query", ["only=by:x", "at__gte=yesterday", "no_such_field=1", "at__year=x"])
def test_a_wrong_filter_leads_back_to_the_list(admin, query) -> None:
    CallFactory()
    assert admin.get(f"{URL}?{query}").status_code == 302
    assert admin.get(f"{EXPORT}?{query}").status_code == 302


def test_a_call_links_to_its_user_and_its_object_where_they_have_pages(admin) -> None:
    ada = UserFactory(username="ada")
    call = CallFactory(user=ada, object_model="users.user", object_id="7", error_code=-32602, arguments='{"a": 1}')

    page = admin.get(f"{URL}{call.pk}/change/").content.decode()

    assert f'<a href="/admin/users/user/{ada.pk}/change/">ada</a>' in page
    assert '<a href="/admin/users/user/7/change/">user 7</a>' in page
    assert '<pre class="mcp-json">{\n  &quot;a&quot;: 1\n}</pre>' in page
    assert "-32602" in page
    assert "2.0\xa0KB" in page


@pytest.mark.parametrize(
    ("model", "key", "shown"),
    [("users.nothing", "3", "users.nothing 3"), ("", "some-slug", "some-slug"), ("shop.book", "3", "book 3")],
)
def test_an_object_without_a_page_is_named(admin, model, key, shown) -> None:
    CallFactory(object_model=model, object_id=key)

    page = admin.get(URL).content.decode()

    assert shown in page
    assert f'">{shown}</a>' not in page


def test_the_calls_of_a_deleted_user_are_still_shown(admin) -> None:
    ada = UserFactory(username="ada")
    call = CallFactory(user=ada, username="ada")
    ada.delete()

    assert "ada" in admin.get(URL).content.decode()
    assert "ada" in admin.get(f"{URL}{call.pk}/change/").content.decode()
    assert listed(admin, "username=ada") == [call.name]
    assert "ada" in admin.get(OVERVIEW).content.decode()


def test_markup_in_what_a_client_sends_is_shown_as_text(admin) -> None:
    bad = "<script>alert(1)</script>"
    call = CallFactory(name=bad, username=bad, client_name=bad, token_name=bad, object_id=bad, arguments=f'"{bad}"')
    CallFactory(name=bad, arguments=bad, oauth_client_name=bad, oauth_client_id=bad, object_model=bad, object_id=bad)

    for url in (URL, OVERVIEW, *(f"{URL}{pk}/change/" for pk in (call.pk, call.pk + 1)), f"{URL}?name={bad}&q={bad}"):
        page = admin.get(url).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_the_list_says_what_is_recorded(admin) -> None:
    assert "Reads that went well are not in here. They are kept for 90 days." in " ".join(
        admin.get(URL).content.decode().split()
    )
    with override_settings(DRF_MCP={"RECORD": "none", "RETAIN_DAYS": 0}):
        page = admin.get(OVERVIEW).content.decode()
    assert "No calls are recorded now" in page
    assert "They are kept" not in page


# A large table


def test_a_list_is_counted_and_paged_up_to_a_limit_and_says_so(
    admin, monkeypatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr(large_tables, "MAX_COUNT", 120)
    Call.objects.bulk_create([CallFactory.build() for _ in range(121)])

    with django_assert_max_num_queries(20):
        page = admin.get(URL).content.decode()

    assert "There are more: these are the first 120." in page
    assert admin.get(f"{URL}?p=3").context["cl"].result_list.count() == 20
    assert admin.get(f"{URL}?p=4").status_code == 302
    Call.objects.last().delete()
    assert "There are more" not in admin.get(URL).content.decode()


def test_the_dates_are_those_of_calls_in_the_current_time_zone(admin) -> None:
    for day in ((2025, 12, 31, 23, 30), (2026, 2, 3, 1, 0), (2026, 2, 5, 1, 0), (2026, 11, 20, 1, 0)):
        CallFactory(at=datetime(*day, tzinfo=UTC))

    def dates(query: str = "") -> list[str]:
        page = admin.get(f"{URL}?{query}").content.decode()
        part = page.partition('class="toplinks"')[2] or page.partition("date-hierarchy")[2]
        return [text.partition("<")[0] for text in part.partition("</nav>")[0].split('">')[1:] if "</a>" in text]

    assert dates()[-2:] == ["2025", "2026"]
    assert dates("at__year=2026")[-2:] == ["February 2026", "November 2026"]
    assert dates("at__year=2026&at__month=2")[-2:] == ["February 3", "February 5"]
    assert len(listed(admin, "at__year=2026&at__month=2&at__day=3")) == 1
    with override_settings(TIME_ZONE="Europe/Berlin"):
        assert dates("at__year=2026")[-3:] == ["January 2026", "February 2026", "November 2026"]


def test_each_date_is_asked_for_in_the_order_of_the_index(admin) -> None:
    """Or PostgreSQL begins where it has read last, and may read every other call first."""
    CallFactory(at=datetime(2026, 2, 3, tzinfo=UTC))
    CallFactory(at=datetime(2026, 11, 20, tzinfo=UTC))
    with CaptureQueriesContext(connection) as queries:
        admin.get(f"{URL}?at__year=2026")

    looks = [query["sql"] for query in queries if query["sql"].endswith("LIMIT 1") and '"at" >= ' in query["sql"]]
    assert len(looks) >= 10
    assert all(sql.endswith("ASC LIMIT 1") for sql in looks)


def test_dates_are_not_looked_for_among_the_few_rows_of_a_search(admin) -> None:
    CallFactory()
    for query, has_dates in (
        ("", True),
        ("q=list", False),
        ("outcome__exact=ok", False),
        ("q=list&at__year=2026", True),
    ):
        assert (admin.get(f"{URL}?{query}").context["cl"].date_hierarchy is not None) == has_dates


# The export


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(b"".join(answer).decode().splitlines()))


def test_the_export_has_what_the_list_shows_and_more(admin) -> None:
    CallFactory(name="list_users_user", username="ada")
    CallFactory(name="create_users_user", username="grace", error_code=-32602, arguments='{"a": "b, c"}')

    answer = admin.get(f"{EXPORT}?username=grace")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="calls-20')
    (row,) = rows_of(answer)
    assert (row["name"], row["username"], row["error_code"]) == ("create_users_user", "grace", "-32602")
    assert row["arguments"] == '{"a": "b, c"}'
    assert len(rows_of(admin.get(EXPORT))) == 2
    assert "user_id" in row


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\uff0d1"])
def test_no_cell_of_the_export_is_a_formula(admin, text) -> None:
    CallFactory(name=text)

    (row,) = csv.reader(b"".join(admin.get(EXPORT)).decode().splitlines(keepends=True)[1:])

    assert safe_cell(text) == f"'{text}"
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "\n")) for cell in row)
    assert (safe_cell(-32602), safe_cell("a=b"), safe_cell("")) == (-32602, "a=b", "")


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_sends_the_export_in_parts() -> None:
    Call.objects.bulk_create([CallFactory.build() for _ in range(1_200)])
    user = UserFactory(is_staff=True, is_superuser=True)

    async def ask() -> list[bytes]:
        client = AsyncClient()
        await client.aforce_login(user)
        answer = await client.get(EXPORT)
        parts = [part async for part in answer.streaming_content]
        await sync_to_async(connections.close_all)()  # those of the thread that the view ran in
        return parts

    assert [part.count(b"\n") for part in asyncio.run(ask())] == [500, 500, 201]


# Elsewhere


def test_the_pages_can_be_translated(admin) -> None:
    CallFactory()
    with translation.override("de"), override_settings(LANGUAGE_CODE="de"):
        for url in (URL, OVERVIEW, f"{URL}{Call.objects.get().pk}/change/"):
            assert admin.get(url).status_code == 200


class OtherSite(AdminSite):
    site_header = "Another admin"


other = OtherSite(name="other")
other.register(Call, CallAdmin)
other.register(Overview, OverviewAdmin)
other.register(User, AccountAdmin)
bare = AdminSite(name="bare")
bare.register(Call, CallAdmin)
urlpatterns = [path("other/", other.urls), path("bare/", bare.urls)]


@pytest.mark.urls(__name__)
def test_another_admin_site_has_its_own_links(admin) -> None:
    ada = UserFactory(username="ada")
    call = CallFactory(user=ada, object_model="users.user", object_id=ada.pk)

    for page in ("call/", f"call/{call.pk}/change/", "overview/"):
        text = admin.get(f"/other/drf_mcp/{page}").content.decode()
        assert "Another admin" in text
        assert 'href="/admin/' not in text
    assert f"/other/users/user/{ada.pk}/change/" in admin.get("/other/drf_mcp/call/").content.decode()
    assert "/other/drf_mcp/call/?only=" in admin.get(f"/other/users/user/{ada.pk}/change/").content.decode()
    # Where the model of users has no page, its name stands alone, and where there is no overview, no link does.
    text = admin.get("/bare/drf_mcp/call/").content.decode()
    assert "ada" in text
    assert "users/user" not in text
    assert "overview" not in text.lower()


def test_the_overview_counts_a_period_and_takes_any_word_for_a_week(admin) -> None:
    CallFactory(outcome="error", name="broken")
    CallFactory(at=timezone.now() - timedelta(days=20), name="earlier")

    for query, total in (("", 1), ("?period=day", 1), ("?period=month", 2), ("?period=<b>", 1)):
        answer = admin.get(f"{OVERVIEW}{query}")
        assert answer.context["statistics"].total == total
    assert "<b>" not in answer.content.decode()
    assert " style=" not in answer.content.decode().partition('id="content-main"')[2]
    for link in (
        answer.context["calls_url"],
        answer.context["failures_url"],
        answer.context["rankings"][0]["rows"][0]["url"],
    ):
        assert [call.name for call in admin.get(link).context["cl"].result_list] == ["broken"]


def test_the_export_asks_no_more_than_the_list_may(rf: RequestFactory) -> None:
    request = rf.get(EXPORT)
    request.user = UserFactory()
    assert not CallAdmin(Call, other).has_export_permission(request)
