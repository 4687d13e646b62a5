"""Forms: fields as the flat properties that clients draw, and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers

from drf_mcp.elicitation import AnswerInvalid, Elicit
from drf_mcp.forms import form_of, form_schema, serializer_for


def property_of(field: Any, version: str = "2025-11-25") -> Any:
    cls = type("SomeSerializer", (serializers.Serializer,), {"some": field})
    found = form_schema(cls(), version)["properties"]["some"]
    assert found.pop("title") == "Some"
    return found


TITLED = [{"const": "s", "title": "Small"}, {"const": "l", "title": "Large"}]


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (serializers.CharField(max_length=5), {"type": "string", "minLength": 1, "maxLength": 5}),
        (serializers.CharField(allow_blank=True), {"type": "string"}),
        (serializers.CharField(help_text="Why"), {"type": "string", "minLength": 1, "description": "Why"}),
        (serializers.EmailField(), {"type": "string", "format": "email"}),
        (serializers.URLField(), {"type": "string", "format": "uri"}),
        (serializers.DateField(), {"type": "string", "format": "date"}),
        (serializers.DateTimeField(), {"type": "string", "format": "date-time"}),
        (serializers.TimeField(), {"type": "string"}),
        (serializers.IntegerField(min_value=1, max_value=9), {"type": "integer", "minimum": 1, "maximum": 9}),
        (serializers.FloatField(default=1.5), {"type": "number", "default": 1.5}),
        (serializers.DecimalField(5, 2), {"type": "number"}),
        (serializers.BooleanField(default=False), {"type": "boolean", "default": False}),
        (serializers.ChoiceField(["a", "b"]), {"type": "string", "enum": ["a", "b"]}),
        (serializers.ChoiceField([("s", "Small"), ("l", "Large")]), {"type": "string", "oneOf": TITLED}),
        (
            serializers.MultipleChoiceField(choices=["a", "b"], allow_empty=False),
            {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 1},
        ),
        (
            serializers.MultipleChoiceField(choices=[("s", "Small"), ("l", "Large")]),
            {"type": "array", "items": {"anyOf": TITLED}},
        ),
    ],
)
def test_a_field_is_a_property(field, schema):
    assert property_of(field) == schema


def test_titles_of_choices_stood_beside_them_before():
    schema = property_of(serializers.ChoiceField([("s", "Small"), ("l", "Large")]), "2025-06-18")

    assert schema == {"type": "string", "enum": ["s", "l"], "enumNames": ["Small", "Large"]}


def test_what_must_be_given_is_required_and_what_is_read_only_is_not_asked_for():
    class Some(serializers.Serializer[Any]):
        a = serializers.CharField()
        b = serializers.CharField(required=False)
        c = serializers.CharField(read_only=True)

    schema = form_schema(Some(), "2025-11-25")
    assert (list(schema["properties"]), schema["required"]) == (["a", "b"], ["a"])


@pytest.mark.parametrize("field", [serializers.FileField(), serializers.JSONField(), serializers.ListField()])
def test_a_form_has_nothing_nested(field):
    with pytest.raises(ImproperlyConfigured, match=r"SomeSerializer\.some cannot be asked for"):
        property_of(field)


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"type": "string", "maxLength": 2}, "ab", "abc"),
        ({"type": "string"}, "", None),
        ({"type": "string", "format": "email"}, "a@b.example", "a"),
        ({"type": "integer", "minimum": 2}, 2, 1),
        ({"type": "number", "maximum": 2}, 1.5, 3),
        ({"type": "boolean"}, True, "perhaps"),
        ({"type": "string", "enum": ["a"]}, "a", "b"),
        ({"type": "string", "oneOf": TITLED}, "s", "x"),
        ({"type": "array", "items": {"anyOf": TITLED}, "minItems": 1}, ["s"], []),
    ],
)
def test_a_schema_is_checked_as_a_serializer_would(schema, right, wrong):
    cls = serializer_for({"type": "object", "properties": {"some": schema}, "required": ["some"]})

    assert cls(data={"some": right}).is_valid()
    assert not cls(data={"some": wrong}).is_valid()
    assert not cls(data={}).is_valid()


def test_a_schema_that_is_no_form_is_refused():
    with pytest.raises(ImproperlyConfigured, match="'some' cannot be asked for"):
        serializer_for({"properties": {"some": {"type": "object"}}})


def test_several_choices_are_a_text_where_forms_have_no_lists():
    schema = property_of(serializers.MultipleChoiceField(choices=[("s", "Small"), ("l", "Large")]), "2025-06-18")
    filled = property_of(serializers.MultipleChoiceField(choices=["a,b", "c"], allow_empty=False), "2025-06-18")

    assert schema == {"type": "string", "description": "Any of these, with ',' between them: s, l"}
    assert filled == {"type": "string", "description": "Any of these, with ';' between them: a,b; c", "minLength": 1}


def test_what_is_filled_in_was_only_known_of_ticks():
    assert property_of(serializers.FloatField(default=1.5), "2025-06-18") == {"type": "number"}
    assert property_of(serializers.BooleanField(default=True), "2025-06-18") == {"type": "boolean", "default": True}


def test_an_authors_own_form_is_written_for_the_older_revisions_too():
    titled = {"type": "string", "oneOf": TITLED, "title": "Size"}
    several = {"type": "array", "items": {"anyOf": TITLED}, "minItems": 1, "maxItems": 2, "description": "Which?"}
    schema = {"type": "object", "properties": {"one": titled, "some": several}, "required": ["one"]}

    assert form_of(schema, "2025-11-25") == schema
    assert form_of(schema, "2025-06-18") == {
        "type": "object",
        "properties": {
            "one": {"type": "string", "enum": ["s", "l"], "enumNames": ["Small", "Large"], "title": "Size"},
            "some": {
                "type": "string",
                "description": "Which? Any of these, with ',' between them: s, l",
                "minLength": 1,
            },
        },
        "required": ["one"],
    }


@pytest.mark.parametrize(
    ("answer", "read"), [("l, s", {"s", "l"}), ("s", {"s"}), (["l"], {"l"}), ("", set()), ("x", None), (3, None)]
)
def test_several_choices_are_read_from_a_text_and_from_a_list(answer, read):
    cls = type("Some", (serializers.Serializer,), {"some": serializers.MultipleChoiceField(choices=["s", "l"])})
    question = Elicit("Which?", cls)
    if read is None:
        with pytest.raises(AnswerInvalid):
            question.read({"action": "accept", "content": {"some": answer}})
    else:
        assert set(question.read({"action": "accept", "content": {"some": answer}})["some"]) == read
