"""Ways of reading a request that are easily overlooked: what REST takes there, the tool takes too."""

from __future__ import annotations

import pytest
from django.db import models
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_mcp.schema import input_schema
from tests.factories import routed, tools_of
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer

BODY = ["sku", "name", "price", "stock", "note", "attributes", "tags"]


class Products(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


def tool(view, name="create"):
    return tools_of(*routed(view))[name]


def promise(found) -> tuple[list[str], list[str], str | None]:
    return list(found.parameters), found.signature.required, found.signature.open_location


def test_a_body_in_the_second_place_is_the_serializers() -> None:
    class Positional(Products):
        @action(detail=True, methods=["post"])
        def change(self, request, pk=None):
            serializer = self.get_serializer(self.get_object(), request.data)
            serializer.is_valid(raise_exception=True)
            return Response(serializer.data)

    assert promise(tool(Positional, "change")) == (["id", *BODY], ["id", "sku", "name"], None)


def test_a_body_that_may_have_become_another_requires_nothing() -> None:
    class Converting(Products):
        def create(self, request, *args, **kwargs):
            data = request.data
            if "short" in data:
                data = {"sku": data["short"], "name": data["short"]}
            serializer = self.get_serializer(data=data)
            serializer.is_valid(raise_exception=True)
            self.perform_create(serializer)
            return Response(serializer.data, status=201)

    assert promise(tool(Converting)) == ([*BODY, "short"], [], None)


def test_a_get_serializer_that_fills_in_fields_requires_none_of_them() -> None:
    class Setting(Products):
        def get_serializer(self, *args, **kwargs):
            if "data" in kwargs:
                kwargs["data"] = {**kwargs["data"], "sku": "made-up", "note": kwargs["data"].get("remark", "")}
            return super().get_serializer(*args, **kwargs)

    class Changing(Products):
        def get_serializer(self, *args, **kwargs):
            data = kwargs.get("data")
            if data is not None:
                data["sku"] = "made-up"
            return super().get_serializer(*args, **kwargs)

    assert promise(tool(Setting)) == ([*BODY, "remark"], [], None)
    assert promise(tool(Changing)) == (BODY, ["name"], None)


def test_a_get_serializer_for_one_or_many_takes_both() -> None:
    class Bulk(Products):
        def get_serializer(self, *args, **kwargs):
            if isinstance(kwargs.get("data"), list):
                kwargs["many"] = True
            return super().get_serializer(*args, **kwargs)

    assert promise(tool(Bulk)) == ([*BODY, "items"], [], None)


def test_a_handler_for_one_or_many_insists_on_neither() -> None:
    class Either(Products):
        def create(self, request, *args, **kwargs):
            if isinstance(request.data, list):
                serializer = self.get_serializer(data=request.data, many=True)
                serializer.is_valid(raise_exception=True)
                serializer.save()
                return Response(serializer.data, status=201)
            return super().create(request, *args, **kwargs)

    assert promise(tool(Either)) == ([*BODY, "items"], [], "body")


def test_what_a_hook_looks_up_in_the_serializers_input_is_an_argument() -> None:
    class Remarking(Products):
        def perform_create(self, serializer):
            serializer.save(note=serializer.initial_data.get("remark", ""))

    assert promise(tool(Remarking)) == ([*BODY, "remark"], ["sku", "name"], None)


def test_what_stands_before_the_handler_is_read() -> None:
    class Early(Products):
        def initialize_request(self, request, *args, **kwargs):
            request = super().initialize_request(request, *args, **kwargs)
            self.is_brief = request.query_params.get("brief")
            return request

        def initial(self, request, *args, **kwargs):
            super().initial(request, *args, **kwargs)
            self.lang = request.GET.get("lang")

    assert {"lang"} <= {*tool(Early, "list").parameters}


def test_a_helper_that_goes_through_what_it_is_given_is_open() -> None:
    def merged(*parts):
        found = {}
        for part in parts:
            found.update(part)
        return found

    class Logging(Products):
        def perform_create(self, serializer):
            serializer.save(attributes=merged(self.request.data, {"by": "me"}))

    assert promise(tool(Logging)) == (BODY, ["sku", "name"], "body")


def test_text_at_the_margin_does_not_hide_a_source() -> None:
    class Marginal(Products):
        @action(detail=False, methods=["post"])
        def ring(self, request):
            text = """
At the margin.
"""
            return Response([text, request.data["name"]])

    assert promise(tool(Marginal, "ring")) == (["name"], [], None)


class ByGetattr(serializers.Serializer):
    name = serializers.CharField()

    def validate(self, attrs):
        data = getattr(self, "initial_data", None) or {}
        return {**attrs, "note": data.get("note")}


class ByGenerator(serializers.Serializer):
    name = serializers.CharField()

    def validate(self, attrs):
        if any(name in self.initial_data for name in ("a", "b")):
            raise serializers.ValidationError
        return attrs


@pytest.mark.parametrize("cls", [ByGetattr, ByGenerator])
def test_a_serializer_that_looks_into_its_input_in_passing_is_open(cls) -> None:
    assert "additionalProperties" not in input_schema(cls())


def test_a_viewset_is_asked_once_for_what_its_endpoints_share() -> None:
    asked = []

    class Counting(Products):
        def get_queryset(self):
            asked.append("queryset")
            return super().get_queryset().filter(name=self.request.query_params.get("name", ""))

        def get_serializer(self, *args, **kwargs):
            asked.append("serializer")
            kwargs.setdefault("label", self.request.user.username)
            return super().get_serializer(*args, **kwargs)

    class Choosing(Products):
        def get_queryset(self):
            asked.append(self.action)
            return models.QuerySet(Product) if self.action == "list" else super().get_queryset()

    tools_of(*routed(Counting))
    assert sorted(asked) == ["queryset", "serializer"]
    asked.clear()
    tools_of(*routed(Choosing))
    assert sorted(asked) == ["create", "destroy", "list", "partial_update", "retrieve"]
