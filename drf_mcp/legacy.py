"""What the revisions with a handshake have and 2026-07-28 has not: ``initialize``, ``ping``, and four old names."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any, cast

from .conf import mcp_settings
from .context import Context
from .methods import (
    METHODS,
    Method,
    has_speaking_tools,
    is_told_of_changes,
    server_capabilities,
    tools_call,
    tools_list,
)
from .prompts import has_prompts, prompts_get, prompts_list
from .protocol.errors import InvalidParamsError, MethodNotFoundError
from .protocol.jsonrpc import RawPieces
from .protocol.levels import check_level
from .protocol.results import CallToolResult, ContentBlock
from .protocol.revisions import negotiate
from .reception import has_threads
from .sessions import Session, can_keep_sessions, client_info
from .subscriptions import resources_subscribe, resources_unsubscribe

logger = logging.getLogger("drf_mcp")


def initialize(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Open a connection, with a session only where a tool speaks while it runs, or the client can listen.

    Args:
        params: ``protocolVersion`` is echoed if it is served; the rest is the client's own.
        context: Who asks.

    Returns:
        The negotiated version, the capabilities and the server's name.

    Spec: basic/lifecycle#initialization
    """
    context = replace(context, revision=negotiate(params.get("protocolVersion")))
    result: dict[str, Any] = {
        "protocolVersion": context.revision.version,
        "capabilities": {"experimental": {}, **server_capabilities(context)},
        "serverInfo": dict(mcp_settings.SERVER_INFO),
    }
    if mcp_settings.INSTRUCTIONS:
        result["instructions"] = mcp_settings.INSTRUCTIONS
    http_request = context._http_request
    speaks = has_speaking_tools(http_request)
    if (speaks or is_told_of_changes(context)) and has_threads(http_request) and can_keep_sessions(http_request):
        capabilities = _known_capabilities(params.get("capabilities"))
        session = Session(context.identity.key, capabilities, client_info(params.get("clientInfo")))
        try:
            session.save()
        except Exception:  # whatever a cache has; all that needs no session works without it
            logger.exception("The cache keeps no session, so this client can neither be asked nor told of changes.")
            _promise_nothing(result["capabilities"])
            return result
        context._response_headers["Mcp-Session-Id"] = session.id
        if speaks:
            result["capabilities"]["logging"] = {}
    return result


def _promise_nothing(capabilities: dict[str, dict[str, Any]]) -> None:
    """Take back what only a session keeps."""
    for offered in capabilities.values():
        offered.pop("subscribe", None)
        offered.update({"listChanged": False} if "listChanged" in offered else {})


def _known_capabilities(declared: Any) -> dict[str, Any]:
    """What of a client's capabilities is kept: what a tool can ask for."""
    if not isinstance(declared, dict):
        return {}
    return {
        name: declared[name] for name in ("elicitation", "sampling", "roots") if isinstance(declared.get(name), dict)
    }


def set_level(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Set the least level of the log messages that the client wants; without a session there are none.

    Raises:
        InvalidParamsError: There is no such level.

    Spec: server/utilities/logging
    """
    check_level(params.get("level"))
    if context._session is not None:
        context._session.log_level = params["level"]
        context._session.save()
    return {}


def ping(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Answer that the server is there.

    Spec: basic/utilities/ping
    """
    return {}


def list_tools_alias(params: dict[str, Any], context: Context) -> Any:
    """``tools/list`` under its old name, whose result is the bare array, which has no place for a cursor: all pages."""
    return _all(tools_list, "tools", context)


def _all(list_page: Method, key: str, context: Context) -> list[Any]:
    found: list[Any] = []
    params: dict[str, Any] | None = {}
    while params is not None:
        page = list_page(params, context)
        page = json.loads(b"".join(page)) if isinstance(page, RawPieces) else page
        found += page[key]
        params = {"cursor": page["nextCursor"]} if "nextCursor" in page else None
    return found


def call_tool_alias(params: dict[str, Any], context: Context) -> list[ContentBlock]:
    """``tools/call`` under its old name, whose result is the bare content.

    Raises:
        InvalidParamsError: The tool refused, which a bare array has no place to say.
    """
    result = cast("CallToolResult", tools_call(params, context))
    if result.is_error:
        data = None if result.structured is None else json.loads(result.structured)
        raise InvalidParamsError(" ".join(block.get("text", "") for block in result.content), data=data)
    return result.content


def list_prompts_alias(params: dict[str, Any], context: Context) -> list[Any]:
    """``prompts/list`` under its old name, whose result is the bare array; it is empty where there are none."""
    return _all(prompts_list, "prompts", context) if has_prompts() else []


def get_prompt_alias(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """``prompts/get`` under its old name.

    Raises:
        InvalidParamsError: There is no such prompt, or its arguments do not fit.
    """
    try:
        return cast("dict[str, Any]", prompts_get(params, context))
    except MethodNotFoundError as error:  # the old name is there, whatever it finds
        raise InvalidParamsError(f"Unknown prompt. {error.message}", data={"argument": "name"}) from None


HANDSHAKE_METHODS: dict[str, Method] = {
    **METHODS,
    "initialize": initialize,
    "ping": ping,
    "logging/setLevel": set_level,
    "resources/subscribe": resources_subscribe,
    "resources/unsubscribe": resources_unsubscribe,
    "list_tools": list_tools_alias,
    "call_tool": call_tool_alias,
    "list_prompts": list_prompts_alias,
    "get_prompt": get_prompt_alias,
}
"""The methods of the handshake era."""
