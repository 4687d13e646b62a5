"""What clients declare that they can do, and what of it a request needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def missing_capabilities(required: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Find what a client would have to declare in addition.

    Args:
        required: Capabilities shaped as a client declares them, such as ``{"sampling": {"tools": {}}}``.
        declared: What the client declared.

    Returns:
        The missing part in the same shape, empty where nothing is missing.

    Spec: basic/index#error-codes
    """
    missing = {}
    for name, inner in required.items():
        found = declared.get(name)
        if found is None:
            missing[name] = inner
        elif lacking := missing_capabilities(inner, found if isinstance(found, Mapping) else {}):
            missing[name] = lacking
    return missing
