"""Odd serializers that cost a tool its output schema at most."""

from __future__ import annotations

import logging
import re

import pytest
from rest_framework import serializers
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet

from drf_mcp.discovery import discover_endpoints
from drf_mcp.schema import input_schema
from tests.factories import routed, tools_of
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer


class Recursive(serializers.Serializer):
    name = serializers.CharField()

    def get_fields(self):
        fields = super().get_fields()
        fields["parts"] = Recursive(many=True, required=False)
        return fields

    def create(self, validated_data):
        return validated_data


def test_a_recursive_serializer_keeps_every_tool() -> None:
    class Parts(ModelViewSet):
        queryset = Product.objects.all()
        serializer_class = Recursive

    assert {"list", "create", "retrieve", "partial_update"} <= set(tools_of(*routed(Parts)))


def test_a_serializer_whose_output_cannot_be_described_keeps_its_tool(caplog) -> None:
    class Late(type):
        @property
        def model(cls):
            raise RuntimeError("It is not known yet.")

    class LateSerializer(serializers.Serializer):
        name = serializers.CharField()

        class Meta(metaclass=Late):
            pass

    class Lates(ModelViewSet):
        queryset = Product.objects.all()
        serializer_class = LateSerializer

    with caplog.at_level(logging.ERROR, "drf_mcp"):
        tools = tools_of(*routed(Lates))
    assert list(tools["create"].parameters) == ["name"]
    assert tools["create"].output_schema is None
    assert "create_shop_product answers cannot be described" in caplog.text


def test_a_route_behind_one_that_takes_its_path_is_skipped_with_a_reason() -> None:
    class Firsts(ModelViewSet):
        queryset = Product.objects.all()
        serializer_class = ProductSerializer

    class Seconds(Firsts):
        pass

    router = SimpleRouter()
    router.register("", Firsts, basename="first")
    router.register("sub", Seconds, basename="second")
    endpoints, skipped = discover_endpoints(tuple(router.urls))
    there = [(str(endpoint.route), endpoint.action) for endpoint in endpoints if endpoint.viewset is Seconds]
    assert ("sub/", "list") not in there
    assert ("sub/{pk}/", "retrieve") in there
    assert [(one.path, one.reason) for one in skipped] == [
        ("/sub/", "Another route answers at its path and comes first.")
    ]


@pytest.mark.parametrize("text", ["10:30", "10:30Z", "10:30:00+02:00", "10:30:00.5+0200"])
def test_a_time_may_have_the_offset_that_django_leaves_out(text) -> None:
    class Times(serializers.Serializer):
        at = serializers.TimeField()

    assert Times(data={"at": text}).is_valid()
    assert re.search(input_schema(Times())["properties"]["at"]["pattern"], text)


def test_a_serializer_that_cannot_be_hashed_costs_nothing() -> None:
    class Comparing(ProductSerializer):
        def __eq__(self, other):
            return type(other) is type(self)

    def tools_with(chosen):
        return tools_of(
            *routed(type("Shelves", (ModelViewSet,), {"queryset": Product.objects.all(), "serializer_class": chosen}))
        )

    compared, usual = tools_with(Comparing), tools_with(ProductSerializer)
    assert compared.keys() == usual.keys() >= {"list", "create", "retrieve", "partial_update"}
    assert compared["create"].input_schema == usual["create"].input_schema
    assert compared["list"].output_schema == usual["list"].output_schema is not None
