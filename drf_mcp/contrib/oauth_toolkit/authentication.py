"""The class that takes the access tokens of django-oauth-toolkit, if they were issued for this endpoint."""

from __future__ import annotations

import hashlib
from typing import Any

from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.models import get_access_token_model
from oauth2_provider.utils import parse_bearer_token
from oauthlib.common import Request as OAuthRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from drf_mcp.auth.resource_server import names_this_endpoint


class OAuthAuthentication(OAuth2Authentication):  # type: ignore[misc]  # the library has no types
    """Proves a user by ``Authorization: Bearer``, with one query.

    It is the library's class to whoever asks, so that its permission classes look at scopes. What a token is for
    is judged by the site's public address, and a token that does not say it is for nothing.
    """

    names_its_audience = True

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Find the token and its user.

        Args:
            request: The request to the MCP endpoint.

        Returns:
            The user and the token, None where there is no such token, which may be one of another kind.

        Raises:
            AuthenticationFailed: It has expired, is for something else, or for nobody.
        """
        value = parse_bearer_token(request.META.get("HTTP_AUTHORIZATION", ""))
        if value is None:
            return None
        digest = hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
        tokens = get_access_token_model().objects.select_related("application", "user")
        token = tokens.filter(token_checksum=digest).first()
        if token is None:
            return None
        is_live = token.user is not None and token.user.is_active and not token.is_expired()
        if not is_live or not names_this_endpoint(request, token.resource):
            raise AuthenticationFailed("The token is not valid here.")
        application = token.application
        if application is None or not application.is_usable(OAuthRequest(request.path, request.method)):
            raise AuthenticationFailed("The token is not valid here.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a view other than the endpoint says to a caller without a token."""
        return "Bearer"
