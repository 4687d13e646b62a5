"""Results as a person would read them: headings, numbered items, labelled lines."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.utils.encoding import force_str
from django.utils.text import capfirst
from rest_framework.utils.encoders import JSONEncoder

from .budget import continuation, fitted, narrowing, next_page, retriever, shortened
from .conf import mcp_settings
from .selection import FIELDS
from .tools import Tool

_TIMESTAMP = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$")
_PAST = {"create": "created", "update": "updated", "partial_update": "updated", "destroy": "deleted"}
_DEEPEST = 10
"""How many levels of nested values stand on lines of their own."""


def readable_text(
    tool: Tool,
    data: Any,
    arguments: Mapping[str, Any],
    total: int | None = None,
    tools: Callable[[], Iterable[Tool]] = tuple,
) -> str:
    """Say in words what a call brought.

    Args:
        tool: The tool that was called.
        data: The answer of the ViewSet, as parsed JSON.
        arguments: What it was called with.
        total: How many items there are, where ``data`` is a list that was cut.
        tools: Gives the tools among which another may bring what is left out.

    Returns:
        Text of one or more lines, without a line break at the end. At most ``MAX_TEXT`` characters
        of it are data.
    """
    action, room = tool.endpoint.action, mcp_settings.MAX_TEXT
    is_function = tool.options.input is not None and action not in _PAST
    if data is None:
        text = _done(tool)
    elif not isinstance(data, (dict, list, tuple)):
        text = shortened(_value(data), room)
    elif action == "list" and not is_function:
        text = _list(tool, data, arguments, total, tools)
    elif action == "retrieve" and not is_function:
        text = _object(tool, data, arguments)
    elif action in _PAST:
        text = f"{_done(tool, data)[:-1]}:\n\n{_written(tool, data)}"
        if tool.is_brief and (one := retriever(tool, tools())):
            text += f"\n\n{one} brings the rest."
    else:
        intro = "" if is_function else f"{_done(tool)[:-1]}:\n\n"
        # What is longer for certain is not written down to be measured: it may be the size of a database.
        inline = "" if any(length > room for length in accumulate(_lengths(data))) else _json(data)
        if not inline or len(inline) > room:
            text = f"{intro}{_written(tool, data)}"
        else:
            text = inline if is_function else f"{intro}Response: {inline}"
    if tool.options.done:
        text += f"\n\n{_filled(tool.options.done, arguments)}"
    return text


def _lengths(value: Any) -> Iterator[int]:
    """How many characters of JSON each part of a value has at least."""
    left = [value]
    while left:
        value = left.pop()
        yield len(value) if isinstance(value, str) else 1
        if isinstance(value, (dict, list, tuple)):
            left.extend(value.values() if isinstance(value, dict) else value)


def plain_text(tool: Tool, text: str) -> str:
    """A text that a view answered, as far as it fits.

    Args:
        tool: The tool that was called.
        text: The text, of any length.

    Returns:
        The text itself where it fits; else its beginning, how much is left and with which arguments
        there would be less.
    """
    shown = shortened(text, mcp_settings.MAX_TEXT)
    if shown != text and (names := narrowing(tool)):
        shown += f"\n\nThere may be less with {names}."
    return shown


def _done(tool: Tool, data: Any = None) -> str:
    """That it worked, in a sentence."""
    action = tool.endpoint.action
    if action not in _PAST:
        return f"Successfully executed {action} action."
    noun = f"{len(data)} {_noun(tool, len(data))}" if isinstance(data, (list, tuple)) else tool.noun.singular
    return f"Successfully {_PAST[action]} {noun}."


def _written(tool: Tool, data: Any) -> str:
    """What a call wrote or made: an object, or numbered items."""
    if not isinstance(data, (list, tuple)):
        return fitted(_item(tool, data), mcp_settings.MAX_TEXT)
    blocks = _numbered(tool, data)
    if len(blocks) < len(data):
        blocks.append(f"{len(data) - len(blocks):,} more do not fit into this text.")
    return "\n\n".join(blocks)


def _object(tool: Tool, data: Any, arguments: Mapping[str, Any]) -> str:
    """One object, with its longest values shortened where they do not fit."""
    lines = _item(tool, data)
    text = fitted(lines, mcp_settings.MAX_TEXT)
    has_all = len(text) >= sum(map(len, lines))
    return text if has_all or FIELDS not in tool.parameters else f"{text}\n\n{FIELDS} brings some of them alone."


def _noun(tool: Tool, count: int) -> str:
    return tool.noun.singular if count == 1 else tool.noun.plural


def _list(
    tool: Tool, data: Any, arguments: Mapping[str, Any], whole: int | None, tools: Callable[[], Iterable[Tool]]
) -> str:
    is_page = isinstance(data, dict) and isinstance(data.get("results"), list)
    items = data["results"] if is_page else data
    if not isinstance(items, (list, tuple)):
        return fitted(_item(tool, data), mcp_settings.MAX_TEXT)
    page = data if is_page else {}
    blocks = _numbered(tool, items)
    shown = len(blocks)
    blocks.insert(0, _heading(tool, len(items), shown, page, whole))
    following = following_page(tool, page.get("next"))
    if left := len(items) - shown:
        blocks.append(rest_of(tool, arguments, left, shown, following, tools, "into this text"))
    elif following:
        blocks.append(f"For the next page call again with {following}.")
    elif whole and (names := narrowing(tool)):
        blocks.append(f"There may be fewer with {names}.")
    return "\n\n".join(blocks)


def _heading(tool: Tool, brought: int, shown: int, page: Mapping[str, Any], whole: int | None) -> str:
    """How many there are and how many of them follow; a cursor's pages do not know the whole."""
    if "count" not in page and (page.get("next") or page.get("previous")):
        heading = f"This page has {brought} {_noun(tool, brought)}"
    else:
        total = page.get("count", whole or brought)
        heading = f"Found {total} {_noun(tool, total)}"
        if not page and shown != total:
            return f"{heading}, of which the first {shown} follow:"
        if brought != total:
            heading += f", of which this page has {brought}"
    if shown < brought:
        heading += f"; the first {shown} of them follow"
    return f"{heading}:" if shown else f"{heading}."


def rest_of(
    tool: Tool,
    arguments: Mapping[str, Any],
    left: int,
    shown: int,
    following: str,
    tools: Callable[[], Iterable[Tool]] = tuple,
    where: str = "",
    of: str = "",
) -> str:
    """Say how many items were left out, and how to ask for them.

    Args:
        tool: The tool that was called.
        arguments: What it was called with.
        left: How many.
        shown: How many are there, 0 where they are no page of a list.
        following: The arguments that lead to the next page, empty where there is none.
        tools: Gives the tools among which another may bring one of them.
        where: What they did not fit into.
        of: Words for where they stood, empty for the objects of a list.

    Returns:
        A few sentences.
    """
    what = of or _noun(tool, left)
    sentences = [f"{left:,} more {what} did not fit{f' {where}' if where else ''}."]
    if (pages := continuation(tool, arguments, shown) if shown else "") and following:
        sentences.append(f"For the rest call again with {pages}.")
    elif pages:
        sentences.append(f"For them call again with {pages}.")
    elif names := narrowing(tool):
        sentences.append(f"There may be fewer with {names}.")
    if following and not pages:
        sentences.append(f"For the next page call again with {following}.")
    if FIELDS in tool.parameters and FIELDS not in arguments:
        sentences.append(f"More fit with {FIELDS}, which names what each of them is to have.")
    if shown and (one := retriever(tool, tools())):
        sentences.append(f"{one} brings one that is known.")
    return " ".join(sentences)


def _numbered(tool: Tool, items: Any) -> list[str]:
    """The items that fit, each of them whole; a first one that does not is shortened."""
    blocks: list[str] = []
    room = mcp_settings.MAX_TEXT
    for number, item in enumerate(items, 1):
        lines = _item(tool, item)
        block = f"{number}. " + "\n   ".join(lines)
        if len(block) > room:
            if not blocks:
                blocks.append(f"{number}. " + fitted(lines, room).replace("\n", "\n   "))
            break
        room -= len(block)
        blocks.append(block)
    return blocks


def following_page(tool: Tool, url: Any) -> str:
    """The arguments that lead to a page, read from the address that the paginator gave; empty where there is none."""
    return next_page(tool, parse_qsl(urlsplit(url).query)) if isinstance(url, str) else ""


def _item(tool: Tool, data: Any) -> list[str]:
    """One object as lines, the one that names it first."""
    if not isinstance(data, Mapping):
        return _value(data).splitlines() or [""]
    lines: list[str] = []
    labels, pk = tool.labels, tool.noun.pk
    for name, value in data.items():
        # Nearly every value is one of these, and a list has thousands of them.
        kind = type(value)
        if kind is str and "\n" not in value:
            shown = _moment(value) if value[10:11] == "T" else value
        elif kind is int or kind is bool or value is None:
            shown = value
        elif name != pk:
            lines += _field(labels.get(name) or _label(name), value)
            continue
        else:
            shown = _value(value)
        if name == pk:
            lines.insert(0, f"{tool.noun.name} ID: {shown}")
        else:
            lines.append(f"- {labels.get(name) or _label(name)}: {shown}")
    if lines and pk not in data:
        lines[0] = lines[0].removeprefix("- ")
    return lines or ["(empty)"]


def _field(label: str, value: Any, depth: int = 1) -> list[str]:
    if depth > _DEEPEST:
        return [f"- {label}: {_json(value)}"]
    if isinstance(value, Mapping) and value:
        inner = [line for name, entry in value.items() for line in _field(_label(str(name)), entry, depth + 1)]
        return [f"- {label}:", *(f"  {line}" for line in inner)]
    if isinstance(value, (list, tuple)) and any(isinstance(entry, (Mapping, list)) for entry in value):
        inner = [line for number, entry in enumerate(value, 1) for line in _field(str(number), entry, depth + 1)]
        return [f"- {label}:", *(f"  {line}" for line in inner)]
    first, *more = _value(value).split("\n")
    return [f"- {label}: {first}", *(f"  {line}" for line in more)]


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)) and not any(isinstance(entry, (list, tuple)) for entry in value):
        return ", ".join(_value(entry) for entry in value)
    if isinstance(value, (Mapping, list, tuple)):
        return _json(value)
    text = force_str(value)
    return _moment(text) if isinstance(value, str) else text


def _moment(text: str) -> str:
    """A timestamp as people write it; the exact one is in the structured content."""
    if text[10:11] != "T" or (found := _TIMESTAMP.match(text)) is None:
        return text
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    offset = found[3] or ""
    return f"{found[1]} {found[2]}" if offset in ("", "Z", "+00:00") else f"{found[1]} {found[2]} {offset}"


def _label(name: str) -> str:
    return capfirst(name.replace("_", " "))


def _json(data: Any) -> str:
    return json.dumps(data, cls=JSONEncoder, ensure_ascii=False)


def _filled(sentence: str, arguments: Mapping[str, Any]) -> str:
    return re.sub(r"\{([^{}]+)\}", lambda found: shortened(str(arguments.get(found[1], found[0])), 200), sentence)
