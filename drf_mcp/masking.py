"""Masking: what a log may hold of arguments and messages. Names tell what is secret; texts are told by their length."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from .conf import mcp_settings

MASK = "***"

WORDS = frozenset({"auth", "card", "cvc", "cvv", "iban", "jwt", "key", "otp", "pass", "pin", "pwd", "ssn", "totp"})
"""What is secret where it is a word of a name, such as ``api_key`` or ``userPin``, and not where it is a part of
one, such as ``shipping``."""

PARTS = (
    *("apikey", "authorization", "bearer", "cookie", "credential", "password", "passwd", "passphrase"),
    *("privatekey", "requeststate", "secret", "token"),
)
"""What is secret wherever it stands in a name, such as ``resetTokens``, however its words are joined."""

_HARMLESS = frozenset({"progressToken", "maxTokens"})
_LONGEST = 200


def masked(value: Any, also: Collection[str] = ()) -> Any:
    """The same value as a log may hold it.

    Args:
        value: What JSON can hold.
        also: Names that are secret in this value, beside those that always are, each as ``letters_of`` gives it.

    Returns:
        A copy, with ``***`` for whatever stands under a secret name, and its length for a long text.
    """
    if isinstance(value, Mapping):
        return {
            name: MASK if is_sensitive(name) or letters_of(name) in also else masked(v, also)
            for name, v in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked(entry, also) for entry in value]
    return _masked_text(value, also) if isinstance(value, str) else value


def _masked_text(text: str, also: Collection[str]) -> str:
    """A text itself, unless it is too long; an object or array in it, which tools read as one, is masked as one."""
    if len(text) > _LONGEST:
        return length_of(text)
    if text.lstrip().startswith(("{", "[")):
        try:
            return json.dumps(masked(json.loads(text), also))
        except (ValueError, RecursionError):
            pass
    return text


def letters_of(name: Any) -> str:
    """A name without what only joins its words: the same for ``pet_name`` and ``petName``, as parsers may rename it."""
    return re.sub(r"[\W_]+", "", str(name)).lower()


def length_of(text: str) -> str:
    """What a log says of a text that it does not hold."""
    return f"({len(text):,} characters)"


def is_sensitive(name: Any) -> bool:
    """Whether a name is one of what nobody should read in a log."""
    return isinstance(name, str) and name not in _HARMLESS and _is_sensitive(name, tuple(mcp_settings.SENSITIVE_NAMES))


@lru_cache(maxsize=4096)
def _is_sensitive(name: str, more: tuple[str, ...]) -> bool:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    words = [word for word in re.split(r"[^a-z]+", spaced) if word]
    joined = "".join(words)
    parts = (*PARTS, *(re.sub(r"[^a-z]+", "", part.lower()) for part in more))
    return any(word in WORDS or word.removesuffix("s") in WORDS for word in words) or any(
        part and part in joined for part in parts
    )
