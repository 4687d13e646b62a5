"""Search: three tools in the place of many, where a list of all would fill a model's context.

One finds tools by words, two call what it found, of which one only reads: so a client can allow that one alone.
A call through them is the call of that tool, for everybody who hears of it; nothing more can be called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from .budget import LEFT_OUT
from .catalog import ToolCatalog, offered_catalog
from .conf import mcp_settings
from .context import Context
from .narrowing import Narrowing
from .protocol.errors import InvalidParamsError, ParseError
from .protocol.jsonrpc import RawJSON, Request, dumps, loads
from .protocol.results import CallToolResult, text_block
from .ranking import Index
from .tools import Tool
from .visibility import Viewer

SEARCH, READ, WRITE = "search_tools", "call_read_tool", "call_write_tool"
NAMES = (SEARCH, READ, WRITE)
"""The names of the three. A project's tool of such a name is called through one of them."""

LIMIT, MAX_LIMIT = 5, 20
"""How many tools an answer has, and how many at most."""
MAX_QUERY = 1000
"""How many characters of a query are read."""
_PLACES = 40
"""How many apps the description names."""


@dataclass(frozen=True, slots=True)
class OwnTool:
    """A tool of this package's own.

    Args:
        name: Its name.
        encoded: The tool as ``tools/list`` shows it.
    """

    name: str
    encoded: RawJSON


def listed(visible: Sequence[Tool]) -> Sequence[Tool | OwnTool]:
    """What ``tools/list`` shows to a caller.

    Args:
        visible: The tools that the caller may see.

    Returns:
        The same, or the three in their place: of those, only what could call any of them.

    Spec: server/tools#listing-tools
    """
    if not visible or not is_on(len(visible)):
        return visible
    reads = [_is_read(tool) for tool in visible]
    own = [_search_tool(visible)]
    if any(reads):
        own.append(_READ)
    if not all(reads):
        own.append(_WRITE)
    return own


def unwrapped(message: Request, context: Context) -> tuple[Request, Context]:
    """The call that a call through one of the three is for.

    Args:
        message: Any request.
        context: Who sent it.

    Returns:
        Both for the tool that is meant, or as they are where it is none such, or says nothing of what it is for.
    """
    params = message.params
    if message.method not in ("tools/call", "call_tool") or params.get("name") not in (READ, WRITE):
        return message, context
    try:
        name, arguments = _meant(params.get("arguments"))
    except InvalidParamsError:  # to be raised where the call is told of
        return message, context
    if not _is_meant(params["name"], context):
        return message, context
    context._call.through = params["name"]
    if params["name"] == READ:
        tool = _catalog(context).get_tool(name)
        kept_out = () if tool is None or _is_read(tool) else (tool.name,)
        context = replace(context, _narrowings=(*context._narrowings, Narrowing(read_only=True, exclude=kept_out)))
    return replace(message, params={**params, "name": name, "arguments": arguments}), context


def hint(context: Context) -> str:
    """What to say beside that there is no such tool, the same whether there is one or not."""
    if context._call.through == READ:
        return f". {READ} calls only what is read with GET and changes nothing; {WRITE} calls everything else"
    return ""


def answer(name: str, arguments: Mapping[str, Any], context: Context) -> CallToolResult | None:
    """Answer a call of one of the three.

    Args:
        name: What is called.
        arguments: The arguments.
        context: Who calls.

    Returns:
        The tools that were found, None where something else is called.

    Raises:
        InvalidParamsError: The arguments do not fit.
    """
    if name not in NAMES or context._call.through or not _is_meant(name, context):
        return None
    context._call.found(name)
    if name == SEARCH:
        return _search(*_asked(arguments), context)
    _meant(arguments)  # which raises: a call that names a tool is that tool's by now
    return None


def is_on(count: int) -> bool:
    """Whether so many tools are too many to be listed."""
    wanted = mcp_settings.TOOL_SEARCH
    return wanted if isinstance(wanted, bool) else 0 < wanted < count


def _is_meant(name: str, context: Context) -> bool:
    """Whether a caller who calls one of the three means it, and not a tool of the project's that has its name.

    Where there is such a tool, this caller's list decides. Where there is none, the three answer everybody in a
    project that has them: a list may have become shorter since the client read it.
    """
    catalog = _catalog(context)
    if not is_on(len(catalog.tools)):
        return False
    if (theirs := catalog.get_tool(name)) is None:
        return True
    viewer = Viewer(context)
    return not viewer.sees(theirs) or is_on(sum(map(viewer.sees, catalog.tools)))


def _is_read(tool: Tool) -> bool:
    """Whether the one that only reads may call a tool: it says so itself, and by its HTTP method."""
    return tool.only_reads and tool.endpoint.method == "get"


def _catalog(context: Context) -> ToolCatalog:
    return offered_catalog(getattr(context._http_request, "urlconf", None))


# The search

_indexes: WeakKeyDictionary[ToolCatalog, Index] = WeakKeyDictionary()


def _search(query: str, limit: int, offset: int, context: Context) -> CallToolResult:
    catalog, viewer = _catalog(context), Viewer(context)
    index = _indexes.get(catalog)
    if index is None:
        index = _indexes[catalog] = Index(catalog.tools)
    found = index.ranked(query, [tool for tool in catalog.tools if viewer.sees(tool)])
    shown: list[RawJSON] = []
    room = mcp_settings.MAX_DATA or float("inf")
    for tool in found[offset : offset + limit]:
        room -= len(tool.encoded)
        if room < 0 and shown:
            break
        shown.append(tool.encoded)
    more = len(found) - offset - len(shown)
    said = f"{more:,} more have some of these words. For them call again with offset={offset + len(shown)}."
    rest = b"" if more <= 0 else b',"%b":%b' % (LEFT_OUT.encode(), dumps(said))
    structured = RawJSON(b'{"tools":[%b]%b}' % (b",".join(shown), rest))
    heading = f"The best {len(shown)} of {len(found):,}:" if shown else _NOTHING
    lines = [heading, *(tool.decode() for tool in shown), *([said] if more > 0 else [])]
    return CallToolResult([text_block("\n\n".join(lines))], structured)


_NOTHING = "No tool has any of these words. Try others: what is to be done, as in create or approve, and to what."


def _asked(arguments: Mapping[str, Any]) -> tuple[str, int, int]:
    """What a search is for, how many tools it wants and behind how many.

    Raises:
        InvalidParamsError: The arguments do not fit.
    """
    _check_names(SEARCH, arguments, ("query", "limit", "offset"))
    query, limit, offset = arguments.get("query"), arguments.get("limit"), arguments.get("offset")
    limit, offset = LIMIT if limit is None else limit, 0 if offset is None else offset
    if not isinstance(query, str) or not query.strip() or len(query) > MAX_QUERY:
        raise InvalidParamsError(f"query: a few words, {MAX_QUERY} characters at most.", data={"argument": "query"})
    for name, value, least, most in (("limit", limit, 1, MAX_LIMIT), ("offset", offset, 0, 10**6)):
        if type(value) is not int or not least <= value <= most:
            message = f"{name}: a whole number from {least} to {most}."
            raise InvalidParamsError(message, data={"argument": name})
    return query, limit, offset


def _meant(arguments: Any) -> tuple[str, dict[str, Any]]:
    """The name of the tool that a call is for, and its arguments.

    Raises:
        InvalidParamsError: There are none.
    """
    given: Mapping[str, Any] = arguments if isinstance(arguments, dict) else {}
    _check_names("It", given, ("name", "arguments"))
    name, inner = given.get("name"), given.get("arguments")
    if isinstance(inner, str):  # as some models send an object
        with suppress(ParseError, UnicodeEncodeError):
            inner = loads(inner.encode())
    if not isinstance(name, str):
        message = f"name: the name of a tool, as {SEARCH} gives it."
        raise InvalidParamsError(message, data={"argument": "name"})
    if inner is None:
        inner = {}
    if not isinstance(inner, dict):
        message = "arguments: an object, as the inputSchema of that tool has it."
        raise InvalidParamsError(message, data={"argument": "arguments"})
    return name, inner


def _check_names(called: str, arguments: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in arguments:
        if name not in known:
            message = f"Unknown argument {name[:100]!r}. {called} takes {', '.join(known)}."
            if "arguments" in known:
                message += " What the tool itself takes stands in arguments."
            raise InvalidParamsError(message, data={"argument": name[:100], "arguments": list(known)})


# The definitions


def _definition(name: str, title: str, description: str, properties: Any, needed: str, **more: Any) -> OwnTool:
    schema = {"type": "object", "properties": properties, "required": [needed], "additionalProperties": False}
    reads = name != WRITE
    hints = {"readOnlyHint": reads, "destructiveHint": not reads, "idempotentHint": reads, "openWorldHint": False}
    wire = {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": schema,
        "annotations": {"title": title, **hints},
        **more,
    }
    return OwnTool(name, RawJSON(dumps(wire)))


def _search_tool(visible: Sequence[Tool]) -> OwnTool:
    places = sorted({tool.noun.place for tool in visible} - {""})
    about = f" on {', '.join(places[:_PLACES])}{' and more' if len(places) > _PLACES else ''}" if places else ""
    return _definition(
        SEARCH,
        "Search tools",
        f"Find tools among {len(visible):,}{about}. Gives their definitions, the best first. Call those with "
        f"readOnlyHint with {READ}, all others with {WRITE}",
        {
            "query": {
                "type": "string",
                "maxLength": MAX_QUERY,
                "description": "What is to be done and to what, in two or three wordings, such as: "
                "resend invoice; send bill again",
            },
            "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT},
            "offset": {"type": "integer", "minimum": 0, "default": 0},
        },
        "query",
        outputSchema={
            "type": "object",
            "properties": {
                "tools": {"type": "array", "items": {"type": "object"}},
                LEFT_OUT: {"type": "string"},
            },
            "required": ["tools"],
        },
    )


_CALL = {
    "name": {"type": "string", "description": f"As {SEARCH} gives it"},
    "arguments": {"type": "object", "description": "As its inputSchema says", "additionalProperties": True},
}
_READ = _definition(READ, "Call a reading tool", "Call a tool that changes nothing", _CALL, "name")
_WRITE = _definition(WRITE, "Call a writing tool", "Call a tool that may change something", _CALL, "name")
