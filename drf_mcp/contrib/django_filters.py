"""django-filter: the filters of a FilterSet as query parameters, typed by their form fields.

Imported only where a view has one of the library's backends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

from django import forms
from django.db import models
from django_filters import fields, filters

Schema = dict[str, Any]

MAX_FILTERS = 30
"""With more filters than these, a list names only one for each field, which then tells of the others."""

MAX_CHOICES = 20
"""How many choices a filter spells out."""

_FORM_TYPES: tuple[tuple[type, str], ...] = (
    (forms.DecimalField, "number"),
    (forms.FloatField, "number"),
    (forms.IntegerField, "integer"),
    (forms.NullBooleanField, "boolean"),
    (forms.BooleanField, "boolean"),
)
_NOTES: tuple[tuple[type, str], ...] = (
    (forms.DateTimeField, "as 2026-01-31T10:30:00"),
    (forms.DateField, "as 2026-01-31"),
    (forms.TimeField, "as 10:30:00"),
    (forms.DurationField, "as 3 10:30:00"),
)


def filterset_parameters(backend: Any, view: Any, queryset: Any) -> tuple[dict[str, Schema], set[str]]:
    """The query parameters of a backend's FilterSet.

    Args:
        backend: An instance of the backend.
        view: The view, in the state of a request.
        queryset: What the view lists, None where it would not tell.

    Returns:
        A schema by name, and the names that need not be listed: where there are more than
        ``MAX_FILTERS``, the first filter of each field names the others that look at it.
    """
    found: dict[str, Schema] = {}
    families: dict[str, list[str]] = {}
    for name, one in _filters(backend, view, queryset):
        for key, schema in _parameters(name, one):
            found[key] = schema
            family = name if one.method or not one.field_name else str(one.field_name)
            families.setdefault(family, []).append(key)
    if len(found) <= MAX_FILTERS:
        return found, set()
    for first, *others in families.values():
        if others:
            also = [name.removeprefix(first) if name.startswith(f"{first}__") else name for name in others]
            about = found[first].get("description")
            found[first]["description"] = f"{about}. Also: {', '.join(also)}" if about else f"Also: {', '.join(also)}"
    return found, {name for _, *others in families.values() for name in others}


def _filters(backend: Any, view: Any, queryset: Any) -> list[tuple[str, Any]]:
    """The filters by name, bound to a FilterSet where one can be made without a real request."""
    try:
        filterset = backend.get_filterset(view.request, queryset, view)
    except Exception:  # noqa: BLE001  (a project's own FilterSet may want a user)
        filterset = None
    if filterset is None:
        filterset_class = backend.get_filterset_class(view, None) or backend.get_filterset_class(view, queryset)
        if filterset_class is not None:
            return list(filterset_class.base_filters.items())
        if getattr(view, "filterset_fields", None):
            raise LookupError("which filters there are follows from the queryset")
        return []
    prefix = f"{filterset.form_prefix}-" if filterset.form_prefix else ""
    return [(f"{prefix}{name}", one) for name, one in filterset.filters.items()]


def _parameters(name: str, one: Any) -> Iterator[tuple[str, Schema]]:
    """A filter's parameters: one, or several where its widget reads a value from each of its parts."""
    label = _label(name, one)
    if isinstance(one, (filters.AllValuesFilter, filters.AllValuesMultipleFilter)):
        # Its choices are rows, which are not for everyone and not for always.
        text: Schema = {"type": "string"}
        is_many = isinstance(one, filters.AllValuesMultipleFilter)
        yield name, _described({"type": "array", "items": text} if is_many else text, label)
        return
    try:
        field = one.field
    except Exception:  # noqa: BLE001  (a project's own queryset may want a user)
        yield name, _described({}, label)
        return
    if not isinstance(field, forms.MultiValueField):
        schema, note = _type(one, field)
        yield name, _described(schema, label, note, *(["required"] if field.required else []))
        return
    widget = field.widget
    suffixes = [f"_{suffix}" if suffix else "" for suffix in getattr(widget, "suffixes", ())]
    if not suffixes:
        suffixes = list(getattr(widget, "widgets_names", ())) or [f"_{i}" for i in range(len(field.fields))]
    for suffix, part in zip(suffixes, field.fields, strict=False):
        schema, note = _type(one, part)
        yield f"{name}{suffix}", _described(schema, f"{label} {suffix.strip('_')}".strip(), note)


def _label(name: str, one: Any) -> str:
    """What a filter is about in words, empty where its name says the same."""
    # The library's own help for lists of values is said in a note.
    help_text = None if isinstance(one, filters.BaseCSVFilter) else one.extra.get("help_text")
    text = str(help_text or one.label or "").strip()
    return "" if text.startswith("[") or text.lower() == name.lower().replace("_", " ") else text


def _described(schema: Schema, *texts: str) -> Schema:
    """A schema with a description: the first text, the others in brackets behind it."""
    notes = ", ".join(text for text in texts[1:] if text)
    text = f"{texts[0]} ({notes})" if texts[0] and notes else texts[0] or notes
    return {**schema, "description": text} if text else schema


def _type(one: Any, field: Any) -> tuple[Schema, str]:
    """The type of a form field's text in a query string as far as it is certain, and a note on its form."""
    if not _is_known(field):
        # A project's own field may take numbers, or several values.
        return {}, ""
    if isinstance(field, fields.BaseCSVField):
        return {"type": "string"}, _separated(one, field)
    if isinstance(field, forms.ModelChoiceField):
        schema = _key(field)
        is_many = isinstance(field, forms.ModelMultipleChoiceField)
        label = getattr(field, "null_label", None)
        note = "" if label is None else f"{field.null_value}: {label}"  # type: ignore[attr-defined]
        return {"type": "array", "items": schema} if is_many else schema, note
    if isinstance(field, forms.ChoiceField):
        choices = _choices(one, field)
        schema = {"type": "string"} if choices is None else _enum(choices)
        is_many = isinstance(field, forms.MultipleChoiceField)
        return {"type": "array", "items": schema} if is_many else schema, _meanings(field) if choices else ""
    name = next((name for cls, name in _FORM_TYPES if isinstance(field, cls)), None)
    if name is not None:
        return _bounded({"type": name}, field), ""
    return {"type": "string"}, next((note for cls, note in _NOTES if isinstance(field, cls)), "")


def _separated(one: Any, field: Any) -> str:
    """How several values stand in one text."""
    if isinstance(field, forms.ChoiceField) and (choices := _choices(one, field)):
        return f"comma-separated: {', '.join(map(str, choices))}"
    how = "two values, comma-separated" if isinstance(field, fields.BaseRangeField) else "comma-separated"
    if isinstance(field, (forms.DecimalField, forms.FloatField, forms.IntegerField)):
        return f"{how} numbers"
    note = next((note for cls, note in _NOTES if isinstance(field, cls)), "")
    return f"{how}, {note}" if note else how


def _meanings(field: Any) -> str:
    """The labels of choices that are few, where these say more than the keys do."""
    choices = [(str(getattr(key, "value", key)), str(label)) for key, label in _flat(field.choices) if key != ""]
    if len(choices) > MAX_CHOICES or all(key.lower() == label.lower() for key, label in choices):
        return ""
    return ", ".join(f"{key}: {label}" for key, label in choices)


def _is_known(field: Any) -> bool:
    """Whether field and widget read what Django's and the library's own classes read."""
    modules = [str(type(part).__module__) for part in (field, field.widget)]
    return not field.localize and all(module.startswith(("django.", "django_filters.")) for module in modules)


def _bounded(schema: Schema, field: Any) -> Schema:
    for keyword, limit in (("minimum", "min_value"), ("maximum", "max_value")):
        value: Any = getattr(field, limit, None)
        if type(value) in (int, float, Decimal):
            schema[keyword] = int(value) if value == int(value) else float(value)
    return schema


def _choices(one: Any, field: Any) -> list[Any] | None:
    """The keys of a filter's choices, None where each request makes them anew."""
    if isinstance(field, forms.ModelChoiceField):
        return None  # its choices are rows
    given = one.extra.get("choices")
    is_class = isinstance(given, type)
    if isinstance(given, models.QuerySet) or (callable(given) and not is_class):
        return None
    keys = [key.value if isinstance(key, Enum) else key for key, _ in _flat(field.choices) if key not in ("", None)]
    return [int(key) if isinstance(key, int) and not isinstance(key, bool) else str(key) for key in keys]


def _flat(choices: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, (list, tuple)):
            yield from label
        else:
            yield key, label


def _enum(keys: list[Any]) -> Schema:
    """The choices, by their type alone where they are many."""
    branches: list[Schema] = []
    for kind, name in ((int, "integer"), (str, "string")):
        values = list(dict.fromkeys(key for key in keys if isinstance(key, kind)))
        if values:
            branches.append({"type": name} if len(keys) > MAX_CHOICES else {"type": name, "enum": values})
    return branches[0] if len(branches) == 1 else {"anyOf": branches} if branches else {"type": "string"}


def _key(field: Any) -> Schema:
    """What names a row of a form field's queryset."""
    model = getattr(field.queryset, "model", None)
    if model is None:
        return {"type": "string"}
    column = model._meta.get_field(field.to_field_name) if field.to_field_name else model._meta.pk
    while column.remote_field is not None:
        column = column.target_field
    schema: Schema = {"type": "integer" if isinstance(column, models.IntegerField) else "string"}
    if getattr(field, "null_label", None) is None or schema["type"] == "string":
        return schema
    return {"anyOf": [schema, {"type": "string", "enum": [str(field.null_value)]}]}
