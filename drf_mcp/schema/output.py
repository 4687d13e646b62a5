"""What a serializer prints, as JSON Schema: only what every answer keeps.

Types come from the field, null from the model: a column that may be null anywhere along a field's
source prints null, whatever the field says of its input. A key is required only where no instance
can leave it out.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from rest_framework import relations, serializers
from rest_framework.settings import api_settings

from drf_mcp.contrib.spectacular_fields import hidden_fields
from drf_mcp.reading.library import overriding

from .fields import Schema, prints_digits
from .hints import overrides_dispatch, return_hint
from .relations import column_schema
from .serializers import is_cut


def output_schema(serializer: Any) -> Schema:
    """What a serializer prints.

    Args:
        serializer: A serializer instance, as its view makes it.

    Returns:
        An object schema; an array schema for a list serializer; empty where nothing is certain.
    """
    return _part_schema(serializer)


def list_schema(serializer: Any) -> Schema:
    """What a serializer prints with ``many=True``.

    Args:
        serializer: A serializer instance for one object.

    Returns:
        An array schema; empty where the list's class is the project's own and prints in its own way.
    """
    list_class = getattr(getattr(serializer, "Meta", None), "list_serializer_class", serializers.ListSerializer)
    if overriding(serializer, ("many_init",), below=serializers.BaseSerializer) or overriding(list_class, _PRINTING):
        return {}
    return {"type": "array", "items": output_schema(serializer)}


def leans_on_models(serializer: Any) -> bool:
    """Whether what is known of a serializer's answer comes from a model, its own or one that is nested in it.

    A plain serializer turns any object into the types of its fields; one with a model is only right
    about rows of that model.
    """
    serializer = getattr(serializer, "child", serializer)
    if hasattr(getattr(serializer, "Meta", None), "model"):
        return True
    if not isinstance(serializer, serializers.Serializer) or is_cut(serializer):
        return False
    nested = [getattr(field, "child", field) for field in serializer.fields.values() if not field.write_only]
    return any(isinstance(field, serializers.BaseSerializer) and leans_on_models(field) for field in nested)


@singledispatch
def printed_schema(field: Any) -> Schema:
    """The type of what a field prints for a value that is not null.

    Register one for a field class of your own, as with ``field_schema``.

    Args:
        field: A serializer field, bound to its serializer.

    Returns:
        A schema as a new dict; empty where the field may print anything.
    """
    return {}


def _printed_property(field: Any) -> Schema:
    schema = _part_schema(field)
    return _or_null(schema) if _may_be_null(field) else schema


_PRINTING = ("to_representation", "get_attribute", "data", "_readable_fields", "get_url", "enforce_timezone")


def _represents_itself(field: Any) -> bool:
    return bool(overrides_dispatch(field, printed_schema, *_PRINTING))


def _part_schema(field: Any) -> Schema:
    """What a field prints inside another one, by its own hint where it prints for itself."""
    return return_hint(type(field).to_representation) if _represents_itself(field) else printed_schema(field)


def _or_null(schema: Schema) -> Schema:
    """A schema that allows null, too; no model ever reads it, so a list of types is short and harmless."""
    if not schema or "null" in schema.get("type", ()):
        return schema
    if "enum" in schema or "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def _type_of(column: Any) -> Schema:
    """The JSON type of a column, without what its input has to look like."""
    schema = column_schema(column)
    if "anyOf" in schema:
        return {"type": [branch["type"] for branch in schema["anyOf"]]}
    return {"type": schema["type"]} if schema else {}


# The source of a field, along the model


def _columns(field: Any) -> list[Any] | None:
    """The model fields along a field's source, None where the source is no path of model fields."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if model is None or field.source == "*":
        return None
    columns = []
    for name in field.source_attrs:
        if model is None:
            return None
        if name == "pk":
            column = model._meta.pk
        else:
            try:
                column = model._meta.get_field(name)
            except FieldDoesNotExist:
                column = _column_of_attname(model, name)
                if column is None:
                    return None
        columns.append(column)
        model = getattr(column, "related_model", None)
    return columns


def _column_of_attname(model: Any, name: str) -> Any:
    return next((column for column in model._meta.concrete_fields if column.attname == name), None)


def _is_absent_for_some(column: Any) -> bool:
    """True for a column or relation that some rows have no value for."""
    if getattr(column, "many_to_many", False) or getattr(column, "one_to_many", False):
        return False
    return not getattr(column, "concrete", False) or bool(column.null)


def _may_be_null(field: Any) -> bool:
    if isinstance(field, (serializers.SerializerMethodField, serializers.ListSerializer, relations.ManyRelatedField)):
        return bool(field.allow_null) and isinstance(field, serializers.ListSerializer)
    if field.source == "*":
        return False
    columns = _columns(field)
    if columns is None:
        return True
    return any(_is_absent_for_some(column) for column in columns)


def _is_always_there(field: Any) -> bool:
    if isinstance(field, serializers.SerializerMethodField) or field.source == "*":
        return True
    columns = _columns(field)
    if columns is not None:
        return len(columns) == 1 and getattr(columns[0], "concrete", False) and not columns[0].many_to_many
    return bool(field.required)


# Serializers


@printed_schema.register(serializers.BaseSerializer)
def _(serializer: Any) -> Schema:
    return {}


@printed_schema.register(serializers.Serializer)
def _(serializer: Any) -> Schema:
    if is_cut(serializer):
        return {"type": "object"}
    hidden = hidden_fields(serializer)
    fields = [f for f in serializer.fields.values() if not f.write_only and f.field_name not in hidden]
    schema: Schema = {"type": "object", "properties": {f.field_name: _printed_property(f) for f in fields}}
    required = [field.field_name for field in fields if _is_always_there(field)]
    return {**schema, "required": required} if required else schema


@printed_schema.register(serializers.ListSerializer)
def _(serializer: Any) -> Schema:
    return {"type": "array", "items": _part_schema(serializer.child)}


# Fields


@printed_schema.register(serializers.CharField)
@printed_schema.register(serializers.DurationField)
@printed_schema.register(serializers.TimeField)
@printed_schema.register(relations.StringRelatedField)
@printed_schema.register(relations.HyperlinkedRelatedField)
def _(field: Any) -> Schema:
    return {"type": "string"}


@printed_schema.register(serializers.BooleanField)
def _(field: Any) -> Schema:
    return {"type": "boolean"}


@printed_schema.register(serializers.IntegerField)
def _(field: Any) -> Schema:
    return {"type": "string" if prints_digits(field) else "integer"}


@printed_schema.register(serializers.FloatField)
def _(field: Any) -> Schema:
    return {"type": "number"}


@printed_schema.register(serializers.DecimalField)
def _(field: Any) -> Schema:
    # DRF's encoder writes a Decimal as text, other renderers as a number.
    as_text = getattr(field, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING)
    return {"type": "string" if as_text else ["string", "number"]}


@printed_schema.register(serializers.UUIDField)
def _(field: Any) -> Schema:
    return {"type": "integer" if field.uuid_format == "int" else "string"}


@printed_schema.register(serializers.DateTimeField)
def _(field: Any) -> Schema:
    output_format = getattr(field, "format", api_settings.DATETIME_FORMAT)
    is_exact = settings.USE_TZ and isinstance(output_format, str) and output_format.lower() == "iso-8601"
    if is_exact and _columns(field):
        return {"type": "string", "format": "date-time"}
    return {"type": "string"}


@printed_schema.register(serializers.DateField)
def _(field: Any) -> Schema:
    output_format = getattr(field, "format", api_settings.DATE_FORMAT)
    if isinstance(output_format, str) and output_format.lower() == "iso-8601" and _columns(field):
        return {"type": "string", "format": "date"}
    return {"type": "string"}


@printed_schema.register(serializers.ChoiceField)
def _(field: Any) -> Schema:
    """The column's type: rows may hold values that have left the choices since."""
    columns = _columns(field)
    return _type_of(columns[-1]) if columns else {}


@printed_schema.register(serializers.MultipleChoiceField)
def _(field: Any) -> Schema:
    return {"type": "array", "items": {}}


@printed_schema.register(serializers.FileField)
def _(field: Any) -> Schema:
    return {"type": ["string", "null"]}


@printed_schema.register(serializers.ListField)
def _(field: Any) -> Schema:
    return {"type": "array", "items": _or_null(_part_schema(field.child))}


@printed_schema.register(serializers.DictField)
def _(field: Any) -> Schema:
    return {"type": "object", "additionalProperties": _or_null(_part_schema(field.child))}


@printed_schema.register(serializers.SerializerMethodField)
def _(field: Any) -> Schema:
    return return_hint(getattr(field.parent, field.method_name, None))


@printed_schema.register(serializers.ReadOnlyField)
def _(field: Any) -> Schema:
    """The hint of the property or method behind it, else the column's type."""
    columns = _columns(field)
    if columns:
        return {} if columns[-1].choices else _type_of(columns[-1])
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    attribute = getattr(model, field.source, None) if model is not None else None
    return return_hint(getattr(attribute, "fget", attribute))


@printed_schema.register(relations.ManyRelatedField)
def _(field: Any) -> Schema:
    return {"type": "array", "items": _part_schema(field.child_relation)}


@printed_schema.register(relations.PrimaryKeyRelatedField)
def _(field: Any) -> Schema:
    if field.pk_field is not None:
        return _part_schema(field.pk_field)
    columns = _columns(field)
    if columns and getattr(columns[-1], "target_field", None) is not None:
        # A key may point at another column than the primary key, and prints what it holds.
        return _type_of(columns[-1])
    model = _printed_model(field)
    return _type_of(model._meta.pk) if model is not None else {}


@printed_schema.register(relations.SlugRelatedField)
def _(field: Any) -> Schema:
    model = _printed_model(field)
    if model is None or "__" in field.slug_field:
        return {}
    try:
        column = model._meta.get_field(field.slug_field)
    except FieldDoesNotExist:
        return {}
    schema = _type_of(column)
    return _or_null(schema) if getattr(column, "null", True) else schema


def _printed_model(relation: Any) -> Any:
    """The model that a relation prints a key of: the queryset's, else the one its source leads to."""
    queryset = getattr(relation, "queryset", None)
    if queryset is not None:
        return queryset.model
    outer = relation.parent if isinstance(relation.parent, relations.ManyRelatedField) else relation
    columns = _columns(outer)
    return columns[-1].related_model if columns else None
