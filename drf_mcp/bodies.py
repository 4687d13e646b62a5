"""Request bodies as a REST client would have written them: JSON, or a form with files."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from rest_framework.parsers import FileUploadParser, FormParser, JSONParser, MultiPartParser

from .arguments import BoundArguments, Upload, branches, has_upload
from .parameters import Parameter
from .protocol.errors import InvalidParamsError
from .protocol.jsonrpc import dumps

_TEXT_LIMITS = {"enum", "pattern", "format", "minLength", "allOf", "anyOf"}


class _NotHeldError(Exception):
    """A form has no way to write a value."""


def encode_body(arguments: BoundArguments, parser_classes: list[Any]) -> tuple[bytes, str]:
    """Write the body of a call in a media type that the view reads.

    Args:
        arguments: What the call carries; a view that reads nothing but a file has its name in a header added here.
        parser_classes: The parsers of the view.

    Returns:
        The body and its content type, both empty where the request has none.

    Raises:
        InvalidParamsError: The view gets a form, which cannot hold a value as it is. The message names it.
    """
    if arguments.body is None:
        return b"", ""
    json_types = [p.media_type for p in parser_classes if issubclass(p, JSONParser) or _is_json(p.media_type)]
    reads_forms = any(issubclass(p, MultiPartParser) for p in parser_classes)
    has_files = bool(arguments.files) or has_upload(arguments.body)
    reads_raw = not reads_forms and any(issubclass(p, FileUploadParser) for p in parser_classes)
    if reads_raw and (has_files or len(parser_classes) == 1):
        return _raw(arguments)
    if has_files or (not json_types and reads_forms):
        return _multipart(arguments)
    if not json_types and any(issubclass(p, FormParser) for p in parser_classes):
        return urlencode(_fields(arguments)).encode(), str(FormParser.media_type)
    return dumps(arguments.body), str(next(iter(json_types), "application/json"))


def _is_json(media_type: Any) -> bool:
    return str(media_type).endswith(("/json", "+json"))


def _multipart(arguments: BoundArguments) -> tuple[bytes, str]:
    """A form as DRF's parser reads one: nested keys with dots, objects of a list with an index."""
    boundary = f"drf-mcp-{secrets.token_hex(16)}"
    parts = [
        _file_part(boundary, name, value)
        if isinstance(value, Upload)
        else _part(boundary, f'name="{_quoted(name)}"', value.encode())
        for name, value in _fields(arguments)
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _raw(arguments: BoundArguments) -> tuple[bytes, str]:
    """The bytes of the one file that ``FileUploadParser`` reads, its name beside them."""
    uploads = [(key, upload) for key, upload in arguments.files.items() if isinstance(upload, Upload)]
    for key in [
        *(arguments.body if isinstance(arguments.body, Mapping) else ["items"]),
        *(key for key, _ in uploads[1:]),
    ]:
        name = arguments.fields[key].name if key in arguments.fields else key
        message = f"Argument {name!r} cannot be sent: this tool's view reads one file and nothing else."
        raise InvalidParamsError(message, data={"argument": name})
    if not uploads:
        return b"", ""
    upload = uploads[0][1]
    arguments.headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(upload.name)}"
    return upload.content, upload.content_type


def _fields(arguments: BoundArguments) -> list[tuple[str, str | Upload]]:
    """The fields of a form in their order, files last."""
    found: list[tuple[str, str | Upload]] = []
    body = arguments.body
    if isinstance(body, list):
        # A list that is the whole body has no name: [0]sku.
        body = {f"[{index}]": item for index, item in enumerate(body) if isinstance(item, Mapping)}
    for key, value in body.items() if isinstance(body, Mapping) else ():
        parameter = arguments.fields.get("" if body is not arguments.body else key)
        parameter = parameter or Parameter(str(key), "body", str(key), {})
        schema = parameter.schema.get("items", {}) if body is not arguments.body else parameter.schema
        try:
            found.extend(_flattened(str(key), value, schema, is_listed=body is not arguments.body))
        except _NotHeldError:
            message = (
                f"Argument {parameter.name!r}: the request is a form, as every request with a file is, and no form "
                "holds this null, empty or nested list, object, or value in place of a list as it is. Leave it out or "
                "send it without a file."
            )
            raise InvalidParamsError(message, data={"argument": parameter.name}) from None
    for key, uploads in arguments.files.items():
        found.extend((key, upload) for upload in (uploads if isinstance(uploads, list) else [uploads]))
    return found


def _file_part(boundary: str, key: str, upload: Upload) -> bytes:
    disposition = f'name="{_quoted(key)}"; filename="{_quoted(upload.name)}"'
    return _part(boundary, f"{disposition}\r\nContent-Type: {upload.content_type}", upload.content)


def _part(boundary: str, disposition: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def _quoted(text: str) -> str:
    """A header parameter's value, escaped as Django's parser reads it, and on one line."""
    return " ".join(text.splitlines()).replace("\\", "\\\\").replace('"', '\\"')


def _flattened(
    name: str, value: Any, schema: Mapping[str, Any], *, is_listed: bool = False, is_child: bool = False
) -> Iterator[tuple[str, str | Upload]]:
    """The fields of one value.

    Args:
        name: The name of the field.
        value: What it holds.
        schema: What it may hold; empty where nobody knows.
        is_listed: True inside a list, where DRF keeps the last of the values that have one name.
        is_child: True for a value of a ``ListField`` or a ``DictField``, which DRF takes as the text that it is.
    """
    options = branches(schema)
    types = {option.get("type") for option in options}
    if isinstance(value, Upload):
        yield name, value
    elif _is_misfit(value, types):
        raise _NotHeldError
    elif {"object", "array"} <= types and not is_child and (value is not None or "null" in types):
        yield name, dumps(value).decode()
    elif isinstance(value, Mapping) and value:
        yield from _object(name, value, options, is_listed=is_listed)
    elif isinstance(value, list) and value and not is_listed:
        known = [option["items"] for option in options if "items" in option]
        for index, inner in enumerate(value):
            place = f"{name}[{index}]" if isinstance(inner, Mapping) else name
            yield from _flattened(place, inner, known[0] if known else {}, is_listed=True, is_child=bool(known))
    elif isinstance(value, str):
        yield name, value
    elif isinstance(value, (bool, int, float)) and not (is_child and (None in types or "object" in types)):
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
    elif value is None and not is_child and "null" in types and not any(map(_takes_blank, options)):
        yield name, ""
    else:
        raise _NotHeldError


def _is_misfit(value: Any, types: set[Any]) -> bool:
    """Whether a form would make something else of it: a list of a text, a text of a list, nothing of an object."""
    if isinstance(value, (Mapping, list)):
        return not types & {None, "object" if isinstance(value, Mapping) else "array"}
    return "array" in types and types <= {"array", "null"} and value is not None


def _object(
    name: str, value: Mapping[str, Any], options: list[Mapping[str, Any]], *, is_listed: bool
) -> Iterator[tuple[str, str | Upload]]:
    """DRF reads address.city for a nested object, and lines[0]sku for an object in a list."""
    dot = "" if name.endswith("]") else "."
    named = {key: schema for option in options for key, schema in option.get("properties", {}).items()}
    others = [rest for option in options if isinstance(rest := option.get("additionalProperties"), Mapping)]
    for key, inner in value.items():
        is_child = key not in named and bool(others)
        if is_child and isinstance(inner, (Mapping, list)):
            raise _NotHeldError
        schema = others[0] if is_child else named.get(key, {})
        yield from _flattened(f"{name}{dot}{key}", inner, schema, is_listed=is_listed, is_child=is_child)


def _takes_blank(schema: Mapping[str, Any]) -> bool:
    """Whether an empty text is a value of its own, for which a form's empty field is read."""
    if schema.get("type") != "string":
        return False
    return "" in schema.get("enum", ()) or schema.get("maxLength") == 0 or not schema.keys() & _TEXT_LIMITS
