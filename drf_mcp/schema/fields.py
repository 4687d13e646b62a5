"""What a serializer field accepts, as JSON Schema.

``field_schema`` dispatches on the field's class, so a project teaches it a field of its own with
``@field_schema.register``. A ``format`` stands only where the field takes exactly what the format
allows; where nothing certain can be said, nothing is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import relations, serializers
from rest_framework.settings import api_settings

from .hints import argument_hint, overrides_dispatch
from .limits import limits, patterns, renamed
from .patterns import strptime_pattern

Schema = dict[str, Any]

_DATE = r"\d{4}-\d\d?-\d\d?"
_TIME = r"\d\d?:\d\d(:\d\d([.,]\d+)?)?"
_ISO = {
    "DATETIME_INPUT_FORMATS": rf"^{_DATE}[T ]{_TIME}\s?(Z|[+-]\d\d(:?\d\d)?)?$",
    "TIME_INPUT_FORMATS": rf"^{_TIME}$",
}
_DURATION = r"^-?((\d+( days?,?)? )?(-?(\d+:)?\d+:)?\d+([.,]\d+)?|P[\dWDTHMS.,]+)$"
_UUID = r"^(urn:uuid:)?[\da-fA-F]{8}-?([\da-fA-F]{4}-?){3}[\da-fA-F]{12}$"
MAX_LABELS = 20
"""How many choices a description spells out."""


@singledispatch
def field_schema(field: Any) -> Schema:
    r"""The type and limits of what a field accepts, without null, blank, default and description.

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


def property_schema(field: Any) -> Schema:
    """The whole schema of a property: type and limits, null and blank, default and description.

    Args:
        field: A serializer field, bound to its serializer.

    Returns:
        A schema as a new dict.
    """
    if overrides_dispatch(field, field_schema, "to_internal_value", "run_validation"):
        schema = argument_hint(type(field).to_internal_value)
    else:
        schema = field_schema(field)
        if getattr(field, "allow_blank", False):
            schema = _or_blank(schema)
        if field.allow_null:
            schema = or_null(schema)
    default = field.default
    if default is not serializers.empty and not getattr(field.root, "partial", False) and _is_json(default):
        schema["default"] = default
    if text := _description(field):
        schema["description"] = text
    return schema


def or_null(schema: Schema) -> Schema:
    """A schema that takes null beside what it takes already."""
    if not schema or "null" in schema.get("type", ()):
        return schema
    if "enum" in schema or "type" not in schema:
        return {"anyOf": [*(schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]), {"type": "null"}]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def _or_blank(schema: Schema) -> Schema:
    if "enum" in schema:
        return schema if "" in schema["enum"] else _enum([*schema["enum"], ""])
    if schema.keys() & {"format", "pattern", "minLength", "allOf", "anyOf"}:
        return {"anyOf": [schema, {"type": "string", "maxLength": 0}]}
    return schema


def _description(field: Any) -> str:
    text = str(field.help_text or field.label or "").strip()
    note = _choice_labels(field) if isinstance(field, serializers.ChoiceField) else _related_noun(field)
    return f"{text} ({note})" if text and note else text or note


def _choice_labels(field: Any) -> str:
    """The labels of choices, where they are few and say more than the keys."""
    choices = [(key, label) for key, label in field.choices.items() if key not in (None, "")]
    if len(choices) > MAX_LABELS or all(str(key).lower() == str(label).lower() for key, label in choices):
        return ""
    return ", ".join(f"{key}: {label}" for key, label in choices)


def _related_noun(field: Any) -> str:
    """What a primary key or slug points at."""
    relation = getattr(field, "child_relation", field)
    if not isinstance(relation, (relations.PrimaryKeyRelatedField, relations.SlugRelatedField)):
        return ""
    model = _related_model(relation)
    if model is None:
        return ""
    name = "ID" if isinstance(relation, relations.PrimaryKeyRelatedField) else relation.slug_field
    return f"{model._meta.verbose_name} {name}"


def _is_json(value: Any) -> bool:
    if callable(value):
        return False
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
    values = [key if isinstance(key, (bool, int, float)) else str(key) for key in keys if key is not None]
    types = list(dict.fromkeys(json_type(value) for value in values))
    if not types:
        return {"type": "string"}
    return {"type": types[0] if len(types) == 1 else types, "enum": values}


def _text(field: Any, **keywords: Any) -> Schema:
    """A string with the limits and patterns of the field's validators."""
    schema: Schema = {"type": "string", **keywords}
    schema.update(renamed(limits(field), min_length="minLength", max_length="maxLength"))
    found = patterns(field)
    if not found and not keywords and not field.allow_blank and field.trim_whitespace:
        found = [r"\S"]
    if found:
        schema["pattern"] = found[0]
    if len(found) > 1:
        schema["allOf"] = [{"pattern": pattern} for pattern in found[1:]]
    if not field.allow_blank and not found and not keywords:
        schema.setdefault("minLength", 1)
    return schema


@field_schema.register
def _(field: serializers.BooleanField) -> Schema:
    return {"type": "boolean"}


@field_schema.register
def _(field: serializers.CharField) -> Schema:
    return _text(field)


@field_schema.register
def _(field: serializers.EmailField) -> Schema:
    return _text(field, format="email")


@field_schema.register
def _(field: serializers.IPAddressField) -> Schema:
    if field.protocol in ("ipv4", "ipv6"):
        return {"type": "string", "format": field.protocol}
    return {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}


@field_schema.register
def _(field: serializers.IntegerField) -> Schema:
    return {"type": "integer", **renamed(limits(field), min_value="minimum", max_value="maximum")}


@field_schema.register
def _(field: serializers.FloatField) -> Schema:
    return {"type": "number", **renamed(limits(field), min_value="minimum", max_value="maximum")}


@field_schema.register
def _(field: serializers.DecimalField) -> Schema:
    """A number or its text: the pattern bounds the digits of the text, the limits the number."""
    found = limits(field)
    schema: Schema = {"type": ["number", "string"], **renamed(found, min_value="minimum", max_value="maximum")}
    whole = r"\d*"
    if field.max_whole_digits is not None:
        whole = rf"\d{{0,{field.max_whole_digits}}}" if field.max_whole_digits else "0?"
        bound = 10**field.max_whole_digits
        schema.setdefault("maximum", bound)
        schema.setdefault("minimum", -bound)
    places = "" if field.decimal_places is None else f"{{0,{field.decimal_places}}}"
    fraction = rf"(\.\d{places or '*'})?"
    sign = "" if found.get("min_value", -1) >= 0 else "-?"
    schema["pattern"] = rf"^(?=.*\d){sign}{whole}{fraction}$"
    return schema


@field_schema.register(serializers.UUIDField)
def _(field: Any) -> Schema:
    return {"type": ["string", "integer"], "pattern": _UUID}


@field_schema.register
def _(field: serializers.DurationField) -> Schema:
    return {"type": "string", "pattern": _DURATION}


@field_schema.register
def _(field: serializers.DateField) -> Schema:
    return _moment(field, "DATE_INPUT_FORMATS", {"format": "date"})


@field_schema.register
def _(field: serializers.DateTimeField) -> Schema:
    return _moment(field, "DATETIME_INPUT_FORMATS", {"pattern": _ISO["DATETIME_INPUT_FORMATS"]})


@field_schema.register
def _(field: serializers.TimeField) -> Schema:
    return _moment(field, "TIME_INPUT_FORMATS", {"pattern": _ISO["TIME_INPUT_FORMATS"]})


def _moment(field: Any, setting: str, iso: Schema) -> Schema:
    """A date or a time, in ISO 8601 or in the field's own formats."""
    formats = getattr(field, "input_formats", None) or getattr(api_settings, setting)
    own = [text for text in formats if text.lower() != "iso-8601"]
    if not own:
        return {"type": "string", **iso}
    pattern = strptime_pattern(own)
    if pattern is None:
        return {"type": "string"}
    if len(own) == len(formats):
        return {"type": "string", "pattern": pattern}
    return {"type": "string", "anyOf": [iso, {"pattern": pattern}]}


@field_schema.register
def _(field: serializers.ChoiceField) -> Schema:
    return _enum(field.choices)


@field_schema.register
def _(field: serializers.MultipleChoiceField) -> Schema:
    schema: Schema = {"type": "array", "items": _enum(field.choices)}
    return schema if field.allow_empty else {**schema, "minItems": 1}


@field_schema.register
def _(field: serializers.ListField) -> Schema:
    schema: Schema = {"type": "array", "items": property_schema(field.child)}
    return {**schema, **_sizes(field, "Items")}


@field_schema.register
def _(field: serializers.DictField) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": property_schema(field.child)}
    return {**schema, **_sizes(field, "Properties")}


def _sizes(field: Any, noun: str) -> Schema:
    sizes = renamed(limits(field), min_length=f"min{noun}", max_length=f"max{noun}")
    if not getattr(field, "allow_empty", True):
        sizes[f"min{noun}"] = max(1, sizes.get(f"min{noun}", 1))
    return sizes


@field_schema.register
def _(field: serializers.JSONField) -> Schema:
    if field.binary:
        return {"type": "string"}
    return {"type": ["object", "array", "string", "number", "boolean"], "items": {}}


@field_schema.register
def _(field: serializers.FileField) -> Schema:
    content = {"type": "string", "description": "Base64, or a data URI"}
    return {
        "type": "object",
        "properties": {"name": {"type": "string"}, "content": content},
        "required": ["name", "content"],
    }


@field_schema.register
def _(field: relations.ManyRelatedField) -> Schema:
    schema: Schema = {"type": "array", "items": field_schema(field.child_relation)}
    return schema if field.allow_empty else {**schema, "minItems": 1}


@field_schema.register(relations.PrimaryKeyRelatedField)
def _(field: Any) -> Schema:
    if field.pk_field is not None:
        return field_schema(field.pk_field)
    model = _related_model(field)
    return column_schema(model._meta.pk) if model is not None else {}


@field_schema.register(relations.SlugRelatedField)
def _(field: Any) -> Schema:
    column: Any = None
    model = _related_model(field)
    try:
        for name in field.slug_field.split("__"):
            column = model._meta.get_field(name)
            model = column.related_model
    except (AttributeError, FieldDoesNotExist):
        return {}
    return column_schema(column)


@field_schema.register(relations.HyperlinkedRelatedField)
def _(field: Any) -> Schema:
    return {"type": "string"}


def _related_model(field: Any) -> Any:
    """The model whose rows a relation takes, None where only a request could tell."""
    try:
        return field.get_queryset().model
    except Exception:  # noqa: BLE001  (a project's own get_queryset may want a user)
        return getattr(field.queryset, "model", None)


def column_schema(column: Any) -> Schema:
    """What identifies a row through a column: through one-to-one keys, down to a type of JSON.

    Args:
        column: A model field.

    Returns:
        A schema with a type; empty for a column without a plain one.
    """
    while getattr(column, "remote_field", None) is not None and getattr(column, "target_field", None) is not None:
        column = column.target_field
    if isinstance(column, models.IntegerField):
        return {"type": "integer"}
    if isinstance(column, models.UUIDField):
        return {"type": "string", "pattern": _UUID}
    if isinstance(column, (models.CharField, models.TextField)):
        return {"type": "string"}
    return {}
