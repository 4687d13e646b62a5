"""Forms: a serializer as the flat schema by which a client asks its user, and such a schema as a serializer.

Clients draw a form of texts, numbers, ticks and choices, nothing nested.

Spec: client/elicitation#requested-schema
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, singledispatch
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers

from .schema.limits import limits, renamed
from .schema.serializers import writable_fields

Schema = dict[str, Any]


def form_schema(serializer: Any, version: str) -> Schema:
    """The form that asks for what a serializer takes.

    Args:
        serializer: A serializer instance with fields that a form can show.
        version: The revision that the client speaks, since titles of choices are written differently.

    Returns:
        An object schema of primitive properties.

    Raises:
        ImproperlyConfigured: A field has no place in a form, such as a nested serializer or a file.
    """
    fields = {field.field_name: field for field in writable_fields(serializer)}
    properties = {name: _property(field, version) for name, field in fields.items()}
    required = [name for name, field in fields.items() if field.required]
    schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
    return form_of(schema, version)


def form_of(schema: Mapping[str, Any], version: str) -> Schema:
    """A form as a client's revision can draw it.

    Before 2025-11-25 there were no lists, titles of choices were written differently, and only ticks had defaults.

    Args:
        schema: A flat object schema of 2025-11-25.
        version: The revision that the client speaks.
    """
    if version >= "2025-11-25":
        return dict(schema)
    properties = {name: _older(prop) for name, prop in schema.get("properties", {}).items()}
    return {**schema, "properties": properties}


def _older(prop: Mapping[str, Any]) -> Schema:
    kept = {key: value for key, value in prop.items() if key != "default" or prop.get("type") == "boolean"}
    if prop.get("type") == "array":
        choices, separator = _choices(prop.get("items", {})), _separator(_choices(prop.get("items", {})))
        told = f"Any of these, with {separator!r} between them: {f'{separator} '.join(map(str, choices))}"
        for key in ("items", "minItems", "maxItems", "uniqueItems"):
            kept.pop(key, None)
        described = " ".join(filter(None, (prop.get("description"), told)))
        return {
            **kept,
            "type": "string",
            "description": described,
            **({"minLength": 1} if prop.get("minItems") else {}),
        }
    if titled := kept.pop("oneOf", None):
        values = [choice["const"] for choice in titled]
        return {**kept, "enum": values, "enumNames": [choice.get("title", choice["const"]) for choice in titled]}
    return kept


def read_form(serializer: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    """What a client sent of a form, with a list where its revision has only a text for several choices.

    Args:
        serializer: What reads it.
        content: What the client sent.
    """
    read = dict(content)
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.MultipleChoiceField) and isinstance(read.get(name), str):
            parts = read[name].split(_separator(list(field.choices)))
            read[name] = [part.strip() for part in parts if part.strip()]
    return read


def _separator(values: list[Any]) -> str:
    """What stands in none of the values."""
    return next((mark for mark in ",;|" if not any(mark in str(value) for value in values)), ",")


def _property(field: Any, version: str) -> Schema:
    schema = form_field(field, version)
    if field.label:
        schema["title"] = str(field.label)
    if field.help_text:
        schema["description"] = str(field.help_text)
    if isinstance(field.default, (str, int, float, bool)):
        schema["default"] = field.default
    return schema


@singledispatch
def form_field(field: Any, version: str) -> Schema:
    """What a form shows for one field; a project can register its own field classes.

    Raises:
        ImproperlyConfigured: A form cannot show it.
    """
    raise ImproperlyConfigured(
        f"{type(field.parent).__name__}.{field.field_name} cannot be asked for: a form has texts, numbers, yes or no, "
        "and choices. Ask for its parts in a serializer without nested ones."
    )


@form_field.register(serializers.CharField)
@form_field.register(serializers.UUIDField)
@form_field.register(serializers.TimeField)
@form_field.register(serializers.DurationField)
@form_field.register(serializers.RelatedField)
def _(field: Any, version: str) -> Schema:
    is_filled = isinstance(field, serializers.CharField) and not field.allow_blank
    sizes = renamed(limits(field), min_length="minLength", max_length="maxLength")
    return {"type": "string", **({"minLength": 1} if is_filled else {}), **sizes}


def _formatted(field: Any, version: str, format_name: str) -> Schema:
    return {"type": "string", "format": format_name}


for _class, _format in {
    serializers.EmailField: "email",
    serializers.URLField: "uri",
    serializers.DateField: "date",
    serializers.DateTimeField: "date-time",
}.items():
    form_field.register(_class, partial(_formatted, format_name=_format))


@form_field.register
def _(field: serializers.BooleanField, version: str) -> Schema:
    return {"type": "boolean"}


@form_field.register(serializers.IntegerField)
def _(field: Any, version: str) -> Schema:
    return {"type": "integer", **renamed(limits(field), min_value="minimum", max_value="maximum")}


@form_field.register(serializers.FloatField)
@form_field.register(serializers.DecimalField)
def _(field: Any, version: str) -> Schema:
    return {"type": "number", **renamed(limits(field), min_value="minimum", max_value="maximum")}


@form_field.register(serializers.ChoiceField)
def _(field: Any, version: str) -> Schema:
    values = [str(key) for key in field.choices]
    titles = [str(label) for label in field.choices.values()]
    if values == titles:
        return {"type": "string", "enum": values}
    return {"type": "string", "oneOf": _titled(values, titles)}


@form_field.register(serializers.MultipleChoiceField)
def _(field: Any, version: str) -> Schema:
    values = [str(key) for key in field.choices]
    titles = [str(label) for label in field.choices.values()]
    items = {"type": "string", "enum": values} if values == titles else {"anyOf": _titled(values, titles)}
    return {"type": "array", "items": items, **({} if field.allow_empty else {"minItems": 1})}


def _titled(values: list[str], titles: list[str]) -> list[Schema]:
    return [{"const": value, "title": title} for value, title in zip(values, titles, strict=True)]


def serializer_for(schema: Mapping[str, Any]) -> type[serializers.Serializer[Any]]:
    """A serializer that takes what a form's schema asks for.

    Args:
        schema: A flat object schema, as an author writes it.

    Returns:
        A serializer class with a field for each property.

    Raises:
        ImproperlyConfigured: It is no form.
    """
    required = schema.get("required", ())
    fields = {
        name: _field_for(name, prop, required=name in required) for name, prop in schema.get("properties", {}).items()
    }
    return type("FormSerializer", (serializers.Serializer,), fields)


_TEXTS: dict[Any, Any] = {
    "email": serializers.EmailField,
    "uri": serializers.URLField,
    "date": serializers.DateField,
    "date-time": serializers.DateTimeField,
}
_NUMBERS: dict[Any, Any] = {"integer": serializers.IntegerField, "number": serializers.FloatField}


def _field_for(name: str, schema: Mapping[str, Any], *, required: bool) -> Any:
    options: dict[str, Any] = {"required": required}
    kind = schema.get("type")
    if choices := _choices(schema):
        return serializers.ChoiceField(choices, **options)
    if kind == "array" and (choices := _choices(schema.get("items", {}))):
        return serializers.MultipleChoiceField(choices=choices, allow_empty=not schema.get("minItems"), **options)
    if kind == "boolean":
        return serializers.BooleanField(**options)
    if kind in _NUMBERS:
        bounds: dict[str, Any] = {"min_value": schema.get("minimum"), "max_value": schema.get("maximum")}
        return _NUMBERS[kind](**bounds, **options)
    if kind == "string" and schema.get("format") in _TEXTS:
        return _TEXTS[schema["format"]](**options)
    if kind == "string":
        sizes: dict[str, Any] = {"min_length": schema.get("minLength"), "max_length": schema.get("maxLength")}
        return serializers.CharField(allow_blank=not schema.get("minLength"), **sizes, **options)
    raise ImproperlyConfigured(f"{name!r} cannot be asked for: a form has texts, numbers, yes or no, and choices.")


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    titled = schema.get("oneOf") or schema.get("anyOf") or ()
    return list(schema.get("enum") or [choice["const"] for choice in titled])
