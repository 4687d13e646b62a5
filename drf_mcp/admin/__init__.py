"""The pages of Django admin; imported by it alone, so that a project can do without."""

from __future__ import annotations

from .prompts import PromptAdmin

__all__ = ["PromptAdmin"]
