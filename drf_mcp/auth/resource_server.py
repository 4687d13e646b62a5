"""The endpoint as an OAuth resource server: where it is in public, and which tokens were issued for it.

It issues no token and checks no signature; an authentication class does, of whatever kind it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest
from django.urls import Resolver404, URLResolver, get_resolver, get_script_prefix, resolve
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from drf_mcp.auth.scopes import ALL_TOOLS
from drf_mcp.conf import mcp_settings

WELL_KNOWN = "/.well-known/oauth-protected-resource"

if TYPE_CHECKING:
    _Base = BaseAuthentication
else:
    _Base = object


class AudienceMixin(_Base):
    """Refuses tokens that were not issued for the endpoint that is called; goes before a DRF authentication class.

    Spec: basic/authorization#token-handling
    """

    names_its_audience = True

    def get_audience(self, auth: Any) -> str | Iterable[str] | None:
        """What a token was issued for.

        Args:
            auth: What the class gives beside the user: a token as ``dict``, or anything else with ``get``.

        Returns:
            The addresses that the token names, in OAuth its audience.
        """
        audience: str | Iterable[str] | None = auth.get("aud")
        return audience

    def authenticate(self, request: Request) -> Any:
        """Authenticate as the class does, and look at the audience.

        Raises:
            AuthenticationFailed: The token is not for this endpoint, or does not say what it is for.
        """
        found = super().authenticate(request)
        if found is not None and not names_this_endpoint(request, self.get_audience(found[1])):
            raise AuthenticationFailed("The token was not issued for this endpoint.")
        return found


def names_this_endpoint(request: HttpRequest | Request, audience: str | Iterable[str] | None) -> bool:
    """Whether a token that names this audience was issued for the endpoint that is called.

    Args:
        request: The request to the MCP endpoint.
        audience: The ``aud`` of a JWT or the ``resource`` of a token: an address, several, or none.

    Returns:
        True where one of them is the endpoint's address, with or without a slash at its end; an audience
        that names nothing names no endpoint.

    Spec: basic/authorization#token-audience-binding-and-validation
    """
    named = [audience] if isinstance(audience, str) else audience or ()
    origin = public_origin(request)
    return origin is not None and f"{origin}{quote(request.path)}".rstrip("/") in {
        name.rstrip("/") for name in named if isinstance(name, str)
    }


def is_endpoint_url(url: str) -> bool:
    """Whether an address is that of a mounted endpoint, which takes ``PUBLIC_URL``."""
    origin = public_origin()
    if origin is None or not url.startswith(f"{origin}/") or not set("?#").isdisjoint(url):
        return False
    return is_endpoint_path(url.removeprefix(origin))


def is_endpoint_path(path: str) -> bool:
    """Whether an MCP endpoint answers at a path, given as clients see it."""
    prefix = get_script_prefix()
    if not path.startswith(prefix):
        return False
    inner = f"/{path.removeprefix(prefix)}"
    # With a slash, too: before the first request of a process the routes want it.
    return any(map(_serves_mcp, (inner, f"{inner}/")))


def endpoint_paths() -> list[str]:
    """The paths of the mounted endpoints as clients should be told them, apart from those with variables in them."""
    prefix = get_script_prefix().rstrip("/")
    return [f"{prefix}{path}" for path in _mounted(settings.ROOT_URLCONF)]


def public_origin(request: HttpRequest | Request | None = None) -> str | None:
    """The site's origin as clients see it.

    Args:
        request: A request whose own origin will do while ``DEBUG`` is on.

    Returns:
        The origin of ``PUBLIC_URL``, as ``https://example.com``; None where nobody has told it.
    """
    url = mcp_settings.PUBLIC_URL
    if not url and request is not None and settings.DEBUG:
        url = f"{request.scheme}://{request.get_host()}"
    return origin_of(url) if url else None


def origin_of(url: str) -> str:
    """The origin of an address, as a browser writes it: in lower case, without the scheme's own port."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_usual = parts.port is None or (parts.scheme, parts.port) in {("https", 443), ("http", 80)}
    return f"{parts.scheme}://{host}" if is_usual else f"{parts.scheme}://{host}:{parts.port}"


def sign_in_parameters(request: HttpRequest, *, with_scope: bool = True) -> str:
    """What a challenge adds where there is a server to sign in at; nothing where there is none.

    Args:
        request: The request that is refused.
        with_scope: Whether to name the scope to ask for.

    Returns:
        Parameters for the end of ``WWW-Authenticate``.

    Spec: basic/authorization#protected-resource-metadata-discovery-requirements
    """
    origin = public_origin(request)
    if origin is None or not mcp_settings.AUTHORIZATION_SERVERS:
        return ""
    wanted = f', scope="{ALL_TOOLS}"' if with_scope else ""
    return f'{wanted}, resource_metadata="{origin}{WELL_KNOWN}{quote(request.path)}"'


def _serves_mcp(path: str) -> bool:
    try:
        return _is_endpoint(resolve(path).func)
    except Resolver404:
        return False


def _is_endpoint(view: Any) -> bool:
    return getattr(getattr(view, "cls", None), "is_mcp_endpoint", False)


@cache
def _mounted(urlconf: str) -> list[str]:
    paths = [path.rstrip("/") or "/" for path in _endpoints_of(get_resolver(urlconf), "")]
    return [path for path in paths if "<" not in path]


def _endpoints_of(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _endpoints_of(pattern, route)
        elif _is_endpoint(pattern.callback):
            yield simplify_regex(route)
