"""System checks: what is missing or unsafe where people sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.module_loading import import_string
from oauth2_provider.settings import DEFAULTS

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.auth.resource_server import origin_of
from drf_mcp.auth.scopes import ALL_TOOLS, READING_TOOLS
from drf_mcp.conf import mcp_settings

from .authentication import OAuthAuthentication
from .client_documents import AfterSignIn, Fetcher
from .consent import AuthorizeView
from .settings import DAY, oauth2_provider
from .validator import Validator
from .views import RegisteredClientView, RegistrationView, ServerMetadataView, TokenView

Rule = tuple[Callable[[Any], bool], str]
MAX_SECONDS = {"AUTHORIZATION_CODE_EXPIRE_SECONDS": 600, "ACCESS_TOKEN_EXPIRE_SECONDS": DAY}


def _is(wanted: type) -> Callable[[Any], bool]:
    def is_one(value: Any) -> bool:
        try:
            found = import_string(value) if isinstance(value, str) else value
        except ImportError:
            return False
        return isinstance(found, type) and issubclass(found, wanted)

    return is_one


def _has(*wanted: str) -> Callable[[Any], bool]:
    return lambda value: bool(value) and set(wanted) <= set(value)


def _has_only(*allowed: str) -> Callable[[Any], bool]:
    return lambda value: bool(value) and set(value) <= set(allowed)


RULES: dict[str, Rule] = {
    "SCOPES": (_has(ALL_TOOLS, READING_TOOLS), "Clients ask for these scopes."),
    "DEFAULT_SCOPES": (_has_only(ALL_TOOLS, READING_TOOLS), "A client that names no scope gets these."),
    "OAUTH2_VALIDATOR_CLASS": (_is(Validator), "Tokens of self-registered clients are for the MCP endpoint alone."),
    "CIMD_METADATA_FETCHER": (_is(Fetcher), "It has the time limit, and takes the documents of real clients."),
    "CIMD_REGISTRATION_PERMISSION_CLASSES": (
        lambda value: any(map(_is(AfterSignIn), value or ())),
        "Otherwise anybody makes this server fetch any address.",
    ),
    "ALLOWED_REDIRECT_URI_SCHEMES": (_has("https", "http"), "Programs on the user's computer need plain http."),
    "OAUTH2_GRANT_TYPES_SUPPORTED": (
        _has_only("authorization_code", "refresh_token", "client_credentials"),
        "Password and implicit grants are not safe.",
    ),
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": (_has_only("code"), "Only a code is bound to the client that asked."),
    "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": (_has("none"), "Claude wants it for its client document."),
    "REFRESH_TOKEN_EXPIRE_SECONDS": (bool, "Without it a refresh token is good for ever."),
    "DCR_REGISTRATION_TOKEN_EXPIRE_SECONDS": (bool, "Without it a registration token is good for ever."),
    **{
        name: (lambda value, most=most: 0 < value <= most, f"At most {most}.")  # type: ignore[misc]
        for name, most in MAX_SECONDS.items()
    },
}
"""What a setting has to satisfy that may have more than one value, and why."""
FREE = {"OIDC_ISS_ENDPOINT", "CIMD_ENABLED", "DCR_ENABLED", "DCR_REGISTRATION_PERMISSION_CLASSES"}
"""Settings that a project may choose, or that have a check of their own."""


@register("drf_mcp", Tags.security)
def check_sign_in(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether people can sign in, and clients get no more than was meant.

    ``drf_mcp.E023`` for a setting that is missing or unsafe, ``drf_mcp.E024`` for a route, ``drf_mcp.E025``
    where ``DRF_MCP`` and the server do not know each other, ``drf_mcp.E026`` where nobody can sign in,
    ``drf_mcp.W022`` for limits that each process counts by itself; ``drf_mcp.I003`` alone where the app is
    installed and nothing of it is used.

    Args:
        app_configs: Unused; the settings belong to no app of the project.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    try:
        mcp_settings.load()
    except ImproperlyConfigured:  # E001 says it
        return []
    if not _is_used():
        message = "drf_mcp.contrib.oauth_toolkit is installed, and neither its routes nor its settings are there."
        hint = "Spread its settings and include its URLs, or take it out of INSTALLED_APPS."
        return [checks.Info(message, hint=hint, id="drf_mcp.I003")]
    return [*_of_settings(), *_of_routes(), *_of_resource_server(), *_of_login(), *_of_cache()]


def _is_used() -> bool:
    has_class = any(issubclass(cls, OAuthAuthentication) for cls in endpoint_authentication_classes())
    if has_class or mcp_settings.AUTHORIZATION_SERVERS:
        return True
    try:
        reverse("oauth2_provider:authorize")
    except NoReverseMatch:
        return False
    return True


def _of_settings() -> Iterator[CheckMessage]:
    given = getattr(settings, "OAUTH2_PROVIDER", None) or {}
    for name, usual in oauth2_provider("https://example.com").items():
        if name in FREE:
            continue
        value = given.get(name, DEFAULTS[name])
        is_good, why = RULES.get(name, (lambda value, usual=usual: value == usual, f"It should be {usual!r}."))
        if not is_good(value):
            state = f"is {value!r}" if name in given else "is missing"
            yield checks.Error(
                f'OAUTH2_PROVIDER["{name}"] {state}.',
                hint=f"{why} Spread oauth2_provider(PUBLIC_URL) of drf_mcp.contrib.oauth_toolkit.settings.",
                id="drf_mcp.E023",
            )


def _of_routes() -> Iterator[CheckMessage]:
    for name, view in [
        ("authorize", AuthorizeView),
        ("token", TokenView),
        ("dcr-register", RegistrationView),
        ("dcr-register-management", RegisteredClientView),
    ]:
        try:
            kwargs = {"client_id": "x"} if name == "dcr-register-management" else {}
            path = reverse(f"oauth2_provider:{name}", kwargs=kwargs)
        except NoReverseMatch:
            path = ""
        yield from _unless_served(path or f"oauth2_provider:{name}", path, view)
    path = "/.well-known/oauth-authorization-server"
    yield from _unless_served(path, path, ServerMetadataView)


def _unless_served(what: str, path: str, view: type) -> Iterator[CheckMessage]:
    try:
        served = getattr(resolve(path).func, "view_class", None)
    except Resolver404:
        served = None
    if served is None or not issubclass(served, view):
        yield checks.Error(
            f"{what} is not served by {view.__name__}.",
            hint='Put path("", include("drf_mcp.contrib.oauth_toolkit.urls")) first into ROOT_URLCONF.',
            id="drf_mcp.E024",
        )


def _of_resource_server() -> Iterator[CheckMessage]:
    issuer = (getattr(settings, "OAUTH2_PROVIDER", None) or {}).get("OIDC_ISS_ENDPOINT")
    hint = "Spread sign_in(PUBLIC_URL) of drf_mcp.contrib.oauth_toolkit.settings in DRF_MCP."
    if not any(issubclass(cls, OAuthAuthentication) for cls in endpoint_authentication_classes()):
        message = 'DRF_MCP["AUTHENTICATION_CLASSES"] has no OAuthAuthentication, so the tokens are for nothing.'
        yield checks.Error(message, hint=hint, id="drf_mcp.E025")
    if not issuer or issuer not in mcp_settings.AUTHORIZATION_SERVERS:
        message = (
            f'OAUTH2_PROVIDER["OIDC_ISS_ENDPOINT"] is {issuer!r}, which is not in DRF_MCP["AUTHORIZATION_SERVERS"].'
        )
        yield checks.Error(message, hint=hint, id="drf_mcp.E025")
    elif mcp_settings.PUBLIC_URL is None or origin_of(mcp_settings.PUBLIC_URL) != issuer:
        message = f'DRF_MCP["PUBLIC_URL"] is {mcp_settings.PUBLIC_URL!r}, and people sign in at {issuer!r}.'
        yield checks.Error(message, hint=hint, id="drf_mcp.E025")


def _of_login() -> Iterator[CheckMessage]:
    try:
        url = resolve_url(settings.LOGIN_URL)
        if url.startswith("/"):
            resolve(url.partition("?")[0])
    except (NoReverseMatch, Resolver404):
        yield checks.Error(
            f"LOGIN_URL is {settings.LOGIN_URL!r}, which leads nowhere, so that nobody can sign in.",
            hint='Route a login view there, such as path("accounts/", include("django.contrib.auth.urls")).',
            id="drf_mcp.E026",
        )


def _of_cache() -> Iterator[CheckMessage]:
    if not settings.DEBUG and isinstance(caches["default"], (DummyCache, LocMemCache)):
        yield checks.Warning(
            "CACHES['default'] is not shared by processes, so each counts registrations and failures by itself.",
            hint="Point it at Redis, Memcached, the database or files, unless there is one process only.",
            id="drf_mcp.W022",
        )
