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
from django.db.models import QuerySet
from django.utils.choices import BaseChoiceIterator, BlankChoiceIterator
from django.utils.functional import Promise
from rest_framework import serializers

from drf_mcp.reading.library import overriding

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
        A subclass of a validator may compare otherwise and is left out, and so is a limit that is computed.
    """
    found: dict[str, Any] = {}
    for validator in field.validators:
        name = _LIMITS.get(type(validator))
        if name is None or (name == "step" and validator.offset):
            continue
        # A callable is asked anew by each request.
        value = None if callable(validator.limit_value) else _number(validator.limit_value)
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


def has_fixed_choices(field: Any) -> bool:
    """Whether a choice field's choices stand in the source, and are not made anew for each request.

    Args:
        field: A serializer field with choices.

    Returns:
        False where they came from a callable, a queryset or anything lazy, or where the class of the
        field or of its serializer asks a database for them.
    """
    given = getattr(field, "_kwargs", {}).get("choices") or next(iter(getattr(field, "_args", ())), None)
    if isinstance(given, BlankChoiceIterator):
        given = given.choices
    is_lazy = isinstance(given, (QuerySet, Promise, BaseChoiceIterator))
    if is_lazy or isinstance(field, serializers.FilePathField) or not field.choices:
        return False
    makers = [*overriding(field, ("__init__", "__new__")), *overriding(field.parent, ("__init__", "get_fields"))]
    names = {name for maker in makers for name in getattr(getattr(maker, "__code__", None), "co_names", ())}
    declared = getattr(field.parent, "_declared_fields", {}).get(field.field_name)
    if getattr(declared, "choices", field.choices) != field.choices and names - _ASSIGNING:
        return False
    return not names & _QUERYING


_QUERYING = {"objects", "_default_manager", "filter", "values_list", "get_queryset", "get_model"}
"""Names in the code of a class that makes its choices from rows."""
_ASSIGNING = {"super", "__init__", "get_fields", "fields", "choices"}
"""Names in the code of a class that sets choices which it spells out."""


def _number(value: Any) -> int | float | None:
    # By the type itself: a lazy object claims to be an instance of what it will be.
    kind = type(value)
    if issubclass(kind, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if issubclass(kind, bool) or not issubclass(kind, (int, float)) or not math.isfinite(value):
        return None
    return int(value) if issubclass(kind, int) else float(value)
