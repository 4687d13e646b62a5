"""Answers that fit: what a result has of what the view answered, and what it says of the rest.

Some clients give a model the text of a result, others the structured content alone; so each has a budget, and
each says by itself what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .conf import mcp_settings
from .protocol.jsonrpc import RawJSON, dumps
from .selection import identifying, identity_of, selected, wanted_fields
from .text import following_page, rest_of
from .tools import Tool

LEFT_OUT = "left_out"
"""Under which key the structured content says what it lacks."""


def chosen(tool: Tool, data: Any, raw: RawJSON, arguments: Mapping[str, Any]) -> tuple[Any, RawJSON]:
    """An answer without what the caller did not ask for, or what a brief one does not repeat.

    Args:
        tool: The tool that was called.
        data: The answer of the ViewSet, as parsed JSON.
        raw: The same as JSON.
        arguments: What it was called with.

    Returns:
        Both, which are the same objects where everything is wanted.
    """
    endpoint, names = tool.endpoint, wanted_fields(tool.parameters, arguments)
    if names is None and not tool.is_brief:
        return data, raw

    wanted = None if names is None else {*names, *identity_of(endpoint)}

    def lessened(item: Mapping[str, Any]) -> Mapping[str, Any]:
        kept = identifying(endpoint, item) if wanted is None else wanted
        return {key: value for key, value in item.items() if key in kept} or item  # an envelope has none of them

    less = selected(endpoint, data, lessened)
    return less, RawJSON(dumps(less))


def fit(
    tool: Tool,
    data: Any,
    raw: RawJSON,
    arguments: Mapping[str, Any],
    total: int | None = None,
    tools: Callable[[], Iterable[Tool]] = tuple,
) -> RawJSON:
    """The structured content, whose longest list leaves out what is beyond ``MAX_DATA``, whole items from its end.

    Args:
        tool: The tool that was called.
        data: The answer, as parsed JSON.
        raw: The same as JSON.
        arguments: What it was called with.
        total: How many items there were, where ``data`` is a list that was cut before.
        tools: Gives the tools among which another may bring what is left out.

    Returns:
        JSON; the same where it fits, and where there is no list to shorten, or no place to say so.
    """
    most = mcp_settings.MAX_DATA
    if not most or len(raw) <= most:
        return raw
    answer: dict[str, Any] = data if isinstance(data, dict) else {"result": data}
    if total is not None:
        answer = {**answer, "total": total}
    lists = {key: [len(dumps(item)) + 1 for item in value] for key, value in answer.items() if isinstance(value, list)}
    key = max(lists, key=lambda key: sum(lists[key]), default="")
    if not key or LEFT_OUT in answer or not _may_lack(tool.output_schema or {}, key):
        return raw
    room, count = most - (len(raw) - sum(lists[key])), 0
    for size in lists[key]:
        room -= size
        if room < 0:
            break
        count += 1
    count = max(count, 1)
    if count == len(lists[key]):
        return raw
    is_listed = tool.endpoint.action == "list" and key in ("results", "result")
    said = rest_of(
        tool,
        arguments,
        len(lists[key]) - count,
        count if is_listed else 0,
        following_page(tool, answer.get("next")),
        tools,
        of="" if is_listed else key,
    )
    return RawJSON(dumps({**answer, key: answer[key][:count], LEFT_OUT: said}))


def _may_lack(schema: Mapping[str, Any], key: str) -> bool:
    """Whether an answer may have fewer items under a key, and say so under one of its own."""
    of_key = schema.get("properties", {}).get(key, {})
    return schema.get("additionalProperties") is not False and "minItems" not in of_key
