"""The methods of MCP, one function each, and the table that ``dispatch`` reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .arguments import bind_arguments
from .catalog import ToolCatalog, get_catalog
from .context import Context
from .invocation import invoke, release
from .protocol.errors import InvalidParamsError, MethodNotFoundError
from .protocol.jsonrpc import RawJSON, Request
from .protocol.results import CallToolResult
from .rendering import render_result
from .tools import Tool

Method = Callable[[dict[str, Any], Context], Any]


def tools_list(params: dict[str, Any], context: Context) -> RawJSON:
    """List every tool.

    Args:
        params: May hold a ``cursor``; since the list is one page, none is ever valid.
        context: Who asks.

    Returns:
        ``{"tools": [...]}``, encoded.

    Raises:
        InvalidParamsError: There is a cursor.

    Spec: server/tools#listing-tools
    """
    if params.get("cursor") is not None:
        raise InvalidParamsError("Unknown cursor: the list of tools has one page.", data={"argument": "cursor"})
    return RawJSON(b'{"tools":%b}' % _catalog(context).encoded)


def tools_call(params: dict[str, Any], context: Context) -> CallToolResult:
    """Call a tool.

    Args:
        params: ``name`` and, where the tool takes any, ``arguments``.
        context: Who calls.

    Returns:
        What the ViewSet answered.

    Raises:
        MCPError: The tool is unknown, the arguments do not fit, or the call failed.

    Spec: server/tools#calling-tools
    """
    name, arguments = params.get("name"), params.get("arguments")
    if not isinstance(name, str):
        raise InvalidParamsError("tools/call needs the name of a tool, as a string.", data={"argument": "name"})
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise InvalidParamsError("The arguments of a tool are an object.", data={"argument": "arguments"})
    return call_tool(get_tool(name, context), arguments, context)


def get_tool(name: str, context: Context) -> Tool:
    """Find a tool by its name.

    Args:
        name: What the client sent.
        context: Who calls.

    Returns:
        The tool.

    Raises:
        InvalidParamsError: No tool has this name.
        MethodNotFoundError: The same, for clients of the first revision, which send no version.

    Spec: server/tools#error-handling
    """
    tool = _catalog(context).get_tool(name)
    if tool is None:
        error = InvalidParamsError if context.sent_version else MethodNotFoundError
        shown = name if len(name) <= 100 else f"{name[:100]}..."
        raise error(f"Unknown tool: {shown}", data={"name": shown})
    return tool


def call_tool(tool: Tool, arguments: dict[str, Any], context: Context) -> CallToolResult:
    """Bind, invoke, render: the last three steps of a call."""
    bound = bind_arguments(tool, arguments)
    request, response = invoke(tool.endpoint, bound, context)
    try:
        return render_result(tool, request, response, arguments, context)
    finally:
        release(response)


def _catalog(context: Context) -> ToolCatalog:
    return get_catalog(getattr(context._http_request, "urlconf", None))


METHODS: dict[str, Method] = {
    "tools/list": tools_list,
    "tools/call": tools_call,
}
"""What every revision has; the handshake era adds its own in ``legacy``."""


def dispatch(request: Request, context: Context, methods: dict[str, Method]) -> Any:
    """Run the method that a request names.

    Args:
        request: The message.
        context: Who sent it.
        methods: The table of the request's era.

    Returns:
        The result: a JSON-able value, ``RawJSON``, or an object with ``to_wire()``.

    Raises:
        MCPError: No such method, or whatever the method raises.

    Spec: basic/index#requests
    """
    method = methods.get(request.method)
    if method is None:
        shown = request.method if len(request.method) <= 100 else f"{request.method[:100]}..."
        raise MethodNotFoundError(f"Unknown method: {shown}", data={"method": shown})
    result = method(request.params, context)
    return result.to_wire() if hasattr(result, "to_wire") else result
