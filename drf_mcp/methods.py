"""The methods of MCP, one function each, and the table that ``dispatch`` reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from django.http import HttpRequest

from . import searching
from .arguments import BoundArguments, bind_arguments
from .auth.challenge import UnauthorizedError
from .catalog import ToolCatalog, offered_catalog
from .completion import completion_complete
from .confirmation import confirm
from .context import Context
from .declarations import registry
from .elicitation import NoAnswer, askable
from .failures import not_done
from .invocation import invoke, release
from .links import file_links
from .prompts import has_prompts, prompts_get, prompts_list, sees_prompt
from .protocol.capabilities import missing_capabilities
from .protocol.errors import InvalidParamsError, MethodNotFoundError, MissingCapabilityError
from .protocol.headers import check_mirrored_params
from .protocol.jsonrpc import RawPieces, Request, dumps
from .protocol.pagination import page_of
from .protocol.results import CallToolResult, InputRequiredResult, blocks_for
from .rendering import render_result
from .resources import (
    has_resources,
    has_templates,
    resources_list,
    resources_read,
    resources_templates_list,
)
from .rounds import in_rounds
from .sessions import can_keep_sessions, can_listen
from .time_limit import OutOfTimeError, TimeIsUpError, in_time
from .tools import Tool
from .visibility import Viewer

Method = Callable[[dict[str, Any], Context], Any]


def tools_list(params: dict[str, Any], context: Context) -> RawPieces:
    """List the tools that the caller may see.

    Args:
        params: May hold the ``cursor`` of the page before.
        context: Who asks.

    Returns:
        ``{"tools": [...]}``, encoded, with ``nextCursor`` where there is another page.

    Raises:
        InvalidParamsError: The cursor is none of this caller's list.

    Spec: server/tools#listing-tools
    """
    viewer, catalog = Viewer(context), _catalog(context)
    items: Sequence[Tool | searching.OwnTool] = catalog.tools
    sees: Callable[[Any], bool] = viewer.sees
    places: Mapping[str, int] | None = catalog.places
    if searching.is_on(len(items)):
        items, sees, places = searching.listed([*filter(sees, catalog.tools)]), lambda _: True, None
    cursor, name = params.get("cursor"), attrgetter("name")
    page, cursor = page_of(items, cursor, method="tools/list", key=name, sees=sees, marks=viewer, places=places)
    listed = [piece for tool in page for piece in (b",", tool.encoded)][1:]
    more = b"" if cursor is None else b',"nextCursor":%b' % dumps(cursor)
    return RawPieces((b'{"tools":[', *listed, b"]%b}" % more))


def tools_call(params: dict[str, Any], context: Context) -> CallToolResult | InputRequiredResult:
    """Call a tool.

    Args:
        params: ``name`` and, where the tool takes any, ``arguments``.
        context: Who calls.

    Returns:
        What the ViewSet answered or, for a tool that asks, what it wants to know.

    Raises:
        MCPError: The tool is unknown to this caller, the arguments do not fit, or the call failed.

    Spec: server/tools#calling-tools
    """
    name, arguments = params.get("name"), params.get("arguments")
    if not isinstance(name, str):
        raise InvalidParamsError("tools/call needs the name of a tool, as a string.", data={"argument": "name"})
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise InvalidParamsError("The arguments of a tool are an object.", data={"argument": "arguments"})
    if (answer := searching.answer(name, arguments, context)) is not None:
        return answer
    tool = get_tool(name, context)
    context._call.found(tool.name, tool)
    try:
        check_call(tool, arguments, context)
        if not tool.asks:
            result = call_tool(tool, arguments, context)
            if result.is_error:
                get_tool(name, context, has_failed=True)
            return result
    except Exception:
        get_tool(name, context, has_failed=True)
        raise
    try:
        non_atomic = getattr(tool.endpoint.callback, "_non_atomic_requests", ())
        return in_rounds(f"tools/call {tool.name}", params, context, partial(call_tool, tool, arguments), non_atomic)
    except NoAnswer as error:
        return not_done(422, error.code, error.detail)


def may_speak(message: Request, context: Context) -> bool:
    """Whether a call may send anything before its result, and its client wants to hear it.

    Args:
        message: The request.
        context: Who sent it.

    Returns:
        True for a tool that reports and a client that gave a progress token or a log level, or whose
        revision lets the tool hang up; and for a tool or prompt that asks and a client that is asked
        while the call is open.
    """
    can_be_asked = context._session is not None and bool(askable(context.client_capabilities))
    name = message.params.get("name")
    if message.method in ("prompts/get", "get_prompt"):
        return can_be_asked and registry.prompt_asks(name) and sees_prompt(name, context)
    if message.method not in ("tools/call", "call_tool"):
        return False
    tool = _catalog(context).get_tool(name)
    if tool is None:
        return False
    can_hang_up = context._session is not None and context.revision.version >= "2025-11-25"
    wants_to_hear = context.progress_token is not None or context.log_level is not None
    speaks = (tool.asks and can_be_asked) or (tool.options.reports and (wants_to_hear or can_hang_up))
    return bool(speaks) and Viewer(context).sees(tool)


def get_tool(name: str, context: Context, *, has_failed: bool = False) -> Tool:
    """Find a tool by its name. One that is not for this caller is not there.

    Permissions are asked where a caller is new to a tool. Whom this process has let in before, the view itself judges
    in the call, and only if that fails it is asked whether there is such a tool for the caller at all.

    Args:
        name: What the client sent.
        context: Who calls.
        has_failed: Whether the call was made, and failed.

    Returns:
        The tool.

    Raises:
        InvalidParamsError: No tool of this caller's has this name.
        MethodNotFoundError: The same, for clients of the first revision, which send no version.
        UnauthorizedError: The same, for a caller without credentials where these could bring more tools.

    Spec: server/tools#error-handling
    """
    catalog, viewer = _catalog(context), Viewer(context)
    tool = catalog.get_tool(name)
    # A name that is none has some tool looked at, too, so that it takes as long as one that is hidden.
    looked_at = tool or catalog.stand_in(name)
    is_known = looked_at is not None and viewer.knows(looked_at)
    if tool is not None and is_known and not has_failed and not tool.asks:
        return tool
    is_seen = looked_at is not None and viewer.sees(looked_at)
    if tool is not None:
        viewer.remember(tool, sees=is_seen)
        if is_seen:
            return tool
    if context.identity.is_anonymous and any(map(viewer.misses, catalog.tools)):
        raise UnauthorizedError("This tool needs a signed-in caller, or there is none of this name.")
    error = InvalidParamsError if context.sent_version else MethodNotFoundError
    shown = name if len(name) <= 100 else f"{name[:100]}..."
    raise error(f"Unknown tool: {shown}{searching.hint(context)}", data={"name": shown})


def check_call(tool: Tool, arguments: dict[str, Any], context: Context) -> None:
    """Check what a client must say and have for this tool, before anything of it runs.

    Args:
        tool: The tool.
        arguments: The arguments of the call.
        context: Who calls.

    Raises:
        HeaderMismatchError: A header does not say what the argument that it mirrors says.
        MissingCapabilityError: The client did not declare what the tool requires.

    Spec: server/tools#x-mcp-header
    """
    if not context.revision.has_handshake and not context._call.through:  # a client knows of its own tools' headers
        check_mirrored_params(tool.mirrored, arguments, context._http_request.META)
    if missing := missing_capabilities(tool.options.requires or {}, context.client_capabilities):
        raise MissingCapabilityError(missing)


def call_tool(tool: Tool, arguments: dict[str, Any], context: Context) -> CallToolResult:
    """Bind, invoke, render: the last three steps of a call, with a question before it where it needs one."""
    if tool.confirmation:
        arguments = dict(arguments)
        code = arguments.pop(tool.confirmation, None)
    bound = bind_arguments(tool, arguments)
    if tool.confirmation and (refused := confirm(tool, arguments, code, context)):
        return refused
    work = partial(_answer, tool, bound, arguments, context)
    try:
        return in_time(f"The tool {tool.name}", tool.options.time_limit, work)
    except OutOfTimeError as error:
        more = _MAY_FINISH if isinstance(error, TimeIsUpError) else ""
        return not_done(error.status, error.code, f"The tool {error}{more}")


_MAY_FINISH = " It may still finish, so look at what it has done before you call it again."


def _answer(tool: Tool, bound: BoundArguments, arguments: dict[str, Any], context: Context) -> CallToolResult:
    """Invoke and render."""
    request, response = invoke(tool.endpoint, bound, context)
    try:
        result = render_result(tool, request, response, arguments, context)
        links = file_links(tool, bound, response, context)
        return result.with_blocks(blocks_for(context.revision.version, links)) if links else result
    finally:
        release(response)


def _catalog(context: Context) -> ToolCatalog:
    return offered_catalog(getattr(context._http_request, "urlconf", None))


def has_speaking_tools(http_request: HttpRequest) -> bool:
    """Whether any tool reports or asks while it runs, or any prompt asks."""
    catalog = offered_catalog(getattr(http_request, "urlconf", None))
    return registry.has_asking_prompts() or any(tool.options.reports or tool.asks for tool in catalog.tools)


def needs_sessions(http_request: HttpRequest) -> bool:
    """Whether there is anything to keep for a client between its requests: what a tool asks, or what it listens to.

    Args:
        http_request: The request to the MCP endpoint.
    """
    return can_listen(http_request) or has_speaking_tools(http_request)


def is_told_of_changes(context: Context) -> bool:
    """Whether a client can be told of what changes.

    Args:
        context: Who asks. With a handshake it takes a session, and a revision whose stream is at this address.

    Spec: 2025-11-25 basic/transports#listening-for-messages-from-the-server
    """
    revision, request = context.revision, context._http_request
    has_stream = not revision.has_handshake or (revision.has_get_stream and can_keep_sessions(request))
    return has_stream and can_listen(request)


def server_capabilities(context: Context) -> dict[str, Any]:
    """What a client is told that this server can do: exactly what is there, for anyone who is let in.

    Args:
        context: Who asks; it tells which URLconf is meant, and what the endpoint, the client and the credentials
            leave of it.

    Returns:
        An entry for each kind of thing that this server has any of.

    Spec: basic/versioning#extension-negotiation
    """
    has_any_prompt, is_told = has_prompts(), is_told_of_changes(context)
    found: dict[str, Any] = {"tools": {"listChanged": is_told}}
    has_any_template = has_templates(context)
    if has_any_template or has_resources(context):
        found["resources"] = {"listChanged": is_told, **({"subscribe": True} if is_told else {})}
    if has_any_prompt:
        found["prompts"] = {"listChanged": is_told}
    if has_any_prompt or has_any_template:
        found["completions"] = {}
    return found


METHODS: dict[str, Method] = {
    "tools/list": tools_list,
    "tools/call": tools_call,
    "resources/list": resources_list,
    "resources/templates/list": resources_templates_list,
    "resources/read": resources_read,
    "prompts/list": prompts_list,
    "prompts/get": prompts_get,
    "completion/complete": completion_complete,
}
"""What every revision has; ``legacy`` and ``stateless`` add what only one of the eras has."""


def dispatch(request: Request, context: Context, methods: dict[str, Method]) -> Any:
    """Run the method that a request names.

    Args:
        request: The message.
        context: Who sent it.
        methods: The table of the request's era.

    Returns:
        The result: a JSON-able value, ``RawJSON``, ``RawPieces``, or an object with ``to_wire()``.

    Raises:
        MCPError: No such method, or whatever the method raises.

    Spec: basic/index#requests
    """
    method = methods.get(request.method)
    if method is None:
        shown = request.method if len(request.method) <= 100 else f"{request.method[:100]}..."
        raise MethodNotFoundError(f"Unknown method: {shown}", data={"method": shown})
    context._call.has_method = True
    result = method(request.params, context)
    context._call.result = result
    return result.to_wire() if hasattr(result, "to_wire") else result
