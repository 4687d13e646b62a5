"""What the author of a method said about its types: annotations, where a class left DRF's own ways."""

from __future__ import annotations

import datetime as dt
import decimal
import inspect
import types
import typing
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Union

from drf_mcp.reading.library import overriding
from drf_mcp.reading.overrides import hands_on

Schema = dict[str, Any]

_SCALARS: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    decimal.Decimal: {"type": ["string", "number"]},
    uuid.UUID: {"type": "string"},
    dt.datetime: {"type": "string"},
    dt.date: {"type": "string"},
    dt.time: {"type": "string"},
    dt.timedelta: {"type": "string"},
}
_ARRAYS = (list, tuple, set, frozenset, Sequence, Iterable)
_OBJECTS = (dict, Mapping)


def overrides_dispatch(field: Any, dispatcher: Any, *methods: str) -> tuple[Any, ...]:
    """The methods with which a field does for itself what the schema of its base class speaks of.

    Args:
        field: A serializer field.
        dispatcher: The ``singledispatch`` function that describes fields.
        methods: The methods that decide, such as ``to_representation``.

    Returns:
        Those that were overridden outside of Django REST Framework, below the class that the dispatcher
        knows.
    """
    known = next((cls for cls in type(field).__mro__ if cls in dispatcher.registry), object)
    return overriding(field, methods, below=known)


def reads_itself(field: Any, dispatcher: Any) -> list[Any]:
    """The methods with which a field takes other input than its base class; see ``overrides_dispatch``.

    A method that hands its input on unchanged is none of them: what its base class refuses stays refused.
    """
    methods = overrides_dispatch(field, dispatcher, *_READING)
    return [method for method in methods if method.__name__ == "get_value" or not hands_on(method, field)]


_READING = ("to_internal_value", "run_validation", "validate_empty_values", "run_validators", "get_value")


def argument_hint(method: Any) -> Schema:
    """The schema of a method's first argument after ``self``, empty where it is not annotated."""
    try:
        names = list(inspect.signature(method).parameters)
        return hint_schema(typing.get_type_hints(method).get(names[1]))
    except (IndexError, NameError, TypeError, ValueError):
        return {}


def return_hint(method: Any) -> Schema:
    """The schema of what a method returns, empty where it is not annotated."""
    try:
        return hint_schema(typing.get_type_hints(method).get("return"))
    except (NameError, TypeError, ValueError):
        return {}


def hint_schema(hint: Any) -> Schema:
    """A type annotation as JSON Schema.

    Args:
        hint: A class, a union, a literal, or a list or dict of such.

    Returns:
        A schema as a new dict; empty for what has no plain counterpart.
    """
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        parts = [hint_schema(argument) for argument in arguments]
        return _union(parts) if all(parts) else {}
    if origin is Literal and all(isinstance(value, str) for value in arguments):
        return {"type": "string", "enum": list(arguments)}
    base = origin or hint
    if base in _ARRAYS:
        items = arguments[0] if len(arguments) == 1 or (len(arguments) == 2 and arguments[1] is ...) else None
        return {"type": "array", "items": hint_schema(items)}
    if base in _OBJECTS:
        values = hint_schema(arguments[1]) if len(arguments) == 2 else {}
        return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
    return {}


def _union(parts: list[Schema]) -> Schema:
    if all(part.keys() == {"type"} for part in parts):
        names = [name for part in parts for name in ([part["type"]] if isinstance(part["type"], str) else part["type"])]
        return {"type": list(dict.fromkeys(names))}
    return {"anyOf": parts}
