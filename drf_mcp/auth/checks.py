"""System checks of the endpoint as an OAuth resource server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import Resolver404, resolve

from drf_mcp.conf import mcp_settings

from .identity import endpoint_authentication_classes
from .metadata import ProtectedResourceView
from .resource_server import WELL_KNOWN, endpoint_paths

TAKE_ANY_AUDIENCE = {
    "oauth2_provider.contrib.rest_framework.authentication.OAuth2Authentication",
    "rest_framework_simplejwt.authentication.JWTAuthentication",
}
"""Classes of others that take a token whatever it was issued for, unless ``AudienceMixin`` goes before them."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@register("drf_mcp", Tags.security)
def check_resource_server(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether clients can find the way to sign in, and tokens for something else are refused.

    ``drf_mcp.E020`` without ``PUBLIC_URL``, ``drf_mcp.E021`` where it or an issuer is no https address,
    ``drf_mcp.E022`` where the metadata has no route, ``drf_mcp.W020`` for a class that looks at no
    audience, ``drf_mcp.W021`` under a prefix.

    Args:
        app_configs: Unused; the settings belong to no app of the project.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings; none where nobody signs in.
    """
    try:
        if not mcp_settings.AUTHORIZATION_SERVERS:
            return []
    except ImproperlyConfigured:  # E001 says it
        return []
    return [*_of_addresses(), *_of_routes(), *_of_classes()]


def _of_addresses() -> Iterator[CheckMessage]:
    if mcp_settings.PUBLIC_URL is None and not settings.DEBUG:
        yield checks.Error(
            'DRF_MCP["PUBLIC_URL"] is not set, and DRF_MCP["AUTHORIZATION_SERVERS"] is.',
            hint="Tokens are issued for the endpoint's public address, as https://example.com, which no Host header "
            "may decide. Without it clients are not told where to sign in.",
            id="drf_mcp.E020",
        )
    for name, urls in [
        ("PUBLIC_URL", [mcp_settings.PUBLIC_URL or "https://example.com"]),
        ("AUTHORIZATION_SERVERS", mcp_settings.AUTHORIZATION_SERVERS),
    ]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
                yield checks.Error(
                    f'DRF_MCP["{name}"] has {url!r}, which is no https address.',
                    hint="Tokens and codes travel there. Plain http is for 127.0.0.1 and localhost alone.",
                    id="drf_mcp.E021",
                )


def _of_routes() -> Iterator[CheckMessage]:
    for path in endpoint_paths():
        if settings.FORCE_SCRIPT_NAME:
            yield checks.Warning(
                f"Clients look for {WELL_KNOWN}{path} at the root of the site, and Django serves what is below "
                f"{settings.FORCE_SCRIPT_NAME} only.",
                hint=f"Let the web server hand {WELL_KNOWN} and what is below it to Django.",
                id="drf_mcp.W021",
            )
        try:
            view = resolve(f"{WELL_KNOWN}{path}").func
        except Resolver404:
            view = None
        if getattr(view, "view_class", None) is not ProtectedResourceView:
            yield checks.Error(
                f"{WELL_KNOWN}{path} has no route, so that clients cannot find out where to sign in.",
                hint='Put path("", include("drf_mcp.auth.urls")) first into the URLconf that ROOT_URLCONF names.',
                id="drf_mcp.E022",
            )


def _of_classes() -> Iterator[CheckMessage]:
    for cls in endpoint_authentication_classes():
        paths = {f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__}
        if not getattr(cls, "names_its_audience", False) and paths & TAKE_ANY_AUDIENCE:
            yield checks.Warning(
                f"{cls.__name__} lets tokens in that were issued for something else.",
                hint="Put drf_mcp.auth.resource_server.AudienceMixin before it, in a class for "
                'DRF_MCP["AUTHENTICATION_CLASSES"].',
                obj=f"{cls.__module__}.{cls.__qualname__}",
                id="drf_mcp.W020",
            )
