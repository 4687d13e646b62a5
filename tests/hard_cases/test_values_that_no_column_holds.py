"""Values that a column or a look-up cannot hold are the caller's to mend, on every database."""

from __future__ import annotations

import django_filters
import pytest
from django.db import connection
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework import filters, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_tool
from tests.factories import mcp_urls, routed
from tests.hard_cases.callers import MCP
from tests.shop.models import Product, Task
from tests.zoo.models import Enclosure, Tag

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

HUGE = 10**30
OUT_OF_RANGE = [2**31, -(2**31) - 1, 2**63, -(2**63) - 1, HUGE]
"""Of a plain integer column; SQLite takes the first two, as its integers have 64 bits."""


class Unbounded(serializers.Serializer):
    """As people write serializers by hand: no bounds, whatever the column has."""

    sku = serializers.CharField()
    name = serializers.CharField(required=False)
    stock = serializers.IntegerField(required=False)
    price = serializers.FloatField(required=False)
    attributes = serializers.JSONField(required=False)

    def create(self, validated_data):
        return Product.objects.create(**validated_data)


class NumberIn(django_filters.BaseInFilter, django_filters.NumberFilter):
    """As ``1,2,3``."""


class Chosen(FilterSet):
    ids = NumberIn(field_name="pk", lookup_expr="in")
    stock_over = django_filters.NumberFilter(field_name="stock", lookup_expr="gt")

    class Meta:
        model = Product
        fields = ("stock", "sku", "price")


class Products(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = Unbounded
    filter_backends = [filters.SearchFilter, filters.OrderingFilter, DjangoFilterBackend]
    filterset_class = Chosen
    search_fields = ["name"]
    ordering_fields = ["sku"]

    @mcp_tool(input={"type": "object", "properties": {"ids": {"type": "array"}, "sku": {"type": "string"}}})
    @action(detail=False, methods=["post"])
    def pick(self, request):
        rows = Product.objects.filter(pk__in=request.data.get("ids", [0]))
        return Response({"count": rows.filter(sku__contains=request.data.get("sku", "")).count()})

    @action(detail=False)
    def by_query(self, request):
        rows = Product.objects.filter(stock=int(request.query_params.get("stock", 0)))
        return Response({"count": rows.filter(note=request.query_params.get("note", "")).count()})


class TaskSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ["id", "title", "priority", "project", "owner", "token"]


class Tasks(ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_fields = ["token", "priority", "project"]

    @action(detail=False)
    def by_token(self, request):
        return Response({"count": Task.objects.filter(token=request.query_params.get("token", "")).count()})

    @action(detail=False)
    def by_priority(self, request):
        return Response({"count": Task.objects.filter(priority=request.query_params.get("priority", "0")).count()})


class EnclosureSerializer(serializers.ModelSerializer):
    class Meta:
        model = Enclosure
        fields = "__all__"


class Enclosures(ModelViewSet):
    queryset = Enclosure.objects.all()
    serializer_class = EnclosureSerializer


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = "__all__"


class Tags(ModelViewSet):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer


urlpatterns = [
    *routed(Products, prefix="products", basename="product"),
    *routed(Tasks, prefix="tasks", basename="task"),
    *routed(Enclosures, prefix="enclosures", basename="enclosure"),
    *routed(Tags, prefix="tags", basename="tag"),
    *mcp_urls(),
]


@pytest.fixture
def mcp() -> MCP:
    Product.objects.create(sku="a", name="a")
    return MCP()


def outcome(answer) -> tuple[str, list[str]]:
    """Whether a call worked, was refused as REST refuses, or has invalid params, with the arguments it names."""
    assert answer.status_code == 200
    if "result" in answer.payload:
        return ("refused" if answer.is_refused else "done"), []
    assert answer.error["code"] == -32602, answer.payload
    text = str(answer.error).lower()
    assert not any(word in text for word in ("traceback", "sqlite", "postgres", "psycopg", "bigint", "python")), text
    data = answer.error["data"]
    return "invalid", sorted(data.get("errors", ())) or data.get("arguments") or [data.get("argument")]


@pytest.mark.parametrize("value", OUT_OF_RANGE)
def test_a_number_that_is_too_large_for_its_column(mcp, value) -> None:
    answer = mcp.call("create_shop_product", {"sku": "b", "stock": value})
    if connection.vendor == "sqlite" and abs(value) < 2**33:
        assert outcome(answer) == ("done", [])
    else:
        assert outcome(answer) == ("invalid", ["stock"])


@pytest.mark.parametrize("value", OUT_OF_RANGE)
@pytest.mark.parametrize(
    "tool", ["retrieve_shop_product", "destroy_shop_product", "retrieve_zoo_tag", "retrieve_shop_task"]
)
def test_a_number_that_is_too_large_for_a_key_is_no_objects(mcp, tool, value) -> None:
    assert outcome(mcp.call(tool, {"id": str(value)})) in [("refused", []), ("invalid", ["id"])]


@pytest.mark.parametrize("value", OUT_OF_RANGE)
@pytest.mark.parametrize("name", ["ids", "stock", "stock_over", "price"])
def test_a_number_that_is_too_large_for_a_filter(mcp, name, value) -> None:
    found, names = outcome(mcp.call("list_shop_product", {name: str(value)}))
    assert found in ("done", "invalid")
    assert names in ([], [name])


@pytest.mark.parametrize("value", OUT_OF_RANGE)
def test_a_number_that_is_too_large_for_a_look_up(mcp, value) -> None:
    assert outcome(mcp.call("pick_shop_product", {"ids": [1, value]})) in [("done", []), ("invalid", ["ids"])]
    assert outcome(mcp.call("by_query_shop_product", {"stock": value})) in [("done", []), ("invalid", ["stock"])]


@pytest.mark.parametrize("value", [HUGE, -HUGE, 2**63, "x", "1\x00"])
def test_a_key_that_no_object_has(mcp, value) -> None:
    answer = mcp.call("create_shop_task", {"title": "t", "project": value})
    assert outcome(answer) == ("invalid", ["project"])


@pytest.mark.parametrize("value", ["a\x00b", "\x00"])
def test_nul(mcp, value) -> None:
    for tool, arguments, name in [
        ("create_shop_product", {"sku": value}, "sku"),
        ("create_shop_product", {"sku": "b", "name": value}, "name"),
        ("create_shop_task", {"title": value}, "title"),
        ("list_shop_product", {"search": value}, "search"),
        ("list_shop_product", {"sku": value}, "sku"),
        ("list_shop_product", {"ids": value}, "ids"),
        ("list_shop_product", {"ordering": value}, "ordering"),
        ("pick_shop_product", {"sku": value}, "sku"),
        ("by_query_shop_product", {"note": value}, "note"),
        ("retrieve_shop_product", {"id": value}, "id"),
        ("retrieve_zoo_enclosure", {"id": value}, "id"),
        ("list_shop_task", {"token": value}, "token"),
    ]:
        found, names = outcome(mcp.call(tool, arguments))
        # What searches says of NUL is DRF's own word, which names nothing.
        assert names in ([], ["non_field_errors"] if name == "search" else [name]), (tool, arguments, names)
        assert found == "invalid" or tool in ("list_shop_product", "pick_shop_product", "by_query_shop_product"), (
            tool,
            arguments,
        )


@pytest.mark.parametrize(
    "value", [{"a": "x\x00y"}, {"a\x00": 1}, ["\x00"], {"deep": [{"x": "\x00"}]}, "\x00", {"n": HUGE}, {"n": 1e308}]
)
def test_json_that_a_column_cannot_hold(mcp, value) -> None:
    found, names = outcome(mcp.call("create_shop_product", {"sku": "b", "attributes": value}))
    if found == "invalid":
        assert names == ["attributes"]


@pytest.mark.parametrize("value", ["x", "1", "", "00000000-0000-0000-0000-00000000000g", "0" * 10_000, "é", "{", "%"])
def test_a_uuid_that_is_none(mcp, value) -> None:
    assert outcome(mcp.call("retrieve_zoo_enclosure", {"id": value})) in [("refused", []), ("invalid", ["id"])]
    assert outcome(mcp.call("create_shop_task", {"title": "t", "token": value})) == ("invalid", ["token"])
    for tool in ("list_shop_task", "by_token_shop_task"):
        found, names = outcome(mcp.call(tool, {"token": value}))
        assert names in ([], ["token"])
        assert found == "invalid" or (not value and tool == "list_shop_task"), (tool, value)


@pytest.mark.parametrize("value", [1e308, -1e308, 10**400])
def test_a_number_with_a_point_that_is_too_large(mcp, value) -> None:
    found, names = outcome(mcp.call("create_shop_product", {"sku": "b", "price": value}))
    assert names in ([], ["price"])
    assert found == ("done" if connection.vendor == "sqlite" and isinstance(value, float) else "invalid")


def test_a_text_that_is_too_long(mcp) -> None:
    found, names = outcome(mcp.call("create_shop_product", {"sku": "s" * 1000}))
    assert names in ([], ["sku"])
    assert found == ("done" if connection.vendor == "sqlite" else "invalid")


@pytest.mark.parametrize("value", ["x", "1.5.2", "", "é", "1' or '1'='1", "\x00", "nan"])
def test_a_word_where_a_look_up_wants_a_number(mcp, value) -> None:
    assert outcome(mcp.call("by_priority_shop_task", {"priority": value})) == ("invalid", ["priority"])


def test_two_arguments_that_may_be_at_fault_are_both_left_unnamed(mcp) -> None:
    answer = mcp.call("create_shop_product", {"sku": "b", "stock": HUGE, "attributes": {"n": HUGE}})
    assert outcome(answer) == ("invalid", ["non_field_errors"])
