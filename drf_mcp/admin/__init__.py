"""The pages of Django admin; imported by it alone, so that a project can do without."""

from __future__ import annotations

from .prompts import PromptAdmin
from .tokens import AccessTokenAdmin

__all__ = ["AccessTokenAdmin", "PromptAdmin"]
