"""Where clients look for the way to sign in: ``path("", include("drf_mcp.auth.urls"))``, at the root of the site."""

from __future__ import annotations

from django.urls import path

from .metadata import ProtectedResourceView

urlpatterns = [
    path(".well-known/oauth-protected-resource", ProtectedResourceView.as_view(), name="mcp-protected-resource"),
    path(".well-known/oauth-protected-resource/<path:path>", ProtectedResourceView.as_view()),
]
