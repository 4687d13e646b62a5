"""What drf-spectacular's decorators and extensions say beside ``@extend_schema(request=...)``."""

from __future__ import annotations

import pytest
from django.test import override_settings
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiRequest,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from drf_mcp.contrib.spectacular_fields import plain_schema
from drf_mcp.schema import field_schema, input_schema, output_schema
from tests.factories import catalog_of, routed

SHAPE = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


@extend_schema_field(SHAPE)
class Settings(serializers.JSONField):
    pass


@extend_schema_field(OpenApiTypes.DATE)
class Day(serializers.Field):
    def to_internal_value(self, data):
        return data

    def to_representation(self, value):
        return value


class Money(serializers.Field):
    def to_internal_value(self, data):
        return data

    def to_representation(self, value):
        return value


class MoneyExtension(OpenApiSerializerFieldExtension):
    target_class = Money

    def map_serializer_field(self, auto_schema, direction):
        return {"type": "string", "pattern": r"^\d+ EUR$", "nullable": False}


class Level(serializers.Field):
    pass


class LevelExtension(OpenApiSerializerFieldExtension):
    target_class = Level

    def map_serializer_field(self, auto_schema, direction):
        return {"enum": [None, "low", "high"]}  # what the library writes of choices with None among them


class Mixture(serializers.Field):
    pass


class MixtureExtension(OpenApiSerializerFieldExtension):
    target_class = Mixture

    def map_serializer_field(self, auto_schema, direction):
        return {"enum": [1, "one"], "description": "A number or its name."}


@extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
class Numbers(serializers.Field):
    pass


@extend_schema_field(OpenApiTypes.STR)
class Registered(serializers.Field):
    pass


@field_schema.register
def _(field: Registered) -> dict:
    return {"type": "integer"}


@extend_schema_field(OpenApiTypes.INT)
class StillText(serializers.CharField):
    pass


class SelfReading(serializers.Serializer):
    def to_internal_value(self, data):
        return data


class SelfReadingExtension(OpenApiSerializerExtension):
    target_class = SelfReading

    def map_serializer(self, auto_schema, direction):
        return {**SHAPE, "additionalProperties": {"$ref": "#/components/schemas/Other"}}


class WantsMore(serializers.Field):
    pass


class WantsMoreExtension(OpenApiSerializerFieldExtension):
    target_class = WantsMore

    def map_serializer_field(self, auto_schema, direction):
        return auto_schema.view.there_is_none


@extend_schema_serializer(exclude_fields=["secret", "needed"], deprecate_fields=["old"])
class Everything(serializers.Serializer):
    settings = Settings()
    day = Day()
    money = Money(allow_null=True)
    level = Level()
    mixture = Mixture()
    numbers = Numbers()
    registered = Registered()
    text = StillText()
    wants_more = WantsMore()
    nested = SelfReading()
    secret = serializers.CharField(required=False)
    needed = serializers.CharField()
    old = serializers.CharField(required=False, help_text="Once upon a time")


class Search(serializers.Serializer):
    words = serializers.CharField(help_text="What to look for")
    limit = serializers.IntegerField(required=False, max_value=9)


class Cash(serializers.Serializer):
    kind = serializers.CharField()
    coins = serializers.IntegerField()


class Card(serializers.Serializer):
    kind = serializers.CharField()
    number = serializers.CharField()


def proxy(types):
    return PolymorphicProxySerializer(component_name="P", serializers=types, resource_type_field_name="kind")


@extend_schema_view(thanks=extend_schema(description="Says it."), hidden=extend_schema(exclude=True))
class Till(viewsets.ViewSet):
    @extend_schema(methods=["GET"], description="What there is.", parameters=[Search])
    @extend_schema(methods=["POST"], description="Add to it.", request=Search)
    @action(detail=False, methods=["get", "post"])
    def drawer(self, request):
        return Response({})

    @action(detail=False)
    def thanks(self, request):
        return Response({})

    @extend_schema(deprecated=True)
    @action(detail=False)
    def old(self, request):
        """As it was."""
        return Response({})

    @action(detail=False)
    def hidden(self, request):
        return Response({})

    @extend_schema(
        operation={
            "summary": "By hand.",
            "deprecated": True,
            "parameters": [
                {"name": "day", "in": "query", "required": True, "schema": {"type": "string"}, "description": "When"},
                {"name": "id", "in": "path", "schema": {"type": "string"}},
            ],
            "requestBody": {"content": {"application/json": {"schema": SHAPE}}},
        }
    )
    @action(detail=False, methods=["post"])
    def raw(self, request):
        return Response({})

    @extend_schema(request=OpenApiRequest(inline_serializer("Inline", {"count": serializers.IntegerField()})))
    @action(detail=False, methods=["post"])
    def inline(self, request):
        return Response({})

    @extend_schema(request=proxy({"cash": Cash, "card": Card}))
    @action(detail=False, methods=["post"])
    def pay(self, request):
        return Response({})

    @extend_schema(request=proxy([Cash, Card]))
    @action(detail=False, methods=["post"])
    def unknown(self, request):
        return Response({"kind": request.data["kind"]})

    @extend_schema(
        parameters=[
            OpenApiParameter("code", str, pattern="^[a-z]+$", default="a", deprecated=True),
            OpenApiParameter("gone", str, exclude=True),
        ]
    )
    @action(detail=False)
    def report(self, request):
        return Response({})


@pytest.fixture
def tools():
    with override_settings(REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}):
        return {tool.name.removesuffix("_thing"): tool for tool in catalog_of(*routed(Till)).tools}


def test_what_is_declared_of_a_field_is_told_where_nothing_is_known_of_it():
    properties = input_schema(Everything())["properties"]

    assert properties["settings"] == {**SHAPE, "description": "Settings"}
    assert properties["day"] == {"type": "string", "description": "Day"}
    assert properties["money"]["anyOf"] == [{"type": "string", "pattern": r"^\d+ EUR$"}, {"type": "null"}]
    assert properties["level"] == {"type": "string", "enum": ["low", "high"], "description": "Level"}
    assert properties["mixture"].keys() == {"description"}  # an enum of two types is none in the narrow dialect
    assert properties["numbers"]["items"] == {"type": "integer"}
    assert properties["registered"]["type"] == "integer"
    assert properties["text"]["type"] == "string"
    assert "type" not in properties["wants_more"]
    assert properties["nested"] == {**SHAPE, "additionalProperties": {}, "description": "Nested"}


def test_fields_that_are_left_out_are_listed_only_where_nothing_goes_without_them():
    schema = input_schema(Everything())

    assert "secret" not in schema["properties"]
    assert "needed" in schema["properties"]
    assert schema["properties"]["old"]["description"] == "Deprecated. Once upon a time"
    assert not {"secret", "needed"} & output_schema(Everything())["properties"].keys()


def test_what_a_field_is_documented_to_print_is_no_promise():
    assert "type" not in output_schema(Everything())["properties"]["day"]


def test_each_method_has_its_own_description_and_parameters(tools):
    assert tools["get_drawer"].description == "What there is."
    assert tools["post_drawer"].description == "Add to it."
    listed = tools["get_drawer"].input_schema
    assert listed["required"] == ["words"]
    assert listed["properties"]["limit"]["maximum"] == 9
    assert tools["get_drawer"].parameters["words"].location == "query"
    assert tools["post_drawer"].parameters["words"].location == "body"


def test_what_is_said_on_the_view_is_said_of_its_actions(tools):
    assert tools["thanks"].description == "Says it."
    assert tools["old"].description == "Deprecated. As it was."
    assert "hidden" not in tools


def test_an_operation_written_by_hand_is_read(tools):
    tool = tools["raw"]

    assert tool.description == "Deprecated. By hand."
    assert tool.input_schema["properties"] == {
        "day": {"type": "string", "description": "When"},
        "x": {"type": "integer"},
    }
    assert tool.input_schema["required"] == ["day", "x"]


def test_requests_of_several_forms_are_read(tools):
    assert list(tools["inline"].input_schema["properties"]) == ["count"]
    paid = tools["pay"].input_schema
    assert paid["properties"]["kind"] == {"type": "string", "enum": ["cash", "card"]}
    assert paid["properties"]["coins"]["description"] == "Coins (of cash, required)"
    assert paid["required"] == ["kind"]
    assert list(tools["unknown"].input_schema["properties"]) == ["kind"]


def test_parameters_say_what_they_can(tools):
    properties = tools["report"].input_schema["properties"]

    assert properties == {
        "code": {"type": "string", "pattern": "^[a-z]+$", "default": "a", "description": "Deprecated"}
    }


@pytest.mark.parametrize(
    ("declared", "plain"),
    [
        ({"type": "string", "format": "date", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": ["integer", "null"], "maximum": 9}, {"anyOf": [{"type": "integer", "maximum": 9}, {"type": "null"}]}),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"oneOf": [{"type": "string"}, {"$ref": "#/x"}]}, {}),
        ({"allOf": [{"type": "string"}]}, {}),
        ({"type": "string", "enum": ["a", None]}, {"type": "string", "enum": ["a"]}),
        (
            {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}, "required": ["id"]},
            {"type": "object", "properties": {}},
        ),
    ],
)  # fmt: skip
def test_openapi_is_said_in_the_words_that_every_client_takes(declared, plain):
    assert plain_schema(declared) == plain
