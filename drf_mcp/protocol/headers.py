"""The HTTP headers of the transport, read from plain strings under the names that WSGI gives them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from .errors import HeaderMismatchError, HTTPRefusalError

PROTOCOL_VERSION_KEY = "HTTP_MCP_PROTOCOL_VERSION"
"""The ``MCP-Protocol-Version`` header as WSGI and Django's META name it."""

SESSION_KEY = "HTTP_MCP_SESSION_ID"
"""The ``Mcp-Session-Id`` header."""

LAST_EVENT_KEY = "HTTP_LAST_EVENT_ID"
"""The ``Last-Event-ID`` header."""
METHOD_KEY = "HTTP_MCP_METHOD"
NAME_KEY = "HTTP_MCP_NAME"

PARAM_KEYWORD = "x-mcp-header"
"""The schema keyword that has a parameter mirrored in a header of its own."""

_ENCODED = re.compile(r"=\?base64\?(.*)\?=")
_PLAIN = re.compile(r"[\x20-\x7e\t]*")
_PARAM_NAME = re.compile(r"[A-Za-z0-9-]+")
_DECIMAL = re.compile(r"(-?[0-9]{1,40})(?:\.0+)?")


def check_content_type(content_type: str) -> None:
    """Accept JSON in UTF-8 and nothing else, so that no HTML form can reach a tool.

    Args:
        content_type: The ``Content-Type`` header, empty where it is missing.

    Raises:
        HTTPRefusalError: 415 for another media type or another charset.

    Spec: basic/transports#sending-messages-to-the-server
    """
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type != "application/json":
        raise HTTPRefusalError(415, "Send the message as Content-Type: application/json.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            raise HTTPRefusalError(415, "Send the message as UTF-8: JSON has no other charset.")


def header_value(headers: Mapping[str, str], key: str) -> str | None:
    """A header without the blanks around it, None where it is missing."""
    value = headers.get(key)
    return None if value is None else value.strip(" \t")


def decode_value(value: str | None) -> str | None:
    """Read a header that may carry its value as Base64.

    Args:
        value: The header's value, None where it is missing.

    Returns:
        The value that is meant; None where the header is missing, holds characters that no header
        may, or is marked as Base64 and is not exactly the Base64 of some UTF-8.

    Spec: basic/transports/streamable-http#value-encoding
    """
    if value is None or not _PLAIN.fullmatch(value):
        return None
    match = _ENCODED.fullmatch(value)
    if match is None:
        return value
    try:
        decoded = base64.b64decode(match[1], validate=True)
        # Python overlooks bits beyond the last byte, so that several spellings would mean one value.
        return decoded.decode() if base64.b64encode(decoded).decode() == match[1] else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def encode_value(value: str) -> str:
    """Write a value as a header may carry it: as it stands, or as Base64 where a header would change or lose it.

    Spec: basic/transports/streamable-http#value-encoding
    """
    if _PLAIN.fullmatch(value) and not _ENCODED.fullmatch(value) and value == value.strip(" \t"):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


def mirrored_params(schema: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Find the parameters of a tool that its calls mirror in headers.

    Args:
        schema: The input schema.
        path: Where in the arguments the schema stands.

    Returns:
        The names behind ``Mcp-Param-``, by the path of the argument.

    Raises:
        ValueError: A client would drop the tool: the keyword stands where it must not, the name is no
            header's, or two parameters share one.

    Spec: server/tools#x-mcp-header
    """
    found: dict[tuple[str, ...], str] = {}
    for keyword, value in schema.items():
        if keyword == PARAM_KEYWORD or (keyword != "properties" and _mentions_keyword(value)):
            raise ValueError(f"{PARAM_KEYWORD} stands under {keyword!r}, and only plain properties are mirrored.")
    for name, inner in (schema.get("properties") or {}).items():
        if not isinstance(inner, Mapping):
            continue
        if PARAM_KEYWORD in inner:
            found[*path, name] = _checked_name(name, inner)
        rest = {keyword: value for keyword, value in inner.items() if keyword != PARAM_KEYWORD}
        found.update(mirrored_params(rest, (*path, name)))
    names = [header.lower() for header in found.values()]
    if len(set(names)) < len(names):
        raise ValueError(f"Two parameters have the same {PARAM_KEYWORD}.")
    return found


def _mentions_keyword(value: Any) -> bool:
    if isinstance(value, Mapping):
        return PARAM_KEYWORD in value or any(map(_mentions_keyword, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_mentions_keyword, value))


def _checked_name(name: str, schema: Mapping[str, Any]) -> str:
    header = schema[PARAM_KEYWORD]
    if schema.get("type") not in ("string", "integer", "boolean"):
        raise ValueError(f"{PARAM_KEYWORD} on {name!r}: only a string, an integer or a boolean fits in a header.")
    # An underscore is lawful in a header's name, and servers and proxies drop such headers unread.
    if not isinstance(header, str) or not _PARAM_NAME.fullmatch(header):
        raise ValueError(f"{PARAM_KEYWORD} on {name!r} is {header!r}: use letters, digits and hyphens.")
    return header


def check_mirrored_params(
    mirrored: Mapping[tuple[str, ...], str], arguments: Mapping[str, Any], headers: Mapping[str, str]
) -> None:
    """Check that the headers of a call say what its arguments say.

    Args:
        mirrored: What ``mirrored_params`` found.
        arguments: The arguments of the call.
        headers: The HTTP headers, named as in WSGI.

    Raises:
        HeaderMismatchError: A header is missing, malformed, differs, or mirrors nothing.

    Spec: basic/transports/streamable-http#server-behavior-for-custom-headers
    """
    for path, name in mirrored.items():
        value: Any = arguments
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, (Mapping, list)):
            value = None  # of no type that a header can mirror, as the tool will say
        raw = header_value(headers, f"HTTP_MCP_PARAM_{name.upper().replace('-', '_')}")
        decoded = decode_value(raw)
        if (raw is not None or value is not None) and (decoded is None or not _is_same(decoded, value)):
            message = f"Header mismatch: Mcp-Param-{name} is missing, malformed, or differs from the body."
            raise HeaderMismatchError(message, data={"header": f"Mcp-Param-{name}", "argument": ".".join(path)})


def _is_same(decoded: str, value: Any) -> bool:
    """Compare as the client wrote it; whole numbers by their value, since ``42.0`` is ``42``."""
    if isinstance(value, bool):
        return decoded == str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        match = _DECIMAL.fullmatch(decoded)
        return match is not None and int(match[1]) == value
    return decoded == str(value)
