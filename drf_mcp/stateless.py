"""What the revisions without a handshake have: ``server/discover``, and more to say with each result."""

from __future__ import annotations

from typing import Any

from .conf import mcp_settings
from .context import Context
from .methods import METHODS, Method, dispatch, server_capabilities
from .protocol.errors import MethodNotFoundError
from .protocol.jsonrpc import RawJSON, RawPieces, Request
from .protocol.results import stateless_result
from .protocol.revisions import REVISIONS


def server_discover(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Say which revisions are served and what this server can do.

    Args:
        params: Nothing but ``_meta``.
        context: Who asks.

    Returns:
        The versions, the capabilities and the instructions, if there are any.

    Spec: server/discover
    """
    result = {"supportedVersions": list(REVISIONS), "capabilities": server_capabilities(context)}
    if mcp_settings.INSTRUCTIONS:
        result["instructions"] = mcp_settings.INSTRUCTIONS
    return result


def refuse_initialize(params: dict[str, Any], context: Context) -> None:
    """Tell a client that shakes hands in a revision without handshakes where it can.

    Raises:
        MethodNotFoundError: Always.

    Spec: basic/versioning#backward-compatibility-with-initialization-based-versions
    """
    raise MethodNotFoundError(
        f"Unknown method: initialize. {context.revision.version} has no handshake. This server speaks "
        f"{', '.join(REVISIONS)}; leave the version out of _meta and the header to open with initialize.",
        data={"method": "initialize", "supported": list(REVISIONS)},
    )


STATELESS_METHODS: dict[str, Method] = {
    **METHODS,
    "server/discover": server_discover,
    "initialize": refuse_initialize,
}
"""The methods of the revisions without a handshake."""


def dispatch_stateless(request: Request, context: Context) -> RawJSON | RawPieces:
    """Run the method that a request names, and say with its result what these revisions want said.

    Args:
        request: The message; it has passed the gate.
        context: Who sent it.

    Returns:
        The result, encoded.

    Raises:
        MCPError: No such method, or whatever the method raises.

    Spec: basic/index#requests
    """
    result = dispatch(request, context, STATELESS_METHODS)
    return stateless_result(request.method, result, mcp_settings.SERVER_INFO)
