"""Seals: what a client keeps for the server and brings back, good for one caller, one call, once and for a while."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from django.core import signing
from django.core.cache import cache

from .auth.identity import Identity
from .conf import mcp_settings


class SealError(Exception):
    """It was changed, is too old, was used before, or belongs to another caller or call."""


class Seal:
    """Seals what belongs to one call, and opens it again.

    Args:
        purpose: What it is for; a seal for one purpose is none for another.
        identity: Who calls.
        call: What is called with which arguments: anything that JSON can hold.
    """

    def __init__(self, purpose: str, identity: Identity, call: Any) -> None:
        self._salt = f"drf_mcp.{purpose}"
        bound = json.dumps([identity.key, call], sort_keys=True)
        self._call = hashlib.sha256(bound.encode("utf-8", "surrogatepass")).hexdigest()

    def close(self, content: Any = None) -> str:
        """Give the client something to keep; it can read it and cannot change it."""
        return signing.dumps([self._call, uuid.uuid4().hex, content], salt=self._salt, compress=True)

    def open(self, value: Any, *, spend: bool = True) -> Any:
        """Take it back.

        Args:
            value: What the client brought, of any type.
            spend: Whether this is its one use.

        Returns:
            The content.

        Raises:
            SealError: It is not this call's, or not any more.
        """
        try:
            call, once, content = signing.loads(value, salt=self._salt, max_age=mcp_settings.ANSWER_SECONDS)
        except (signing.BadSignature, TypeError, AttributeError, ValueError):
            raise SealError from None
        if call != self._call or (spend and not cache.add(f"drf_mcp:spent:{once}", 1, mcp_settings.ANSWER_SECONDS)):
            raise SealError
        return content
