"""The pages of Django admin; imported by it alone, so that a project can do without."""

from __future__ import annotations

from typing import Any

from drf_mcp.models import AccessToken, AsWho, Call, Connection, Overview, Prompt, ToolRule

from .as_who import AsWhoAdmin
from .calls import CallAdmin, CallsMixin
from .connect import ConnectionAdmin
from .overview import OverviewAdmin
from .prompts import PromptAdmin
from .tokens import AccessTokenAdmin
from .tools import ToolRuleAdmin

__all__ = [
    "AccessTokenAdmin",
    "AsWhoAdmin",
    "CallAdmin",
    "CallsMixin",
    "ConnectionAdmin",
    "OverviewAdmin",
    "PromptAdmin",
    "ToolRuleAdmin",
    "register_pages",
]

PAGES: dict[Any, Any] = {
    ToolRule: ToolRuleAdmin,
    AsWho: AsWhoAdmin,
    Call: CallAdmin,
    Overview: OverviewAdmin,
    AccessToken: AccessTokenAdmin,
    Connection: ConnectionAdmin,
    Prompt: PromptAdmin,
}


def register_pages(site: Any) -> None:
    """Put all pages of this app on an ``AdminSite`` of a project's own; those that it has stay as they are.

    Args:
        site: The site.
    """
    for model, page in PAGES.items():
        if not site.is_registered(model):
            site.register(model, page)
