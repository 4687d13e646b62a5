"""Where people sign in: ``path("", include("drf_mcp.contrib.oauth_toolkit.urls"))``, at the root of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from .consent import AuthorizeView
from .views import RegisteredClientView, RegistrationView, RevokeTokenView, ServerMetadataView, TokenView

endpoint_patterns: list[URLPattern] = [
    path("authorize/", AuthorizeView.as_view(), name="authorize"),
    path("token/", TokenView.as_view(), name="token"),
    path("revoke_token/", RevokeTokenView.as_view(), name="revoke-token"),
    path("register/", RegistrationView.as_view(), name="dcr-register"),
    path("register/<str:client_id>/", RegisteredClientView.as_view(), name="dcr-register-management"),
]
"""For a project that serves more of django-oauth-toolkit: these go before its own, into the same namespace."""

well_known_patterns: list[URLPattern | URLResolver] = [
    path("", include("drf_mcp.auth.urls")),
    path(".well-known/oauth-authorization-server", ServerMetadataView.as_view(), name="mcp-authorization-server"),
]

urlpatterns = [
    *well_known_patterns,
    path("oauth/", include((endpoint_patterns, "oauth2_provider"))),
]
