"""The pages of Django admin; imported by it alone, so that a project can do without."""

from __future__ import annotations

from .calls import CallAdmin, CallsMixin
from .overview import OverviewAdmin
from .prompts import PromptAdmin
from .tokens import AccessTokenAdmin
from .tools import ToolRuleAdmin

__all__ = ["AccessTokenAdmin", "CallAdmin", "CallsMixin", "OverviewAdmin", "PromptAdmin", "ToolRuleAdmin"]
