"""A serializer as the JSON Schema of the object that it accepts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from drf_mcp.contrib.spectacular_fields import declared_type, deprecated_fields, hidden_fields
from drf_mcp.reading.serializer import read_input

from .alternatives import alternatives_of, flattened
from .fields import Schema, field_schema, or_null, property_schema, type_schema
from .hints import overrides_dispatch, reads_itself
from .limits import limits, renamed

MAX_DEPTH = 6
"""How many serializers may nest in each other before the inner ones are cut to a free object."""


def input_schema(serializer: Any, partial: bool = False) -> Schema:
    """The object that a serializer accepts.

    Args:
        serializer: A serializer instance, as its view makes it. A list serializer takes its objects
            under ``items``.
        partial: True where every field may be left out, as PATCH allows; nested ones follow.

    Returns:
        An object schema with ``properties``; without ``additionalProperties`` only where the serializer
        may take what its fields do not tell.
    """
    was_partial, serializer.partial = serializer.partial, partial or serializer.partial
    try:
        schema = flattened(field_schema(serializer))
    finally:
        serializer.partial = was_partial
    if isinstance(serializer, serializers.ListSerializer):
        return as_items(schema)
    if is_open(serializer):
        return {"type": "object", "properties": {}, **schema}
    return {**schema, "additionalProperties": False}


def as_items(array: Schema) -> Schema:
    """A list as the object that arguments are: under ``items``.

    Args:
        array: The schema of a whole body that is a list.
    """
    return {"type": "object", "properties": {"items": array}, "required": ["items"], "additionalProperties": False}


def is_open(serializer: Any) -> bool:
    """Whether a serializer may take what its fields do not tell.

    It has no fields, it reads its input itself, or some of its code or of its fields' looks up a key in
    the raw input that no field is named after.
    """
    if not isinstance(serializer, serializers.Serializer) or reads_itself(serializer, field_schema):
        return True
    if alternatives := alternatives_of(serializer):
        return any(map(is_open, alternatives))
    names = {field.field_name for field in writable_fields(serializer)}
    reading = read_input(type(serializer))
    if "body" in reading.opened or reading.body_keys.keys() - names:
        return True
    return any(overrides_dispatch(field, field_schema, "get_value") for field in writable_fields(serializer))


def is_cut(serializer: Any) -> bool:
    """Whether a nested serializer is one too many: its class stands around it already, or it nests too deep."""
    around = []
    parent = serializer.parent
    while parent is not None:
        around.append(type(parent))
        parent = parent.parent
    return type(serializer) in around or len(around) >= MAX_DEPTH


def writable_fields(serializer: Any) -> list[Any]:
    """The fields that a client can fill in."""
    return [f for f in serializer.fields.values() if not f.read_only and not isinstance(f, serializers.HiddenField)]


def is_required(field: Any) -> bool:
    """Whether a client cannot leave a field out: nothing stands in for it, no code of the field's own either."""
    if not field.required or field.root.partial:
        return False
    return all(
        method.__name__ in ("to_internal_value", "run_validators") for method in reads_itself(field, field_schema)
    )


@field_schema.register(serializers.BaseSerializer)
def _(serializer: Any) -> Schema:
    return {"type": "object"}


@field_schema.register(serializers.Serializer)
def _(serializer: Any) -> Schema:
    if is_cut(serializer):
        return {"type": "object", "description": "As above; nested too deep to be described again."}
    hidden = hidden_fields(serializer)
    fields = [f for f in writable_fields(serializer) if f.field_name not in hidden or is_required(f)]
    if reads_itself(serializer, field_schema):
        declared = declared_type(serializer)
        if isinstance(declared, dict) and declared.get("type") == "object":
            return declared
        # It reads its input itself: the names are a help, their types would be a guess.
        described = {field.field_name: property_schema(field).get("description") for field in fields}
        return {
            "type": "object",
            "properties": {name: {"description": text} if text else {} for name, text in described.items()},
        }
    schema: Schema = {"type": "object", "properties": {f.field_name: property_schema(f) for f in fields}}
    for name in deprecated_fields(serializer) & schema["properties"].keys():
        about = schema["properties"][name]
        about["description"] = f"Deprecated. {about.get('description', '')}".rstrip()
    required = [field.field_name for field in fields if is_required(field)]
    return {**schema, "required": required} if required else schema


@field_schema.register(serializers.ListSerializer)
def _(serializer: Any) -> Schema:
    items = type_schema(serializer.child)
    schema: Schema = {"type": "array", "items": or_null(items) if serializer.child.allow_null else items}
    sizes = renamed(limits(serializer), min_length="minItems", max_length="maxItems")
    if serializer.min_length is not None:
        sizes["minItems"] = serializer.min_length
    if serializer.max_length is not None:
        sizes["maxItems"] = serializer.max_length
    if not serializer.allow_empty:
        sizes["minItems"] = max(1, sizes.get("minItems", 1))
    return {**schema, **sizes}
