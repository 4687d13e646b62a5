"""The request that reaches the view, and how it brings the identity that was proved at the endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.handlers.wsgi import WSGIRequest

from .auth.identity import Identity
from .context import Context
from .endpoints import Endpoint


@dataclass(slots=True)
class Call:
    """What this package knows of an inner request; one private attribute, so that no middleware's can collide.

    Args:
        endpoint: What is called.
        url_kwargs: The URL kwargs that its path was built from.
        identity: Who calls, None where the view takes nobody.
        error: What the view raised, if it did.
        error_id: Under which id the log has it.
        is_misrouted: Whether the path led elsewhere.
    """

    endpoint: Endpoint
    url_kwargs: Mapping[str, str]
    identity: Identity | None
    error: Exception | None = None
    error_id: str = ""
    is_misrouted: bool = False


class InnerRequest(WSGIRequest):
    """The request that reaches the ViewSet.

    DRF's ``Request`` hands attribute look-ups that it cannot answer itself to this object. So the
    three attributes in which DRF keeps who was authenticated are answered here, and DRF runs no
    authentication class; with no identity to hand over they are missing, and DRF does as always.
    """

    mcp: Context
    _drf_mcp: Call

    def _handed_over(self, name: str) -> Identity:
        identity = self._drf_mcp.identity
        if identity is None:
            raise AttributeError(name)
        return identity

    @property
    def _user(self) -> Any:
        identity = self._handed_over("_user")
        # DRF sets these two on Django's request when it authenticates, for middleware to see.
        self.user = identity.user
        self.auth = identity.auth
        return identity.user

    @property
    def _auth(self) -> Any:
        return self._handed_over("_auth").auth

    @property
    def _authenticator(self) -> Any:
        return self._handed_over("_authenticator").authenticator
