"""What two answers to the same call say about each other."""

import base64
from collections.abc import Iterator
from typing import Any

from .calls import Answer
from .words import DIFFERENT, FAILURE, HIDDEN, REFUSAL, SAME, SLOW, TOLD

MAX_ITEMS = 200


def verdict(rest: Answer, tool: Answer, again: Answer) -> tuple[str, str]:
    """Compare a tool call with the REST call.

    Args:
        rest: REST's answer before the tool call.
        tool: The tool's.
        again: REST's answer afterwards: what differs between the two REST answers differs by itself.

    Returns:
        One of the words for an outcome, and why.
    """
    if "timeout" in (rest.kind, tool.kind, again.kind):
        return SLOW, f"REST {rest.status}, tool {tool.status}"
    if rest.status != again.status:
        return REFUSAL if tool.status in (rest.status, again.status) else DIFFERENT, "REST itself answers changeably"
    statuses = f"REST {rest.status}, tool {tool.status}: {(tool.note or rest.note)[:200]}"
    if rest.status >= 500:
        if tool.status >= 500:
            return FAILURE, rest.note
        return (TOLD if tool.status in (400, 409) else DIFFERENT), f"{statuses} / {rest.note}"
    if rest.status >= 300:
        return _of_refusals(rest, tool, again, statuses)
    if rest.kind == "page":
        return DIFFERENT, f"REST answers with a page; {statuses}"
    if tool.status >= 300 or tool.status < 200:
        return DIFFERENT, statuses
    return _of_data(rest, tool, again)


def _of_refusals(rest: Answer, tool: Answer, again: Answer, statuses: str) -> tuple[str, str]:
    if tool.early and tool.note.startswith("Unknown tool") and rest.status in (401, 403):
        return HIDDEN, str(rest.status)
    if tool.early:
        is_same = rest.status == (404 if "no such address" in tool.note else 400)
        return (REFUSAL if is_same else DIFFERENT), f"refused before the call; {statuses}"
    if tool.status != rest.status:
        return DIFFERENT, statuses
    if rest.status == 400 and rest.kind == "json":
        found = real_differences(listed(rest.data), listed(tool.data), listed(again.data))
        if found:
            return DIFFERENT, f"400 with other errors: {found[0]}"
    return REFUSAL, str(rest.status)


def listed(errors: Any) -> Any:
    """Errors in drf_mcp's one form: by field, each field's messages as strings in a list."""
    if isinstance(errors, dict) and errors.keys() == {"type", "errors"}:  # of drf-standardized-errors
        return _by_field(errors["errors"])
    return _as_messages(errors if isinstance(errors, dict) else {"non_field_errors": errors})


def _by_field(errors: list[dict[str, str | None]]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for error in errors:
        *outer, last = (error["attr"] or "non_field_errors").split(".")
        level = nested
        for name in outer:
            level = level.setdefault(name, {})
        level.setdefault(last, []).append(error["detail"])
    return nested


def _as_messages(errors: Any) -> Any:
    if isinstance(errors, dict):
        return {
            key: _as_messages(value if isinstance(value, (dict, list)) else [value]) for key, value in errors.items()
        }
    return [_as_messages(value) for value in errors] if isinstance(errors, list) else str(errors)


def _of_data(rest: Answer, tool: Answer, again: Answer) -> tuple[str, str]:
    if rest.kind == "empty":
        return (SAME, "") if tool.kind == "text" else (DIFFERENT, f"REST is empty, the tool says {tool.data!r:.200}")
    if rest.kind == "json":
        if tool.kind != "json":
            return DIFFERENT, f"REST has JSON, the tool {tool.kind}"
        found = real_differences(structured(rest.data), tool.data, structured(again.data))
        return (DIFFERENT, f"data: {found[0]}") if found else (SAME, "")
    if rest.data != again.data:
        return SAME, "of a changing content only the kind"
    data = rest.data
    if isinstance(data, bytes) and isinstance(tool.data, str):
        data = base64.b64encode(data).decode()
    return (SAME, "") if data == tool.data else (DIFFERENT, f"other {rest.kind}: {tool.data!r:.100}")


def structured(data: Any) -> Any:
    """REST's data as a tool's structured content should hold it."""
    if isinstance(data, dict):
        return data
    if isinstance(data, list) and len(data) > MAX_ITEMS:
        return {"result": data[:MAX_ITEMS], "total": len(data)}
    return {"result": data}


def real_differences(one: Any, other: Any, again: Any) -> list[str]:
    """Where a tool's value differs from REST's, aside from what differs between two REST calls as well."""
    volatile = {path for path, _ in differences(one, again)}
    return [
        f"{path}: {what}"
        for path, what in differences(one, other)
        if not any(path == changing or path.startswith((f"{changing}.", f"{changing}[")) for changing in volatile)
    ]


def differences(one: Any, other: Any, path: str = "$") -> Iterator[tuple[str, str]]:
    """Each place where two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if key not in other:
                yield f"{path}.{key}", "only under REST"
            elif key not in one:
                yield f"{path}.{key}", "only from the tool"
            else:
                yield from differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield path, f"{len(one)} items, the tool has {len(other)}"
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from differences(left, right, f"{path}[{index}]")
    elif one != other or type(one) is not type(other):
        yield path, f"{one!r:.120}, the tool has {other!r:.120}"
