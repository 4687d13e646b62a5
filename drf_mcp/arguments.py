"""Arguments of a tool call, put where the request wants them.

What the project's serializers and filters judge is passed on as it came. Judged here is only what
they never see: names that the tool does not have, and values that no URL or header can hold.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .conf import mcp_settings
from .parameters import Parameter
from .protocol.errors import InvalidParamsError, ParseError
from .protocol.jsonrpc import loads
from .schema import is_file_schema
from .selection import wanted_fields
from .tools import Tool

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w-]+=[^;,]*)*);base64,", re.ASCII)
_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_SHOWN = 100
"""How many characters of a client's own words an error repeats."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for a multipart body.

    Args:
        name: The file's name, without any path.
        content_type: Its media type.
        content: Its bytes.
    """

    name: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class BoundArguments:
    """The arguments of one call, by the part of the request that they belong to.

    Args:
        kwargs: URL kwargs.
        query: Query parameters, each with its values in order.
        headers: Header values by header name.
        accept: Parameters of the ``Accept`` header.
        body: What the body holds, None where the request has none.
        items: A list that is the whole body, None where there is none.
        files: Uploads by field, for a form; those inside a list or an object stand in the body, at their place.
        fields: The parameters of the body's fields by key, under an empty one that of ``items``.
    """

    kwargs: dict[str, str] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    accept: dict[str, str] = field(default_factory=dict)
    body: Any = None
    items: Any = None
    files: dict[str, Upload | list[Upload]] = field(default_factory=dict)
    fields: dict[str, Parameter] = field(default_factory=dict)


def bind_arguments(tool: Tool, arguments: Mapping[str, Any]) -> BoundArguments:
    """Sort a call's arguments into URL, query string, headers and body.

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
    signature = tool.signature
    bound = BoundArguments(kwargs=dict(tool.path_defaults), body={} if tool.takes_body else None)
    for name, value in arguments.items():
        parameter = signature.parameters.get(name)
        if parameter is None:
            if signature.open_location is None:
                raise _unknown(tool, name)
            parameter = Parameter(name, signature.open_location, name, {})
        if parameter.location == "answer":
            wanted_fields(signature.parameters, arguments)
            continue
        _place(bound, parameter, _parsed(parameter, value))
    _check_required(tool, arguments)
    if bound.items is not None:
        if bound.body:
            message = "The argument 'items' is the whole body; leave out the other fields."
            raise InvalidParamsError(message, data={"argument": "items"})
        bound.body = bound.items
    return bound


def _place(bound: BoundArguments, parameter: Parameter, value: Any) -> None:
    """Put one value where it goes; null says nothing outside of a body."""
    if not parameter.key:
        if not isinstance(value, dict):
            raise _wrong_type(parameter, "object")
        for key, inner in value.items():
            _place(bound, Parameter(parameter.name, parameter.location, key, {}), inner)
    elif parameter.location == "body" or (parameter.location == "file" and value is None):
        bound.body[parameter.key] = _with_files(parameter, value, parameter.schema)
        bound.fields[parameter.key] = parameter
    elif parameter.location == "items":
        bound.items = _with_files(parameter, value, parameter.schema)
        bound.fields[""] = parameter
    elif value is None:
        return
    elif parameter.location == "path":
        bound.kwargs[parameter.key] = _line(parameter, value)
    elif parameter.location == "query":
        bound.query[parameter.key] = _query_values(parameter, value)
    elif parameter.location == "file":
        takes_many = isinstance(value, list) and parameter.schema.get("type") == "array"
        bound.files[parameter.key] = (
            [_upload(parameter, item) for item in value] if takes_many else _upload(parameter, value)
        )
    else:
        place = bound.headers if parameter.location == "header" else bound.accept
        place[parameter.key] = _line(parameter, value)


def branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas of which a value fits one."""
    return list(schema.get("anyOf", [schema]))


def has_upload(value: Any) -> bool:
    """Whether there is a file anywhere in a value of a body."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, Upload) or any(map(has_upload, inner))


def _with_files(parameter: Parameter, value: Any, schema: Mapping[str, Any]) -> Any:
    """A value of the body with an upload wherever its schema has a file; all else stays as it came."""
    for branch in branches(schema) if isinstance(value, (dict, list)) else ():
        if isinstance(value, dict) and is_file_schema(branch):
            return _upload(parameter, value)
        if isinstance(value, dict) and (named := branch.get("properties")):
            return {key: _with_files(parameter, inner, named.get(key, {})) for key, inner in value.items()}
        if isinstance(value, dict) and isinstance(rest := branch.get("additionalProperties"), Mapping):
            return {key: _with_files(parameter, inner, rest) for key, inner in value.items()}
        if isinstance(value, list) and branch.get("items"):
            return [_with_files(parameter, inner, branch["items"]) for inner in value]
    return value


def _check_required(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Miss what no serializer will: the parts of the URL, and what an author declared as a plain schema."""
    is_verbatim = tool.signature.is_verbatim
    for name in tool.input_schema.get("required", ()):
        parameter = tool.parameters.get(name)
        if parameter is None or not (is_verbatim or parameter.location in ("path", "items")):
            continue
        if arguments.get(name) is None if parameter.location == "path" else name not in arguments:
            description = parameter.schema.get("description", "")
            said = f": {description}" if description else "."
            raise InvalidParamsError(f"Missing argument {name!r}{said}", data={"argument": name})
    if is_verbatim:
        for name, value in arguments.items():
            if name in tool.parameters and tool.parameters[name].location in ("body", "query"):
                _check_type(tool.parameters[name], value)


def _check_type(parameter: Parameter, value: Any) -> None:
    allowed = _types(parameter.schema)
    if allowed and not any(_is_of_type(value, name) for name in allowed):
        raise _wrong_type(parameter, " or ".join(allowed))


def _types(schema: Mapping[str, Any]) -> list[str]:
    """The JSON types that a schema names, its branches' included; none where it names none."""
    declared = schema.get("type", [])
    branches = [name for branch in schema.get("anyOf", ()) for name in _types(branch)]
    return [*(declared if isinstance(declared, list) else [declared]), *branches]


def _is_of_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _JSON_TYPES.get(name, object))


def _parsed(parameter: Parameter, value: Any) -> Any:
    """Read the JSON that some models send as a string where only an object or an array is meant."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    wanted = [name for name in _types(parameter.schema) if name != "null"]
    if wanted not in (["object"], ["array"]):
        return value
    try:
        parsed = loads(value.encode())
    except (ParseError, UnicodeEncodeError):
        return value
    return parsed if _is_of_type(parsed, wanted[0]) else value


def _line(parameter: Parameter, value: Any) -> str:
    """A string, or an integer for one, that stands in an address or a header."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _wrong_type(parameter, "string")
    text = str(value)
    if not text or _CONTROL.search(text):
        raise InvalidParamsError(
            f"Argument {parameter.name!r} is empty or has control characters, which no address or header holds.",
            data={"argument": parameter.name},
        )
    return text


def _query_values(parameter: Parameter, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if any(isinstance(item, (dict, list)) or item is None for item in values):
        raise _wrong_type(parameter, "string, number or boolean")
    texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
    # Models send a list for what the description calls several values in one text, and a view would take the last.
    is_one_text = parameter.schema.get("type") == "string" and "comma-separated" in parameter.schema.get(
        "description", ""
    )
    return [",".join(texts)] if is_one_text else texts


def _upload(parameter: Parameter, value: Any) -> Upload:
    """Decode ``{"name": ..., "content": <Base64 or data URI>}``."""
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in ("name", "content")):
        raise _wrong_type(parameter, "object with the strings name and content")
    name, content = re.split(r"[\\/]", value["name"])[-1], value["content"]
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if match := _DATA_URI.match(content):
        content_type, content = match[1] or content_type, content[match.end() :]
    if not name or _CONTROL.search(name):
        raise InvalidParamsError(
            f"Argument {parameter.name!r}: the file needs a plain name.", data={"argument": parameter.name}
        )
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidParamsError(
            f"Argument {parameter.name!r}: the content is not Base64.", data={"argument": parameter.name}
        ) from None
    if len(decoded) > mcp_settings.MAX_FILE_SIZE:
        raise InvalidParamsError(
            f"Argument {parameter.name!r}: a file has at most {mcp_settings.MAX_FILE_SIZE} bytes here.",
            data={"argument": parameter.name, "limit": mcp_settings.MAX_FILE_SIZE},
        )
    return Upload(name, content_type, decoded)


def _wrong_type(parameter: Parameter, wanted: str) -> InvalidParamsError:
    return InvalidParamsError(
        f"Argument {parameter.name!r} must be of type {wanted}.",
        data={"argument": parameter.name, "type": parameter.schema.get("type", wanted)},
    )


def _unknown(tool: Tool, name: str) -> InvalidParamsError:
    known = list(tool.parameters)
    is_long = len(name) > _SHOWN
    nearest = [] if is_long else difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    shown = f"{name[:_SHOWN]}..." if is_long else name
    message = f"Unknown argument {shown!r}."
    if nearest:
        message += f" Did you mean {nearest[0]!r}?"
    elif known:
        message += f" This tool takes {', '.join(known)}."
    else:
        message += " This tool takes no arguments."
    return InvalidParamsError(message, data={"argument": shown, "nearest": nearest, "arguments": known})
