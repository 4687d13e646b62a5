"""Findings: what a model would stumble over, with its place in the project's code."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .tools import Tool


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a model would stumble over.

    Args:
        id: The rule's id, as in ``SILENCED_SYSTEM_CHECKS``.
        where: The class or action, as a dotted path.
        line: Its file and line, empty where it has none.
        message: What was found, in a sentence.
        fix: What to do about it.
    """

    id: str
    where: str
    line: str
    message: str
    fix: str


def place_of(code: Any) -> str:
    """The file and line of a class or function, from the current folder where it is below that."""
    try:
        path = Path(inspect.getsourcefile(inspect.unwrap(code)) or "")
        line = inspect.getsourcelines(inspect.unwrap(code))[1]
    except (OSError, TypeError):
        return ""
    return f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}:{line}"


def _named(cls: Any) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def of_class(rule: str, cls: Any, message: str, fix: str) -> Finding:
    """What was found in a class."""
    return Finding(rule, _named(cls), place_of(cls), message, fix)


def of_tool(rule: str, tool: Tool, message: str, fix: str) -> Finding:
    """What was found in a tool: in its action, or in the ViewSet where the action is DRF's own."""
    endpoint = tool.endpoint
    own = endpoint.viewset if endpoint.is_drfs_own else endpoint.handler
    return Finding(rule, f"{_named(endpoint.viewset)}.{endpoint.action}", place_of(own), message, fix)
