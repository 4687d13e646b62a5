"""What a field's validators demand, as keywords of JSON Schema."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
    RegexValidator,
    StepValueValidator,
    URLValidator,
)

from .patterns import ecma_pattern

_LIMITS: dict[type, str] = {
    MaxLengthValidator: "max_length",
    MinLengthValidator: "min_length",
    MaxValueValidator: "max_value",
    MinValueValidator: "min_value",
    StepValueValidator: "step",
}
_URL_PATTERN = r"^([hH][tT]{2}[pP][sS]?|[fF][tT][pP][sS]?)://\S+$"


def limits(field: Any) -> dict[str, Any]:
    """The tightest limits among a field's validators.

    Args:
        field: A serializer field.

    Returns:
        Numbers under ``max_length``, ``min_length``, ``max_value``, ``min_value`` and ``step``, where there are any.
        A subclass of a validator may compare otherwise and is left out.
    """
    found: dict[str, Any] = {}
    for validator in field.validators:
        name = _LIMITS.get(type(validator))
        if name is None or (name == "step" and validator.offset):
            continue
        value = _number(validator.limit_value() if callable(validator.limit_value) else validator.limit_value)
        if value is not None:
            tightest = min if name.startswith("max") else max
            found[name] = tightest(found.get(name, value), value)
    return found


def renamed(found: dict[str, Any], **keywords: str) -> dict[str, Any]:
    """Limits under the keywords of one type: ``renamed(found, max_length="maxItems")``."""
    return {keyword: found[name] for name, keyword in keywords.items() if name in found}


def patterns(field: Any) -> list[str]:
    """The patterns that a text must match, those that can be translated.

    Args:
        field: A serializer field for text.

    Returns:
        Patterns without repetition.
    """
    found: list[str | None] = []
    for validator in field.validators:
        if type(validator) is URLValidator:
            found.append(_URL_PATTERN if set(validator.schemes) == set(URLValidator.schemes) else r"^\S+://\S+$")
        elif type(validator) is RegexValidator or _only_presets_regex(validator):
            found.append(ecma_pattern(validator))
    return list(dict.fromkeys(pattern for pattern in found if pattern))


def _only_presets_regex(validator: Any) -> bool:
    """True for subclasses such as ``UnicodeUsernameValidator``, which only set the regex."""
    return isinstance(validator, RegexValidator) and type(validator).__call__ is RegexValidator.__call__


def _number(value: Any) -> int | float | None:
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    return None
