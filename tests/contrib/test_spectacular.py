"""``@extend_schema`` on an action, read for its tool, with the library's real release."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import include, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from drf_mcp import mcp_tool
from drf_mcp.catalog import get_catalog

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Order(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=8)
    count = serializers.IntegerField(min_value=1)


class Receipt(serializers.Serializer[Any]):
    total = serializers.DecimalField(max_digits=8, decimal_places=2)


@extend_schema_view(retrieve=extend_schema(description="One till by its number."))
class TillViewSet(viewsets.ViewSet):
    def retrieve(self, request: Any, pk: Any = None) -> Response:
        return Response({"id": pk})

    @extend_schema(request=Order, responses={201: OpenApiResponse(Receipt), 400: None}, description="Sell something.")
    @action(detail=False, methods=["post"])
    def sell(self, request: Any) -> Response:
        order = Order(data=dict(request.data))
        order.is_valid(raise_exception=True)
        return Response({"total": "2.50"}, status=201)

    @extend_schema(request=None)
    @action(detail=False, methods=["post"])
    def open(self, request: Any) -> Response:
        return Response({"body": dict(request.data)})

    @extend_schema(
        parameters=[
            OpenApiParameter("day", OpenApiTypes.STR, description="As 2026-01-31", required=True),
            OpenApiParameter("cashier", OpenApiTypes.INT, many=True),
            OpenApiParameter("kind", enum=["cash", "card"]),
            OpenApiParameter("X-Shop", OpenApiTypes.STR, OpenApiParameter.HEADER),
            OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH),
        ]
    )
    @action(detail=True)
    def report(self, request: Any, pk: Any = None) -> Response:
        return Response({"day": request.query_params.getlist("day"), "shop": request.headers.get("X-Shop")})

    @extend_schema(exclude=True)
    @action(detail=False)
    def internal(self, request: Any) -> Response:
        return Response({})

    @mcp_tool(description="Ours.")
    @extend_schema(description="Theirs.")
    @action(detail=False)
    def both(self, request: Any) -> Response:
        return Response({})

    @action(detail=False)
    def plain(self, request: Any) -> Response:
        """As its author wrote it."""
        return Response({})


router = SimpleRouter()
router.register("tills", TillViewSet, basename="till")
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


@pytest.fixture(autouse=True)
def project_with_spectacular() -> Any:
    with override_settings(REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}):
        yield


def tool(name: str) -> dict[str, Any]:
    found = get_catalog().get_tool(name)
    assert found is not None, name
    return found.to_wire()


def call(name: str, **arguments: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return Client().post("/mcp/", json.dumps(message), content_type="application/json").json()


def test_the_declared_request_is_what_the_tool_takes() -> None:
    schema = tool("sell_till")["inputSchema"]
    assert schema["required"] == ["sku", "count"]
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 1, "description": "Count"}
    assert call("sell_till", sku="a", count=2)["result"]["structuredContent"] == {"total": "2.50"}
    assert call("sell_till", sku="a", count=0)["error"]["code"] == -32602


def test_a_documented_response_is_no_promise() -> None:
    assert "outputSchema" not in tool("sell_till")


def test_the_description_is_the_tools() -> None:
    assert tool("sell_till")["description"] == "Sell something."
    assert tool("retrieve_till")["description"] == "One till by its number."


def test_no_request_means_no_body() -> None:
    assert tool("open_till")["inputSchema"] == {"type": "object", "properties": {}, "additionalProperties": False}


def test_query_and_header_parameters_are_arguments() -> None:
    schema = tool("report_till")["inputSchema"]
    assert schema["properties"]["day"] == {"type": "string", "description": "As 2026-01-31"}
    assert schema["properties"]["cashier"] == {"type": "array", "items": {"type": "integer"}}
    assert schema["properties"]["kind"] == {"type": "string", "enum": ["cash", "card"]}
    assert schema["required"] == ["id", "day"]
    answer = call("report_till", id="1", day="2026-01-31", **{"X-Shop": "north"})
    assert answer["result"]["structuredContent"] == {"day": ["2026-01-31"], "shop": "north"}


def test_an_excluded_operation_is_no_tool_and_is_named() -> None:
    catalog = get_catalog()
    assert catalog.get_tool("internal_till") is None
    assert [skipped.path for skipped in catalog.skipped] == ["/tills/internal/"]


def test_what_the_author_says_to_this_package_comes_first() -> None:
    assert tool("both_till")["description"] == "Ours."


def test_an_action_without_the_decorator_is_as_it_was() -> None:
    assert tool("plain_till")["description"] == "As its author wrote it."
