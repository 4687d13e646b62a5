from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.errors import InvalidParamsError
from drf_mcp.protocol.pagination import PAGE_SIZE, decode_cursor, encode_cursor, page_of

from . import JSON, steady

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def pages(items: list[str]) -> list[list[str]]:
    found, cursor = [], None
    while cursor is not None or not found:
        page, cursor = page_of(items, cursor, method="tools/list", key=str)
        found.append(list(page))
    return found


@pytest.mark.parametrize("length", [0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, 2 * PAGE_SIZE + 1])
def test_the_pages_hold_each_item_once_and_in_order(length: int) -> None:
    items = [f"tool{number}" for number in range(length)]
    found = pages(items)
    assert [item for page in found for item in page] == items
    assert len(found) == max(1, -(-length // PAGE_SIZE))


@steady
@given(TEXT, TEXT)
def test_a_cursor_comes_back_as_the_position_that_it_was_made_of(method: str, position: str) -> None:
    assert decode_cursor(method, encode_cursor(method, position)) == position


@steady
@given(JSON.filter(lambda cursor: cursor is not None) | st.text(alphabet="WyJhIiwgYl0=-_"))
def test_a_cursor_that_nobody_gave_out_is_refused(cursor: Any) -> None:
    with pytest.raises(InvalidParamsError) as caught:
        page_of(["a"], cursor, method="tools/list", key=str)
    assert caught.value.data == {"argument": "cursor"}


def test_a_cursor_is_good_for_one_method_and_while_its_item_is_there() -> None:
    with pytest.raises(InvalidParamsError):
        decode_cursor("prompts/list", encode_cursor("tools/list", "a"))
    with pytest.raises(InvalidParamsError):
        page_of(["b"], encode_cursor("tools/list", "a"), method="tools/list", key=str)
    assert page_of(["a", "b"], encode_cursor("tools/list", "a"), method="tools/list", key=str) == (["b"], None)


def test_a_cursor_goes_on_behind_its_item_when_the_list_has_grown() -> None:
    cursor = encode_cursor("tools/list", "c")
    assert page_of(["a", "new", "b", "c", "d"], cursor, method="tools/list", key=str) == (["d"], None)
