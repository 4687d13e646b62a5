"""One serializer field as JSON Schema: what the field accepts, as far as it can be known.

``field_schema`` dispatches on the field's class, so a project teaches it a field of its own with
``@field_schema.register``. A ``format`` stands only where the field takes exactly what the format
allows; where nothing certain can be said, nothing is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models
from rest_framework import relations, serializers
from rest_framework.settings import api_settings

Schema = dict[str, Any]

_LIMITS = {
    MaxLengthValidator: "maxLength",
    MinLengthValidator: "minLength",
    MaxValueValidator: "maximum",
    MinValueValidator: "minimum",
}


@singledispatch
def field_schema(field: Any) -> Schema:
    r"""The type and limits of what a field accepts, without its description.

    Register a schema for a field class of your own, subclasses included::

        @field_schema.register
        def _(field: MoneyField) -> dict:
            return {"type": "string", "pattern": r"^\d+ [A-Z]{3}$"}

    Args:
        field: A serializer field, bound to its serializer.

    Returns:
        A schema as a new dict; empty where any value may be right.
    """
    return {}


def described_schema(field: Any) -> Schema:
    """The whole schema of a property: type and limits, null and blank, default and description.

    Args:
        field: A serializer field, bound to its serializer.

    Returns:
        A schema as a new dict.
    """
    schema = field_schema(field)
    if getattr(field, "allow_blank", False):
        schema = _or_blank(schema)
    if field.allow_null:
        schema = _or_null(schema)
    default = getattr(field, "default", serializers.empty)
    if default is not serializers.empty and not callable(default) and _is_json(default):
        schema["default"] = default
    description = _description(field)
    if description:
        schema["description"] = description
    return schema


def _description(field: Any) -> str:
    text = str(field.help_text or field.label or "").strip()
    choices = getattr(field, "choices", None) if isinstance(field, serializers.ChoiceField) else None
    if choices and any(str(key) != str(label) for key, label in choices.items()):
        labels = ", ".join(f"{key}: {label}" for key, label in list(choices.items())[:20])
        text = f"{text} ({labels})" if text else labels
    return text


def _or_blank(schema: Schema) -> Schema:
    if "enum" in schema:
        return schema if "" in schema["enum"] else {**schema, "enum": [*schema["enum"], ""]}
    schema = {key: value for key, value in schema.items() if key != "minLength"}
    if schema.keys() & {"format", "pattern"}:
        return {"anyOf": [schema, {"type": "string", "maxLength": 0}]}
    return schema


def _or_null(schema: Schema) -> Schema:
    if not schema:
        return schema
    if "enum" in schema or "anyOf" in schema:
        return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def _limits(field: Any, *names: str) -> Schema:
    """The tightest of the limits that the field's validators set, by keyword."""
    limits: Schema = {}
    for validator in field.validators:
        keyword = next((word for cls, word in _LIMITS.items() if type(validator) is cls), None)
        if keyword not in names:
            continue
        value = validator.limit_value() if callable(validator.limit_value) else validator.limit_value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            tightest = min if keyword.startswith("max") else max
            limits[keyword] = tightest(limits.get(keyword, value), value)
    return limits


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def json_type(value: Any) -> str:
    """The JSON Schema type of a JSON scalar."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "string"


def _enum(keys: Iterable[Any]) -> Schema:
    keys = [key if isinstance(key, (bool, int, float)) else str(key) for key in keys if key is not None]
    types = list(dict.fromkeys(json_type(key) for key in keys))
    if not types:
        return {"type": "string"}
    return {"type": types[0] if len(types) == 1 else types, "enum": keys}


@field_schema.register
def _(field: serializers.BooleanField) -> Schema:
    return {"type": "boolean"}


@field_schema.register
def _(field: serializers.CharField) -> Schema:
    schema: Schema = {"type": "string", **_limits(field, "minLength", "maxLength")}
    if not field.allow_blank and "minLength" not in schema:
        schema["minLength"] = 1
    return schema


@field_schema.register
def _(field: serializers.EmailField) -> Schema:
    return {"type": "string", "format": "email", **_limits(field, "minLength", "maxLength")}


@field_schema.register
def _(field: serializers.SlugField) -> Schema:
    schema: Schema = {"type": "string", **_limits(field, "minLength", "maxLength")}
    if not field.allow_unicode:
        schema["pattern"] = "^[-a-zA-Z0-9_]+$"
    return schema


@field_schema.register
def _(field: serializers.IntegerField) -> Schema:
    return {"type": "integer", **_limits(field, "minimum", "maximum")}


@field_schema.register
def _(field: serializers.FloatField) -> Schema:
    return {"type": "number", **_limits(field, "minimum", "maximum")}


@field_schema.register
def _(field: serializers.DecimalField) -> Schema:
    return {"type": ["number", "string"]}


@field_schema.register(serializers.UUIDField)
@field_schema.register(serializers.DateTimeField)
@field_schema.register(serializers.TimeField)
@field_schema.register(serializers.DurationField)
def _(field: Any) -> Schema:
    return {"type": "string"}


@field_schema.register
def _(field: serializers.DateField) -> Schema:
    formats = getattr(field, "input_formats", None) or api_settings.DATE_INPUT_FORMATS
    is_iso = [str(name).lower() for name in formats] == ["iso-8601"]
    return {"type": "string", "format": "date"} if is_iso else {"type": "string"}


@field_schema.register
def _(field: serializers.ChoiceField) -> Schema:
    return _enum(field.choices)


@field_schema.register
def _(field: serializers.MultipleChoiceField) -> Schema:
    schema: Schema = {"type": "array", "items": _enum(field.choices)}
    return schema if field.allow_empty else {**schema, "minItems": 1}


@field_schema.register
def _(field: serializers.ListField) -> Schema:
    schema: Schema = {"type": "array", "items": described_schema(field.child)}
    if field.min_length is not None:
        schema["minItems"] = field.min_length
    elif not field.allow_empty:
        schema["minItems"] = 1
    if field.max_length is not None:
        schema["maxItems"] = field.max_length
    return schema


@field_schema.register
def _(field: serializers.DictField) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": described_schema(field.child)}
    return schema if field.allow_empty else {**schema, "minProperties": 1}


@field_schema.register
def _(field: relations.ManyRelatedField) -> Schema:
    schema: Schema = {"type": "array", "items": field_schema(field.child_relation)}
    return schema if field.allow_empty else {**schema, "minItems": 1}


@field_schema.register(relations.PrimaryKeyRelatedField)
def _(field: Any) -> Schema:
    if field.pk_field is not None:
        return field_schema(field.pk_field)
    queryset = field.get_queryset()
    return _column_schema(queryset.model._meta.pk) if queryset is not None else {}


@field_schema.register(relations.SlugRelatedField)
def _(field: Any) -> Schema:
    queryset = field.get_queryset()
    if queryset is None or "__" in field.slug_field:
        return {}
    try:
        return _column_schema(queryset.model._meta.get_field(field.slug_field))
    except LookupError:
        return {}


@field_schema.register(relations.HyperlinkedRelatedField)
def _(field: Any) -> Schema:
    return {"type": "string"}


def _column_schema(column: Any) -> Schema:
    """What identifies a row through this column: through one-to-one keys, down to a real type."""
    while getattr(column, "remote_field", None) is not None:
        column = column.target_field
    if isinstance(column, models.IntegerField):
        return {"type": "integer"}
    if isinstance(column, (models.CharField, models.TextField, models.UUIDField)):
        return {"type": "string"}
    return {}
