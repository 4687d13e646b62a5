"""Which authentication classes count, at the endpoint and in front of a ViewSet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    RemoteUserAuthentication,
    SessionAuthentication,
)
from rest_framework.request import ForcedAuthentication
from rest_framework.settings import api_settings

from drf_mcp.conf import mcp_settings
from drf_mcp.narrowing import EVERYTHING, Narrowing

from .scopes import narrowing_by, scopes_of
from .tokens import AccessTokenAuthentication

AMBIENT = (SessionAuthentication, BasicAuthentication, RemoteUserAuthentication)
"""What a browser sends by itself: with these, any page could call tools as its visitor."""

ORDINARY = frozenset(
    {
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication",
        "knox.auth.TokenAuthentication",
        "drf_mcp.auth.tokens.AccessTokenAuthentication",
        "oauth2_provider.contrib.rest_framework.authentication.OAuth2Authentication",
    }
)
"""Classes that ask for nothing but a known user, by their path, so that none has to be installed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was proved at the MCP endpoint, as DRF's authentication gave it.

    Args:
        user: The user, an ``AnonymousUser`` where nobody was proved.
        auth: What the authentication class gave beside the user, such as a token object.
        authenticator: The instance that proved it, None for an anonymous caller.
    """

    user: Any
    auth: Any
    authenticator: Any

    @property
    def key(self) -> str:
        """What tells this caller from others, for what is kept between two requests."""
        cls, pk = self.user.__class__, getattr(self.user, "pk", None)
        # A caller without a primary key, such as a device, is known by what proved it.
        name = f"{pk!r}" if pk is not None or self.is_anonymous else f"{self.user}:{self.auth}"
        return hashlib.sha256(f"{cls.__module__}.{cls.__qualname__}:{name}".encode()).hexdigest()

    @property
    def narrowing(self) -> Narrowing:
        """What the credentials leave of the tools: their ``mcp_narrowing``, where they have one, and their scopes."""
        narrowing: Narrowing = getattr(self.auth, "mcp_narrowing", EVERYTHING)
        only_reads = narrowing_by(scopes_of(self.auth)).read_only
        return replace(narrowing, read_only=True) if only_reads and not narrowing.read_only else narrowing

    @property
    def is_anonymous(self) -> bool:
        """True where no authentication class proved anyone."""
        return self.authenticator is None

    @property
    def is_of_views(self) -> bool:
        """True where a class proved it that only views name, so that it is somebody to these views alone."""
        # Only code in this process can make DRF's ForcedAuthentication, as the test client and local callers do.
        proving = (*endpoint_authentication_classes(), ForcedAuthentication)
        return not self.is_anonymous and type(self.authenticator) not in proving


def endpoint_authentication_classes() -> list[type[BaseAuthentication]]:
    """The classes that prove a caller at the MCP endpoint.

    Returns:
        ``DRF_MCP["AUTHENTICATION_CLASSES"]``, or this package's own and the project's defaults; in either case
        without the ambient ones.
    """
    classes: Any = mcp_settings.AUTHENTICATION_CLASSES
    if classes is None:
        # Its own comes first, because it alone leaves the tokens of others alone.
        classes = [AccessTokenAuthentication, *api_settings.DEFAULT_AUTHENTICATION_CLASSES]
    return without_ambient(classes)


def without_ambient(classes: Iterable[Any]) -> list[Any]:
    """Those classes that a browser does not satisfy by itself, each once."""
    return list(_without_ambient(tuple(classes)))


@lru_cache(maxsize=256)
def _without_ambient(classes: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(cls for cls in dict.fromkeys(classes) if not (isinstance(cls, type) and issubclass(cls, AMBIENT)))


def foreign_authentication_class(classes: Iterable[Any], identity: Identity | None = None) -> str | None:
    """Find why a view would not take the endpoint's identity.

    A view that chose its own authentication classes keeps its choice: the identity is handed over
    if the class that proved it is among them, or if all of them are ordinary. A class that only other
    views name proves nobody to this one.

    Args:
        classes: The view's authentication classes.
        identity: Who was proved, None to ask for any caller.

    Returns:
        The name of the first class that is not satisfied, None where the identity may be handed over.
    """
    classes = list(classes)
    if identity is not None and type(identity.authenticator) in classes:
        return None
    if identity is not None and classes and identity.is_of_views:
        return _path(classes[0])
    accepted = {*api_settings.DEFAULT_AUTHENTICATION_CLASSES, *mcp_settings.ACCEPT_IDENTITY_FOR}
    for cls in classes:
        if cls not in accepted and _path(cls) not in ORDINARY:
            return _path(cls)
    return None


def _path(cls: Any) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def opaque_credentials(identity: Identity, credentials: str) -> str:
    """A value that differs wherever the credentials do, and that no authentication class can use.

    It stands where a REST request has its credentials, so that a cache which varies on them keeps
    callers apart.

    Args:
        identity: Who was proved.
        credentials: The Authorization header that proved it.

    Returns:
        A hexadecimal digest, from which the credentials cannot be found again.
    """
    proof = f"{getattr(identity.user, 'pk', None)!r}:{type(identity.authenticator).__qualname__}:{credentials}"
    # A quarter of the time of an HMAC, which OpenSSL sets up anew for each.
    return hashlib.blake2b(proof.encode(), key=_opaque_key(settings.SECRET_KEY), digest_size=32).hexdigest()


@lru_cache(maxsize=2)
def _opaque_key(secret: str | bytes) -> bytes:
    return salted_hmac("drf_mcp.identity", b"", secret=secret, algorithm="sha256").digest()


def ambient_classes(classes: Sequence[Any]) -> list[str]:
    """The names of those classes that a browser satisfies by itself."""
    return [cls.__name__ for cls in classes if issubclass(cls, AMBIENT)]
