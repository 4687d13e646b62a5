"""The pages of the tools, as an administrator walks them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from drf_mcp.decisions import decide
from drf_mcp.models import Call, ToolRule
from tests.factories import CallFactory, MCPClient, UserFactory
from users.models import User

from .conftest import LOOKS

pytestmark = [pytest.mark.live, pytest.mark.urls("config.urls"), pytest.mark.usefixtures("rules_are_read")]

URL = "/admin/drf_mcp/toolrule/"


@pytest.fixture
def decided(administrator: Any) -> None:
    """A site where some things are decided already, and some calls were made."""
    editors = Group.objects.create(name="Editors <b>&</b> friends")
    decide("tool", "destroy_users_user", administrator, is_enabled=False)
    decide("view", "config.projects.views.TaskViewSet", administrator, is_limited=True, groups=[editors])
    decide("tool", "update_users_user", administrator, asks=True, title="Change <i>somebody</i>")
    decide("tool", "gone_users_user", administrator, is_enabled=False)
    for number in range(30):
        CallFactory(name="list_users_user", outcome="error" if number % 9 == 0 else "ok")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_list_shows_every_tool(visit: Callable[..., Any], administrator: Any, decided: None, look) -> None:
    seen = visit(administrator, look)
    page = seen.go(URL)

    row = page.locator("#result_list tbody tr", has_text="destroy_users_user")
    assert "off" in row.locator("td.field-state").inner_text()
    assert page.get_by_text("gone_users_user").is_visible()
    seen.check("tools")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_tools_page_shows_what_it_is_and_what_is_decided(
    visit: Callable[..., Any], administrator: Any, decided: None, look
) -> None:
    decide("tool", "update_users_user", administrator, description="<script>alert(1)</script>\nSecond line.")
    seen = visit(administrator, look)
    page = seen.go(f"{URL}rule/tool/update_users_user/")

    assert page.get_by_text("Change <i>somebody</i>").first.is_visible()
    assert page.get_by_role("region", name="Description").inner_text() == "<script>alert(1)</script>\nSecond line."
    assert page.get_by_text("estimated at four bytes a token").is_visible()
    seen.check("tool")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_form_is_made_of_the_schema(visit: Callable[..., Any], administrator: Any, look) -> None:
    seen = visit(administrator, look)
    page = seen.go(f"{URL}try/create_projects_project/")

    assert page.get_by_label("Starts on:").get_attribute("type") == "date"
    assert page.get_by_label("Owner:").get_attribute("type") == "number"
    assert page.get_by_label("Status:").locator("option").all_inner_texts() == [
        "(left out)",
        "planned",
        "running",
        "done",
    ]
    seen.check("try")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("Please correct the errors below.").wait_for()
    assert page.get_by_text("This is required.").count() == 3
    seen.check("try-errors")


def test_a_tool_is_switched_off_and_on_again(visit: Callable[..., Any], administrator: Any) -> None:
    seen = visit(administrator)
    page = seen.go("/admin/")
    page.locator("#content").get_by_role("link", name="Tools").click()
    page.get_by_role("textbox").fill("list users")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=list*")
    assert page.locator("#result_list tbody tr").count() == 1
    page.get_by_label("Select list_users_user").check()
    page.get_by_label("Action:").select_option("off")
    page.get_by_role("button", name="Go").click()
    seen.check("tools-bulk")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_text("1 rule was changed.").wait_for()
    assert page.locator("td.field-state").inner_text().startswith("off")
    assert "list_users_user" not in MCPClient(administrator).list_tools()

    page.get_by_role("link", name="list_users_user").click()
    page.get_by_label("On", exact=True).check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("holds within two seconds").wait_for()
    assert page.locator(".mcp-history tbody tr").count() == 2
    assert "list_users_user" in MCPClient(administrator).list_tools()


def test_all_tools_of_a_view_are_limited_to_a_group(visit: Callable[..., Any], administrator: Any) -> None:
    Group.objects.create(name="Editors")
    seen = visit(administrator, LOOKS[1])
    page = seen.go(f"{URL}?app=projects&kind=read")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("limit")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Limit to groups").click()
    page.get_by_text("This field is required.").wait_for()
    page.get_by_label("all tools of these apps").check()
    page.get_by_label("Editors").check()
    seen.check("tools-limit")
    page.get_by_role("button", name="Limit to groups").click()
    page.get_by_text("1 rule was changed.").wait_for()
    rule = ToolRule.objects.get()
    assert (rule.kind, rule.key, rule.is_limited) == ("app", "projects", True)
    assert not any("projects" in name for name in MCPClient(administrator).list_tools())


def test_what_is_no_longer_in_the_code_is_cleared(visit: Callable[..., Any], administrator: Any, decided: None) -> None:
    page = visit(administrator).go(URL)
    page.get_by_role("button", name="Clear the chosen rules").click()
    page.get_by_text("1 rule was cleared.").wait_for()
    assert page.get_by_text("gone_users_user").count() == 0


def test_a_description_of_a_megabyte_is_refused_in_words(visit: Callable[..., Any], administrator: Any) -> None:
    seen = visit(administrator)
    page = seen.go(f"{URL}rule/tool/list_users_user/")
    page.get_by_label("Description:").evaluate(
        "(area) => { area.removeAttribute('maxlength'); area.value = 'x'.repeat(1000000) }"
    )
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Ensure this value has at most 4000 characters (it has 1000000).").wait_for()
    assert not ToolRule.objects.exists()
    page = seen.go(f"{URL}?q=matches+nothing")
    page.get_by_text("No tool is like this.").wait_for()
    seen.check("tools-none")


# Trying out


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_read_runs_at_once_and_shows_all_there_is(visit: Callable[..., Any], administrator: Any, look) -> None:
    UserFactory(username="<b>ada</b>")
    seen = visit(administrator, look)
    page = seen.go(f"{URL}rule/tool/list_users_user/")
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("button", name="Run").click()
    page.get_by_text("It went well.").wait_for()
    assert "<b>ada</b>" in page.locator("section[aria-labelledby=mcp-text] pre").inner_text()
    page.get_by_text("As curl, with a token").click()
    assert "curl -X POST" in page.locator("#mcp-same ~ details pre").last.inner_text()
    seen.check("try-result")


def test_a_write_is_confirmed_first_by_keyboard(visit: Callable[..., Any], administrator: Any) -> None:
    ada = UserFactory(username="ada", is_active=False)
    seen = visit(administrator)
    page = seen.go(f"{URL}try/activate_users_user/")
    page.get_by_label("Id:").focus()
    page.keyboard.type(f"{ada.pk}")
    page.keyboard.press("Enter")
    page.get_by_text("run this for real?").wait_for()
    seen.check("try-confirm")
    assert not User.objects.get(pk=ada.pk).is_active
    page.get_by_role("button", name="Change the arguments").click()
    assert page.get_by_label("Id:").input_value() == f"{ada.pk}"
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Yes, run it").click()
    page.get_by_text("It went well.").wait_for()
    assert User.objects.get(pk=ada.pk).is_active
    call = Call.objects.get()
    assert (call.name, call.username, call.client_name) == ("activate_users_user", "root", "")


def test_a_tool_that_asks_shows_its_question(visit: Callable[..., Any], administrator: Any) -> None:
    ada = UserFactory(username="ada")
    decide("tool", "destroy_users_user", administrator, asks=True)
    seen = visit(administrator)
    page = seen.go(f"{URL}try/destroy_users_user/")
    page.get_by_label("Id:").fill(f"{ada.pk}")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Yes, run it").click()
    page.get_by_text("nothing was done yet").first.wait_for()
    assert "(ada)?" in page.locator("section[aria-labelledby=mcp-text] pre").inner_text()
    assert User.objects.filter(pk=ada.pk).exists()
    seen.check("try-asked")
    page.get_by_role("button", name="Yes, do it").click()
    page.get_by_text("It went well.").wait_for()
    assert not User.objects.filter(pk=ada.pk).exists()


# As who


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_what_a_user_gets_is_shown_with_reasons(
    visit: Callable[..., Any], administrator: Any, decided: None, look
) -> None:
    UserFactory(username="grace")
    seen = visit(administrator, look)
    page = seen.go("/admin/drf_mcp/aswho/")
    page.get_by_label("User:").fill("grac")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="grace", exact=True).click()
    page.get_by_text("Switched off by the rule for: tool destroy_users_user.").first.wait_for()
    assert page.get_by_text("limits it to members of: Editors <b>&</b> friends").first.is_visible()
    seen.check("as-who")
