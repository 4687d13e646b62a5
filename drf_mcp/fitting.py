"""Answers that fit: what a result has of what the view answered, and what it says of the rest.

Some clients give a model the text of a result, others the structured content alone; so each has a budget, and
each says by itself what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .budget import LEFT_OUT, cut_to, share_of
from .conf import mcp_settings
from .protocol.jsonrpc import RawJSON, dumps
from .selection import FIELDS, identifying, identity_of, selected, wanted_fields
from .text import following_page, rest_of
from .tools import Tool


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
) -> RawJSON | None:
    """The structured content without what is beyond ``MAX_DATA``.

    The longest list leaves out whole items from its end. What is still too long has its longest strings cut.

    Args:
        tool: The tool that was called.
        data: The answer, as parsed JSON.
        raw: The same as JSON.
        arguments: What it was called with.
        total: How many items there were, where ``data`` is a list that was cut before.
        tools: Gives the tools among which another may bring what is left out.

    Returns:
        JSON; the same where it fits, or where the tool promises a shape that has no room for less. None where it
        promises none, and nothing in the answer can be shortened: the text then stands alone.
    """
    most, schema = mcp_settings.MAX_DATA, tool.output_schema or {}
    if not most or len(raw) <= most:
        return raw
    answer: dict[str, Any] = data if isinstance(data, dict) else {"result": data}
    if total is not None:
        answer = {**answer, "total": total}
    over, said = len(raw) - most, list[str]()
    if (key := _longest_list(answer)) and LEFT_OUT not in answer and _may_lack(schema, key):
        kept, over = _first_items(answer[key], over)
        if left := len(answer[key]) - len(kept):
            said.append(_rest(tool, answer, arguments, key, left, tools))
            answer = {**answer, key: kept}
    if over > 0:
        answer, over, cut = _with_shorter_texts(answer, schema, over)
        if cut and FIELDS in tool.parameters and FIELDS not in arguments:
            cut += f" {FIELDS} brings some fields alone."
        said += [cut] if cut else []
    if over > 0 and tool.output_schema is None:
        return None
    if said and LEFT_OUT not in answer and schema.get("additionalProperties") is not False:
        answer = {**answer, LEFT_OUT: " ".join(said)}
    return RawJSON(dumps(answer)) if said else raw


def _longest_list(answer: Mapping[str, Any]) -> str:
    """Under which key the most of an answer stands that is a list, empty where none is."""
    lists = {key: len(dumps(value)) for key, value in answer.items() if isinstance(value, list) and value}
    return max(lists, key=lambda key: lists[key], default="")


def _may_lack(schema: Mapping[str, Any], key: str) -> bool:
    """Whether an answer may have fewer items under a key, and say so under one of its own."""
    of_key = schema.get("properties", {}).get(key, {})
    return schema.get("additionalProperties") is not False and "minItems" not in of_key


def _first_items(items: list[Any], over: int) -> tuple[list[Any], int]:
    """The first items of a list, at least one, and by how many bytes they are still too long."""
    kept = len(items)
    while over > 0 and kept > 1:
        kept -= 1
        over -= len(dumps(items[kept])) + 1
    return items[:kept], over


def _rest(
    tool: Tool,
    answer: Mapping[str, Any],
    arguments: Mapping[str, Any],
    key: str,
    left: int,
    tools: Callable[[], Iterable[Tool]],
) -> str:
    """That items are left out of the list under a key, and what brings them."""
    is_listed = tool.endpoint.action == "list" and key in ("results", "result")
    shown = len(answer[key]) - left if is_listed else 0
    following = following_page(tool, answer.get("next"))
    return rest_of(tool, arguments, left, shown, following, tools, of="" if is_listed else key)


# Strings

_UNCUT = 1000
"""How many bytes of a string are never cut: names, addresses and keys are shorter."""
_MARK = 40
"""How many bytes the words have at the end of one that was cut."""
_HARMLESS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "title", "description"}
    | {"default", "maxLength", "readOnly", "writeOnly", "deprecated"}
)
"""The keywords of shapes that hold for a string that was cut, and for what it stands in."""


def _with_shorter_texts(
    answer: dict[str, Any], schema: Mapping[str, Any], over: int
) -> tuple[dict[str, Any], int, str]:
    """An answer whose longest strings are cut, each saying so at its end.

    Args:
        answer: The structured content.
        schema: What it keeps to.
        over: By how many bytes it is too long.

    Returns:
        The answer, by how many bytes it is still too long, and a sentence for what was cut, empty if nothing was.
    """
    sizes: list[int] = []

    def measure(_: str, text: str) -> str:
        sizes.append(len(dumps(text)))
        return text

    _each_text(answer, schema, measure)
    sizes = [size for size in sizes if size > _UNCUT + _MARK]
    room = max(share_of(sizes, sum(sizes) - over), _UNCUT) - _MARK
    saved, cut = 0, dict[str, None]()

    def cut_one(name: str, text: str) -> str:
        nonlocal saved
        size = len(dumps(text))
        if size <= max(room, _UNCUT) + _MARK or len(short := cut_to(text, room)) >= len(text):
            return text
        saved += size - len(dumps(short))
        cut[name] = None
        return short

    less = _each_text(answer, schema, cut_one)
    names = ", ".join(map(repr, list(cut)[:6]))
    said = f"Cut, as the end of each says: {names}. Never write back what is cut." if cut else ""
    return less, over - saved, said


def _each_text(value: Any, schema: Any, change: Callable[[str, str], str], name: str = "result") -> Any:
    """The same with each string changed of which its schema says no more than that it is one.

    Args:
        value: JSON.
        schema: What it keeps to.
        change: Gives the new string for the name that an old one stands under, and that string.
        name: The name of the value.
    """
    if not isinstance(schema, Mapping) or not schema.keys() <= _HARMLESS:
        return value
    if isinstance(value, str):
        return change(name, value)
    if isinstance(value, list):
        return [_each_text(item, schema.get("items", {}), change, name) for item in value]
    if isinstance(value, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        others = {} if others is True else others
        return {key: _each_text(inner, known.get(key, others), change, key) for key, inner in value.items()}
    return value
