"""The app itself."""

from __future__ import annotations

from django.apps import AppConfig


class OAuthToolkitConfig(AppConfig):
    """Serves nothing by itself: people sign in where ``drf_mcp.contrib.oauth_toolkit.urls`` is included."""

    name = "drf_mcp.contrib.oauth_toolkit"
    label = "drf_mcp_oauth_toolkit"
    verbose_name = "MCP sign-in"

    def ready(self) -> None:
        """Register the system checks."""
        from . import checks  # noqa: F401  (registers itself)
