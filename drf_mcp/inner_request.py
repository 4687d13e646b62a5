"""The request that reaches the view, and how it brings the identity that was proved at the endpoint."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request as DRFRequest

from .auth.identity import Identity, foreign_authentication_class
from .context import Context
from .endpoints import Endpoint
from .engines import is_cache_in_database
from .protocol.errors import InternalError


@dataclass(slots=True)
class Call:
    """What this package knows of an inner request; one private attribute, so that no middleware's can collide.

    Args:
        identity: Who calls.
        endpoint: What is called, None where it is an author's function.
        url_kwargs: The URL kwargs that its path was built from.
        error: What the view raised, if it did.
        failure: What the client hears of a failure that is in the log.
        rendered: What the view answered before middleware saw it, None for a stream.
        is_misrouted: Whether the path led elsewhere.
        foreign_class: Which authentication class of the view takes no identity from MCP, if one was asked for.
        look: What looks at a successful response while everything around the view, such as a tenant that
            middleware chose, is still as it was for the view.
        prepare: What gets the view, once, when it asks who calls: after it was made for this request alone, and
            before it does anything.
    """

    identity: Identity
    endpoint: Endpoint | None = None
    url_kwargs: Mapping[str, str] = field(default_factory=dict)
    error: Exception | None = None
    failure: InternalError | None = None
    rendered: bytes | None = None
    is_misrouted: bool = False
    foreign_class: str | None = None
    look: Callable[[Any], None] | None = None
    prepare: Callable[[Any], None] | None = None


class InnerRequest(WSGIRequest):
    """The request that reaches the ViewSet.

    DRF's ``Request`` keeps who was authenticated in three attributes, authenticates when it misses
    them, and hands attribute look-ups that it cannot answer itself to this object. So they are
    answered here, once for each DRF request and by its own authenticators: a view that passes
    this request on to another view hands nobody past that view's authentication.
    """

    mcp: Context
    _drf_mcp: Call

    @property
    def _force_auth_user(self) -> None:
        """None: DRF asks for it when it makes its request, before the view has done anything.

        So it is where a view that runs for another round is told not to count the call again.
        """
        asking = sys._getframe(1).f_locals.get("self")
        if isinstance(asking, DRFRequest) and (self.mcp._is_recheck or _is_counted(self.mcp)):
            view = asking.parser_context.get("view")
            if view is not None:
                view.check_throttles = _let_pass

    @property
    def _user(self) -> Any:
        return self._hand_over("_user")

    @property
    def _auth(self) -> Any:
        return self._hand_over("_auth")

    @property
    def _authenticator(self) -> Any:
        return self._hand_over("_authenticator")

    def _hand_over(self, name: str) -> Any:
        """Give the DRF request that asks what its authentication would have given it.

        Raises:
            AttributeError: Anything but DRF asks, or the view wants no user: all goes on as under REST.
            PermissionDenied: The view insists on an authentication class that MCP cannot stand in for.
        """
        # Request.__getattr__, which asks the property, which asks this: the frame is the only
        # witness of which DRF request it is. Were it another caller, nobody would be handed over.
        asking = sys._getframe(2).f_locals.get("self")
        if isinstance(asking, DRFRequest) and self._drf_mcp.prepare is not None:
            prepare, self._drf_mcp.prepare = self._drf_mcp.prepare, None
            prepare((asking.parser_context or {}).get("view"))
        if not isinstance(asking, DRFRequest) or not asking.authenticators:
            raise AttributeError(name)
        identity = self._drf_mcp.identity
        foreign = foreign_authentication_class(map(type, asking.authenticators), identity)
        if foreign:
            self._drf_mcp.foreign_class = foreign
            asking._not_authenticated()  # type: ignore[attr-defined]
            raise PermissionDenied(f"This tool's view insists on {foreign}, which MCP cannot stand in for.")
        # The setters tell Django's request as well, for middleware to see, as when DRF authenticates.
        asking._authenticator = identity.authenticator  # type: ignore[attr-defined]
        asking.user, asking.auth = identity.user, identity.auth
        return vars(asking)[name]


def _is_counted(context: Context) -> bool:
    """Whether an earlier round was counted, and its rollback has not taken that back."""
    return context._dialogue is not None and context._dialogue.round > 0 and not is_cache_in_database()


def _let_pass(request: DRFRequest) -> None:
    """In the place of a view's ``check_throttles``."""
