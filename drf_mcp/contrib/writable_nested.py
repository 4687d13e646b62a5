"""drf-writable-nested: what its serializers take for nested objects beside their fields, the keys of rows that exist.

Active when the library is installed.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from drf_writable_nested.mixins import BaseNestedModelSerializer, NestedUpdateMixin
from rest_framework import serializers

from drf_mcp.schema import field_schema
from drf_mcp.schema.relations import column_schema
from drf_mcp.schema.serializers import writable_fields

Schema = dict[str, Any]


@field_schema.register(BaseNestedModelSerializer)
def _(serializer: Any) -> Schema:
    schema: Schema = field_schema.dispatch(serializers.Serializer)(serializer)
    properties = schema.get("properties", {})
    for field in writable_fields(serializer):
        child = getattr(field, "child", field)
        if isinstance(child, serializers.ModelSerializer) and field.field_name in properties:
            properties[field.field_name] = _with_key(serializer, field, child, properties[field.field_name])
    return schema


def _with_key(serializer: Any, field: Any, child: Any, schema: Schema) -> Schema:
    """The schema of a nested object, or of several, with the key by which one that exists is named."""
    try:
        related, is_direct = serializer._get_related_field(field)
    except FieldDoesNotExist:  # the library leaves it alone
        return schema
    is_many = field is not child
    if related.one_to_one and not is_direct:  # the one that is there goes without saying
        return schema
    options = child.Meta.model._meta
    text = f"Names the {options.verbose_name} to change; without it, one is made"
    keyed = _added(schema, options.pk.attname, {**column_schema(options.pk), "description": text})
    if is_many and isinstance(serializer, NestedUpdateMixin):
        about = schema.get("description", "")
        keyed["description"] = f"{about}. An update removes those that are not among them".lstrip(". ")
    return keyed


def _added(schema: Schema, key: str, column: Schema) -> Schema:
    """A schema with one more property in its objects, in front, unless they have it."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_added(part, key, column) for part in schema["anyOf"]]}
    if "items" in schema:
        return {**schema, "items": _added(schema["items"], key, column)}
    properties = schema.get("properties")
    return schema if properties is None else {**schema, "properties": {key: column, **properties}}
