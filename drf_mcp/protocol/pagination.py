"""Lists in pages, for every method that lists: what a cursor is, and how one is checked."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, TypeVar

from .errors import InvalidParamsError
from .jsonrpc import dumps

T = TypeVar("T")

PAGE_SIZE = 1000
"""How many items a page has. Nearly every project fits on one page, which is meant: some clients never
ask for a second one, and what they do not see does not exist for them."""


def encode_cursor(method: str, position: str) -> str:
    """Make the cursor that continues a list behind a position.

    Args:
        method: The method that lists, such as ``tools/list``; the cursor is good for no other.
        position: What stands last on the page before, such as a name or a primary key.

    Returns:
        An opaque text. It is not signed: it says where to go on, and grants nothing.

    Spec: server/utilities/pagination
    """
    return base64.urlsafe_b64encode(dumps([method, position])).decode()


def decode_cursor(method: str, cursor: Any) -> str | None:
    """Read the cursor of a request.

    Args:
        method: The method that lists.
        cursor: ``params.cursor`` as it came, of any type.

    Returns:
        The position behind which to go on, None for the first page.

    Raises:
        InvalidParamsError: The cursor was not made by ``encode_cursor`` for this method.

    Spec: server/utilities/pagination#error-handling
    """
    if cursor is None:
        return None
    try:
        of, position = json.loads(base64.urlsafe_b64decode(cursor))
    except (TypeError, ValueError, binascii.Error, RecursionError):
        raise unknown_cursor() from None
    if not isinstance(position, str) or of != method or encode_cursor(method, position) != cursor:
        raise unknown_cursor()
    return position


class Marks(Protocol):
    """Writes the place in a list down in a cursor, so that it says nothing to anybody else."""

    def mark(self, name: str) -> str:
        """The mark for an item."""

    def marked(self, mark: str) -> str | None:
        """What names the item that a mark was made for, None where it is no mark."""


class PlainMarks:
    """For lists that are the same for everybody."""

    def mark(self, name: str) -> str:
        """The name."""
        return name

    def marked(self, mark: str) -> str | None:
        """The name."""
        return mark


def page_of(
    items: Sequence[T],
    cursor: Any,
    *,
    method: str,
    key: Callable[[T], str],
    sees: Callable[[T], bool] = lambda _: True,
    marks: Marks | None = None,
    places: Mapping[str, int] | None = None,
) -> tuple[list[T], str | None]:
    """Cut the page that a cursor asks for out of a list that is at hand.

    Args:
        items: The whole list, in an order that is always the same.
        cursor: ``params.cursor`` as it came.
        method: The method that lists.
        key: What names an item within the list, once and for all.
        sees: Whether an item is there for the caller. It is asked of the item that the cursor names, of those behind it
            until the page is full, and on to the first of the next page.
        marks: Writes the last item of a page down in the cursor, and reads it there; by its name where there is none.
        places: Where the item of each name stands, counted from 1, if that is at hand; otherwise it is looked for.

    Returns:
        The items of the page, and the cursor of the next one or None.

    Raises:
        InvalidParamsError: The cursor is none, or names an item that is no longer there for the caller.

    Spec: server/utilities/pagination#pagination-model
    """
    start, position, marks = 0, decode_cursor(method, cursor), marks or PlainMarks()
    if position is not None:
        name = marks.marked(position)
        if places is None:
            places = {key(item): number for number, item in enumerate(items, 1)}
        start = 0 if name is None else places.get(name, 0)
        if not start or not sees(items[start - 1]):
            raise unknown_cursor()
    seen = list(islice(filter(sees, islice(items, start, None)), PAGE_SIZE + 1))
    page = seen[:PAGE_SIZE]
    return page, encode_cursor(method, marks.mark(key(page[-1]))) if len(seen) > PAGE_SIZE else None


def unknown_cursor() -> InvalidParamsError:
    """The error for a cursor that nobody gave out, or whose place in the list is gone."""
    return InvalidParamsError("Unknown cursor: ask for the list again without one.", data={"argument": "cursor"})
