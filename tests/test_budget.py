"""What does not fit into a text is counted, and the text says how to ask for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import filters, pagination, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from drf_mcp import mcp_tool
from drf_mcp.budget import fitted, shortened, within
from drf_mcp.conf import DEFAULTS
from tests.factories import MCPClient, UserFactory, mcp_urls, routed, text_of
from tests.protocol import steady
from users.models import User
from users.serializers import UserSerializer

ROOM = 600


class Sized(pagination.PageNumberPagination):
    page_size = 20
    page_size_query_param = "page[size]"
    page_query_param = "page[number]"
    max_page_size = 50


class Fixed(pagination.PageNumberPagination):
    page_size = 20


class Offset(pagination.LimitOffsetPagination):
    default_limit = 20


class Cursor(pagination.CursorPagination):
    page_size = 20
    ordering = "pk"


class Base(ModelViewSet):
    queryset = User.objects.order_by("pk")
    serializer_class = UserSerializer


class SizedViewSet(Base):
    pagination_class = Sized


class FixedViewSet(Base):
    pagination_class = Fixed
    filter_backends = [filters.SearchFilter, filters.OrderingFilter]
    search_fields = ["username"]


class OffsetViewSet(Base):
    pagination_class = Offset


class CursorViewSet(Base):
    pagination_class = Cursor


class WholeViewSet(Base):
    pagination_class = None
    filter_backends = [filters.SearchFilter]
    search_fields = ["username"]


class Note(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField()


class Notes(GenericViewSet):
    serializer_class = Note
    pagination_class = None

    def retrieve(self, request, pk=None):
        return Response({"id": 7, "title": "A note", "body": "word " * 1000, "tags": ["a", "b"]})

    def list(self, request):
        return Response([{"id": n, "title": f"Note {n}", "body": "word " * 1000} for n in range(3)])

    def create(self, request):
        return Response([{"id": n, "title": f"Note {n}", "body": "word " * 20} for n in range(30)], status=201)

    @action(detail=False)
    def lines(self, request):
        return Response({"id": 1, "lines": [{"sku": f"sku-{n}", "count": n} for n in range(500)], "total": 500})

    @action(detail=False)
    def many_keys(self, request):
        return Response({f"key_{n}": n for n in range(5000)})

    @action(detail=False)
    def words(self, request):
        return Response("word " * 1000)

    @action(detail=False)
    def rows(self, request):
        return Response([{"id": n} for n in range(500)])

    @action(detail=False)
    def csv(self, request):
        return HttpResponse("".join(f"{n};row {n}\n" for n in range(1000)), content_type="text/csv")

    @action(detail=False)
    def refused(self, request):
        return Response({"detail": "No. " * 1000}, status=409)

    @action(detail=False)
    def invalid(self, request):
        return Response({"name": ["No. " * 1000]}, status=400)

    @mcp_tool(done="Said {word}.")
    @action(detail=False, methods=["post"])
    def say(self, request):
        return Response({"length": len(request.data["word"])})


urlpatterns = [
    *routed(SizedViewSet, prefix="sized", basename="sized"),
    *routed(FixedViewSet, prefix="fixed", basename="fixed"),
    *routed(OffsetViewSet, prefix="offset", basename="offset"),
    *routed(CursorViewSet, prefix="cursor", basename="cursor"),
    *routed(WholeViewSet, prefix="whole", basename="whole"),
    *routed(Notes, prefix="notes", basename="note"),
    *mcp_urls(),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def little_room(request):
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_TEXT": ROOM}):
        yield


@pytest.fixture
def users(db):
    return [UserFactory(username=f"user-{number:02}") for number in range(50)]


def listed(kind: str, **arguments: Any) -> tuple[dict[str, Any], str, list[str]]:
    """The result of a list tool, the sentence behind its items, and the usernames that it shows."""
    result = MCPClient().call(f"list_users_user_{kind}", **arguments)
    heading, *items, rest = text_of(result).split("\n\n")
    names = [line.rpartition(": ")[2] for item in items for line in item.splitlines() if "- Username: " in line]
    assert len(names) == len(items)
    assert sum(map(len, items)) <= ROOM
    return result, f"{heading} {rest}", names


def test_the_default_leaves_room_in_a_models_context() -> None:
    """Clients cut or refuse results beyond 16,000 to 25,000 tokens, and numbers have two characters to a token."""
    assert 10_000 <= DEFAULTS["MAX_TEXT"] <= 2 * 16_000


# Lists


@pytest.mark.parametrize("kind", ["sized", "fixed", "offset", "cursor", "whole"])
def test_items_are_left_out_whole_from_the_end_and_counted(users, kind) -> None:
    result, said, names = listed(kind)
    by_rest = APIClient().get(f"/{kind}/").json()
    items = by_rest["results"] if kind != "whole" else by_rest
    assert names == [item["username"] for item in items[: len(names)]]
    assert 1 < len(names) < len(items)
    assert f"the first {len(names)} " in said
    assert f"{len(items) - len(names)} more users did not fit into this text." in said
    structured = result["structuredContent"]
    assert (structured if kind != "whole" else structured["result"]) == by_rest


def test_an_offset_goes_on_exactly_where_the_text_ended(users) -> None:
    _, said, names = listed("offset")
    count = len(names)
    assert f"Found 50 users, of which this page has 20; the first {count} of them follow:" in said
    assert f"For the rest call again with limit={count}, offset={count}." in said
    _, said, more = listed("offset", limit=20, offset=count)
    assert more[0] == f"user-{count:02}"
    assert f"call again with limit={len(more)}, offset={count + len(more)}." in said


def test_following_the_hints_of_a_numbered_list_misses_nobody(users) -> None:
    seen: list[str] = []
    arguments: dict[str, Any] = {}
    for _ in range(30):
        result = MCPClient().call("list_users_user_sized", **arguments)
        shown = text_of(result)
        seen += [line.rpartition(": ")[2] for line in shown.splitlines() if "- Username: " in line]
        if "call again with " not in shown:
            break
        hint = shown.partition("call again with ")[2].partition(". ")[0].rstrip(".")
        arguments = {name: int(value) for name, _, value in (pair.partition("=") for pair in hint.split(", "))}
    assert sorted(set(seen)) == sorted(user.username for user in users)


def test_a_later_page_goes_on_without_a_gap(users) -> None:
    _, said, names = listed("sized", page_number=2)
    hint = said.partition("call again with ")[2].partition(". ")[0].rstrip(".")
    arguments = {name: int(value) for name, _, value in (pair.partition("=") for pair in hint.split(", "))}
    following = MCPClient().call("list_users_user_sized", **arguments)["structuredContent"]["results"]
    first, last = int(following[0]["username"][-2:]), int(names[-1][-2:])
    assert first <= last + 1
    assert last + 1 <= int(following[-1]["username"][-2:])


def test_a_later_page_of_more_than_the_greatest_size_goes_on_without_a_gap(users) -> None:
    User.objects.bulk_create(User(username=f"user-{number:02}", email=f"{number}@x.test") for number in range(50, 110))
    arguments = {"page_number": 2, "page_size": 1000}
    whole = MCPClient().call("list_users_user_sized", **arguments)["structuredContent"]["results"]
    _, said, names = listed("sized", **arguments)
    assert len(names) < len(whole) == Sized.max_page_size
    hint = said.partition("call again with ")[2].partition(". ")[0].rstrip(".")
    asked = {name: int(value) for name, _, value in (pair.partition("=") for pair in hint.split(", "))}
    following = MCPClient().call("list_users_user_sized", **asked)["structuredContent"]["results"]
    order = [row["username"] for row in whole]
    assert order[len(names)] in [row["username"] for row in following]


def test_a_page_that_no_number_names_has_a_hint_without_one(users) -> None:
    _, said, names = listed("sized", page_number="last")
    assert f"call again with page_size={len(names)}." in said


def test_a_hint_uses_the_names_of_the_arguments(users) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True}):
        shown = text_of(MCPClient().call("list_users_user_sized"))
    assert shown.endswith("For the next page call again with page_number=2.")
    arguments = {"page_number": 2}
    assert MCPClient().call("list_users_user_sized", **arguments)["isError"] is False


def test_where_pages_have_no_size_the_filters_are_named(users) -> None:
    _, said, _ = listed("fixed")
    assert "There may be fewer with search." in said
    assert "For the next page call again with page=2." in said
    _, said, _ = listed("whole")
    assert "There may be fewer with search." in said


def test_the_tool_that_brings_one_is_named(users) -> None:
    for kind in ("sized", "fixed", "offset", "cursor", "whole"):
        _, said, _ = listed(kind)
        assert f"retrieve_users_user_{kind} brings one that is known." in said


def test_a_list_that_was_cut_at_its_limit_says_how_to_get_fewer(users) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_ITEMS": 2}):
        shown = text_of(MCPClient().call("list_users_user_whole"))
    assert shown.startswith("Found 50 users, of which the first 2 follow:")
    assert shown.endswith("There may be fewer with search.")


def test_a_first_item_that_does_not_fit_is_shortened() -> None:
    shown = text_of(MCPClient().call("list_note"))
    assert shown.startswith("Found 3 note")
    assert "1. Notes ID: 0\n   - Title: Note 0\n   - Body: word word" in shown
    assert "more characters)" in shown
    assert "Note 1" not in shown


def test_a_bulk_write_is_counted_in_whole_and_shown_in_part() -> None:
    shown = text_of(MCPClient().call("create_note"))
    assert shown.startswith("Successfully created 30 note")
    assert shown.endswith(" more do not fit into this text.")
    assert len(shown) < ROOM + 200


# Single objects


def test_long_values_are_shortened_and_short_ones_stay_whole() -> None:
    result = MCPClient().call("retrieve_note", id="7")
    shown = text_of(result)
    assert shown.startswith("Notes ID: 7\n- Title: A note\n- Body: word word")
    assert shown.endswith("\n- Tags: a, b")
    assert len(shown) < ROOM + 60
    left = int(shown.partition("... (")[2].partition(" more characters)")[0].replace(",", ""))
    body = result["structuredContent"]["body"]
    assert len(body) == 5000
    assert len(shown.partition("Body: ")[2].partition("...")[0]) + left == len(body)


@pytest.mark.parametrize(
    ("tool", "has"),
    [
        ("lines_note", ["Lines:", "- Sku: sku-0", "Total: 500", "more characters)"]),
        ("many_keys_note", ["Key 0: 0", "more values)"]),
        ("words_note", ["word word", "more characters)"]),
        ("rows_note", ["1. Notes ID: 0\n\n2. Notes ID: 1", "more do not fit into this text."]),
        ("csv_note", ["0;row 0\n1;row 1\n", "more characters)"]),
        ("refused_note", ["Conflict: No. No.", "more characters)"]),
    ],
)
def test_every_kind_of_text_is_bounded(tool, has) -> None:
    shown = text_of(MCPClient().call(tool))
    assert len(shown) < ROOM + 150
    for part in has:
        assert part in shown


def test_errors_are_bounded_as_well_and_their_data_is_whole() -> None:
    error = MCPClient().fail("invalid_note")
    assert len(error["message"]) < ROOM + 60
    assert len(error["data"]["errors"]["name"][0]["message"]) == 4000


def test_a_text_is_cut_at_the_end_of_a_line() -> None:
    shown = text_of(MCPClient().call("csv_note"))
    last = shown.splitlines()[-1].partition("...")[0]
    assert last == f"{last.partition(';')[0]};row {last.partition(';')[0]}"


def test_the_authors_sentence_repeats_no_argument_at_length() -> None:
    shown = text_of(MCPClient().call("say_note", word="x" * 5000))
    assert "Said xxx" in shown
    assert len(shown) < ROOM


# Plain JSON


def test_plain_json_is_whole_or_prose_and_never_half() -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_TEXT": ROOM, "RESULT_TEXT": "json"}):
        assert text_of(MCPClient().call("retrieve_note", id="7")).startswith("Notes ID: 7\n")
        assert text_of(MCPClient().call("rows_note")).startswith("Successfully executed rows action:")
    with override_settings(DRF_MCP={"ANONYMOUS": True, "RESULT_TEXT": "json"}):
        result = MCPClient().call("retrieve_note", id="7")
        assert json.loads(text_of(result)) == result["structuredContent"]


# The parts


@steady
@given(st.text(), st.integers(0, 50))
def test_a_shortened_text_counts_what_it_leaves_out(text: str, longest: int) -> None:
    shown = shortened(text, longest)
    if len(text) <= longest:
        assert shown == text
    else:
        kept, _, left = shown.rpartition("... (")
        assert text.startswith(kept)
        assert len(kept) + int(left.partition(" ")[0].replace(",", "")) == len(text)


@steady
@given(st.lists(st.text(alphabet="ab", max_size=400), max_size=40), st.integers(0, 3000))
def test_lines_fit_or_are_counted(values: list[str], room: int) -> None:
    lines = [f"- {value}" for value in values]
    shown = fitted(lines, room)
    if sum(map(len, lines)) + len(lines) <= room:
        assert shown == "\n".join(lines)
    assert len(shown) <= room + 60 * (len(lines) + 1)
    if "more values)" in shown:
        assert int(shown.rpartition("(")[2].partition(" ")[0]) + len(shown.splitlines()) - 1 == len(lines)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=60,
)


MESSAGES = st.lists(
    st.fixed_dictionaries({"message": st.text(max_size=300), "code": st.sampled_from(["invalid", "required"])}),
    max_size=4,
)
ERRORS = st.dictionaries(
    st.text(max_size=8), MESSAGES | st.lists(st.dictionaries(st.text(max_size=8), MESSAGES, max_size=3), max_size=6)
)


def leaves_of(value: Any) -> int:
    if not isinstance(value, (dict, list)) or (isinstance(value, dict) and value.keys() == {"message", "code"}):
        return 1
    return sum(map(leaves_of, value.values() if isinstance(value, dict) else value))


def check_part(part: Any, whole: Any) -> None:
    """Each thing is in its place, whole or gone, and a string that was cut says by how much."""
    assert type(part) is type(whole)
    if isinstance(whole, str) and part != whole:
        kept, _, left = part.rpartition("... (")
        assert whole.startswith(kept)
        assert len(kept) + int(left.partition(" ")[0].replace(",", "")) == len(whole)
    elif isinstance(whole, dict):
        if whole.keys() == {"message", "code"}:
            assert (part.keys(), part["code"]) == (whole.keys(), whole["code"])
        for key, inner in part.items():
            check_part(inner, whole[key])
    elif isinstance(whole, list):
        for inner, of in zip(part, whole, strict=False):
            check_part(inner, of)
        assert len(part) <= len(whole)
    else:
        assert part == whole
    assert part or not whole


@steady
@given(JSON | ERRORS, st.integers(1, 600))
def test_what_is_said_of_a_failure_fits_and_whatever_it_lacks_is_told(said: Any, room: int) -> None:
    whole = {"errors": said}
    told = within(whole, room)
    assert within(whole, 0) == whole
    if len(json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()) <= room:
        assert told == whole
        return
    note = told.pop("left_out", "")
    assert len(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()) <= max(room, 2)
    left = leaves_of(whole) - leaves_of(told)
    if told:
        check_part(told, whole)
    if note:
        assert note.startswith(f"{left:,} more did not fit." if left else "More did not fit.")
    else:
        assert left == 0
        assert " more characters)" in json.dumps(told)


def test_one_long_message_costs_no_other_field_its_own() -> None:
    short = {f"field_{number}": [{"message": "Wrong.", "code": "invalid"}] for number in range(20)}
    long = {"first": [{"message": "long " * 12_000, "code": "invalid"}]}
    told = within({"errors": {**long, **short}}, 3000)
    assert "left_out" not in told
    assert {**told["errors"], **long} == {**long, **short}
    assert told["errors"]["first"][0]["message"].endswith(" more characters)")
