"""Who sees what: the one place that tells whether a caller may see a tool or what an author declared.

What is seen is no door: it is decided again when it is called. So what cannot be told without a call, such
as a permission that needs the object's address, counts as seen.
"""

from __future__ import annotations

import logging
from functools import cache, cached_property
from hashlib import blake2b, shake_256
from operator import xor
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework.exceptions import APIException
from rest_framework.request import Request as DRFRequest
from rest_framework.views import APIView

from .admission import Basis, Decision, what_decides
from .auth.identity import Identity, endpoint_authentication_classes, foreign_authentication_class
from .context import Context
from .declarations import DeclaredPrompt, DeclaredResource
from .endpoints import Endpoint
from .inner_request import Call
from .invocation import inner_request
from .looking import (
    NO_KWARGS_YET,
    CannotTell,
    Look,
    Sight,
    outset_of,
    sight_of,
)
from .rules import NO_RULES, snapshot
from .tools import Tool

logger = logging.getLogger("drf_mcp")

MAX_KNOWN = 10_000
"""For how many callers and tools a process remembers that the one was let into the other."""

_SEAL_LENGTH = 16

_known: set[tuple[Tool, str]] = set()


class Viewer:
    """Who looks, for as long as one answer takes.

    What a view said is kept that long, and holds for another view only where none of the project's code has a
    say in either: then the classes, the method and the model alone decide on one user.

    Args:
        context: Who asks.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._narrowings = context.narrowings
        self._rules = snapshot.current()
        self._known: dict[Decision, bool] = {}
        self._bases: dict[Basis, bool] = {}
        self._alike: dict[tuple[Any, ...], Any] = {}
        self._may_lack = bool(self._narrowings) or self._rules is not NO_RULES
        self._proved: dict[tuple[Any, ...], dict[str, Any]] = {}

    def sees(self, tool: Tool) -> bool:
        """Whether a tool is there for the caller: nothing takes it away, and its view lets them in."""
        return (not self._may_lack or self._is_left(tool)) and self.may_enter(tool)

    def _is_left(self, tool: Tool) -> bool:
        if self._narrowings and not tool.is_left_by(self._narrowings):
            return False
        return self._rules is NO_RULES or self._rules.refusing(tool, self.context.user) is None

    def reads(self, tool: Tool) -> bool:
        """Whether what a tool answers is there for the caller without a call."""
        return self.sees(tool) and not self._rules.asks(tool)

    def knows(self, tool: Tool) -> bool:
        """Whether this process has let the caller into a tool before, so that it is no secret to them.

        It says nothing of what they may now, which the view itself decides.
        """
        return (tool, self._caller) in _known and self._is_left(tool)

    def remember(self, tool: Tool, *, sees: bool) -> None:
        """Keep in mind whether the caller knows a tool."""
        if not sees:
            _known.discard((tool, self._caller))
            return
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        _known.add((tool, self._caller))

    @cached_property
    def _caller(self) -> str:
        return self.context.identity.key

    def misses(self, tool: Tool) -> bool:
        """Whether a view or a group keeps the caller out of a tool, and could let in somebody who is signed in."""
        if not tool.is_left_by(self._narrowings) or not self._rules.is_on(tool) or self.sees(tool):
            return False
        classes = tool.endpoint.authentication_classes
        if classes is None:
            return True
        can_prove = not foreign_authentication_class(classes) or {*classes} & {*endpoint_authentication_classes()}
        return bool(classes and can_prove)

    def may_enter(self, tool: Tool) -> bool:
        """Whether the routed view lets the caller in, asked as the view itself asks before each call.

        Returns:
            False where the view's permissions or its authentication refuse the caller, whatever is called with.
        """
        endpoint = tool.endpoint
        basis, decision = vars(endpoint).get("_decided") or what_decides(endpoint)
        holds = self._bases.get(basis)
        if holds is None:  # once for the tools of a ViewSet
            holds = self._bases[basis] = basis.holds()
        if not holds:
            _, decision = what_decides(endpoint)
        if decision is None:
            # What the caller sends in a header may be what a permission of the project's own looks for.
            return self._ask(endpoint) or bool(tool.options.headers)
        known = self._known.get(decision)
        if known is None:
            known = self._known[decision] = self._ask(endpoint, decision)
        return known

    def _ask(self, endpoint: Endpoint, decision: Decision | None = None) -> bool:
        sight = sight_of(endpoint)
        try:
            view = self._view_of(endpoint, sight) if decision is None else self._view_alike(endpoint, decision)
            if sight.has_plain_permissions:
                return _lets_in(view)
            view.check_permissions(view.request)
        except (APIException, Http404, PermissionDenied):
            return False
        except (CannotTell, Exception):  # the project's own code may want anything that only a call has
            logger.debug("%s does not tell without a call who may see it.", endpoint, exc_info=True)
        return True

    def _view_alike(self, endpoint: Endpoint, decision: Decision) -> Any:
        """A view with the classes of a decision: one for all methods and models, which is what these ask for."""
        key = decision.asked, decision.proofs
        view = self._alike.get(key)
        if view is None:
            view = self._alike[key] = self._view_of(endpoint, sight_of(endpoint))
        view.request._request.method = decision.method.upper()
        view.get_queryset = lambda: decision  # of rows, they ask for nothing but the model
        return view

    def _view_of(self, endpoint: Endpoint, sight: Sight) -> Any:
        """The routed view before its permissions are asked."""
        view = endpoint.viewset(**endpoint.initkwargs)
        if endpoint.is_viewset:
            view.action_map, view.action = dict(endpoint.actions), endpoint.action
        look = Look.at(sight, self._outset)
        view.args, view.format_kwarg = (), None
        view.kwargs = NO_KWARGS_YET if endpoint.route.kwargs else {}
        view.request = self._prove_again(view, look) if sight.has_plain_request else _prove(view, look)
        return view

    def refused_by(self, tool: Tool) -> str:
        """The name of the permission class that keeps the caller out of a tool, empty where it is something else."""
        try:
            view = self._view_of(tool.endpoint, sight_of(tool.endpoint))
            refusing = (each for each in view.get_permissions() if not each.has_permission(view.request, view))
            return next((type(each).__name__ for each in refusing), "")
        except (CannotTell, Exception):
            logger.debug("%s does not tell why it refuses.", tool.endpoint, exc_info=True)
        return ""

    def _prove_again(self, view: Any, look: Look) -> DRFRequest:
        """The request that a view makes of a look, with the same classes proved once for all views."""
        proofs = tuple(view.authentication_classes)
        proved = self._proved.get(proofs)
        if proved is None:
            proved = self._proved[proofs] = vars(_prove(view, look))
        request = DRFRequest.__new__(DRFRequest)
        context = {**proved["parser_context"], "view": view, "kwargs": view.kwargs, "request": request}
        request.__dict__ = {**proved, "_request": look, "parser_context": context}
        vars(look).update(user=proved["_user"], auth=proved["_auth"])  # as DRF's own setters do
        return request

    @cached_property
    def _outset(self) -> dict[str, Any]:
        return outset_of(inner_request("get", "/", self.context, Call(self.context.identity)))

    def mark(self, name: str) -> str:
        """A mark for a place in a list: it names it to nobody, and is good for this caller alone.

        It is the name, veiled by what a keyed hash of the name begins, behind that hash.
        """
        seal = blake2b(name.encode(), key=self._key, digest_size=_SEAL_LENGTH).digest()
        return (seal + self._veil(name.encode(), seal)).hex()

    def marked(self, mark: str) -> str | None:
        """The name that a mark was made for, None where it was not made for this caller."""
        try:
            raw = bytes.fromhex(mark)
            name = self._veil(raw[_SEAL_LENGTH:], raw[:_SEAL_LENGTH]).decode()
        except ValueError:
            return None
        return name if constant_time_compare(self.mark(name), mark) else None

    def _veil(self, name: bytes, seal: bytes) -> bytes:
        """Veil a name, or take the veil away."""
        return bytes(map(xor, name, shake_256(self._key + seal).digest(len(name))))

    @cached_property
    def _key(self) -> bytes:
        return salted_hmac("drf_mcp.place", self._caller, algorithm="sha256").digest()


def _lets_in(view: Any) -> bool:
    """What DRF's own ``check_permissions`` does, without the words in which it refuses."""
    request = view.request
    try:
        return all(permission.has_permission(request, view) for permission in view.get_permissions())
    finally:
        request.parser_context.clear()  # or each view would wait for the garbage collector


def may_read(tool: Tool, context: Context) -> bool:
    """Whether what a tool answers is left to a caller without a call of it: no rule wants that to be asked first."""
    return context.allows(tool) and not snapshot.current().asks(tool)


def _prove(view: Any, look: Look) -> DRFRequest:
    kwargs = view.kwargs
    view.setup(look)
    view.kwargs = kwargs
    request: DRFRequest = view.initialize_request(look)
    view.request = request
    view.perform_authentication(request)
    return request


def is_permitted(declared: DeclaredResource | DeclaredPrompt, request: DRFRequest) -> bool:
    """Whether an author's function is there for a caller: its app is on for them, and its permissions let them in.

    Args:
        declared: What its author declared; permissions that are None are the project's defaults.
        request: From ``request_for``.

    Returns:
        False also where a class cannot be asked: it may be made for ViewSets alone.
    """
    if snapshot.current().refusing_function(declared.function, request.user) is not None:
        return False
    permission_classes = declared.permission_classes
    view = APIView() if permission_classes is None else APIView(permission_classes=permission_classes)
    view.request = request
    try:
        view.check_permissions(request)
    except (APIException, Http404, PermissionDenied):
        return False
    except Exception as error:  # noqa: BLE001  (logged, once for the same classes)
        _log(tuple(view.permission_classes), f"{type(error).__name__}: {error}")
        return False
    return True


@cache
def _log(permission_classes: tuple[Any, ...], reason: str) -> None:
    names = ", ".join(map(str, permission_classes))
    logger.error("%s cannot be asked without a ViewSet (%s): declare others.", names, reason)


def request_for(context: Context) -> DRFRequest:
    """The request that an author's function and its permissions see: a GET by the caller, with ``request.mcp``.

    Args:
        context: Who asks.
    """
    identity = Identity(AnonymousUser(), None, None) if context.identity.is_of_views else context.identity
    request = DRFRequest(inner_request("get", "/", context, Call(identity)))
    request._authenticator = identity.authenticator  # type: ignore[attr-defined]
    request.user, request.auth = identity.user, identity.auth
    return request
