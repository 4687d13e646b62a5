"""OAuth scopes: what credentials say of themselves, and what that leaves of the tools.

A scope narrows. It never allows what a permission refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_mcp.narrowing import EVERYTHING, Narrowing

ALL_TOOLS = "mcp"
READING_TOOLS = "mcp:read"


def scopes_of(auth: Any) -> frozenset[str] | None:
    """The scopes that credentials carry.

    Args:
        auth: What the authentication class gave beside the user: a token of django-oauth-toolkit with its
            ``scope``, or the claims of a JWT with ``scope`` (RFC 9068) or ``scp``.

    Returns:
        The scopes, None for credentials that know nothing of scopes, such as an API key.
    """
    claims = getattr(auth, "payload", auth)
    is_mapping = isinstance(claims, Mapping)
    for name in ("scope", "scp"):
        found = claims.get(name) if is_mapping else getattr(auth, name, None)
        if isinstance(found, str):
            return frozenset(found.split())
        if isinstance(found, (list, tuple, set, frozenset)):
            return frozenset(map(str, found))
    return None


def has_access(scopes: frozenset[str] | None) -> bool:
    """Whether credentials with these scopes are for the MCP endpoint at all.

    Args:
        scopes: From ``scopes_of``.
    """
    return scopes is None or not scopes.isdisjoint((ALL_TOOLS, READING_TOOLS))


def narrowing_by(scopes: frozenset[str] | None) -> Narrowing:
    """What scopes leave of the tools: ``mcp`` all of them, ``mcp:read`` alone those that only read.

    Args:
        scopes: From ``scopes_of``.
    """
    return EVERYTHING if scopes is None or ALL_TOOLS in scopes else Narrowing(read_only=True)
