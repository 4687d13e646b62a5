"""What administrators make, prompts, access tokens and rules, and what they read, the calls."""

from __future__ import annotations

from .calls import Call, Overview
from .prompts import Prompt, PromptArgument
from .rules import AsWho, ToolRule, ToolRuleChange
from .tokens import TOKEN_PREFIX, AccessToken, Connection, digest_of

__all__ = [
    "TOKEN_PREFIX",
    "AccessToken",
    "AsWho",
    "Call",
    "Connection",
    "Overview",
    "Prompt",
    "PromptArgument",
    "ToolRule",
    "ToolRuleChange",
    "digest_of",
]
