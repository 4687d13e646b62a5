"""What the author of a ViewSet says about its tools: ``@mcp_tool`` and ``@mcp_exclude``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_ATTRIBUTE = "_drf_mcp_options"


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """What was declared for one tool; None means that nothing was."""

    name: str | None = None
    aliases: tuple[str, ...] | None = None
    title: str | None = None
    description: str | None = None
    input: Any = None
    output: Any = None
    headers: tuple[str, ...] | None = None
    parameters: tuple[tuple[str, str, dict[str, Any], bool], ...] | None = None
    param_headers: Mapping[str, str] | None = None
    requires: Mapping[str, Any] | None = None
    reports: bool | None = None
    asks: bool | None = None
    time_limit: float | None = None
    done: str | None = None
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None
    marked: bool | None = None
    excluded: bool | None = None

    def over(self, other: ToolOptions) -> ToolOptions:
        """These options where they are declared, the other ones elsewhere."""
        if self is UNDECLARED or other is UNDECLARED:
            return other if self is UNDECLARED else self
        declared = {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}
        return replace(other, **declared)


UNDECLARED = ToolOptions()
"""What nobody said anything of."""


def mcp_tool(
    *actions: str,
    name: str | None = None,
    aliases: list[str] | tuple[str, ...] | None = None,
    title: str | None = None,
    description: str | None = None,
    input: Any = None,
    output: Any = None,
    headers: list[str] | tuple[str, ...] | None = None,
    param_headers: Mapping[str, str] | None = None,
    requires: Mapping[str, Any] | None = None,
    reports: bool | None = None,
    asks: bool | None = None,
    time_limit: float | None = None,
    done: str | None = None,
    read_only: bool | None = None,
    destructive: bool | None = None,
    idempotent: bool | None = None,
    open_world: bool | None = None,
) -> Callable[[T], T]:
    """Say more about a tool than the ViewSet tells by itself, and mark it for ``EXPOSE = "decorated"``.

    On an action, above or below ``@action``::

        @mcp_tool(done="User ID {id} has been activated.")
        @action(detail=True, methods=["post"])
        def activate(self, request, pk=None): ...

    On a ViewSet, for the actions that are named or, where none is, for all of them::

        @mcp_tool("list", description="Users of this shop, newest first.")
        class UserViewSet(ModelViewSet): ...

    Args:
        actions: On a ViewSet, the actions that are meant. Never on a method.
        name: The tool's name, exactly as it stands.
        aliases: Former names, which stay callable and are not listed.
        title: What a client shows to people.
        description: What the model reads.
        input: What the action takes in its body: a serializer class, or an object schema as a dict,
            which goes to clients verbatim.
        output: What the action answers: a serializer class, an instance of one (``many=True``), or a schema.
        headers: Request headers that the action reads, such as ``If-Match``; each becomes an argument,
            here ``if_match``. Headers that say who calls, from where, or what the body is, are no
            arguments.
        param_headers: Arguments that clients mirror in a header of their own, so that what stands before
            the server can route by them: ``{"region": "Region"}`` is sent as ``Mcp-Param-Region``. Only a
            string, an integer or a boolean, and nothing secret.
        requires: Capabilities that the client must have declared, in the protocol's own shape, such as
            ``{"sampling": {}}``; a client without them is told so before anything runs.
        done: A sentence to add to the text of a call that succeeded; ``{id}`` and every other
            argument can stand in it.
        read_only: True where the tool changes nothing, whatever its HTTP method.
        destructive: True where it may overwrite or delete.
        idempotent: True where calling it twice is the same as calling it once.
        open_world: True where it reaches beyond this project.
        reports: True where the action calls ``request.mcp.report_progress`` or ``request.mcp.log``. A
            client that wants to hear of it is answered with a stream.
        asks: True where it asks its caller, with ``request.mcp.elicit`` and its kin. It then runs again
            from the top with the answers, each time in a transaction.
        time_limit: How many seconds a call may take, instead of what ``TIME_LIMIT`` says; 0 for as long as
            it likes. A tool that asks has no limit.

    Returns:
        A decorator that gives back what it decorates.

    Raises:
        ImproperlyConfigured: Actions are named on a method, a name, alias or sentence that only one
            tool can have is given for a whole ViewSet, a header is none that an argument may fill, or a
            time is none.
    """
    for header in headers or ():
        if not re.fullmatch(r"[A-Za-z0-9-]+", header) or is_reserved_header(header):
            raise ImproperlyConfigured(
                f"@mcp_tool(headers=[{header!r}]): an argument cannot fill this header. Headers that say who calls, "
                "from where, and what the body is, belong to the request alone."
            )
    for word in (name, *(aliases or ())):
        if word is not None and not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", word):
            raise ImproperlyConfigured(f"{word!r} is no tool name: use at most 128 of A-Z, a-z, 0-9, '_', '-' and '.'.")
    if time_limit is not None and not time_limit >= 0:
        raise ImproperlyConfigured(f"@mcp_tool(time_limit={time_limit!r}): it is a number of seconds, 0 for no limit.")
    options = ToolOptions(
        name=name,
        aliases=None if aliases is None else tuple(aliases),
        title=title,
        description=description,
        input=input,
        output=output,
        headers=None if headers is None else tuple(headers),
        param_headers=param_headers,
        requires=requires,
        reports=reports,
        asks=asks,
        time_limit=time_limit,
        done=done,
        read_only=read_only,
        destructive=destructive,
        idempotent=idempotent,
        open_world=open_world,
        marked=True,
    )

    def decorate(target: T) -> T:
        if isinstance(target, type) and len(actions) != 1:
            for single in ("name", "aliases", "title", "input", "param_headers", "done"):
                if getattr(options, single) is not None:
                    raise ImproperlyConfigured(
                        f"@mcp_tool({single}=...) on {target.__name__} would give the same {single} to several "
                        f'tools. Name the one action it is for, as @mcp_tool("list", {single}=...).'
                    )
        return _declare(target, actions, options)

    return decorate


_RESERVED = re.compile(
    r"authorization|proxy-.*|cookie2?|host|origin|referer|forwarded|x-forwarded-.*|x-real-ip|x-original-.*|remote-.*"
    r"|x-remote-.*|x-http-method-override|via|connection|keep-alive|te|trailer|upgrade|transfer-encoding|expect"
    r"|accept|content-(?!range$).*|mcp-.*|sec-.*|x-csrf-?token",
)


def is_reserved_header(name: str) -> bool:
    """Whether a header says who calls, from where, or what the body is, so that no argument may fill it.

    Args:
        name: The header's name, in any spelling that leads to the same key of ``META``.
    """
    return _RESERVED.fullmatch(name.lower().replace("_", "-")) is not None


def mcp_exclude(*actions: Any) -> Any:
    """Keep a ViewSet, some of its actions, or one action from becoming tools.

    ``@mcp_exclude`` on an action or a ViewSet leaves out all of it, subclasses included;
    ``@mcp_exclude("destroy", "update")`` on a ViewSet leaves out these actions. The REST API is as
    it was.

    Args:
        actions: On a ViewSet, the actions to leave out.

    Returns:
        What it decorates, or a decorator.
    """
    excluded = ToolOptions(excluded=True)
    if len(actions) == 1 and not isinstance(actions[0], str):
        return _declare(actions[0], (), excluded)
    return lambda target: _declare(target, actions, excluded)


def _declare(target: T, actions: tuple[str, ...], options: ToolOptions) -> T:
    """Keep the options on the class or function itself, over what stands there already."""
    if not isinstance(target, type) and actions:
        raise ImproperlyConfigured(
            f"{', '.join(actions)}: actions are named on the ViewSet; on the method itself there is nothing to name."
        )
    for named in actions:
        if not hasattr(target, named):
            known = [name for name in dir(target) if not name.startswith("_")]
            nearest = difflib.get_close_matches(named, known, n=1, cutoff=0)[0]
            raise ImproperlyConfigured(f"{target} has no action {named!r}. Did you mean {nearest!r}?")
    declared: dict[str | None, ToolOptions] = dict(vars(target).get(_ATTRIBUTE, {}))
    for action in actions or (None,):
        declared[action] = options.over(declared.get(action, ToolOptions()))
    setattr(target, _ATTRIBUTE, declared)
    return target


def tool_options(viewset: type, action: str) -> ToolOptions:
    """What is declared for one action of a ViewSet.

    The method's own declaration comes first, then the class's for this action, then the class's for
    all of its actions; a subclass comes before its bases.

    Args:
        viewset: The ViewSet class.
        action: The name of the method that the route calls.

    Returns:
        The options, with None for what nobody declared.
    """
    # A route's PATCH stands for its PUT as well, so what is said of one holds for both.
    actions = (action, "update") if action == "partial_update" else (action,)
    written = [vars(cls) for cls in viewset.__mro__]
    methods = [getattr(own[name], "__dict__", {}) for name in actions for own in written if name in own]
    of_methods = [own[_ATTRIBUTE].get(None) for own in methods if _ATTRIBUTE in own]
    of_classes = [own[_ATTRIBUTE].get(key) for key in (*actions, None) for own in written if _ATTRIBUTE in own]
    options = UNDECLARED
    for declared in (*of_methods, *of_classes):
        if declared is not None:
            options = options.over(declared)
    return options
