"""The budget of a text: what does not fit is left out, and the text says how much and how to ask for it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any

from rest_framework.settings import api_settings

from .protocol.jsonrpc import dumps
from .tools import Tool

LEFT_OUT = "left_out"
"""Under which key the structured content, and the data of an error, say what they lack."""
_LEAST = 100
"""How many characters of a value are always shown: less would tell nothing."""
_MARK = 40
"""How many bytes the words have at the end of a string that was cut."""
_NOTHING = object()
_NAMED = 6
"""How many arguments a hint names."""


def shortened(text: str, longest: int) -> str:
    """Cut a text, at the end of a line where one is near, and say how much is left.

    Args:
        text: Any text.
        longest: How many of its characters may stay.

    Returns:
        The text itself where it fits.
    """
    if len(text) <= longest:
        return text
    line_end = text.rfind("\n", longest // 2, longest)
    kept = text[: line_end if line_end > 0 else longest].rstrip()
    return f"{kept}... ({len(text) - len(kept):,} more characters)"


def fitted(lines: list[str], room: int) -> str:
    """Put the lines of one object together, its longest values shortened until all fit.

    Args:
        lines: As a person reads them; a line that begins with two spaces belongs to the value above it.
        room: How many characters they may have.

    Returns:
        One text.
    """
    if sum(map(len, lines)) + len(lines) <= room:
        return "\n".join(lines)
    values: list[list[str]] = []
    for line in lines:
        if line.startswith("  ") and values:
            values[-1].append(line)
        else:
            values.append([line])
    blocks = ["\n".join(value) for value in values]
    share = max(share_of([len(block) for block in blocks], room), _LEAST)
    shown: list[str] = []
    for block in blocks:
        room -= min(len(block), share)
        if room < 0:
            break
        shown.append(shortened(block, share))
    if len(shown) < len(blocks):
        shown.append(f"({len(blocks) - len(shown):,} more values)")
    return "\n".join(shown)


def share_of(lengths: list[int], room: int) -> int:
    """How much each of the long ones may have, once the short ones have all that they need.

    Args:
        lengths: How long they all are.
        room: How much they may have together.
    """
    share = room
    for number, length in enumerate(sorted(lengths)):
        share = room // (len(lengths) - number)
        if length > share:
            break
        room -= length
    return share


def longest_of(sizes: list[int], over: int, least: int) -> int:
    """How many bytes each text may have, so that all of them lose what is too much.

    Args:
        sizes: How many bytes of JSON each has.
        over: How many they have too much together.
        least: So many of each stay in any case, beside the words that say how much is left.
    """
    least += _MARK
    long = [size for size in sizes if size > least]
    return max(share_of(long, sum(long) - over), least)


def cut_to(text: str, size: int, longest: int) -> str:
    """A text of so many bytes of JSON, cut where that makes it shorter and it may have fewer."""
    if size <= longest:
        return text
    count = bisect_right(range(len(text)), longest - _MARK, key=lambda count: len(dumps(text[:count])))
    short = shortened(text, max(count - 1, 1))
    return short if len(short) < len(text) else text


def within(data: dict[str, Any], room: int) -> dict[str, Any]:
    """What was said of a failure, as far as it fits; under ``left_out`` it says how much more there was.

    Long strings are cut first. Then what does not fit goes as a whole, a message together with its code; of a list
    that is its end.

    Args:
        data: JSON of any shape.
        room: How many bytes of JSON it may have, 0 for any number.

    Returns:
        The same where it fits.
    """
    if not room or (size := len(dumps(data))) <= room:
        return data
    longest, is_whole = longest_of([*_sizes(data)], size - room, _LEAST), True

    def begin(value: Any, size: int) -> Any:
        """What fits of a value in a place of so many bytes, ``_NOTHING`` where that is none of it."""
        nonlocal room, is_whole
        has_parts = bool(value) and isinstance(value, (dict, list)) and not _is_message(value)
        if isinstance(value, str):
            value = cut_to(value, len(dumps(value)), longest)
        elif _is_message(value):
            value = {**value, "message": cut_to(value["message"], len(dumps(value["message"])), longest)}
        size += 1 if has_parts else len(dumps(value))  # two brackets, and a comma less than there are parts
        if size > room:
            is_whole = False
            return _NOTHING
        room -= size
        if not has_parts:
            return value
        kept: Any
        if isinstance(value, dict):
            begun = ((key, begin(inner, len(dumps(key)) + 2)) for key, inner in value.items())
            kept = {key: inner for key, inner in begun if inner is not _NOTHING}
        else:
            kept = [*takewhile(lambda inner: inner is not _NOTHING, (begin(inner, 1) for inner in value))]
        if not kept:
            room += size
        return kept or _NOTHING

    kept = begin(data, 0)
    kept = {} if kept is _NOTHING else kept
    if is_whole:
        return kept
    left = _count(data) - _count(kept)
    return {**kept, LEFT_OUT: f"{f'{left:,} more' if left else 'More'} did not fit. A call with less in it has fewer."}


def _is_message(value: Any) -> bool:
    """Whether this is a message beside its code."""
    return isinstance(value, dict) and value.keys() == {"message", "code"} and isinstance(value["message"], str)


def _sizes(value: Any) -> Iterator[int]:
    """How many bytes of JSON each string has."""
    if isinstance(value, str):
        yield len(dumps(value))
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _sizes(inner)


def _count(value: Any) -> int:
    """How many messages, and other values that hold no others, there are."""
    if _is_message(value) or not isinstance(value, (dict, list)):
        return 1
    return sum(map(_count, value.values() if isinstance(value, dict) else value))


def next_page(tool: Tool, pairs: list[tuple[str, str]]) -> str:
    """The arguments that lead to a page.

    Args:
        tool: The tool that brought the page before it.
        pairs: The query of that page's address.

    Returns:
        ``page=2``, empty where the tool has no such arguments.
    """
    names = _query_names(tool)
    return ", ".join(f"{names[key]}={value}" for key, value in pairs if key in names)


def continuation(tool: Tool, arguments: Mapping[str, Any], shown: int) -> str:
    """The arguments that go on where a page had to be cut, in pages that fit.

    Args:
        tool: The tool that was called.
        arguments: What it was called with.
        shown: How many of the page's items are shown.

    Returns:
        ``limit=20, offset=20``; empty where the size of a page is no argument.
    """
    paginator, names = _paginator(tool), _query_names(tool)

    def name_of(attribute: str) -> str:
        return names.get(getattr(paginator, attribute, None) or "", "")

    limit, offset = name_of("limit_query_param"), name_of("offset_query_param")
    size, page = name_of("page_size_query_param"), name_of("page_query_param")
    try:
        if limit and offset:
            return f"{limit}={shown}, {offset}={int(arguments.get(offset) or 0) + shown}"
        if size and page:
            before = int(arguments.get(page) or 1) - 1
            whole = int(arguments.get(size) or paginator.page_size) if before else 0
            whole = min(whole, getattr(paginator, "max_page_size", None) or whole)
            # The page on which the first item stands that was not shown.
            return f"{size}={shown}, {page}={(before * whole + shown) // shown + 1}"
    except (TypeError, ValueError):  # such as page=last
        pass
    return f"{size}={shown}" if size else ""


def narrowing(tool: Tool) -> str:
    """The arguments with which less would come, as a list of their names; empty where there are none."""
    paging = {getattr(_paginator(tool), name, None) for name in ("page_query_param", "cursor_query_param")}
    dull = {*paging, "offset", "ordering", api_settings.ORDERING_PARAM, api_settings.VERSION_PARAM}
    names = [name for key, name in _query_names(tool).items() if key not in dull]
    return ", ".join(names[:_NAMED])


def retriever(tool: Tool, tools: Iterable[Tool]) -> str:
    """The name of the tool that brings one object of those that this one lists, empty where there is none."""
    here = tool.endpoint
    for other in tools:
        there = other.endpoint
        is_of_view = there.viewset is here.viewset and there.action == "retrieve"
        if is_of_view and there.namespaces == here.namespaces and str(there.route).startswith(str(here.route)):
            return other.name
    return ""


def _query_names(tool: Tool) -> dict[str, str]:
    """What the tool calls the parameters of its query, by their own name."""
    return {parameter.key: parameter.name for parameter in tool.parameters.values() if parameter.location == "query"}


def _paginator(tool: Tool) -> Any:
    return tool.endpoint.ask_view(lambda view: getattr(view, "paginator", None), "the paginator")
