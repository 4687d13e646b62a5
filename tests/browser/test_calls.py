"""The pages of the calls, as an administrator sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import CallFactory, UserFactory, make_month_of_calls

from .conftest import LOOKS

pytestmark = pytest.mark.live


@pytest.fixture
def month(administrator: Any) -> None:
    """The calls of a month, more on some days than on others."""
    make_month_of_calls([UserFactory(username=name) for name in ("ada", "grace", "linus")])


@pytest.mark.parametrize(
    ("period", "look"),
    [*(("week", look) for look in LOOKS), ("day", ("light", 390)), ("month", ("dark", 1280))],
    ids=str,
)
def test_the_overview_shows_a_period(visit: Callable[..., Any], administrator: Any, month: None, period, look) -> None:
    seen = visit(administrator, look)
    page = seen.go(f"/admin/drf_mcp/overview/?period={period}")

    assert page.locator(".mcp-periods a[aria-current=page]").count() == 1
    chart = page.get_by_role("img", name="Calls over time")
    assert chart.is_visible()
    assert page.get_by_role("heading", name="Slowest tools").is_visible()
    seen.check(f"overview-{period}")


def test_the_overview_is_found_from_the_index_and_leads_to_the_calls(
    visit: Callable[..., Any], administrator: Any, month: None
) -> None:
    page = visit(administrator).go("/admin/")
    page.locator("#content").get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Last 30 days").click()
    page.locator("summary", has_text="The numbers").click()
    rows = page.locator(".mcp-numbers tbody tr")
    assert rows.count() == 30
    assert sum(int(text) for text in page.locator(".mcp-numbers tbody td:last-child").all_inner_texts()) == 400

    section = page.locator("section", has=page.get_by_role("heading", name="Most called tools"))
    name = section.locator("tbody a").first.inner_text()
    section.locator("tbody a").first.click()
    page.locator("#changelist-filter li.selected", has_text=name).wait_for()
    assert {text.split("\n")[0] for text in page.locator("td.field-what").all_inner_texts()} == {name}


def test_the_overview_is_walked_with_the_keyboard(visit: Callable[..., Any], administrator: Any, month: None) -> None:
    page = visit(administrator).go("/admin/drf_mcp/overview/")
    page.get_by_role("link", name="Last 24 hours").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**period=month")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".mcp-numbers table").is_visible()


def test_an_overview_of_nothing_says_so(visit: Callable[..., Any], administrator: Any) -> None:
    seen = visit(administrator)
    page = seen.go("/admin/drf_mcp/overview/")

    assert page.get_by_text("There were no calls.").last.is_visible()
    seen.check("overview-empty")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_list_shows_who_called_what_and_how_it_ended(
    visit: Callable[..., Any], administrator: Any, month: None, look
) -> None:
    seen = visit(administrator, look)
    page = seen.go("/admin/drf_mcp/call/")

    assert page.locator("#result_list tbody tr").count() == 50
    assert page.get_by_role("link", name="Export as CSV").is_visible()
    seen.check("calls")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_call_shows_all_that_is_known(visit: Callable[..., Any], administrator: Any, look) -> None:
    call = CallFactory(
        name="<script>alert(1)</script>",
        username="<b>ada</b>",
        outcome="error",
        error_code=-32603,
        error_id="a1b2c3d4e5f6",
        arguments='{"note": "<img src=x onerror=alert(1)>", "password": "***"}',
        client_name="<i>odd</i>",
        object_id="<u>1</u>",
        token_name="laptop",
    )
    seen = visit(administrator, look)
    page = seen.go("/admin/drf_mcp/call/")
    page.locator("td.field-what", has_text="<script>alert(1)</script>").wait_for()
    page.locator("th.field-when a").click()

    assert page.locator("pre.mcp-json").inner_text().splitlines()[1] == '  "note": "<img src=x onerror=alert(1)>",'
    assert page.get_by_text("<b>ada</b>").is_visible()
    assert page.locator("input[type=submit]").count() == 0
    assert str(call.pk) in page.url
    seen.check("call")


def test_a_users_page_leads_to_the_users_calls_and_back(visit: Callable[..., Any], administrator: Any, month) -> None:
    seen = visit(administrator)
    page = seen.go("/admin/users/user/")
    page.get_by_role("link", name="grace", exact=True).click()
    page.get_by_role("link", name="Calls by this user").click()
    page.wait_for_url("**only=by*")
    assert {text.split("\n")[0] for text in page.locator("td.field-who").all_inner_texts()} == {"grace"}
    seen.check("calls-of-a-user")
    page.locator("td.field-who a").first.click()
    page.wait_for_url("**/change/")
    page.get_by_role("link", name="Calls on it").click()
    page.wait_for_url("**only=users.user*")
    assert page.locator("#result_list tbody tr").count() > 5
    page.locator("td.field-what a").first.click()
    page.wait_for_url("**/change/")
    page.get_by_role("link", name="Calls by this user").wait_for()
