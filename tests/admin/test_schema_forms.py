"""Forms made from JSON Schemas: what is filled in becomes arguments, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from drf_mcp.admin.schema_forms import Filled, add_item, arguments_of, filled_from, form_for

FILE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "content": {"type": "string", "description": "Base64, or a data URI"}},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "note": {"type": "string", "maxLength": 5000},
        "age": {"type": ["integer", "null"], "minimum": 0},
        "ratio": {"type": "number"},
        "price": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "x"}, {"type": "null"}]},
        "born": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "at": {"type": "string", "format": "date-time"},
        "is_open": {"type": "boolean"},
        "size": {"type": "integer", "enum": [1, 2]},
        "colours": {"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}},
                "required": ["sku"],
            },
        },
        "address": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "zip": {"type": "string"}},
            "required": ["city"],
        },
        "file": FILE,
        "free": {"type": "object"},
        "anything": {},
    },
    "required": ["name"],
}
WHOLE: dict[str, Any] = {
    "name": "Ada",
    "note": "two\nlines",
    "age": 36,
    "ratio": 0.5,
    "price": "12.50",
    "born": "1815-12-10",
    "at": "2026-01-02T03:04:05",
    "is_open": False,
    "size": 2,
    "colours": ["red"],
    "tags": ["a", "b"],
    "lines": [{"sku": "x", "count": 2}, {"sku": "y"}],
    "address": {"city": "London"},
    "free": {"a": [1, None]},
    "anything": [None, "ü"],
}


def errors(form: Any) -> dict[str, list[str]]:
    own = {form.name: form.errors} if form.errors else {}
    return {name: found for child in form.children for name, found in errors(child).items()} | own


def sent(**texts: str | list[str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    data = {f"arg/{name.replace('__', '/')}": [v] if isinstance(v, str) else v for name, v in texts.items()}
    filled = Filled(data)
    form = form_for(SCHEMA, filled)
    return arguments_of(form, filled)[0], errors(form)


def test_each_kind_of_value_has_a_field_that_fits() -> None:
    fields = {field.key: field for field in form_for(SCHEMA, Filled()).children}

    assert {key: field.kind for key, field in fields.items() if field.kind != "input"} == {
        "note": "area",
        "is_open": "select",
        "size": "select",
        "colours": "several",
        "tags": "list",
        "lines": "list",
        "address": "object",
        "file": "file",
        "free": "json",
        "anything": "json",
    }
    inputs = {key: field.input_type for key, field in fields.items() if field.kind == "input"}
    assert inputs == {
        "name": "text",
        "age": "number",
        "ratio": "number",
        "price": "text",
        "born": "date",
        "at": "datetime-local",
    }
    assert fields["age"].attributes == {"min": 0, "step": 1}


def test_arguments_fill_a_form_that_gives_them_back() -> None:
    data = filled_from(form_for(SCHEMA, Filled()), WHOLE)
    filled = Filled(data)
    form = form_for(SCHEMA, filled)
    assert arguments_of(form, filled) == (WHOLE, True)


def test_what_is_empty_is_left_out_and_what_is_required_is_asked_for() -> None:
    assert sent(name="Ada") == ({"name": "Ada"}, {})
    assert sent() == ({}, {"arg/name": ["This is required."]})
    assert sent(name="Ada", address__zip="1") == (
        {"name": "Ada", "address": {"zip": "1"}},
        {"arg/address/city": ["This is required."]},
    )


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("age", "old", "This is no number."),
        ("age", "true", "This is no number."),
        ("ratio", "NaN", "This is no number."),
        ("size", "3", "Choose one of these."),
        ("is_open", "maybe", "Choose one of these."),
        ("free", "{", "This is no JSON."),
        ("anything", "[" * 100_000, "This is no JSON."),
    ],
)
def test_what_does_not_fit_is_said(key, text, message) -> None:
    assert sent(name="Ada", **{key: text}) == ({"name": "Ada"}, {f"arg/{key}": [message]})


def test_a_list_grows_and_has_an_end() -> None:
    data: dict[str, list[str]] = {}
    for _ in range(60):
        add_item(form_for(SCHEMA, Filled(data)), "arg/tags", data)
    tags = next(field for field in form_for(SCHEMA, Filled(data)).children if field.key == "tags")
    assert len(tags.children) == 50
    assert sent(**{"name": "Ada", "tags#count": "99999999", "tags__0": "a"})[0]["tags"] == ["a"]


def test_a_file_is_base64_with_its_name() -> None:
    filled = Filled({"arg/name": ["Ada"]}, {"arg/file": SimpleUploadedFile("a.txt", b"hello")})
    arguments, is_fine = arguments_of(form_for(SCHEMA, filled), filled)
    assert is_fine
    assert arguments["file"] == {"name": "a.txt", "content": "aGVsbG8="}


def test_what_is_too_deep_is_json() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(10):
        schema = {"type": "object", "properties": {"inner": schema}}
    field = form_for(schema, Filled())
    while field.children:
        (field,) = field.children
    assert field.kind == "json"
