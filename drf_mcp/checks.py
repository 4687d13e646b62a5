"""System checks: what ``manage.py check`` says about the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from .auth.identity import ambient_classes
from .conf import mcp_settings


@register(Tags.security)
def check_settings(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """``drf_mcp.E001`` for a setting that cannot be read, ``drf_mcp.E002`` for an ambient class.

    Args:
        app_configs: Unused; the settings belong to no app of the project.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    try:
        classes = mcp_settings.AUTHENTICATION_CLASSES or ()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See the reference of the settings.", id="drf_mcp.E001")]
    return [
        Error(
            f'DRF_MCP["AUTHENTICATION_CLASSES"] names {name}, which a browser satisfies by itself.',
            hint="Name classes that read a token from the Authorization header. This one is left out.",
            id="drf_mcp.E002",
        )
        for name in ambient_classes(classes)
    ]
