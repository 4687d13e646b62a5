"""What a project's own code in filter backends and FilterSets reads, REST takes, and so do the tools."""

from __future__ import annotations

from urllib.parse import parse_qs

import django_filters
import pytest
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework import filters
from rest_framework.viewsets import ModelViewSet

from tests.factories import routed, tools_of
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer


class Products(ModelViewSet):
    queryset = Product.objects.order_by("id")
    serializer_class = ProductSerializer


class TitleSearch(filters.SearchFilter):
    def get_search_fields(self, view, request):
        if request.query_params.get("title_only"):
            return ["name"]
        return super().get_search_fields(view, request)


class Own(DjangoFilterBackend):
    def filter_queryset(self, request, queryset, view):
        if request.query_params.get("everything") == "1":
            return queryset
        return super().filter_queryset(request, queryset, view)

    def get_filterset_kwargs(self, request, queryset, view):
        kwargs = super().get_filterset_kwargs(request, queryset, view)
        data = kwargs["data"].copy()
        if request.query_params.get("n"):
            data["name"] = request.query_params["n"]
        kwargs["data"] = data
        return kwargs


class Narrow(FilterSet):
    hot = django_filters.BooleanFilter(method="filter_hot")

    class Meta:
        model = Product
        fields = ("name",)

    def filter_hot(self, queryset, name, value):
        return queryset.filter(stock__gt=int(self.request.query_params.get("hot_min", 10)))

    @property
    def qs(self):
        rows = super().qs
        return rows.filter(sku="me") if self.data.get("mine") == "1" else rows


def told(**attributes):
    tools = tools_of(*routed(type("Some", (Products,), attributes)))
    found = tools["list"]
    return set(found.parameters), found.signature.open_location, set(tools["retrieve"].parameters)


def test_a_search_filter_that_chooses_its_fields_by_the_query() -> None:
    names, open_location, of_one = told(filter_backends=[TitleSearch], search_fields=["name", "sku"])
    assert {"search", "title_only"} <= names
    assert (open_location, of_one) == (None, {"id"})


def test_a_backend_of_django_filter_with_methods_of_its_own() -> None:
    names, open_location, _ = told(filter_backends=[Own], filterset_fields=["name"])
    assert {"name", "everything", "n"} <= names
    assert open_location is None


def test_a_filterset_that_reads_more_than_its_filters() -> None:
    names, open_location, of_one = told(filter_backends=[DjangoFilterBackend], filterset_class=Narrow)
    assert {"name", "hot", "hot_min", "mine"} <= names
    assert open_location is None
    assert of_one == {"id"}


def test_the_librarys_own_filters_take_what_they_say_alone() -> None:
    names, open_location, _ = told(
        filter_backends=[DjangoFilterBackend, filters.SearchFilter, filters.OrderingFilter],
        filterset_fields=["name"],
        search_fields=["name"],
    )
    assert {"name", "search", "ordering"} <= names
    assert open_location is None


class Named(filters.OrderingFilter):
    def remove_invalid_fields(self, queryset, fields, view, request):
        names = {"popularity": "stock", "-popularity": "-stock"}
        return super().remove_invalid_fields(queryset, [names.get(name, name) for name in fields], view, request)


def test_an_ordering_filter_with_names_of_its_own_promises_no_names() -> None:
    view = type("Some", (Products,), {"filter_backends": [Named], "ordering_fields": ["name"]})
    assert tools_of(*routed(view))["list"].parameters["ordering"].schema == {"type": "string"}


class Short(ProductSerializer):
    @property
    def is_short(self):
        return getattr(self.context.get("request"), "query_params", {}).get("short")

    def to_representation(self, instance):
        return {"id": instance.pk} if self.is_short else super().to_representation(instance)


def test_a_property_of_a_serializer_reads_the_query() -> None:
    assert "short" in told(serializer_class=Short)[0]


@pytest.mark.parametrize(
    "read",
    [
        lambda self, request: parse_qs(request.META["QUERY_STRING"]),
        lambda self, request: parse_qs(request.META.get("QUERY_STRING", "")),
        lambda self, request: request.get_full_path().partition("?"),
        lambda self, request: request.build_absolute_uri().partition("?"),
    ],
    ids=["item", "get", "path", "uri"],
)
def test_the_query_in_another_form_is_the_query(read) -> None:
    class Asking(Products):
        def list(self, request, *args, **kwargs):
            self.asked = self.reads(request)
            return super().list(request, *args, **kwargs)

        reads = read

    assert tools_of(*routed(Asking))["list"].signature.open_location == "query"


def test_an_address_of_something_else_is_not_the_query() -> None:
    class Linking(Products):
        def list(self, request, *args, **kwargs):
            response = super().list(request, *args, **kwargs)
            response["Link"] = request.build_absolute_uri("/about/")
            return response

    assert tools_of(*routed(Linking))["list"].signature.open_location is None
