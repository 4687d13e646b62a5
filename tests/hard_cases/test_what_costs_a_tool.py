"""Odd serializers that cost a tool its output schema at most."""

from __future__ import annotations

import logging

from rest_framework import serializers
from rest_framework.viewsets import ModelViewSet

from tests.factories import routed, tools_of
from tests.shop.models import Product


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
