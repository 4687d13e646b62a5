"""Answers that fit: what a result has of what the view answered, and what it says of the rest.

Some clients give a model the text of a result, others the structured content alone; so each has a budget, and
each says by itself what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .budget import LEFT_OUT, cut_to, longest_of, shortened
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

    What weighs more is cut first, the longest list or all beside it, and the other only where that is not enough: a
    list leaves out whole items from its end, and long strings lose theirs.

    Args:
        tool: The tool that was called.
        data: The answer, as parsed JSON.
        raw: The same as JSON.
        arguments: What it was called with.
        total: How many items there were, where ``data`` is a list that was cut before.
        tools: Gives the tools among which another may bring what is left out.

    Returns:
        JSON; the whole where it fits, or where the tool promises a shape that has no room for less. None where it
        promises none, and the answer cannot be shortened enough: the text then stands alone.
    """
    most, schema = mcp_settings.MAX_DATA, tool.output_schema or {}
    if not most or len(raw) <= most:
        return raw
    answer = _as_object(data, total)
    says_so = _may_say_so(answer, schema)
    key, size = _longest_list(answer, schema) if says_so else ("", 0)
    if not key and len(raw) > mcp_settings.MAX_FILE_SIZE:
        return raw  # which is refused as too large, and copied no more for that
    whole = size + len(dumps({**answer, key: []} if key else answer))
    if whole <= most:
        return RawJSON(dumps(answer))  # each letter beyond ASCII took six bytes
    said, over = list[str](), whole - most
    for is_list in (True, False) if 2 * size > whole else (False, True):
        if over > 0 and is_list and key:
            kept, over = _first_items(answer[key], size - over)
            if left := len(answer[key]) - len(kept):
                said.append(_rest(tool, answer, arguments, key, left, tools))
                answer = {**answer, key: kept}
        elif over > 0 and not is_list:
            answer, over, cut = _with_shorter_texts(tool, answer, over, arguments)
            said += cut
    if over > 0 and tool.output_schema is None:
        return None
    if said and says_so:
        answer = {**answer, LEFT_OUT: " ".join(said)}
    return RawJSON(dumps(answer)) if said else raw


def _as_object(data: Any, total: int | None) -> dict[str, Any]:
    answer: dict[str, Any] = data if isinstance(data, dict) else {"result": data}
    return answer if total is None else {**answer, "total": total}


def _may_say_so(answer: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    """Whether an answer may have one key more, which says what it lacks."""
    is_open = schema.keys() <= _HARMLESS and schema.get("additionalProperties", True) in (True, {})
    return is_open and LEFT_OUT not in answer and LEFT_OUT not in schema.get("properties", {})


def _longest_list(answer: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, int]:
    """Under which key the longest list stands that may have fewer items, empty where none is, and its bytes."""
    known = schema.get("properties", {})

    def may_lack(key: str) -> bool:
        of_key = known.get(key, {})
        return of_key is True or (isinstance(of_key, Mapping) and of_key.keys() <= _HARMLESS - {"minItems"})

    lists = [(key, value) for key, value in answer.items() if value and isinstance(value, list) and may_lack(key)]
    sizes = [(key, sum(len(dumps(item)) + 1 for item in value)) for key, value in lists]  # one by one: they may be many
    return max(sizes, key=lambda entry: entry[1], default=("", 0))


def _first_items(items: list[Any], room: int) -> tuple[list[Any], int]:
    """As many items of a list as have room, at least one, and by how many bytes that is too long."""
    count = 0
    for item in items:
        size = len(dumps(item)) + 1
        if count and size > room:
            break
        room -= size
        count += 1
    return items[:count], -room


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
    of = _named(key) if key in (tool.output_schema or {}).get("properties", {}) else "its longest list"
    return rest_of(tool, arguments, left, shown, following, tools, of="" if is_listed else f"of {of}")


def _named(key: str) -> str:
    """A key that the schema declares, in a sentence. One that only an answer has may be anybody's words."""
    return repr(shortened(key, 50))


# Strings

_UNCUT = 1000
"""How many bytes of a string are never cut: names, addresses and keys are shorter."""
_HARMLESS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "title", "description"}
    | {"default", "maxLength", "readOnly", "writeOnly", "deprecated"}
)
"""The keywords of shapes that hold for a string that was cut, and for what it stands in."""


def _with_shorter_texts(
    tool: Tool, answer: dict[str, Any], over: int, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], int, list[str]]:
    """An answer whose longest strings are cut, each saying so at its end.

    Args:
        tool: The tool that was called.
        answer: The structured content.
        over: By how many bytes it is too long.
        arguments: What it was called with.

    Returns:
        The answer, by how many bytes it is still too long, and a sentence for what was cut, none if nothing was.
    """
    schema, sizes = tool.output_schema or {}, list[int]()

    def measure(_: str, text: str) -> str:
        sizes.append(len(dumps(text)))
        return text

    _each_text(answer, schema, measure)
    longest, measured = longest_of(sizes, over, _UNCUT), iter(sizes)
    saved, cut = 0, dict[str, None]()

    def cut_one(name: str, text: str) -> str:
        nonlocal saved
        size = next(measured)
        if (short := cut_to(text, size, longest)) is not text:
            saved += size - len(dumps(short))
            cut[name] = None
        return short

    less = _each_text(answer, schema, cut_one)
    if not cut:
        return less, over, []
    names = [_named(name) for name in cut if name][:6]
    which = ", ".join(names) + (" and others" if names and len(names) < len(cut) else "") or "some strings"
    said = f"Cut, as the end of each says: {which}. Never write back what is cut."
    if FIELDS in tool.parameters and FIELDS not in arguments:
        said += f" {FIELDS} brings some fields alone."
    return less, over - saved, [said]


def _each_text(value: Any, schema: Any, change: Callable[[str, str], str], name: str = "") -> Any:
    """The same with each string changed of which its schema says no more than that it is one.

    Args:
        value: JSON.
        schema: What it keeps to.
        change: Gives the new string for the key that an old one stands under, and that string.
        name: The key of the value, empty where no schema declares it.
    """
    schema = {} if schema is True else schema
    if not isinstance(schema, Mapping) or not schema.keys() <= _HARMLESS:
        return value
    if isinstance(value, str):
        return change(name, value)
    if isinstance(value, list):
        return [_each_text(item, schema.get("items", {}), change, name) for item in value]
    if isinstance(value, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        return {
            key: _each_text(inner, known.get(key, others), change, key if key in known else "")
            for key, inner in value.items()
        }
    return value
