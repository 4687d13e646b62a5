"""What a relation accepts: whatever names a row of the other model."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import relations

from .fields import ISO_PATTERNS, UUID_PATTERN, Schema, field_note, field_schema, type_schema


@field_schema.register
def _(field: relations.ManyRelatedField) -> Schema:
    schema: Schema = {"type": "array", "items": type_schema(field.child_relation)}
    return schema if field.allow_empty else {**schema, "minItems": 1}


@field_schema.register(relations.PrimaryKeyRelatedField)
def _(field: Any) -> Schema:
    if field.pk_field is not None:
        return type_schema(field.pk_field)
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
    for cls, schema in _COLUMNS.items():
        if isinstance(column, cls):
            return dict(schema)
    return {}


_COLUMNS: dict[type, Schema] = {
    models.BooleanField: {"type": "boolean"},
    models.IntegerField: {"type": "integer"},
    models.FloatField: {"type": "number"},
    models.DecimalField: {"anyOf": [{"type": "string", "minLength": 1}, {"type": "number"}]},
    models.UUIDField: {"type": "string", "pattern": UUID_PATTERN},
    models.DateTimeField: {"type": "string", "pattern": ISO_PATTERNS["DATETIME_INPUT_FORMATS"]},
    models.DateField: {"type": "string", "format": "date"},
    models.CharField: {"type": "string"},
    models.TextField: {"type": "string"},
}


@field_note.register(relations.PrimaryKeyRelatedField)
@field_note.register(relations.SlugRelatedField)
@field_note.register(relations.ManyRelatedField)
def _(field: Any) -> str:
    """What a primary key or slug points at."""
    relation = getattr(field, "child_relation", field)
    model = _related_model(relation)
    if model is None or isinstance(relation, relations.HyperlinkedRelatedField):
        return ""
    is_key = isinstance(relation, relations.PrimaryKeyRelatedField)
    return f"{model._meta.verbose_name} {'ID' if is_key else getattr(relation, 'slug_field', '')}".rstrip()
