"""Results as a person would read them: headings, numbered items, labelled lines."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.utils.encoding import force_str
from django.utils.text import capfirst
from rest_framework.utils.encoders import JSONEncoder

from .tools import Tool

_TIMESTAMP = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$")
_PAST = {"create": "created", "update": "updated", "partial_update": "updated", "destroy": "deleted"}


def readable_text(tool: Tool, data: Any, arguments: Mapping[str, Any], total: int | None = None) -> str:
    """Say in words what a call brought.

    Args:
        tool: The tool that was called.
        data: The answer of the ViewSet, as Python objects or as parsed JSON.
        arguments: What it was called with.
        total: How many items there are, where ``data`` is a list that was cut.

    Returns:
        Text of one or more lines, without a line break at the end.
    """
    action = tool.endpoint.action
    if data is None:
        text = _done(tool)
    elif not isinstance(data, (dict, list, tuple)):
        text = _value(data)
    elif tool.options.input is not None and action not in _PAST:
        text = _json(data)
    elif action == "list":
        text = _list(tool, data, total)
    elif action == "retrieve":
        text = "\n".join(_item(tool, data))
    elif action in _PAST and isinstance(data, (list, tuple)):
        text = f"{_done(tool, data)[:-1]}:\n\n" + "\n\n".join(_numbered(tool, data))
    elif action in _PAST:
        text = f"{_done(tool)[:-1]}:\n\n" + "\n".join(_item(tool, data))
    else:
        text = f"{_done(tool)[:-1]}:\n\nResponse: {_json(data)}"
    if tool.options.done:
        text += f"\n\n{_filled(tool.options.done, arguments)}"
    return text


def _done(tool: Tool, items: Any = None) -> str:
    """That it worked, in a sentence."""
    action = tool.endpoint.action
    if action not in _PAST:
        return f"Successfully executed {action} action."
    noun = tool.noun.singular if items is None else f"{len(items)} {_noun(tool, len(items))}"
    return f"Successfully {_PAST[action]} {noun}."


def _noun(tool: Tool, count: int) -> str:
    return tool.noun.singular if count == 1 else tool.noun.plural


def _list(tool: Tool, data: Any, whole: int | None) -> str:
    is_page = isinstance(data, dict) and isinstance(data.get("results"), list)
    items = data["results"] if is_page else data
    if not isinstance(items, (list, tuple)):
        return "\n".join(_item(tool, data))
    blocks = [_heading(tool, items, data if is_page else {}, whole), *_numbered(tool, items)]
    if is_page and (following := _next_page(tool, data.get("next"))):
        blocks.append(f"For the next page call again with {following}.")
    return "\n\n".join(blocks)


def _heading(tool: Tool, items: Any, page: Mapping[str, Any], whole: int | None) -> str:
    """How many there are and how many of them follow; a cursor's pages do not know the whole."""
    shown = len(items)
    if "count" not in page and (page.get("next") or page.get("previous")):
        return f"This page has {shown} {_noun(tool, shown)}:"
    total = page.get("count", whole or shown)
    heading = f"Found {total} {_noun(tool, total)}"
    if shown != total:
        heading += f", of which this page has {shown}" if page else f", of which the first {shown} follow"
    return f"{heading}:" if shown else f"{heading}."


def _numbered(tool: Tool, items: Any) -> list[str]:
    blocks = []
    for number, item in enumerate(items, 1):
        lines = "\n   ".join(_item(tool, item))
        blocks.append(f"{number}. {lines}")
    return blocks


def _next_page(tool: Tool, url: Any) -> str:
    """The arguments that lead to a page, read from the address that the paginator gave."""
    if not isinstance(url, str):
        return ""
    known = {parameter.key for parameter in tool.parameters.values() if parameter.location == "query"}
    return ", ".join(f"{key}={value}" for key, value in parse_qsl(urlsplit(url).query) if key in known)


def _item(tool: Tool, data: Any) -> list[str]:
    """One object as lines, the one that names it first."""
    if not isinstance(data, Mapping):
        return _value(data).splitlines() or [""]
    lines: list[str] = []
    for name, value in data.items():
        if name == tool.noun.pk:
            lines.insert(0, f"{tool.noun.name} ID: {_value(value)}")
            continue
        label = tool.labels.get(name) or _label(name)
        # Nearly every value is one of these, and a list has thousands of them.
        kind = type(value)
        if kind is str and "\n" not in value:
            lines.append(f"- {label}: {_moment(value)}")
        elif kind is int or kind is bool or value is None:
            lines.append(f"- {label}: {value}")
        else:
            lines += _field(label, value)
    if lines and tool.noun.pk not in data:
        lines[0] = lines[0].removeprefix("- ")
    return lines or ["(empty)"]


def _field(label: str, value: Any) -> list[str]:
    if isinstance(value, Mapping) and value:
        inner = [line for name, entry in value.items() for line in _field(_label(str(name)), entry)]
        return [f"- {label}:", *(f"  {line}" for line in inner)]
    if isinstance(value, (list, tuple)) and any(isinstance(entry, (Mapping, list)) for entry in value):
        inner = [line for number, entry in enumerate(value, 1) for line in _field(str(number), entry)]
        return [f"- {label}:", *(f"  {line}" for line in inner)]
    first, *more = _value(value).split("\n")
    return [f"- {label}: {first}", *(f"  {line}" for line in more)]


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(entry) for entry in value)
    if isinstance(value, Mapping):
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
    return f"{found[1]} {found[2]}"


def _label(name: str) -> str:
    return capfirst(name.replace("_", " "))


def _json(data: Any) -> str:
    return json.dumps(data, cls=JSONEncoder, ensure_ascii=False)


def _filled(sentence: str, arguments: Mapping[str, Any]) -> str:
    return re.sub(r"\{([^{}]+)\}", lambda found: str(arguments.get(found[1], found[0])), sentence)
