"""What a serializer field accepts, as JSON Schema.

``field_schema`` dispatches on the field's class, so a project teaches it a field of its own with
``@field_schema.register``. A ``format`` stands only where the field takes exactly what the format
allows; where nothing certain can be said, nothing is.
"""

from __future__ import annotations

import json
import re
from functools import singledispatch
from typing import Any

from django.core.validators import validate_ipv4_address, validate_ipv6_address
from rest_framework import relations, serializers
from rest_framework.settings import api_settings

from drf_mcp.contrib.spectacular_fields import declared_type

from .choices import MAX_LABELS, enum_schema, is_huge, such_as
from .hints import argument_hint, reads_itself
from .limits import has_fixed_choices, limits, patterns, renamed
from .patterns import strptime_pattern

Schema = dict[str, Any]

_DATE = r"\d{4}-\d\d?-\d\d?"
_TIME = r"\d\d?:\d\d(:\d\d([.,]\d+)?)?"
ISO_PATTERNS = {
    "DATETIME_INPUT_FORMATS": rf"^{_DATE}([T ]{_TIME}\s?(Z|[+-]\d\d(:?\d\d)?)?)?$",
    "TIME_INPUT_FORMATS": rf"^{_TIME}(Z|[+-]\d\d(:?\d\d)?)?$",  # Django leaves the offset out
}
_AMOUNT = r"\d+([.,]\d+)?"
_ISO_DURATION = rf"P(?=.)({_AMOUNT}D)?(T({_AMOUNT}H)?({_AMOUNT}M)?({_AMOUNT}S)?)?"
_DURATION = rf"^[-+]?((\d+( days?,?)? )?(-?(\d+:)?\d+:)?{_AMOUNT}|{_ISO_DURATION})$"
UUID_PATTERN = r"^(urn:uuid:)?[\da-fA-F]{8}-?([\da-fA-F]{4}-?){3}[\da-fA-F]{12}$"
_JSON_TYPES = ("object", "string", "number", "boolean")
_MARKUP = re.compile(r"</?(?:a|b|br|code|div|em|i|li|ol|p|small|span|strong|ul)\b[^>]*>", re.IGNORECASE)


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
    schema = type_schema(field)
    if not reads_itself(field, field_schema):
        if getattr(field, "allow_blank", False) and schema.get("type") != "array":
            schema = _or_blank(schema)
        if isinstance(field, relations.RelatedField) and schema.get("type") == "string":
            schema.setdefault("minLength", 1)
    if field.allow_null:
        schema = or_null(schema)
    default = field.default
    if default is not serializers.empty and not getattr(field.root, "partial", False) and _is_json(default):
        schema["default"] = default
    if text := _description(field):
        schema["description"] = text
    return schema


def type_schema(field: Any) -> Schema:
    """``field_schema``, or what an annotation says where a field reads its input itself; else what its author told."""
    own = reads_itself(field, field_schema)
    schema = argument_hint(own[0]) if own else field_schema(field)
    if schema and (own or field_schema.dispatch(type(field)) is not field_schema.dispatch(serializers.JSONField)):
        return schema
    told = declared_type(field)
    return (told if isinstance(told, dict) else type_schema(told)) or schema


def or_null(schema: Schema) -> Schema:
    """A schema that takes null beside what it takes already.

    One type in each branch: not every client takes a list of types.
    """
    branches = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
    return schema if not schema or {"type": "null"} in branches else {"anyOf": [*branches, {"type": "null"}]}


def _or_blank(schema: Schema) -> Schema:
    if schema.get("type") == "string" and "enum" in schema:
        return schema if "" in schema["enum"] else enum_schema([*schema["enum"], ""])
    if schema.keys() & {"format", "pattern", "minLength", "allOf", "anyOf", "enum"}:
        branches = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
        return {"anyOf": [*branches, {"type": "string", "maxLength": 0}]}
    return schema


def _description(field: Any) -> str:
    text = re.sub(r" {2,}", " ", _MARKUP.sub(" ", str(field.help_text or field.label or ""))).strip()
    note = field_note(field)
    return f"{text} ({note})" if text and note else text or note


@singledispatch
def field_note(field: Any) -> str:
    """What a field's type leaves unsaid, in a few words to stand behind its description.

    Args:
        field: A serializer field, bound to its serializer.

    Returns:
        A note without brackets, empty for most fields.
    """
    # Neither asks for a property, which may go to the database.
    choices = vars(field).get("_choices") or vars(field).get("choices")
    if not isinstance(choices, dict) or any(isinstance(label, (list, tuple)) for label in choices.values()):
        return ""
    return such_as(choices)


@field_note.register
def _(field: serializers.ChoiceField) -> str:
    """The labels of choices, where they are few and say more than the keys; some keys, where the schema lists none."""
    choices = [(key, label) for key, label in field.choices.items() if key not in (None, "")]
    if has_fixed_choices(field) and (reads_itself(field, field_schema) or is_huge(field.choices)):
        return such_as(field.choices)
    if (
        not has_fixed_choices(field)
        or len(choices) > MAX_LABELS
        or all(str(key).lower() == str(label).lower() for key, label in choices)
    ):
        return ""
    return ", ".join(f"{key}: {label}" for key, label in choices)


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _text(field: Any, **keywords: Any) -> Schema:
    """A string with the limits and patterns of the field's validators."""
    schema: Schema = {"type": "string", **keywords}
    schema.update(renamed(limits(field), min_length="minLength", max_length="maxLength"))
    found = patterns(field)
    if not field.allow_blank and not keywords:
        if not found and field.trim_whitespace:
            found = [r"\S"]
        elif all(re.search(pattern, "") for pattern in found):
            schema.setdefault("minLength", 1)
    if found:
        schema["pattern"] = found[0]
    if len(found) > 1:
        schema["allOf"] = [{"pattern": pattern} for pattern in found[1:]]
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
    # Before DRF 3.17 a model's protocol only shows in the validators.
    for protocol, validator in (("ipv4", validate_ipv4_address), ("ipv6", validate_ipv6_address)):
        if field.protocol == protocol or validator in field.validators:
            return {"type": "string", "format": protocol}
    return {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}


@field_schema.register
def _(field: serializers.IntegerField) -> Schema:
    found = renamed(limits(field), min_value="minimum", max_value="maximum", step="multipleOf")
    schema = {"type": "integer", **found}
    return {"anyOf": [schema, {"type": "string", "pattern": r"^-?\d+$"}]} if prints_digits(field) else schema


def prints_digits(field: Any) -> bool:
    """Whether an integer field prints and takes text, since not every client has 64 bits; new in DRF 3.17."""
    if not isinstance(field, getattr(serializers, "BigIntegerField", ())):
        return False
    return bool(getattr(field, "coerce_to_string", getattr(api_settings, "COERCE_BIGINT_TO_STRING", False)))


@field_schema.register
def _(field: serializers.FloatField) -> Schema:
    return {"type": "number", **renamed(limits(field), min_value="minimum", max_value="maximum")}


@field_schema.register
def _(field: serializers.DecimalField) -> Schema:
    """A number or its text: the pattern bounds the digits of the text, the limits the number."""
    found = limits(field)
    number: Schema = {"type": "number", **renamed(found, min_value="minimum", max_value="maximum")}
    whole = field.max_whole_digits
    if whole is not None:
        if "maximum" not in number:
            number["exclusiveMaximum"] = 10**whole
        if "minimum" not in number:
            number["exclusiveMinimum"] = -(10**whole)
    sign = "" if found.get("min_value", -1) >= 0 else "-?"
    pattern = f"^{sign}{_digits(field.max_digits, whole, field.decimal_places)}$"
    return {"anyOf": [number, {"type": "string", "pattern": pattern}]}


def _digits(total: int | None, whole: int | None, places: int | None) -> str:
    """The digits of a decimal's text, without its sign."""
    fraction = "*" if places is None else f"{{0,{places}}}"
    if whole == 0:
        return rf"0?\.\d{fraction.replace('0,', '1,')}"
    # A total without places is a count over both sides of the point, leading zeros aside.
    at_most = rf"(?!0*(\.?\d){{{total + 1}}})" if total is not None and whole is None else ""
    return rf"{at_most}(?=.*\d)\d{'*' if whole is None else f'{{0,{whole}}}'}(\.\d{fraction})?"


@field_schema.register
def _(field: serializers.UUIDField) -> Schema:
    if field.uuid_format != "int":
        return {"type": "string", "pattern": UUID_PATTERN}
    number = {"type": "integer", "minimum": 0, "maximum": 2**128 - 1}
    return {"anyOf": [number, {"type": "string", "pattern": UUID_PATTERN}]}


@field_schema.register
def _(field: serializers.DurationField) -> Schema:
    return {"type": "string", "pattern": _DURATION}


@field_schema.register
def _(field: serializers.DateField) -> Schema:
    return _moment(field, "DATE_INPUT_FORMATS", {"format": "date"})


@field_schema.register
def _(field: serializers.DateTimeField) -> Schema:
    return _moment(field, "DATETIME_INPUT_FORMATS", {"pattern": ISO_PATTERNS["DATETIME_INPUT_FORMATS"]})


@field_schema.register
def _(field: serializers.TimeField) -> Schema:
    return _moment(field, "TIME_INPUT_FORMATS", {"pattern": ISO_PATTERNS["TIME_INPUT_FORMATS"]})


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
    return enum_schema(field.choices) if has_fixed_choices(field) else {}


@field_schema.register
def _(field: serializers.FilePathField) -> Schema:
    """A text: which files there are is another thing at each request."""
    return {"type": "string", "minLength": 1}


@field_schema.register
def _(field: serializers.MultipleChoiceField) -> Schema:
    keys = [*field.choices, ""] if field.allow_blank else field.choices
    schema: Schema = {"type": "array", "items": enum_schema(dict.fromkeys(keys)) if has_fixed_choices(field) else {}}
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
    return {"anyOf": [{"type": "array", "items": {}}, *({"type": name} for name in _JSON_TYPES)]}


@field_schema.register
def _(field: serializers.FileField) -> Schema:
    return file_schema()


def file_schema() -> Schema:
    """A file: its name and its content, as JSON holds them."""
    content = {"type": "string", "description": "Base64, or a data URI"}
    return {
        "type": "object",
        "properties": {"name": {"type": "string"}, "content": content},
        "required": ["name", "content"],
    }


def is_file_schema(schema: Any) -> bool:
    """Whether a schema is that of a file, with or without words around it."""
    return bool(schema.get("properties") == file_schema()["properties"])
