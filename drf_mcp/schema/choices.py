"""Choices as JSON Schema where they are few, and in words where a schema would not list them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

Schema = dict[str, Any]

MAX_LABELS = 20
"""How many choices a description spells out."""
MAX_ENUM = 2_000
"""How many characters of choices a schema lists, some 500 tokens; with more it tells their type alone."""


def json_type(value: Any) -> str:
    """The JSON Schema type of a JSON scalar."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "string"


def is_huge(keys: Iterable[Any]) -> bool:
    """Whether choices are too many to stand in every conversation; DRF still refuses any other."""
    return sum(len(str(key)) + 3 for key in keys) > MAX_ENUM


def enum_schema(keys: Iterable[Any]) -> Schema:
    """The schema of one of these values, one type in each branch; of very many only the type."""
    plain = (key.value if isinstance(key, Enum) else key for key in keys)
    values = [key if isinstance(key, (bool, int, float)) else str(key) for key in plain if key is not None]
    types = list(dict.fromkeys(json_type(value) for value in values))
    if not types:
        return {"type": "string"}
    branches: list[Schema] = [{"type": name} for name in types]
    if not is_huge(values):
        for branch in branches:
            branch["enum"] = [value for value in values if json_type(value) == branch["type"]]
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def such_as(keys: Iterable[Any]) -> str:
    """Choices that no schema lists, in words; empty where there are none."""
    texts = [str(getattr(key, "value", key)) for key in keys if key not in (None, "")]
    if not texts:
        return ""
    rest = len(texts) - MAX_LABELS
    return f"such as {', '.join(texts[:MAX_LABELS])}" + (f" and {rest} more" if rest > 0 else "")
