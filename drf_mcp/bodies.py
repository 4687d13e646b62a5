"""Request bodies as a REST client would have written them: JSON, or a form with files."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from rest_framework.parsers import FormParser, JSONParser, MultiPartParser

from .arguments import BoundArguments, Upload
from .protocol.jsonrpc import dumps


def encode_body(arguments: BoundArguments, parser_classes: list[Any]) -> tuple[bytes, str]:
    """Write the body of a call in a media type that the view reads.

    Args:
        arguments: What the call carries.
        parser_classes: The parsers of the view.

    Returns:
        The body and its content type, both empty where the request has none.
    """
    if arguments.body is None:
        return b"", ""
    json_types = [p.media_type for p in parser_classes if issubclass(p, JSONParser) or _is_json(p.media_type)]
    if arguments.files or (not json_types and any(issubclass(p, MultiPartParser) for p in parser_classes)):
        return _multipart(arguments)
    if not json_types and any(issubclass(p, FormParser) for p in parser_classes):
        pairs = [pair for key, value in _fields(arguments) for pair in _flattened(key, value)]
        return urlencode(pairs).encode(), str(FormParser.media_type)
    return dumps(arguments.body), str(next(iter(json_types), "application/json"))


def _is_json(media_type: Any) -> bool:
    return str(media_type).endswith(("/json", "+json"))


def _multipart(arguments: BoundArguments) -> tuple[bytes, str]:
    """A form as DRF's parser reads one: nested keys with dots, objects of a list with an index."""
    boundary = f"drf-mcp-{secrets.token_hex(16)}"
    parts: list[bytes] = []
    for key, value in _fields(arguments):
        for name, text in _flattened(key, value):
            parts.append(_part(boundary, f'name="{_quoted(name)}"', text.encode()))
    for key, upload in arguments.files.items():
        parts.append(_file_part(boundary, key, upload))
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _fields(arguments: BoundArguments) -> list[tuple[str, Any]]:
    return [(str(key), value) for key, value in arguments.body.items()] if isinstance(arguments.body, Mapping) else []


def _file_part(boundary: str, key: str, upload: Upload) -> bytes:
    disposition = f'name="{_quoted(key)}"; filename="{_quoted(upload.name)}"'
    return _part(boundary, f"{disposition}\r\nContent-Type: {upload.content_type}", upload.content)


def _part(boundary: str, disposition: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def _quoted(text: str) -> str:
    """A header parameter's value, escaped as Django's parser reads it, and on one line."""
    return " ".join(text.splitlines()).replace("\\", "\\\\").replace('"', '\\"')


def _flattened(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        # DRF reads address.city for a nested object, and lines[0]sku for an object in a list.
        dot = "" if name.endswith("]") else "."
        for key, inner in value.items():
            yield from _flattened(f"{name}{dot}{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            is_nested = isinstance(inner, (Mapping, list))
            yield from _flattened(f"{name}[{index}]" if is_nested else name, inner)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value is None else str(value)
