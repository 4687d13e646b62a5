"""The levels of log messages.

Spec: server/utilities/logging#log-levels
"""

from __future__ import annotations

from typing import Any

from .errors import InvalidParamsError

LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""From the least to the most severe."""


def check_level(level: Any) -> None:
    """Check a level that a client names.

    Raises:
        InvalidParamsError: There is none of this name.
    """
    if level not in LOG_LEVELS:
        raise InvalidParamsError(f"The log levels are {', '.join(LOG_LEVELS)}.", data={"argument": "level"})
