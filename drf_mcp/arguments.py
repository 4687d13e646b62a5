"""Arguments of a tool call, put where the request wants them.

What the project's serializers and filters judge is passed on as it came. Judged here is only what
they never see: names that the tool does not have, and values that no URL can hold.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .protocol.errors import InvalidParamsError
from .tools import Parameter, Tool

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


@dataclass(frozen=True, slots=True)
class BoundArguments:
    """The arguments of one call, by the part of the request that they belong to.

    Args:
        kwargs: URL kwargs.
        query: Query parameters, each with its values in order.
        body: What the body holds, None where the request has none.
    """

    kwargs: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)
    body: Any = None


def bind_arguments(tool: Tool, arguments: Mapping[str, Any]) -> BoundArguments:
    """Sort a call's arguments into URL, query string and body.

    Args:
        tool: The tool that is called.
        arguments: What the client sent.

    Returns:
        The bound arguments.

    Raises:
        InvalidParamsError: An unknown argument, a missing part of the URL, or a value of a type that
            its place cannot hold. The message names it and ``data.argument`` does, too.

    Spec: server/tools#calling-tools
    """
    kwargs: dict[str, str] = {}
    query: dict[str, list[str]] = {}
    fields: dict[str, Any] = {}
    takes_fields = tool.is_open or any(p.location == "body" for p in tool.parameters.values())
    body: Any = fields if takes_fields else None
    for name, value in arguments.items():
        parameter = tool.parameters.get(name)
        if parameter is None:
            if tool.is_open:
                fields[name] = value
                continue
            raise _unknown(tool, name)
        value = _parsed(parameter, value)
        if parameter.location == "path":
            if value is not None:
                kwargs[parameter.key] = _path_value(parameter, value)
        elif parameter.location == "query":
            if value is not None:
                query[parameter.key] = _query_values(parameter, value)
        elif parameter.location == "items":
            body = value
        else:
            fields[parameter.key] = value
    _check_required(tool, arguments)
    return BoundArguments(kwargs, query, body)


def _check_required(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Miss what no serializer will: the parts of the URL, and what an author declared as a plain schema."""
    is_declared = isinstance(tool.options.input, dict)
    for name in tool.input_schema.get("required", ()):
        parameter = tool.parameters[name]
        is_missing = arguments.get(name) is None if parameter.location == "path" else name not in arguments
        if is_missing and (parameter.location in ("path", "items") or is_declared):
            description = parameter.schema.get("description", "")
            raise InvalidParamsError(f"Missing argument {name!r}. {description}".rstrip(), data={"argument": name})
    if is_declared:
        for name, value in arguments.items():
            _check_type(tool.parameters[name], value)


def _check_type(parameter: Parameter, value: Any) -> None:
    declared = parameter.schema.get("type", list(_JSON_TYPES))
    allowed = declared if isinstance(declared, list) else [declared]
    if not any(_is_of_type(value, name) for name in allowed):
        raise _wrong_type(parameter, " or ".join(allowed))


def _is_of_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _JSON_TYPES.get(name, object))


def _parsed(parameter: Parameter, value: Any) -> Any:
    """Read the JSON that some models send as a string where an object or an array is meant."""
    wanted = parameter.schema.get("type")
    if not isinstance(value, str) or wanted not in ("object", "array"):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed if _is_of_type(parsed, wanted) else value


def _path_value(parameter: Parameter, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _wrong_type(parameter, "string")
    text = str(value)
    if not text or _CONTROL.search(text):
        raise InvalidParamsError(
            f"Argument {parameter.name!r} is empty or has control characters, which no address holds.",
            data={"argument": parameter.name},
        )
    return text


def _query_values(parameter: Parameter, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if any(isinstance(item, (dict, list)) or item is None for item in values):
        raise _wrong_type(parameter, "string, number or boolean")
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _wrong_type(parameter: Parameter, wanted: str) -> InvalidParamsError:
    return InvalidParamsError(
        f"Argument {parameter.name!r} must be of type {wanted}.",
        data={"argument": parameter.name, "type": parameter.schema.get("type", wanted)},
    )


def _unknown(tool: Tool, name: str) -> InvalidParamsError:
    known = list(tool.parameters)
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5) if len(name) <= 100 else []
    shown = name if len(name) <= 100 else f"{name[:100]}..."
    message = f"Unknown argument {shown!r}."
    if nearest:
        message += f" Did you mean {nearest[0]!r}?"
    elif known:
        message += f" This tool takes {', '.join(known)}."
    else:
        message += " This tool takes no arguments."
    return InvalidParamsError(message, data={"argument": shown, "nearest": nearest[:1], "arguments": known})
