"""``readOnlyHint`` and what stands around a handler: serializers, filters, pages, other methods."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from rest_framework import filters, pagination, permissions, serializers, throttling
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tests.factories import catalog_of, routed
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer


def visit(product):
    product.stock += 1
    product.save()


class Products(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


class Counting(ProductSerializer):
    def to_representation(self, instance):
        visit(instance)
        return super().to_representation(instance)


class CountingField(serializers.CharField):
    def to_representation(self, value):
        Product.objects.update(stock=0)
        return value


class WithField(ProductSerializer):
    name = CountingField()


class WithMethod(ProductSerializer):
    seen = serializers.SerializerMethodField()

    def get_seen(self, instance):
        visit(instance)
        return True

    class Meta(ProductSerializer.Meta):
        fields = [*ProductSerializer.Meta.fields, "seen"]


class Harmless(ProductSerializer):
    price_in_words = serializers.SerializerMethodField()

    def get_price_in_words(self, instance):
        return str(instance.price).replace(".", ",")

    def create(self, validated_data):
        return Product.objects.create(**validated_data)

    class Meta(ProductSerializer.Meta):
        fields = [*ProductSerializer.Meta.fields, "price_in_words"]


class Allowing(permissions.BasePermission):
    def has_permission(self, request, view):
        Product.objects.create(sku="p", name="p")
        return True


class Filtering(filters.BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        queryset.delete()
        return queryset


class Paging(pagination.PageNumberPagination):
    page_size = 2

    def paginate_queryset(self, queryset, request, view=None):
        queryset.update(stock=1)
        return super().paginate_queryset(queryset, request, view)


class Throttling(throttling.BaseThrottle):
    def allow_request(self, request, view):
        Product.objects.create(sku="t", name="t")
        return True


class Policed(Products):
    def get_queryset(self):
        return self.policy.scope_queryset(self, super().get_queryset())


class Stamping(Products):
    def get_queryset(self):
        Product.objects.update(stock=1)
        return super().get_queryset()


class Actions(Products):
    @action(detail=False, methods=["get", "post"])
    def both(self, request):
        visit(Product.objects.first())
        return Response({})

    @action(detail=False, methods=["get", "post"])
    def split(self, request):
        if request.method == "POST":
            visit(Product.objects.first())
        return Response({})

    @action(detail=False, methods=["get", "delete"])
    def early(self, request):
        if self.request.method == "GET":
            return Response({"n": Product.objects.count()})
        Product.objects.all().delete()
        return Response(status=204)

    @action(detail=False, methods=["get", "put"])
    def safe(self, request):
        if request.method not in permissions.SAFE_METHODS:
            visit(Product.objects.first())
        return Response({})

    @action(detail=False)
    def other(self, request):
        return Response(Counting(Product.objects.all(), many=True).data)

    @action(detail=False)
    def harmless(self, request):
        return Response(Harmless(Product.objects.all(), many=True).data)

    @action(detail=False)
    def mapped(self, request):
        return Response(list(map(visit, Product.objects.all())))

    @action(detail=False)
    def mapped_method(self, request):
        return Response(sorted(Product.objects.all(), key=self.rank))

    def rank(self, product):
        product.delete()

    @action(detail=False)
    def commanded(self, request):
        call_command("flush")
        return Response({})

    @action(detail=False)
    def ran(self, request):
        exec("x = 1")
        return Response({})

    @action(detail=False)
    def made(self, request):
        return Response({"id": Job().id})


class Job:
    id = 1

    def __init__(self):
        Product.objects.create(sku="j", name="j")


def reads(view, name, method="get"):
    (tool,) = [t for t in tools_listed(view) if t.endpoint.action == name and t.endpoint.method == method]
    return tool.annotations["readOnlyHint"]


def tools_listed(view):
    return catalog_of(*routed(view)).tools


def of(**attributes):
    return type("View", (Products,), attributes)


@pytest.mark.parametrize(
    ("view", "name"),
    [
        *((of(serializer_class=cls), "list") for cls in (Counting, WithField, WithMethod)),
        (of(serializer_class=Counting), "retrieve"),
        (of(filter_backends=[Filtering]), "list"),
        (of(pagination_class=Paging), "list"),
        (Stamping, "list"),
        (Stamping, "retrieve"),
        *((Actions, name) for name in ("both", "other", "ran", "made")),
        *((Actions, name) for name in ("mapped", "mapped_method", "commanded")),
    ],
)
def test_a_get_whose_surroundings_write_is_not_said_to_read_only(view, name) -> None:
    assert reads(view, name) is False


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (of(serializer_class=Harmless), "list"),
        (Policed, "list"),
        (Policed, "retrieve"),
        (of(permission_classes=[Allowing], throttle_classes=[Throttling]), "list"),
        (type("Guarded", (Actions,), {"permission_classes": [Allowing]}), "harmless"),
        (of(filter_backends=[filters.SearchFilter], pagination_class=pagination.LimitOffsetPagination), "list"),
        *((Actions, name) for name in ("split", "early", "safe", "harmless")),
    ],
)
def test_a_get_whose_surroundings_only_read_is_said_to(view, name) -> None:
    assert reads(view, name) is True


@pytest.mark.parametrize(("name", "method"), [("split", "post"), ("early", "delete"), ("safe", "put")])
def test_what_one_handler_does_under_another_method_writes(name, method) -> None:
    assert reads(Actions, name, method) is False
