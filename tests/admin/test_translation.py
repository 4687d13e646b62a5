"""Everything that an administrator reads goes through gettext: no page keeps an English word to itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import trans_real

from drf_mcp.catalog import offered_catalog
from drf_mcp.decisions import decide
from drf_mcp.models import AccessToken, Prompt
from tests.factories import CallFactory, MCPClient, UserFactory
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls"), pytest.mark.usefixtures("rules_are_read")]

WORD = re.compile(r"[^\W\d_]+")
MARKED = re.compile(r"«[^«»]*»")
LEFT_ALONE = {"pre", "script", "style", "textarea", "mcp-symptom"}
"""Elements, and a class, that hold what nobody translates: code, JSON, commands, what system checks say."""

OTHER_DATA = """Users Projects Username Email Password root ada laptop weekly gone drf demo
    GET POST PUT PATCH DELETE claude-code Claude.ai ChatGPT Claude Code Claude Desktop Cursor VS Code Codex
    MCP Inspector TokenAuthentication"""
NO_WORDS = re.compile(r"\d+-a( de «\w+»( \d{4})?)?(, je)?")
"""As Django's formats for Esperanto write them, which are no messages."""


class Words(HTMLParser):
    """The words of ``#content`` that no message has, and how many messages there were."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.inside = False
        self.marked = 0
        self.kept: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        named = dict(attrs)
        self.inside = self.inside or named.get("id") == "content"
        self.look(named.get("title") or "")
        self.look(named.get("aria-label") or "")
        self.look((named.get("value") or "") if named.get("type") == "submit" else "")
        if tag not in {"input", "br", "img", "link", "meta", "wbr", "hr"}:
            self.open.append((tag, named.get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.look(data)

    def look(self, text: str) -> None:
        if not self.inside or any(LEFT_ALONE & {tag, *classes.split()} for tag, classes in self.open):
            return
        text = NO_WORDS.sub("", text)
        while MARKED.search(text):  # a message in a message
            self.marked, text = self.marked + 1, MARKED.sub("", text)
        self.kept += WORD.findall(text)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language in which each message is itself, between marks."""

    def mark(message: str) -> str:
        return f"«{message}»" if message else ""

    monkeypatch.setattr(trans_real.DjangoTranslation, "gettext", lambda self, message: mark(message))
    monkeypatch.setattr(
        trans_real.DjangoTranslation, "ngettext", lambda self, one, many, n: mark(one if n == 1 else many)
    )
    with translation.override("eo"):
        yield


@pytest.fixture
def pages() -> list[str]:
    """Every page there is, of a site with something on each of them."""
    root = UserFactory(username="root", is_staff=True, is_superuser=True)
    token = AccessToken(user=root, name="laptop", last_used=timezone.now())
    token.make_value()
    token.hint = "1234"  # no words, whatever the value is
    token.save()
    prompt = Prompt.objects.create(name="weekly", title="Weekly", template="Write.")
    call = CallFactory(name="update_users_user", outcome="error", user=root)
    for outcome in ("ok", "refused", "asked"):
        CallFactory(name="list_users_user", outcome=outcome)
    decide("tool", "update_users_user", root, asks=True)
    decide("tool", "gone_users_user", root, is_enabled=False)
    admin = "/admin/drf_mcp/"
    return [
        admin,
        *(f"{admin}overview/?period={period}" for period in ("day", "week", "month")),
        f"{admin}call/",
        f"{admin}call/{call.pk}/change/",
        f"{admin}accesstoken/",
        f"{admin}accesstoken/add/",
        f"{admin}accesstoken/{token.pk}/change/",
        f"{admin}prompt/",
        f"{admin}prompt/add/",
        f"{admin}prompt/{prompt.pk}/change/",
        f"{admin}connection/",
        f"{admin}aswho/",
        f"{admin}aswho/?user=root",
        f"{admin}aswho/?user=nobody-like-it",
        f"{admin}toolrule/",
        f"{admin}toolrule/?q=nothing-like-it",
        f"{admin}toolrule/rule/tool/update_users_user/",
        f"{admin}toolrule/rule/tool/gone_users_user/",
        f"{admin}toolrule/rule/view/users.views.UserViewSet/",
        f"{admin}toolrule/rule/app/users/",
        f"{admin}toolrule/try/list_users_user/",
        f"{admin}toolrule/try/create_users_user/",
    ]


def words_of_the_data() -> set[str]:
    """What the pages name and nobody translates: tools, resources, prompts, people and clients."""
    texts = [OTHER_DATA]
    for tool in offered_catalog().tools:
        texts += [tool.name, tool.title, str(tool.endpoint)]
    client = MCPClient(User.objects.get(username="root"))
    for method, key, name in (
        ("resources/list", "resources", "uri"),
        ("resources/templates/list", "resourceTemplates", "uriTemplate"),
        ("prompts/list", "prompts", "name"),
    ):
        for each in client.send(method)["result"][key]:
            texts += [each[name], each.get("title", "")]
    return set(WORD.findall(" ".join(texts)))


def test_no_page_keeps_a_word_to_itself(pages: list[str], marked: None) -> None:
    client, data = Client(), words_of_the_data()
    client.force_login(User.objects.get(username="root"))
    for page in pages:
        answer = client.get(page, headers={"accept-language": "eo"})
        assert answer.status_code == 200, page
        words = Words()
        words.feed(answer.content.decode())
        assert set(words.kept) <= data, page
        assert words.marked > 5, page
