"""Bulk endpoints that go through their body by hand, and ``get_serializer`` methods that set ``many``."""

from __future__ import annotations

import json
import sys

import pytest
from django.test import Client
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet

from tests.factories import MCPClient, UserFactory, routed, tools_of
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer

pytestmark = pytest.mark.django_db


class Stock(serializers.Serializer):
    stock = serializers.IntegerField(min_value=0)


class Bulky(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    @action(detail=False, methods=["patch"])
    def bulk(self, request):
        answers = []
        for item in request.data:
            product = Product.objects.get(sku=item["key"])
            serializer = self.get_serializer(product, data=item, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save()
            answers.append(serializer.data)
        return Response(answers)

    @action(detail=False, methods=["post"])
    def named(self, request):
        rows = []
        for item in request.data:
            serializer = Stock(data=item)
            serializer.is_valid(raise_exception=True)
            rows.append(serializer.validated_data)
        return Response(rows)

    @action(detail=False, methods=["post"])
    def looked_up(self, request):
        return Response([row["sku"] for row in request.data])

    @action(detail=False, methods=["post"])
    def handed_on(self, request):
        for item in request.data:
            self.get_serializer(data=item).is_valid(raise_exception=True)
            json.dumps(item)
        return Response({})


def items_of(tool):
    return tool.input_schema["properties"]["items"]["items"]


def test_a_loop_over_the_body_takes_items_with_the_fields_of_the_serializer() -> None:
    tools = tools_of(*routed(Bulky))
    for name in ("bulk", "named"):
        assert set(tools[name].input_schema["properties"]) == {"items"}
        assert tools[name].input_schema["additionalProperties"] is False
    assert {"key", "sku", "stock"} < set(items_of(tools["bulk"])["properties"])
    assert "required" not in items_of(tools["bulk"])
    assert items_of(tools["named"])["required"] == ["stock"]
    assert items_of(tools["named"])["properties"]["stock"]["minimum"] == 0


@pytest.mark.parametrize("name", ["looked_up", "handed_on"])
def test_a_loop_that_does_more_stays_open(name) -> None:
    tool = tools_of(*routed(Bulky))[name]
    assert tool.input_schema["additionalProperties"] is True


@pytest.fixture
def route(settings):
    def route_it(viewset):
        router = SimpleRouter()
        router.register("things", viewset, basename="thing")
        module = type(sys)("tests.hard_cases.routed")
        module.urlpatterns = [path("mcp/", include("drf_mcp.urls")), *router.urls]
        settings.ROOT_URLCONF = module
        return MCPClient(UserFactory())

    return route_it


def test_a_call_of_a_bulk_update_is_the_rest_call(route) -> None:
    client = route(Bulky)
    Product.objects.create(sku="a", name="A", stock=1)
    (name,) = [name for name in client.list_tools() if name.startswith("bulk_")]
    found = client.call(name, items=[{"key": "a", "stock": 2}])["structuredContent"]
    body = json.dumps([{"key": "a", "stock": 2}])
    assert found == {"result": Client().patch("/things/bulk/", body, content_type="application/json").json()}
    assert Product.objects.get().stock == 2


class ByDefault(Bulky):
    def get_serializer(self, *args, **kwargs):
        kwargs.setdefault("many", isinstance(kwargs.get("data"), list))
        return super().get_serializer(*args, **kwargs)


class ByRequest(Bulky):
    def get_serializer(self, *args, **kwargs):
        kwargs["many"] = isinstance(self.request.data, list)
        return super().get_serializer(*args, **kwargs)


class WhereItIsAList(Bulky):
    def get_serializer(self, *args, **kwargs):
        if isinstance(kwargs.get("data", {}), list):
            kwargs["many"] = True
        return super().get_serializer(*args, **kwargs)


@pytest.mark.parametrize("view", [ByDefault, ByRequest, WhereItIsAList])
def test_a_get_serializer_that_sets_many_takes_items_beside_the_fields(route, view) -> None:
    client = route(view)
    (tool,) = [tool for name, tool in client.list_tools().items() if name.startswith("create_")]
    assert {"items", "sku", "name"} <= set(tool["inputSchema"]["properties"])
    assert "required" not in tool["inputSchema"]
    answer = client.call(tool["name"], items=[{"sku": "x", "name": "X"}, {"sku": "y", "name": "Y"}])
    assert [row["sku"] for row in answer["structuredContent"]["result"]] == ["x", "y"]
