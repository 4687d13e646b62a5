"""A serializer as the JSON Schema of the object that it accepts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .fields import Schema, described_schema, field_schema

MAX_DEPTH = 5
"""How many serializers may nest in each other before the inner ones are cut to a free object."""


def input_schema(serializer: Any, partial: bool = False) -> Schema:
    """The object that a serializer accepts.

    Args:
        serializer: A serializer instance, as its view makes it. A list serializer takes its objects
            under ``items``.
        partial: True where every field may be left out, as PATCH allows.

    Returns:
        An object schema with ``properties``, and ``additionalProperties: false``.
    """
    if isinstance(serializer, serializers.ListSerializer):
        items = {"type": "array", "items": object_schema(serializer.child, partial=partial)}
        return {"type": "object", "properties": {"items": items}, "required": ["items"], "additionalProperties": False}
    return {**object_schema(serializer, partial=partial), "additionalProperties": False}


def object_schema(serializer: Any, *, partial: bool, depth: int = 1) -> Schema:
    """The properties and required keys of a serializer's writable fields.

    Args:
        serializer: A serializer instance.
        partial: True where nothing is required, all the way down.
        depth: How many serializers there are around and including this one.

    Returns:
        An object schema; one that is open where the serializer has no fields to read.
    """
    if not hasattr(serializer, "fields"):
        return {"type": "object", "properties": {}}
    properties, required = {}, []
    for name, field in serializer.fields.items():
        if field.read_only or isinstance(field, serializers.HiddenField):
            continue
        properties[name] = property_schema(field, partial=partial, depth=depth)
        if field.required and not partial:
            required.append(name)
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def property_schema(field: Any, *, partial: bool, depth: int) -> Schema:
    """The schema of one field, a nested serializer's included."""
    many = isinstance(field, serializers.ListSerializer)
    nested = field.child if many else field
    if not isinstance(nested, serializers.BaseSerializer):
        return described_schema(field)
    if depth >= MAX_DEPTH:
        inner: Schema = {"type": "object", "description": "Nested too deep to be described here."}
    else:
        inner = object_schema(nested, partial=partial, depth=depth + 1)
    schema: Schema = {"type": "array", "items": inner} if many else inner
    if field.allow_null:
        schema["type"] = [schema["type"], "null"]
    if text := str(field.help_text or field.label or ""):
        schema["description"] = text
    return schema


@field_schema.register(serializers.BaseSerializer)
def _(field: Any) -> Schema:
    """A serializer that stands where a field does, as the child of a list or dict field."""
    return property_schema(field, partial=False, depth=2)
