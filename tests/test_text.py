"""Results in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from rest_framework import pagination, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.text import readable_text
from tests.factories import routed, tools_of
from tests.protocol import JSON, steady
from users.models import User
from users.serializers import UserSerializer


class Pages(pagination.PageNumberPagination):
    page_size = 2


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    pagination_class = Pages

    @mcp_tool(done="User ID {id} has been activated.")
    @action(detail=True, methods=["post"])
    def activate(self, request, pk=None):
        return Response()

    @mcp_tool(input=UserSerializer)
    @action(detail=False, methods=["post"])
    def compare(self, request):
        return Response()


class Words(ViewSet):
    def list(self, request):
        return Response([])


TOOLS = tools_of(*routed(Users))
ANN = {"id": 1, "username": "ann", "email": "a@x.org", "is_active": True, "date_joined": "2025-08-04T15:30:22.123456Z"}
BOB = {**ANN, "id": 2, "username": "bob"}


def text(action_name: str, data: Any, total: int | None = None, **arguments: Any) -> str:
    return readable_text(TOOLS[action_name], data, arguments, total)


def test_a_list_is_counted_and_numbered() -> None:
    assert text("list", [ANN, BOB]) == (
        "Found 2 users:\n\n"
        "1. User ID: 1\n"
        "   - Username: ann\n"
        "   - Email: a@x.org\n"
        "   - Active: True\n"
        "   - Created: 2025-08-04 15:30:22\n\n"
        "2. User ID: 2\n"
        "   - Username: bob\n"
        "   - Email: a@x.org\n"
        "   - Active: True\n"
        "   - Created: 2025-08-04 15:30:22"
    )


def test_one_is_singular_and_none_is_a_sentence() -> None:
    assert text("list", [{"id": 1}]) == "Found 1 user:\n\n1. User ID: 1"
    assert text("list", []) == "Found 0 users."
    assert text("list", ()) == "Found 0 users."


def test_a_page_says_which_part_it_is_and_how_to_get_the_next() -> None:
    page = {
        "count": 3,
        "next": "http://testserver/things/?page=2&format=json",
        "previous": None,
        "results": [{"id": 1}],
    }
    assert text("list", page) == (
        "Found 3 users, of which this page has 1:\n\n1. User ID: 1\n\nFor the next page call again with page=2."
    )


def test_the_last_page_says_nothing_of_a_next_one() -> None:
    assert text("list", {"count": 1, "next": None, "results": [{"id": 1}]}) == "Found 1 user:\n\n1. User ID: 1"
    assert "next page" not in text("list", {"count": 2, "next": "/x/?format=json", "results": [{"id": 1}]})


def test_a_page_beyond_the_end_says_how_many_there_are() -> None:
    assert text("list", {"count": 3, "next": None, "results": []}) == "Found 3 users, of which this page has 0."


def test_a_page_without_a_count_makes_no_claim_of_the_whole() -> None:
    """A cursor's page knows only itself, so it must not pass for everything."""
    page = {"next": "http://testserver/?page=2", "previous": None, "results": [{"id": 1}, {"id": 2}]}
    assert text("list", page) != text("list", {**page, "next": None})
    assert not text("list", page).startswith("Found 2 users:")


def test_a_list_that_was_cut_says_how_much_follows() -> None:
    assert text("list", [{"id": 1}], 9) == "Found 9 users, of which the first 1 follow:\n\n1. User ID: 1"


def test_a_list_in_a_form_of_its_own_is_shown_as_an_object() -> None:
    assert text("list", {"total": 2, "users": []}) == "Total: 2\n- Users: "


def test_items_that_are_no_objects_are_shown_as_they_are() -> None:
    assert text("list", ["a", 2, None]) == "Found 3 users:\n\n1. a\n\n2. 2\n\n3. None"
    assert text("list", ["a\nb", ""]) == "Found 2 users:\n\n1. a\n   b\n\n2. "


def test_one_object_is_shown_with_its_labels() -> None:
    assert text("retrieve", {"id": 1, "username": "ann"}) == "User ID: 1\n- Username: ann"
    assert text("retrieve", {"full_name": "Ann"}) == "Full name: Ann"
    assert text("retrieve", {}) == "(empty)"


def test_writes_say_that_they_succeeded() -> None:
    assert text("create", {"id": 1}) == "Successfully created user:\n\nUser ID: 1"
    assert text("partial_update", {"id": 1}) == "Successfully updated user:\n\nUser ID: 1"
    assert text("destroy", None) == "Successfully deleted user."


def test_a_write_that_answers_nothing_says_so_without_a_gap() -> None:
    assert text("create", None).startswith("Successfully created user")
    assert "None" not in text("create", None)


def test_a_bulk_write_numbers_what_it_wrote() -> None:
    shown = text("create", [{"id": 1, "username": "ann"}, {"id": 2, "username": "bob"}])
    assert "1. User ID: 1" in shown
    assert "2. User ID: 2" in shown


def test_an_action_shows_its_answer_and_the_authors_sentence() -> None:
    assert text("activate", {"status": "user activated"}, id=3) == (
        "Successfully executed activate action:\n\n"
        'Response: {"status": "user activated"}\n\n'
        "User ID 3 has been activated."
    )


def test_an_action_without_an_answer_shows_none() -> None:
    assert text("activate", None, id=3).startswith("Successfully executed activate action")
    assert "null" not in text("activate", None, id=3)


def test_a_declared_input_makes_a_function_whose_answer_is_its_text() -> None:
    assert text("compare", {"a": 1}) == '{"a": 1}'
    assert text("compare", 8) == "8"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(8, "8"), (Decimal("1.50"), "1.50"), ("a\nb", "a\nb"), (True, "True"), (1.5, "1.5"), (gettext_lazy("Yes"), "Yes")],
)
def test_a_bare_value_is_its_own_text(value: Any, expected: str) -> None:
    assert text("activate", value).startswith(expected)


def test_what_is_nested_is_indented() -> None:
    data = {
        "id": 1,
        "address": {"street": "Elm", "geo": {"lat": 1}},
        "lines": [{"sku": "x"}, {"sku": "y", "note": "a\nb"}],
        "tags": ["a", "b"],
        "matrix": [[1, 2], [3]],
        "nothing": {},
        "none": [],
    }
    assert text("retrieve", data) == (
        "User ID: 1\n"
        "- Address:\n"
        "  - Street: Elm\n"
        "  - Geo:\n"
        "    - Lat: 1\n"
        "- Lines:\n"
        "  - 1:\n"
        "    - Sku: x\n"
        "  - 2:\n"
        "    - Sku: y\n"
        "    - Note: a\n"
        "      b\n"
        "- Tags: a, b\n"
        "- Matrix:\n"
        "  - 1: 1, 2\n"
        "  - 2: 3\n"
        "- Nothing: {}\n"
        "- None: "
    )


@pytest.mark.parametrize(
    "value",
    [
        "2025-08-04",
        "2025-08-04Tnot a time at all",
        "2025-99-99T99:99:99",
        "abcd-08-04T15:30:22",
        "2025-08-04 15:30:22",
        "a text that is longer than that",
        "0000-08-04T15:30:22",
    ],
)
def test_a_text_that_only_looks_like_a_time_stays_as_it_is(value: str) -> None:
    assert text("retrieve", {"note": value}) == f"Note: {value}"


def test_times_are_written_as_people_write_them() -> None:
    assert text("retrieve", {"at": "2025-08-04T15:30:22"}) == "At: 2025-08-04 15:30:22"
    assert text("retrieve", {"at": "2025-08-04T15:30:22.5Z"}) == "At: 2025-08-04 15:30:22"


def test_another_offset_than_utc_is_shown() -> None:
    assert text("retrieve", {"at": "2025-08-04T15:30:22+05:30"}) == "At: 2025-08-04 15:30:22 +05:30"
    assert text("retrieve", {"at": "2025-08-04T15:30:22+00:00"}) == "At: 2025-08-04 15:30:22"


def test_arrays_in_arrays_keep_their_brackets() -> None:
    assert text("list", [[[1, 2], [3]], [4]]) == "Found 2 users:\n\n1. [[1, 2], [3]]\n\n2. 4"


def test_what_is_nested_deeply_ends_in_one_line() -> None:
    data: Any = "end"
    for _ in range(300):
        data = {"in": data}
    shown = text("retrieve", data)
    assert len(shown.splitlines()) == 11
    assert shown.splitlines()[-1].endswith('{"in": "end"' + "}" * shown.count("}"))


def test_a_value_never_breaks_out_of_its_line() -> None:
    shown = text("list", [{"id": 1, "username": "x\n\n2. User ID: 2\n- Username: root"}])
    assert "\n2. User ID" not in shown


def test_the_authors_sentence_keeps_what_it_has_no_argument_for() -> None:
    assert text("activate", {}).endswith("User ID {id} has been activated.")


def test_an_argument_that_names_another_is_not_filled_in_again() -> None:
    @mcp_tool(done="{a} then {b}")
    def ring(self, request):
        return Response()

    viewset = type("Ring", (Words,), {"ring": action(detail=False, methods=["post"])(ring)})
    tool = tools_of(*routed(viewset))["ring"]
    assert readable_text(tool, {}, {"a": "{b}", "b": "x"}).endswith("{b} then x")


def test_a_viewset_without_a_model_has_words_too() -> None:
    tool = tools_of(*routed(Words))["list"]
    assert readable_text(tool, [{"id": 1, "name": "a"}], {}) == "Found 1 words:\n\n1. Words ID: 1\n   - Name: a"


def test_labels_are_those_of_the_serializer() -> None:
    class Short(serializers.Serializer):
        n = serializers.CharField(label="Name of the user")

    class Labelled(Users):
        serializer_class = Short

    tool = tools_of(*routed(Labelled))["retrieve"]
    assert readable_text(tool, {"n": "ann"}, {}) == "Name of the user: ann"


@steady
@given(JSON)
def test_any_answer_of_any_action_has_a_text(data: Any) -> None:
    for tool in TOOLS.values():
        assert isinstance(readable_text(tool, data, {"id": data}), str)
