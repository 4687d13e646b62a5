"""A form made from a JSON Schema object, and the arguments made from what was filled in.

Everything is drawn on the server: a list grows by a button that sends the form. What no field fits is a box for JSON.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

MAX_DEPTH = 5
"""How deep objects and lists are fields; what is deeper is JSON."""

MAX_ITEMS = 50
"""How many items of a list have fields."""

_INPUTS = {
    "integer": "number",
    "number": "number",
    "date": "date",
    "date-time": "datetime-local",
    "time": "time",
    "email": "email",
}


@dataclass
class Filled:
    """What was filled in.

    Args:
        data: The texts by the names of their fields; several for a field with several choices.
        files: The files, likewise.
    """

    data: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The last text of a field, empty where there is none."""
        return (self.data.get(name) or [""])[-1]


@dataclass
class Field:
    """One field, or a group of them.

    Args:
        name: Its name in the form.
        key: Its name among the arguments; empty for an item of a list.
        kind: ``object``, ``list``, ``select``, ``several``, ``file``, ``json``, ``area`` or ``input``.
        label: What stands before it.
        help: What stands below it.
        schema: What it takes.
        is_required: Whether it has to be there.
        values: What was filled in.
        children: The fields of a group.
        errors: What is wrong with it.
    """

    name: str
    key: str
    kind: str
    label: str
    help: str
    schema: Mapping[str, Any]
    is_required: bool
    values: list[str] = field(default_factory=list)
    children: list[Field] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its id in the page."""
        return f"id_{self.name}"

    @property
    def value(self) -> str:
        """The text that it shows."""
        return self.values[-1] if self.values else ""

    @property
    def input_type(self) -> str:
        """The type of its ``<input>``."""
        name = self.schema.get("format") or self.schema.get("type")
        return _INPUTS.get(str(name), "text")

    @property
    def attributes(self) -> dict[str, Any]:
        """What the browser checks by itself."""
        names = {"minimum": "min", "maximum": "max"} if self.input_type == "number" else {"maxLength": "maxlength"}
        found = {html: self.schema[name] for name, html in names.items() if name in self.schema}
        if self.input_type == "number":
            found["step"] = 1 if self.schema.get("type") == "integer" else "any"
        if self.input_type in ("datetime-local", "time"):
            found["step"] = 1
        return found

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """The values as JSON, how they look, and whether they are chosen."""
        if self.schema.get("type") == "boolean":
            options = [(True, _("yes")), (False, _("no"))]
        else:
            schema = self.schema["items"] if self.kind == "several" else self.schema
            options = [(value, f"{value}") for value in schema.get("enum", []) if value is not None]
        return [(json.dumps(value), shown, json.dumps(value) in self.values) for value, shown in options]


def form_for(schema: Mapping[str, Any], filled: Filled, *, without: str = "") -> Field:
    """The form for the arguments of a tool.

    Args:
        schema: Its input schema.
        filled: What was filled in.
        without: An argument that has no field.
    """
    properties = {name: value for name, value in schema.get("properties", {}).items() if name != without}
    return _field("arg", "", {**schema, "properties": properties}, filled, 0, is_required=True)


def _field(
    name: str, key: str, schema: Mapping[str, Any], filled: Filled, depth: int, *, is_required: bool = False
) -> Field:
    plain = _plain(schema)
    kind = _kind(plain, depth)
    label = key.replace("_", " ").capitalize() if key else ""
    found = Field(name, key, kind, label, str(schema.get("description", "")), plain, is_required)
    if kind == "object":
        required = plain.get("required", ())
        found.children = [
            _field(f"{name}/{each}", each, value, filled, depth + 1, is_required=each in required)
            for each, value in plain["properties"].items()
        ]
    elif kind == "list":
        count = min(_number(filled.text(f"{name}#count")), MAX_ITEMS)
        for number in range(count):
            item = _field(f"{name}/{number}", "", plain["items"], filled, depth + 1)
            item.label = f"{label} {number + 1}"
            found.children.append(item)
    else:
        found.values = list(filled.data.get(name, ()))
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of one value, without null, which is what is left out; for decimals the one for texts."""
    options = [option for option in schema.get("anyOf", schema.get("oneOf", ())) if option.get("type") != "null"]
    if options:
        texts = [option for option in options if option.get("type") == "string"]
        chosen = options[0] if len(options) == 1 else next(iter(texts), {})
        return {**{key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}, **chosen}
    types = schema.get("type")
    if isinstance(types, list):
        left = [name for name in types if name != "null"]
        return {**schema, "type": left[0] if len(left) == 1 else left}
    return schema


def _kind(schema: Mapping[str, Any], depth: int) -> str:
    kind = schema.get("type")
    if "enum" in schema or kind == "boolean":
        return "select"
    if kind == "object" and is_file(schema):
        return "file"
    if kind == "object" and schema.get("properties") is not None and depth < MAX_DEPTH:
        return "object"
    if kind == "array" and schema.get("items") and depth < MAX_DEPTH:
        return "several" if "enum" in schema["items"] else "list"
    if kind in ("string", "integer", "number"):
        is_long = kind == "string" and schema.get("maxLength", 0) > 255
        return "area" if is_long else "input"
    return "json"


def is_file(schema: Mapping[str, Any]) -> bool:
    """Whether a value is a file: a name, and a content in Base64."""
    properties = schema.get("properties") or {}
    return {*properties} == {"name", "content"} and "Base64" in str(properties["content"].get("description"))


def add_item(form: Field, name: str, data: dict[str, list[str]]) -> None:
    """Let a list have one field more.

    Args:
        form: The form.
        name: The list's.
        data: What was filled in, which is changed.
    """
    shown = next((each for each in _walk(form) if each.name == name), None)
    if shown is not None and shown.kind == "list":
        data[f"{name}#count"] = [str(min(len(shown.children) + 1, MAX_ITEMS))]


def _walk(form: Field) -> Any:
    yield form
    for child in form.children:
        yield from _walk(child)


MISSING = object()
"""Stands for what was left out."""


def arguments_of(form: Field, filled: Filled) -> tuple[dict[str, Any], bool]:
    """The arguments that a filled form stands for.

    Args:
        form: The form; what is wrong is put down in its fields.
        filled: What was filled in.

    Returns:
        The arguments, and whether all is well.
    """
    value = _value(form, filled)
    return {} if value is MISSING else value, not any(each.errors for each in _walk(form))


def _value(each: Field, filled: Filled) -> Any:
    if each.kind == "object":
        values = {child.key: _value(child, filled) for child in each.children}
        found: Any = {key: value for key, value in values.items() if value is not MISSING}
        value = found if found or each.is_required else MISSING
        if value is not MISSING:
            for child in each.children:
                if child.is_required and values[child.key] is MISSING and not child.errors:
                    child.errors.append(_("This is required."))
        else:
            for child in _walk(each):  # nothing of it was filled in, so nothing of it is missing
                child.errors.clear()
        return value
    if each.kind == "list":
        items = [value for child in each.children if (value := _value(child, filled)) is not MISSING]
        return items if items or each.is_required else MISSING
    if each.kind == "several":
        known = {value for value, _shown, _is_chosen in each.choices}
        chosen = [json.loads(text) for text in each.values if text in known]
        return chosen if chosen or each.is_required else MISSING
    if each.kind == "file":
        file = filled.files.get(each.name)
        return MISSING if file is None else _encoded(file)
    return _scalar(each)


def _scalar(each: Field) -> Any:
    text = each.value if each.kind in ("area", "json") else each.value.strip()
    if not text:
        return MISSING
    if each.kind == "select":
        return json.loads(text) if text in {value for value, _shown, _is in each.choices} else _wrong(each)
    kind = each.schema.get("type")
    if each.kind == "json" or kind in ("integer", "number"):
        try:
            value = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return _wrong(each)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return value if each.kind == "json" or is_number else _wrong(each)
    return text


def _no_constant(text: str) -> Any:
    raise ValueError(text)  # NaN and Infinity are no JSON


def _wrong(each: Field) -> Any:
    number = each.kind == "input"
    message = _("This is no number.") if number else _("Choose one of these.")
    each.errors.append(_("This is no JSON.") if each.kind == "json" else message)
    return MISSING


def _encoded(file: Any) -> dict[str, str]:
    return {"name": file.name, "content": base64.b64encode(file.read()).decode()}


def filled_from(form: Field, arguments: Any) -> dict[str, list[str]]:
    """What fills a form with these arguments; files have to be chosen again.

    Args:
        form: The form, or a field of it.
        arguments: Its value.
    """
    if form.kind == "object" and isinstance(arguments, dict):
        parts = [filled_from(child, arguments[child.key]) for child in form.children if child.key in arguments]
        return {name: values for part in parts for name, values in part.items()}
    if form.kind == "list" and isinstance(arguments, list):
        found = {f"{form.name}#count": [str(max(1, len(arguments)))]}
        for number, value in enumerate(arguments[:MAX_ITEMS]):
            item = _field(f"{form.name}/{number}", "", form.schema["items"], Filled(), 1)
            found |= filled_from(item, value)
        return found
    if form.kind == "several" and isinstance(arguments, list):
        return {form.name: [json.dumps(value) for value in arguments]}
    if form.kind == "file":
        return {}
    is_text = isinstance(arguments, str) and form.kind in ("input", "area")
    return {form.name: [arguments if is_text else json.dumps(arguments, ensure_ascii=False)]}
