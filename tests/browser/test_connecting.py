"""Connecting clients, as an administrator does it: the page that says how, tokens, and prompts with their preview."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from drf_mcp.models import AccessToken, Prompt
from tests.factories import CallFactory, MCPClient, UserFactory

from .conftest import LOOKS

pytestmark = pytest.mark.live

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
VALUE = re.compile(r"mcp_[0-9a-f]{64}")


@pytest.fixture
def closed(settings: Any) -> None:
    settings.DRF_MCP = {"SERVER_INFO": {"name": "bookshop"}}


@pytest.fixture
def token(administrator: Any) -> AccessToken:
    token = AccessToken(user=administrator, name="<b>laptop</b>", last_used=timezone.now())
    token.make_value()
    token.save()
    return token


# The index


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_index_says_what_each_page_is_for(visit: Callable[..., Any], administrator: Any, look) -> None:
    seen = visit(administrator, look)
    page = seen.go("/admin/drf_mcp/")

    rows = page.locator(".mcp-index tbody tr")
    assert [row.strip() for row in rows.locator("th").all_inner_texts()] == [
        "Access tokens",
        "As who",
        "Calls",
        "Connect a client",
        "Overview",
        "Prompts",
        "Tools",
    ]
    assert all(text.strip() for text in rows.locator("td.mcp-said").all_inner_texts())
    seen.check("index")
    page.get_by_role("link", name="Connect a client").last.click()
    page.get_by_role("heading", name="Self-test").wait_for()


# Connect a client


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_page_shows_the_endpoint_the_clients_and_what_is_wrong(
    visit: Callable[..., Any], administrator: Any, closed: None, look
) -> None:
    seen = visit(administrator, look)
    page = seen.go("/admin/drf_mcp/connection/")

    assert page.locator(".mcp-copied pre").first.inner_text() == f"{seen.url}/mcp"
    assert page.get_by_text("That is the address at which you read this page").is_visible()
    page.locator("summary", has_text="things to know").click()
    assert page.get_by_text("This is a WSGI server with threads").is_visible()
    titles = page.locator(".mcp-client h3").all_inner_texts()
    assert titles[:3] == ["Claude.ai", "ChatGPT", "Claude Code"]
    page.locator("#mcp-claude-ai summary").click()
    assert page.get_by_text("Nobody can sign in here yet").first.is_visible()
    page.locator("#mcp-cursor summary").click()
    entry = json.loads(page.locator("#mcp-cursor pre").inner_text())["mcpServers"]["bookshop"]
    assert entry == {"url": f"{seen.url}/mcp", "headers": {"Authorization": "Bearer ${env:BOOKSHOP_TOKEN}"}}
    seen.check("connect")


def test_the_page_leads_to_a_token_and_is_walked_with_the_keyboard(
    visit: Callable[..., Any], administrator: Any, closed: None
) -> None:
    page = visit(administrator).go("/admin/drf_mcp/connection/")
    page.locator("#mcp-vscode summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#mcp-vscode pre").is_visible()
    page.keyboard.press("Tab")  # the button that copies
    assert page.evaluate("document.activeElement.textContent") == "Copy"
    page.get_by_role("link", name="Make one").click()
    page.wait_for_url("**/accesstoken/add/")


def test_what_is_copied_is_on_the_clipboard(visit: Callable[..., Any], administrator: Any, closed: None) -> None:
    seen = visit(administrator)
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = seen.go("/admin/drf_mcp/connection/")
    page.locator("#mcp-endpoints ~ .mcp-copied .mcp-copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{seen.url}/mcp"


# Tokens


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_token_is_made_shown_once_and_works_as_it_was_copied(
    visit: Callable[..., Any], administrator: Any, closed: None, look
) -> None:
    seen = visit(administrator, look)
    page = seen.go("/admin/drf_mcp/accesstoken/add/")
    page.get_by_label("Name").fill('<img src="x" onerror="alert(1)"> laptop')
    page.get_by_label("User:").fill(str(administrator.pk))
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_role("heading", name="The access token is made").wait_for()
    value = page.locator(".mcp-value pre").inner_text()
    assert VALUE.fullmatch(value)
    assert page.get_by_text('<img src="x" onerror="alert(1)"> laptop').is_visible()
    command = page.locator("#mcp-claude-code pre").inner_text()
    assert command == (
        f'claude mcp add --transport http bookshop {seen.url}/mcp --header "Authorization: Bearer {value}"'
    )
    seen.check("token-made")
    for client, key in (("cursor", "mcpServers"), ("vscode", "servers"), ("generic", "mcpServers")):
        page.locator(f"#mcp-{client} summary").click()
        entry = json.loads(page.locator(f"#mcp-{client} pre").inner_text())[key]["bookshop"]
        assert entry["headers"] == {"Authorization": f"Bearer {value}"}
        assert entry["url"] == f"{seen.url}/mcp"
    assert MCPClient(HTTP_AUTHORIZATION=f"Bearer {value}").post(PING).status_code == 200

    page.get_by_role("link", name="This token: what it may do, and when it was used").click()
    page.wait_for_url("**/change/")
    assert value not in page.content()
    page.go_back()  # to what is kept nowhere: the browser asks whether to send the form again
    assert value not in page.content()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_tokens_are_listed_and_one_is_revoked_from_its_page(
    visit: Callable[..., Any], administrator: Any, token: AccessToken, look
) -> None:
    seen = visit(administrator, look)
    page = seen.go("/admin/drf_mcp/accesstoken/")
    assert page.locator("td.field-shown_state").inner_text() == "valid"
    seen.shoot("tokens")
    assert seen.contrast_faults() == []
    page.get_by_role("link", name="<b>laptop</b>").click()
    page.get_by_role("button", name="Revoke this token").wait_for()
    seen.shoot("token")
    assert seen.contrast_faults() == []
    page.get_by_role("button", name="Revoke this token").click()
    page.get_by_text("Access tokens that were revoked: 1.").wait_for()
    assert page.locator(".field-shown_state .readonly").inner_text() == "revoked"
    assert page.get_by_role("button", name="Revoke this token").count() == 0
    assert seen.contrast_faults() == []
    token.refresh_from_db()
    assert token.state == "revoked"


def test_a_token_leads_to_its_calls_and_back(visit: Callable[..., Any], administrator: Any, token: AccessToken) -> None:
    mine = {"user": administrator, "username": "root", "token_name": token.name, "token_pk": str(token.pk)}
    CallFactory(name="with_it", **mine)
    CallFactory(name="without", user=administrator)
    CallFactory(name="through_oauth", **mine, oauth_client_id="abc")
    CallFactory(name="somebody_else", **{**mine, "user": UserFactory()})
    page = visit(administrator).go(f"/admin/drf_mcp/accesstoken/{token.pk}/change/")
    page.get_by_role("link", name="Calls with this token").click()
    page.wait_for_url("**only=with*")
    assert [text.split("\n")[0] for text in page.locator("td.field-what").all_inner_texts()] == ["with_it"]
    page.locator("th.field-when a").click()
    page.get_by_role("link", name="<b>laptop</b>").click()
    page.wait_for_url(f"**/accesstoken/{token.pk}/change/")


# Prompts


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_preview_follows_what_is_typed(visit: Callable[..., Any], administrator: Any, look) -> None:
    prompt = Prompt.objects.create(name="greet", template="Hello {{ name }}.")
    prompt.arguments.create(name="name")
    prompt.arguments.create(name="tone", choices="warm\ncold", is_required=False)
    seen = visit(administrator, look)
    page = seen.go(f"/admin/drf_mcp/prompt/{prompt.pk}/change/")
    text = page.locator(".mcp-preview-text")
    assert text.inner_text() == "Hello [name]."

    page.get_by_label("Template").fill("Dear {{ name|upper }}{% if tone == 'cold' %}, <b>sir</b>{% endif %}:")
    page.locator(".mcp-preview-text", has_text="Dear [NAME]:").wait_for()
    page.get_by_label("Sample of name").fill("da <script>alert(1)</script>")
    page.get_by_label("Sample of tone").select_option("cold")
    page.locator(".mcp-preview-text", has_text=", <b>sir</b>:").wait_for()
    assert "<SCRIPT>ALERT(1)</SCRIPT>" in text.inner_text()
    assert page.get_by_label("Sample of name").input_value().endswith("alert(1)</script>")
    check_prompt(seen, "prompt")

    page.get_by_label("Template").fill("{% load static %}")
    page.locator(".mcp-preview .mcp-notice", has_text="Invalid block tag on line 1: 'load'").wait_for()
    page.get_by_label("Template").fill("{{ nme }}")
    page.locator(".mcp-preview .mcp-notice", has_text="The template uses nme").wait_for()
    page.locator("#id_arguments-2-name").fill("nme")
    page.get_by_label("Sample of nme").wait_for()
    prompt.refresh_from_db()
    assert prompt.template == "Hello {{ name }}."


def check_prompt(seen: Any, name: str) -> None:
    """What holds of the preview; the tables around it are Django's."""
    seen.shoot(name)
    assert seen.contrast_faults(".mcp-preview") == []
    assert seen.unnamed_controls() == []


def test_without_a_script_the_preview_opens_in_another_tab(visit: Callable[..., Any], administrator: Any) -> None:
    seen = visit(administrator)
    seen.page.route("**/preview.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page = seen.go("/admin/drf_mcp/prompt/add/")
    page.get_by_label("Template").fill("Hello {{ name }} <i>there</i>.")
    page.locator("#id_arguments-0-name").fill("name")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Preview").click()
    assert opened.value.locator(".mcp-preview-text").inner_text() == "Hello [name] <i>there</i>."
    assert not Prompt.objects.exists()
