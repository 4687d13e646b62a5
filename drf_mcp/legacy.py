"""What the revisions with a handshake have and 2026-07-28 has not: ``initialize``, ``ping``, and four old names."""

from __future__ import annotations

import json
from typing import Any

from .conf import mcp_settings
from .context import Context
from .methods import METHODS, Method, server_capabilities, tools_call, tools_list
from .prompts import has_prompts, prompts_get, prompts_list
from .protocol.errors import InvalidParamsError, MethodNotFoundError
from .protocol.results import ContentBlock
from .protocol.revisions import negotiate


def initialize(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Open a connection, without keeping any state of it.

    Args:
        params: ``protocolVersion`` is echoed if it is served; the rest is the client's own.
        context: Who asks.

    Returns:
        The negotiated version, the capabilities and the server's name.

    Spec: basic/lifecycle#initialization
    """
    result: dict[str, Any] = {
        "protocolVersion": negotiate(params.get("protocolVersion")).version,
        "capabilities": {"experimental": {}, **server_capabilities(context)},
        "serverInfo": dict(mcp_settings.SERVER_INFO),
    }
    if mcp_settings.INSTRUCTIONS:
        result["instructions"] = mcp_settings.INSTRUCTIONS
    return result


def ping(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Answer that the server is there.

    Spec: basic/utilities/ping
    """
    return {}


def list_tools_alias(params: dict[str, Any], context: Context) -> Any:
    """``tools/list`` under its old name, whose result is the bare array."""
    return json.loads(tools_list(params, context))["tools"]


def call_tool_alias(params: dict[str, Any], context: Context) -> list[ContentBlock]:
    """``tools/call`` under its old name, whose result is the bare content.

    Raises:
        InvalidParamsError: The tool refused, which a bare array has no place to say.
    """
    result = tools_call(params, context)
    if result.is_error:
        data = None if result.structured is None else json.loads(result.structured)
        raise InvalidParamsError(" ".join(block.get("text", "") for block in result.content), data=data)
    return result.content


def list_prompts_alias(params: dict[str, Any], context: Context) -> list[Any]:
    """``prompts/list`` under its old name, whose result is the bare array; it is empty where there are none."""
    return prompts_list(params, context)["prompts"] if has_prompts() else []


def get_prompt_alias(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """``prompts/get`` under its old name.

    Raises:
        InvalidParamsError: There is no such prompt, or its arguments do not fit.
    """
    try:
        return prompts_get(params, context)
    except MethodNotFoundError as error:  # the old name is there, whatever it finds
        raise InvalidParamsError(f"Unknown prompt. {error.message}", data={"argument": "name"}) from None


HANDSHAKE_METHODS: dict[str, Method] = {
    **METHODS,
    "initialize": initialize,
    "ping": ping,
    "list_tools": list_tools_alias,
    "call_tool": call_tool_alias,
    "list_prompts": list_prompts_alias,
    "get_prompt": get_prompt_alias,
}
"""The methods of the handshake era."""
