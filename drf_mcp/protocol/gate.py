"""The gate of the stateless revisions: what each request must say of itself, checked in a fixed order.

Headers mirror the body so that what stands between client and server can route without reading it.
A request whose two halves disagree would be routed as one thing and executed as another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .errors import HeaderMismatchError, InvalidParamsError, UnsupportedVersionError
from .headers import METHOD_KEY, NAME_KEY, PROTOCOL_VERSION_KEY, decode_value, header_value
from .jsonrpc import Request
from .levels import check_level
from .revisions import CLIENT_CAPABILITIES_META, LOG_LEVEL_META, PROTOCOL_VERSION_META, REVISIONS, Revision

NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The param that ``Mcp-Name`` mirrors, by method; other methods have no such header."""


def pass_gate(request: Request, headers: Mapping[str, str]) -> Revision:
    """Check what a stateless request says of itself; the first check that fails is answered.

    Args:
        request: The message.
        headers: The HTTP headers, named as in WSGI.

    Returns:
        The revision that it speaks.

    Raises:
        InvalidParamsError: ``_meta`` lacks what every request carries, or names a log level that is none.
        HeaderMismatchError: A header is missing or differs from the body.
        UnsupportedVersionError: The revision is not served, or only after a handshake.

    Spec: basic/transports/streamable-http#server-validation
    """
    for check in CHECKS:
        check(request, headers)
    return REVISIONS[request.meta[PROTOCOL_VERSION_META]]


def check_meta(request: Request, headers: Mapping[str, str]) -> None:
    """``_meta`` names the version and the client's capabilities. Spec: basic/index#meta"""
    missing = [key for key in (PROTOCOL_VERSION_META, CLIENT_CAPABILITIES_META) if key not in request.meta]
    if missing:
        message = f"Each request carries {' and '.join(missing)} in its _meta. This server speaks {_served()}."
        raise InvalidParamsError(message, data={"missing": missing, "supported": list(REVISIONS)})
    if not isinstance(request.meta[CLIENT_CAPABILITIES_META], dict):
        raise InvalidParamsError(f"{CLIENT_CAPABILITIES_META} is an object.")


def check_version_header(request: Request, headers: Mapping[str, str]) -> None:
    """The version in the header is the one in ``_meta``, even where neither is served."""
    _compare("MCP-Protocol-Version", header_value(headers, PROTOCOL_VERSION_KEY), request.meta[PROTOCOL_VERSION_META])


def check_version(request: Request, headers: Mapping[str, str]) -> None:
    """The version is one that needs no handshake. Spec: basic/versioning#protocol-version-negotiation"""
    requested = request.meta[PROTOCOL_VERSION_META]
    revision = REVISIONS.get(requested)
    if revision is None or revision.has_handshake:
        how = "" if revision is None else f" {requested} opens with initialize and has no such _meta."
        supported = [version for version in REVISIONS if version != requested]
        raise UnsupportedVersionError(
            f"Unsupported protocol version.{how} This server speaks {_served()}.",
            data={"supported": supported, "requested": requested},
        )


def check_method_header(request: Request, headers: Mapping[str, str]) -> None:
    """``Mcp-Method`` is the method."""
    _compare("Mcp-Method", header_value(headers, METHOD_KEY), request.method)


def check_name_header(request: Request, headers: Mapping[str, str]) -> None:
    """``Mcp-Name`` is what the method is called on, where it is called on anything."""
    if request.method in NAMED_BY:
        name = request.params.get(NAMED_BY[request.method])
        _compare("Mcp-Name", decode_value(header_value(headers, NAME_KEY)), name)


def check_log_level(request: Request, headers: Mapping[str, str]) -> None:
    """The level from which on the client wants log messages is one. Spec: server/utilities/logging"""
    if LOG_LEVEL_META in request.meta:
        check_level(request.meta[LOG_LEVEL_META])


CHECKS: tuple[Callable[[Request, Mapping[str, str]], None], ...] = (
    check_meta,
    check_version_header,
    check_version,
    check_method_header,
    check_name_header,
    check_log_level,
)
"""The checks in the order in which they answer. What a tool mirrors is checked where the tool is known."""


def _compare(name: str, value: str | None, expected: object) -> None:
    """Raise unless a header is there and says what the body says.

    Raises:
        HeaderMismatchError: It is not, or it does not.
    """
    if value is None:
        raise HeaderMismatchError(f"Header mismatch: {name} is missing or cannot be decoded.", data={"header": name})
    if value != expected:
        raise HeaderMismatchError(f"Header mismatch: {name} differs from the body.", data={"header": name})


def _served() -> str:
    return ", ".join(REVISIONS)
