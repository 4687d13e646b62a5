"""What ``@extend_schema`` says of one method of several, and parameters of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from tests.factories import catalog_of, routed


class Order(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=8)


class Till(viewsets.ViewSet):
    @extend_schema(request=Order)
    @action(detail=False, methods=["get", "post", "delete"])
    def drawer(self, request: Any) -> Response:
        return Response({"day": request.query_params.get("day")})

    @extend_schema(request=Order)
    @action(detail=False, methods=["delete"])
    def clear(self, request: Any) -> Response:
        return Response({})

    @extend_schema(
        parameters=[
            OpenApiParameter("ids", {"type": "array", "items": {"type": "integer", "x-note": 1}, "maxItems": 3}),
            OpenApiParameter("bare", {"type": "array"}),
            OpenApiParameter("some", int, many=True, explode=False, description="Some."),
            OpenApiParameter("Authorization", str, OpenApiParameter.HEADER),
            OpenApiParameter("X-Shop", str, OpenApiParameter.HEADER),
        ]
    )
    @action(detail=False)
    def report(self, request: Any) -> Response:
        return Response({})


@pytest.fixture
def properties() -> Any:
    with override_settings(REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}):
        return {tool.name: tool.input_schema["properties"] for tool in catalog_of(*routed(Till)).tools}


def test_a_request_is_the_body_of_the_methods_that_have_one(properties: Any) -> None:
    assert list(properties["post_drawer_thing"]) == ["day", "sku"]
    assert list(properties["get_drawer_thing"]) == ["day"]
    assert "sku" not in properties["delete_drawer_thing"]
    assert list(properties["clear_thing"]) == ["sku"]


def test_an_array_keeps_its_items(properties: Any) -> None:
    found = properties["report_thing"]
    assert found["ids"] == {"type": "array", "items": {"type": "integer"}, "maxItems": 3}
    assert found["bare"] == {"type": "array", "items": {}}
    assert found["some"] == {"type": "string", "description": "Some. Comma-separated"}


def test_a_documented_header_that_says_who_calls_is_no_argument(properties: Any) -> None:
    assert "X-Shop" in properties["report_thing"]
    assert "Authorization" not in properties["report_thing"]
