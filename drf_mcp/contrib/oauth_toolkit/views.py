"""What clients ask of the authorization server, without any user: what it offers, registration, tokens."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider import views as toolkit
from oauth2_provider.settings import oauth2_settings
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from drf_mcp.auth.cors import ReadableEverywhereMixin

from .clients import ClientMetadataError, kept_of

MAX_REGISTRATION = 16_384
"""How many bytes a registration has at most."""

for_programs = method_decorator([csrf_exempt, login_not_required], name="dispatch")
"""These views look at no cookie, so there is nothing that a foreign page could make use of."""


@for_programs
class ServerMetadataView(ReadableEverywhereMixin, toolkit.OAuthServerMetadataView):  # type: ignore[misc]
    """RFC 8414: the server's endpoints, and what they take."""


@for_programs
class TokenView(ReadableEverywhereMixin, toolkit.TokenView):  # type: ignore[misc]
    """Gives tokens for codes and refresh tokens."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take what the metadata says is taken, where the library would take every grant that it knows."""
        if request.POST.get("grant_type") not in oauth2_settings.OAUTH2_GRANT_TYPES_SUPPORTED:
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        return _as_json(super().post(request, *args, **kwargs))


@for_programs
class RevokeTokenView(ReadableEverywhereMixin, toolkit.RevokeTokenView):  # type: ignore[misc]
    """RFC 7009: takes tokens back."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take one back."""
        return _as_json(super().post(request, *args, **kwargs))


class RegistrationThrottle(SimpleRateThrottle):
    """How often one address may register a client; ``DEFAULT_THROTTLE_RATES`` may say otherwise.

    Hosted clients register one for each of their users, from a few addresses.
    """

    scope = "mcp_registration"
    usual = "60/hour"

    def get_rate(self) -> str:
        """The project's rate, or the usual one."""
        return str(api_settings.DEFAULT_THROTTLE_RATES.get(self.scope, self.usual))

    def get_cache_key(self, request: Any, view: Any) -> str:
        """One count for each address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class AllRegistrationsThrottle(RegistrationThrottle):
    """How often all addresses together may, since an address can be made up where a proxy passes it on."""

    scope = "mcp_registrations"
    usual = "600/hour"

    def get_cache_key(self, request: Any, view: Any) -> str:
        """One count for all."""
        return self.cache_format % {"scope": self.scope, "ident": "all"}


@method_decorator(never_cache, name="dispatch")
@for_programs
class RegistrationView(ReadableEverywhereMixin, toolkit.DynamicClientRegistrationView):  # type: ignore[misc]
    """RFC 7591: registers a client that nobody at the site knows.

    Spec: basic/authorization#dynamic-client-registration
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Register it with what is kept of what it says of itself, unless too many did."""
        # In this order, and no further than the first that refuses: one address alone must not use up what all have.
        throttles: list[Any] = [RegistrationThrottle(), AllRegistrationsThrottle()]
        for throttle in throttles:
            if not throttle.allow_request(request, self):
                error = {"error": "temporarily_unavailable", "error_description": "Too many clients register."}
                return JsonResponse(error, status=429, headers={"Retry-After": f"{throttle.wait() or 1:.0f}"})
        try:
            kept = kept_of(_read(request))
        except ClientMetadataError as error:
            return JsonResponse({"error": error.code, "error_description": error.description}, status=400)
        request._body = json.dumps(kept).encode()  # where the library reads it
        response: HttpResponse = super().post(request, *args, **kwargs)
        return _with_public_address(response) if response.status_code == 201 else response


@for_programs
class RegisteredClientView(ReadableEverywhereMixin, toolkit.DynamicClientRegistrationManagementView):  # type: ignore[misc]
    """RFC 7592: lets a client look at its registration and take it back, and not change it."""

    http_method_names = ["get", "delete", "options"]


def _as_json(response: HttpResponse) -> HttpResponse:
    """The library's answer under its right name: it sends some errors, which echo what was asked, as HTML."""
    response["Content-Type"] = "application/json"
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _read(request: HttpRequest) -> dict[str, Any]:
    body = request.read(MAX_REGISTRATION + 1)
    try:
        metadata = json.loads(body) if len(body) <= MAX_REGISTRATION else None
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        message = f"A registration is a JSON object of at most {MAX_REGISTRATION} bytes."
        raise ClientMetadataError("invalid_client_metadata", message)
    return metadata


def _with_public_address(response: HttpResponse) -> HttpResponse:
    """The library's answer, with the site's public address in it instead of that of the request."""
    document = json.loads(response.content)
    path = urlsplit(document["registration_client_uri"]).path
    document["registration_client_uri"] = f"{oauth2_settings.OIDC_ISS_ENDPOINT}{path}"
    response.content = json.dumps(document).encode()
    return response
