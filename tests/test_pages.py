"""Lists in pages: each page is decided when it is asked for, and only it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import re_path
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp.protocol import pagination
from tests.factories import MCPClient, StatelessClient, mcp_urls, routed
from tests.protocol import steady

SHELVES = "abcdefg"
hidden: set[str] = set()
asked: list[str] = []


class OnTheShelf(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        asked.append(view.basename)
        return view.basename not in hidden


class Shelf(ViewSet):
    permission_classes = [OnTheShelf]

    def list(self, request):
        return Response([])


class Open(ViewSet):
    permission_classes = [AllowAny]

    def list(self, request):
        return Response([])

    def destroy(self, request, pk):
        return Response()


class Books(ViewSet):
    permission_classes = [OnTheShelf]

    def retrieve(self, request, pk):
        return Response()


class Numbers(Books):
    pass


def detail(regex: str, cls: Any, basename: str) -> Any:
    return re_path(regex, cls.as_view({"get": "retrieve"}, basename=basename))


shelves = [pattern for name in SHELVES for pattern in routed(Shelf, prefix=name, basename=name)]
books = [
    detail(r"^book/(?P<pk>[a-z]+)/$", Books, "words"),
    detail(r"^book/(?P<pk>[0-9]+)/$", Numbers, "numbers"),
    detail(r"^more/(?P<pk>[0-9]+)/$", Numbers, "more"),
]
urlpatterns = [*shelves, *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "PAGE_SIZE", 2)
    hidden.clear()
    asked.clear()


def page(client: MCPClient, cursor: str | None = None) -> tuple[str, str | None]:
    """The shelves of a page, and the cursor of the next one."""
    result = client.send("tools/list", {} if cursor is None else {"cursor": cursor})["result"]
    return "".join(tool["name"].removeprefix("list_") for tool in result["tools"]), result.get("nextCursor")


@pytest.mark.parametrize("client", [MCPClient, StatelessClient])
def test_a_page_asks_from_its_cursor_on_until_it_is_full(client: Any) -> None:
    hidden.add("d")
    names, cursor = page(client())
    assert (names, asked) == ("ab", ["a", "b", "c"])  # who is first on the next page says that there is one
    asked.clear()
    assert page(client(), cursor)[0] == "ce"
    assert asked == ["b", "c", "d", "e", "f"]


def test_what_comes_and_goes_between_pages_is_neither_there_twice_nor_missing() -> None:
    hidden.update("ad")
    names, cursor = page(MCPClient())
    assert names == "bc"
    hidden.clear()
    hidden.add("e")
    assert page(MCPClient(), cursor)[0] == "df"


def test_a_place_that_is_hidden_by_now_is_none() -> None:
    _, cursor = page(MCPClient())
    hidden.add("b")
    error = MCPClient().send("tools/list", {"cursor": cursor})["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": "cursor"})


def test_the_list_under_its_old_name_has_all_pages() -> None:
    hidden.update("bf")
    tools = MCPClient(version=None).send("list_tools")["result"]
    assert "".join(tool["name"].removeprefix("list_") for tool in tools) == "acdeg"


@pytest.mark.parametrize(("away", "views"), [("", ["numbers", "more"]), ("numbers", ["words", "more"])])
def test_two_routes_with_one_template_are_one_entry_on_one_page(settings, monkeypatch, away: str, views: Any) -> None:
    monkeypatch.setattr(pagination, "PAGE_SIZE", 1)
    settings.ROOT_URLCONF = (*books, *mcp_urls())
    hidden.add(away)
    found: list[dict[str, Any]] = []
    cursor = None
    while cursor is not None or not found:
        result = MCPClient().send("resources/templates/list", {"cursor": cursor})["result"]
        found, cursor = found + result["resourceTemplates"], result.get("nextCursor")
    routes = [entry for entry in found if entry["uriTemplate"].startswith("drf:")]
    assert [entry["uriTemplate"] for entry in routes] == ["drf:///book/{id}/", "drf:///more/{id}/"]
    assert [entry["name"] for entry in routes] == views


def test_who_may_enter_is_told_anew_where_a_project_gives_a_view_other_classes(settings, monkeypatch) -> None:
    monkeypatch.setattr(pagination, "PAGE_SIZE", 10)
    settings.ROOT_URLCONF = (*routed(Open), *mcp_urls())
    listed = [tool["name"] for tool in MCPClient().send("tools/list")["result"]["tools"]]
    assert len(listed) == 2
    monkeypatch.setattr(Open, "permission_classes", [IsAdminUser])
    assert MCPClient().send("tools/list")["result"]["tools"] == []
    monkeypatch.undo()
    assert [tool["name"] for tool in MCPClient().send("tools/list")["result"]["tools"]] == listed


@steady
@given(st.lists(st.booleans(), max_size=12))
def test_the_pages_of_any_selection_hold_it_once_and_in_order(is_seen: list[bool]) -> None:
    items = [f"{number}" for number in range(len(is_seen))]
    found: list[list[str]] = []
    cursor = None
    while cursor is not None or not found:
        kept, cursor = pagination.page_of(
            items, cursor, method="tools/list", key=str, sees=lambda item: is_seen[int(item)]
        )
        found.append(kept)
    assert [item for kept in found for item in kept] == [
        item for item, seen in zip(items, is_seen, strict=True) if seen
    ]
    assert all(len(kept) == 2 for kept in found[:-1])
