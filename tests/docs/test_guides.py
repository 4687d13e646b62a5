"""The guides and the reference do what they say: their code runs, their calls are answered as they show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.module_loading import import_string
from rest_framework.authtoken.models import Token

from drf_mcp.catalog import get_catalog
from drf_mcp.conf import DEFAULTS, mcp_settings
from tests.auth.test_tokens import make_token
from users.models import User

from .conftest import apply_settings, run_program
from .pages import DOCS, PAGES, ROOT, all_blocks, blocks_of, commands_of, curls_with_answers, is_like, name_of

GUIDES = [page for page in PAGES if page.parent.name in ("docs", "how-to", "reference") and page.stem != "tutorial"]


@pytest.mark.parametrize("block", [b for b in all_blocks("python") if b.kind == "settings"], ids=str)
def test_settings_can_be_read(block, settings):
    settings.DEBUG = True
    apply_settings(settings, [block])

    for name in DEFAULTS:
        if name.isupper():
            getattr(mcp_settings, name)
    assert all(map(import_string, mcp_settings.SKIP_MIDDLEWARE))


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_a_guide_does_what_it_says(page, load_page, client, demo_data, settings):
    load_page(page)
    _, token = make_token(User.objects.get(username="johndoe"))

    for block, curl, expected in curls_with_answers(page):
        headers = {name: value.replace("<the token>", token) for name, value in curl.headers.items()}
        answer = type(curl)(curl.url, headers, curl.body).over(client).json()
        if expected is None:
            assert "result" in answer, (str(block), answer)
        else:
            assert is_like(answer, expected), (str(block), answer)
    for block in blocks_of(page, "json"):
        if block.kind == "tool":
            name, _, key = block.value.partition(" ")
            tool = get_catalog().get_tool(name)
            assert tool is not None, name
            definition: Any = json.loads(json.dumps(tool.to_wire()))
            assert (definition[key] if key else definition) == json.loads(block.text)


CLIENTS = [b for b in all_blocks("python") if b.kind == "client"]


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("block", CLIENTS, ids=str)
def test_a_client_program_prints_what_the_page_shows(block, load_page, demo_data, live_server):
    load_page(block.page)
    _, token = make_token(User.objects.get(username="johndoe"))
    blocks = blocks_of(block.page)
    shown = blocks[blocks.index(block) + 1]

    assert shown.language == "text"
    assert run_program(block, live_server.url, TOKEN=token) == shown.text


def test_the_guide_on_names_names_the_tools(load_page):
    load_page(DOCS / "how-to/name-a-tool.md")

    assert [tool.name for tool in get_catalog().tools if "welcome" not in tool.name] == [
        "find_people",
        "create_users_user",
        "retrieve_users_user",
        "update_users_user",
        "destroy_users_user",
    ]
    tool = get_catalog().get_tool("list_users_user")
    assert tool is not None
    assert (tool.name, tool.title) == ("find_people", "Find people")
    welcome = get_catalog().get_tool("welcome_person")
    assert welcome is not None
    assert welcome.title == "Welcome user"


def test_the_guide_on_leaving_out_leaves_out(load_page):
    load_page(DOCS / "how-to/leave-out-actions.md")

    assert [tool.name for tool in get_catalog().tools] == [
        "list_users_user",
        "create_users_user",
        "retrieve_users_user",
    ]
    left_out = {skipped.view.rpartition(".")[2] for skipped in get_catalog().skipped}
    assert {"destroy", "partial_update", "impersonate"} <= left_out


def test_the_guide_on_descriptions_sets_the_hint_it_speaks_of(load_page):
    load_page(DOCS / "how-to/describe-an-action.md")

    tool = get_catalog().get_tool("find_by_domain_users_user")
    assert tool is not None
    assert tool.annotations["readOnlyHint"] is True
    assert tool.input_schema["properties"].keys() == {"domain"}
    assert tool.output_schema is not None
    assert tool.output_schema["required"] == ["result"]


def test_a_view_with_authentication_classes_of_its_own_does_as_the_guide_says(client, demo_data, settings):
    settings.ROOT_URLCONF = "tests.docs.refusals"
    apply_settings(settings, [b for b in blocks_of(DOCS / "how-to/authenticate.md") if b.kind == "settings"])
    token = Token.objects.create(user=User.objects.get(username="johndoe"))

    def call(tool: str) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}}
        headers = {"Authorization": f"Token {token.key}"}
        answer = client.post("/mcp", body, content_type="application/json", headers=headers)
        return answer.json().get("result", answer.json())

    assert call("ask")["structuredContent"] == {"is_anonymous": True}
    assert call("prove")["structuredContent"] == {"user": "johndoe"}
    settings.DRF_MCP = {}
    assert call("prove")["error"]["message"] == "Unknown tool: prove"


def test_the_readme_gets_a_project_going(load_page, client, settings):
    settings.DEBUG = True
    load_page(ROOT / "README.md")
    ((_, curl, _),) = curls_with_answers(ROOT / "README.md")

    assert curl.over(client).json() == {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}


def test_the_home_page_shows_what_a_call_prints(load_page, demo_data, capsys):
    page = DOCS / "index.md"
    load_page(page)
    ((_, _, *call),) = commands_of(*blocks_of(page, "sh"))
    (shown,) = blocks_of(page, "text")

    call_command(*call)

    assert capsys.readouterr().out == shown.text


def test_the_readme_fits_two_screens():
    assert len(Path(ROOT / "README.md").read_text().splitlines()) <= 100


def test_the_guide_on_confirmation_shows_what_is_answered(load_page, client, demo_data):
    page = DOCS / "how-to/confirm.md"
    load_page(page)
    ((_, curl, _),) = curls_with_answers(page)
    (shown,) = blocks_of(page, "text")

    text = curl.over(client).json()["result"]["content"][0]["text"]

    words = shown.text.split()
    assert text.split()[: len(words) - 1] == words[:-1]
