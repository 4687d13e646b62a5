"""The app itself."""

from __future__ import annotations

from contextlib import suppress

from django.apps import AppConfig
from django.core.signals import request_started
from django.http import HttpRequest
from django.utils.module_loading import autodiscover_modules


class DRFMCPConfig(AppConfig):
    """Publishes nothing by itself: tools appear when ``drf_mcp.urls`` is included."""

    name = "drf_mcp"
    verbose_name = "MCP"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let actions ask for ``request.mcp``, hear of what changes, tell of calls, and import each app's ``mcp.py``.

        Raises:
            ImproperlyConfigured: A setting is wrong, or what an ``mcp.py`` declares: better at the start
                than in every answer.
        """
        from . import checks, readiness, rule_checks  # noqa: F401  (they register themselves)
        from .audit import connect_audit
        from .auth import checks as auth_checks  # noqa: F401  (the same)
        from .conf import mcp_settings
        from .model_signals import connect_signals
        from .prompts import check_declared_prompts
        from .resource_catalog import declared_resources
        from .rules import connect_rules
        from .urls import serve_without_slash

        with suppress(ImportError):  # not installed, or too old
            from .contrib import opentelemetry

            opentelemetry.connect()
        with suppress(ImportError):
            from .contrib import rest_polymorphic  # noqa: F401  (it registers itself)
        with suppress(ImportError):
            from .contrib import writable_nested  # noqa: F401  (the same)

        mcp_settings.load()
        HttpRequest.mcp = None  # type: ignore[attr-defined]
        request_started.connect(serve_without_slash, dispatch_uid="drf_mcp.urls")
        connect_signals()
        connect_audit()
        connect_rules()
        autodiscover_modules("mcp")
        check_declared_prompts()
        declared_resources()
