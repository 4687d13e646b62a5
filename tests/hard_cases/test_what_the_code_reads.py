"""What the code behind an action reads of its request is what its tool takes, wherever that code stands."""

from __future__ import annotations

import functools
import gc
import json
import sys
import weakref
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.test import Client
from django.urls import clear_url_caches, include, path
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from rest_framework import filters, pagination, permissions, serializers, throttling
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from tests.factories import MCPClient, UserFactory, catalog_of, routed
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer

pytestmark = pytest.mark.django_db

KEY = "from_a_constant"
this_module = sys.modules[__name__]


class Products(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


BODY = {"sku", "name", "price", "stock", "note", "attributes", "tags"}


@pytest.fixture
def route(settings):
    """Route a ViewSet together with the endpoint, and give back a client of it."""

    def route_it(viewset):
        router = SimpleRouter()
        router.register("things", viewset, basename="thing")
        module = type(sys)("tests.hard_cases.routed")
        module.urlpatterns = [path("mcp/", include("drf_mcp.urls")), *router.urls]
        settings.ROOT_URLCONF = module
        return MCPClient(UserFactory())

    return route_it


def schema(client, action_name: str) -> dict[str, Any]:
    """The input schema of the only tool of an action, as ``tools/list`` says it."""
    (found,) = [tool for name, tool in client.list_tools().items() if name.startswith(f"{action_name}_")]
    return found["inputSchema"]


def takes(client, action_name: str) -> set[str]:
    return set(schema(client, action_name)["properties"])


def is_open(client, action_name: str) -> bool:
    return bool(schema(client, action_name)["additionalProperties"])


def answer(client, action_name: str, **arguments) -> Any:
    (name,) = [name for name in client.list_tools() if name.startswith(f"{action_name}_")]
    found = client.call(name, **arguments)
    assert not found.get("isError"), found
    return found["structuredContent"]


def rest(method: str, url: str, data: Any = None) -> Any:
    return getattr(Client(), method)(url, json.dumps(data), content_type="application/json").json()


# Decorators


def wrapped(function):
    @functools.wraps(function)
    def wrapper(self, request, *args, **kwargs):
        self.reason = request.data.get("reason")
        return function(self, request, *args, **kwargs)

    return wrapper


def bare(function):
    def wrapper(*args, **kwargs):
        args[0].reason = args[1].data["reason"]
        return function(*args, **kwargs)

    return wrapper


def with_parameter(check):
    def decorator(function):
        @functools.wraps(function)
        def wrapper(view, request, *args, **kwargs):
            if not check(request.user):
                raise AssertionError
            view.reason = request.data["reason"]
            return function(view, request, *args, **kwargs)

        return wrapper

    return decorator


def of_views(view):
    @functools.wraps(view)
    def inner(request, *args, **kwargs):
        request.reason = request.data["reason"]
        return view(request, *args, **kwargs)

    return inner


class Remembering:
    """A decorator that is a class: what it does is not read."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function

    def __get__(self, instance, owner):
        return functools.partial(self, instance) if instance is not None else self

    def __call__(self, view, request, *args, **kwargs):
        view.reason = request.data["reason"]
        return self.function(view, request, *args, **kwargs)


DECORATORS = {
    "wrapped": wrapped,
    "bare": bare,
    "with_parameter": with_parameter(lambda user: True),
    "method_decorator": method_decorator(of_views),
    "twice": lambda function: never(wrapped(transaction.atomic(function))),
}
never = method_decorator(never_cache)


@pytest.mark.parametrize("name", DECORATORS)
def test_what_a_decorator_reads_is_an_argument(route, name: str) -> None:
    def ring(self, request):
        reason = getattr(self, "reason", None) or getattr(request, "reason", None)
        return Response({"reason": reason, "name": request.data.get("name")})

    decorated = DECORATORS[name](ring)
    decorated.__name__ = "ring"
    client = route(type("Bells", (ViewSet,), {"ring": action(detail=False, methods=["post"])(decorated)}))
    assert takes(client, "ring") == {"reason", "name"}
    assert not is_open(client, "ring")
    body = {"reason": "fire", "name": "Ann"}
    assert answer(client, "ring", **body) == rest("post", "/things/ring/", body) == body


def test_a_decorator_that_cannot_be_read_leaves_the_tool_open(route) -> None:
    class Bells(Products):
        create = Remembering(ModelViewSet.create)

    client = route(Bells)
    assert is_open(client, "create")


def test_a_decorator_around_drfs_own_handler_is_read(route) -> None:
    class Reasoned(Products):
        create = wrapped(ModelViewSet.create)

    client = route(Reasoned)
    assert takes(client, "create") == {*BODY, "reason"}
    assert not is_open(client, "create")


# The hooks of DRF's own handlers


def test_what_a_hook_reads_from_the_body_is_an_argument(route) -> None:
    class Hooked(Products):
        def perform_create(self, serializer):
            serializer.save(note=self.request.data.get("remark"))

        def perform_update(self, serializer):
            super().perform_update(serializer)
            self.after(serializer.instance)

        def after(self, product):
            if "silent" not in self.request.data:
                product.save()

        def perform_destroy(self, instance):
            if self.request.data.get("really"):
                instance.delete()

    client = route(Hooked)
    assert takes(client, "create") == {*BODY, "remark"}
    assert takes(client, "update") == {"id", *BODY, "silent"}
    assert takes(client, "destroy") == {"id", "really"}
    assert not any(is_open(client, name) for name in ("list", "create", "retrieve", "update", "destroy"))
    assert answer(client, "create", sku="a", name="A", remark="hm")["note"] == "hm"


def test_what_get_queryset_reads_belongs_to_every_action_that_calls_it(route) -> None:
    class Narrowed(Products):
        def get_queryset(self):
            found = super().get_queryset()
            if shop := self.request.query_params.get("shop"):
                found = found.filter(sku__startswith=shop)
            return found

        @action(detail=True, methods=["post"])
        def touch(self, request, pk=None):
            return Response({"sku": self.get_object().sku})

        @action(detail=False)
        def nothing(self, request):
            return Response({})

    client = route(Narrowed)
    for name in ("list", "retrieve", "update", "destroy", "touch"):
        assert "shop" in takes(client, name), name
        assert not is_open(client, name)
    assert takes(client, "create") == BODY
    assert takes(client, "nothing") == set()
    one = Product.objects.create(sku="x-1", name="One")
    assert answer(client, "touch", id=str(one.pk), shop="x") == {"sku": "x-1"}
    (name,) = [name for name in client.list_tools() if name.startswith("touch_")]
    assert client.call(name, id=str(one.pk), shop="y")["isError"]


def test_what_a_property_and_initial_read_is_an_argument(route) -> None:
    class Scoped(Products):
        def initial(self, request, *args, **kwargs):
            super().initial(request, *args, **kwargs)
            self.tenant = request.query_params["tenant"]

        @functools.cached_property
        def prefix(self):
            return self.request.GET.get("prefix", "")

        def get_queryset(self):
            return super().get_queryset().filter(sku__startswith=self.prefix)

    client = route(Scoped)
    assert takes(client, "list") == {"tenant", "prefix"}
    assert takes(client, "create") == {*BODY, "tenant"}


def test_what_permissions_throttles_filters_and_pages_read_is_an_argument(route) -> None:
    class InTeam(permissions.BasePermission):
        def has_permission(self, request, view):
            return request.query_params.get("team") == "red" and view.action

    class ByMail(throttling.SimpleRateThrottle):
        rate = "1000/day"

        def get_cache_key(self, request, view):
            return request.query_params.get("mail")

    class BySku(filters.BaseFilterBackend):
        param = "starts"

        def filter_queryset(self, request, queryset, view):
            return queryset.filter(sku__startswith=request.query_params.get(self.param, ""))

    class Pages(pagination.PageNumberPagination):
        page_size = 2

        def paginate_queryset(self, queryset, request, view=None):
            return None if request.query_params.get("all") else super().paginate_queryset(queryset, request, view)

    class Made(Products):
        permission_classes = [InTeam & permissions.AllowAny]
        throttle_classes = [ByMail]
        filter_backends = [BySku]
        pagination_class = Pages

    client = route(Made)
    assert takes(client, "list") == {"page", "starts", "all", "team", "mail"}
    assert takes(client, "retrieve") == {"id", "starts", "team", "mail"}
    assert takes(client, "create") == {*BODY, "team", "mail"}
    assert not is_open(client, "list")


def test_what_a_serializer_reads_beside_its_fields_is_an_argument(route) -> None:
    class Confirmed(serializers.ModelSerializer):
        class Meta:
            model = Product
            fields = ["sku", "name"]

        def validate(self, attrs):
            if self.initial_data.get("confirm") != "yes":
                raise serializers.ValidationError("Not confirmed.")
            return attrs

        def to_representation(self, instance):
            data = super().to_representation(instance)
            if "short" in self.context["request"].query_params:
                del data["name"]
            return data

    class View(Products):
        serializer_class = Confirmed

    client = route(View)
    assert takes(client, "create") == {"sku", "name", "confirm", "short"}
    assert takes(client, "list") == {"short"}
    assert takes(client, "destroy") == {"id"}
    assert answer(client, "create", sku="a", name="A", confirm="yes", short="1") == {"sku": "a"}


# Ways to write it


def by_another_name(self, request):
    data = request.data
    data["stamp"] = "now"
    return Response([data["name"], data.get("mail"), KEY in data])


def by_walrus(self, request):
    if (name := request.data.get("name")) and (rest := request.data):
        return Response([name, rest["mail"], rest.get(KEY)])
    return Response()


def by_copy(self, request):
    data = dict(request.data)
    data.update(extra=1)
    copied = request.data.copy()
    return Response([data["name"], copied.pop("mail", None), copied.get(KEY)])


def by_own_request(self, request):
    request = self.request
    name, mail = request.data["name"], request.data["mail"]
    return Response([name, mail, *[request.data[KEY] for _ in range(2)]])


def by_helper(self, request):
    return Response([_name_of(request), self._mail_of(request.data), _constant_of(body=request.data)])


def _name_of(request):
    return request.data["name"]


def _constant_of(*, body):
    return body[KEY]


def by_merge(self, request):
    data = {**request.data, "x": 1}
    other = {"y": 2, **request.data}
    return Response([data["name"], other["mail"], data[KEY]])


def by_inner_function(self, request):
    def name():
        return request.data["name"]

    return Response([name(), (lambda: request.data["mail"])(), request.data[KEY]])


def by_or(self, request):
    data = request.data or {}
    if not data or request is None:
        return Response()
    return Response([data["name"], data["mail"], data[KEY]])


def by_other_meaning(self, request):
    data = request.data
    if "mail" in data:
        data = {"name": data["name"], "mail": data["mail"], KEY: data[KEY]}
    return Response([data["name"], data.get("mail"), data[KEY]])


def by_try(self, request):
    try:
        data = request.data
        name = data["name"]
    except KeyError:
        return Response(status=400)
    with transaction.atomic():
        data = {"mail": data["mail"], KEY: data.get(KEY)}
    return Response([name, data["mail"], data[KEY], data.get("no argument")])


def by_loop(self, request):
    data, found = {}, []
    for _ in range(2):
        found.append(data.get("name"))
        data = request.data
    return Response([found, data["mail"], data[KEY]])


def by_module(self, request):
    return Response([this_module._name_of(request), request.data["mail"], request.data[KEY]])


EXACT = (by_another_name, by_walrus, by_copy, by_own_request, by_helper, by_merge, by_inner_function, by_or)
EXACT = (*EXACT, by_other_meaning, by_try, by_loop, by_module)


def open_by_loop(self, request):
    return Response(dict.fromkeys(request.data, True))


def open_by_items(self, request):
    return Response(dict(request.data.items()))


def open_by_match(self, request):
    match request.data:
        case {"name": name}:
            return Response(name)
    return Response()


def open_by_stars(self, request):
    return Response(dict(**request.data))


def open_by_computed_name(self, request):
    return getattr(self, f"perform_{request.method.lower()}")(request)


def open_by_foreign_function(self, request):
    return Response(json.dumps(request.data))


def open_by_keys(self, request):
    return Response([request.data.get(key) for key in self.keys_of_mine])


def open_by_container(self, request):
    everything = [request]
    return Response(everything[0].data["name"])


def open_by_self(self, request):
    return Response(_through(self))


def _through(holder):
    return [view.request.data for view in [holder]]


def open_by_library(self, request):
    return Response(urlencode(request.data))


def open_by_library_of_query(self, request):
    return Response(urlencode(request.query_params))


OPEN = (
    open_by_loop,
    open_by_items,
    open_by_match,
    open_by_stars,
    open_by_computed_name,
    open_by_foreign_function,
    open_by_keys,
    open_by_container,
    open_by_self,
    open_by_library,
    open_by_library_of_query,
)


def ringing(handler):
    def ring(self, request):
        return handler(self, request)

    class Bells(ViewSet):
        keys_of_mine: ClassVar = ["name"]

        def _mail_of(self, body):
            return body["mail"]

    Bells.ring = action(detail=False, methods=["post"])(ring)
    return Bells


@pytest.mark.parametrize("handler", EXACT, ids=lambda handler: handler.__name__)
def test_what_is_read_by_name_is_exact_however_it_is_written(route, handler) -> None:
    client = route(ringing(handler))
    assert takes(client, "ring") == {"name", "mail", KEY}
    assert not is_open(client, "ring")
    body = {"name": "Ann", "mail": "a@b.c", KEY: 1}
    assert answer(client, "ring", **body)["result"] == rest("post", "/things/ring/", body)


@pytest.mark.parametrize("handler", OPEN, ids=lambda handler: handler.__name__)
def test_what_cannot_be_followed_is_open(route, handler) -> None:
    assert is_open(route(ringing(handler)), "ring")


def test_a_key_that_a_class_names_is_read_for_each_class(route) -> None:
    class ByParameter(Products):
        http_method_names = ["get"]
        parameter: Any = "shop"

        def get_queryset(self):
            return super().get_queryset().filter(sku__contains=self.request.query_params.get(self.parameter, ""))

    class ByAnother(ByParameter):
        parameter = "store"

    class ByNone(ByParameter):
        @property
        def parameter(self):
            return "x"

    assert takes(route(ByParameter), "list") == {"shop"}
    assert takes(route(ByAnother), "list") == {"store"}
    assert is_open(route(ByNone), "list")


def test_a_write_whose_query_is_open_takes_query_parameters(route) -> None:
    class Anyhow(Products):
        @action(detail=False, methods=["post"])
        def ring(self, request):
            return Response(request.query_params.dict())

    client = route(Anyhow)
    assert is_open(client, "ring")
    assert answer(client, "ring", a="1") == {"a": "1"}


# What the code fills in


def test_what_the_code_fills_in_is_not_required(route) -> None:
    class Filling(Products):
        def create(self, request, *args, **kwargs):
            data = request.data.copy()
            data["sku"] = "made-up"
            serializer = self.get_serializer(data=data)
            serializer.is_valid(raise_exception=True)
            self.perform_create(serializer)
            return Response(serializer.data, status=201)

    client = route(Filling)
    assert schema(client, "create")["required"] == ["name"]
    assert not is_open(client, "create")
    assert answer(client, "create", name="N")["sku"] == "made-up"


@pytest.mark.parametrize("attribute", ["serializer_class", "get_serializer_class()"])
def test_a_serializer_that_is_made_by_hand_is_the_views_own(route, attribute: str) -> None:
    def by_attribute(self, request):
        serializer = self.serializer_class(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)

    def by_method(self, request):
        cls = self.get_serializer_class()
        serializer = cls(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)

    handler = by_attribute if attribute == "serializer_class" else by_method
    handler.__name__ = "ring"
    attributes = {"serializer_class": ProductSerializer, "ring": action(detail=False, methods=["post"])(handler)}
    client = route(type("Bells", (GenericViewSet,), attributes))
    assert takes(client, "ring") == BODY
    assert schema(client, "ring")["required"] == ["sku", "name"]
    assert not is_open(client, "ring")


def test_an_action_that_writes_in_parts_requires_nothing(route) -> None:
    class Parts(Products):
        @action(detail=True, methods=["post"])
        def change(self, request, pk=None):
            serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save()
            return Response(serializer.data)

    assert schema(route(Parts), "change")["required"] == ["id"]


# What is remembered


def test_a_catalog_is_forgotten_with_all_that_was_read_for_it() -> None:
    def build() -> weakref.ref:
        class Gone(Products):
            serializer_class = type("GoneSerializer", (ProductSerializer,), {})

            def get_queryset(self):
                return super().get_queryset().filter(sku=self.request.GET.get("sku"))

        assert catalog_of(*routed(Gone)).tools
        return weakref.ref(Gone)

    gone = build()
    catalog_of(*routed(Products))  # DRF itself remembers the last view that was asked for its schema
    clear_url_caches()
    gc.collect()
    assert gone() is None
