"""Handlers that make another serializer than the view's own, by its name."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from tests.factories import MCPClient, UserFactory, routed, tools_of
from tests.shop import serializers as shop
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer

pytestmark = pytest.mark.django_db


class Move(serializers.Serializer):
    place = serializers.CharField(max_length=5)
    count = serializers.IntegerField(min_value=1, required=False)


class Lock(serializers.Serializer):
    reason = serializers.CharField()


class Dynamic(Move):
    def __init__(self, *args, fields=None, **kwargs):
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(fields or self.fields):
            del self.fields[name]


class Wanting(Move):
    def __init__(self, *args, event, **kwargs):
        self.event = event
        super().__init__(*args, **kwargs)


class Pair(serializers.BaseSerializer):
    def __init__(self, *args, between, **kwargs):
        self.between = between
        super().__init__(*args, **kwargs)

    def to_internal_value(self, data):
        return dict(zip(("from", "to"), str(data["places"]).split(self.between), strict=True))

    def to_representation(self, instance):
        return instance


class ByContext(Move):
    def get_fields(self):
        fields = super().get_fields()
        if self.context.get("short"):
            del fields["place"]
        return fields


class Telling(Move):
    def validate(self, attrs):
        return {**attrs, "why": self.context["request"].query_params.get("why")}


class Peeking(Move):
    def validate(self, attrs):
        return {**attrs, "key": self.initial_data.get("key")}


def checked(serializer: Any) -> Response:
    serializer.is_valid(raise_exception=True)
    return Response(serializer.validated_data)


def make(serializer_class, request):
    return checked(serializer_class(data=request.data))


class Things(GenericViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    move_serializer_class = Move
    chosen = None

    @action(detail=False, methods=["post"])
    def by_name(self, request):
        return checked(Move(data=request.data))

    @action(detail=False, methods=["post"])
    def by_module(self, request):
        return checked(shop.TaskSerializer(data=request.data, context={"request": request}))

    @action(detail=False, methods=["post"])
    def by_attribute(self, request):
        return checked(self.move_serializer_class(data=request.data))

    @action(detail=False, methods=["post"])
    def by_import(self, request):
        from tests.hard_cases.test_serializers_by_name import Move as Local

        return checked(Local(data=request.data))

    @action(detail=False, methods=["post"])
    def by_alias(self, request):
        serializer_class = Move
        serializer = serializer_class(data=request.data, context=self.get_serializer_context())
        return checked(serializer)

    @action(detail=False, methods=["post"])
    def by_helper(self, request):
        return make(Move, request)

    @action(detail=False, methods=["post"], serializer_class=Lock)
    def beside_its_own(self, request):
        return checked(Move(data=request.data))

    @action(detail=False, methods=["post"])
    def of_a_copy(self, request):
        data = request.data.copy()
        data["count"] = 2
        return checked(Move(data=data))

    @action(detail=False, methods=["get", "post"])
    def by_method(self, request):
        if request.method == "POST":
            return checked(Move(data=request.data))
        return Response({})

    @action(detail=False, methods=["post"])
    def of_many(self, request):
        return checked(Move(data=request.data, many=True))

    @action(detail=False, methods=["post"])
    def partial(self, request):
        return checked(Move(data=request.data, partial=True))

    @action(detail=False, methods=["post"])
    def with_a_key(self, request):
        return Response({"note": request.data.get("note"), **checked(Move(data=request.data)).data})

    @action(detail=False, methods=["post"])
    def only_at_times(self, request):
        if request.data.get("stay"):
            return Response({})
        return checked(Move(data=request.data))

    @action(detail=False, methods=["delete"])
    def cleared(self, request):
        return checked(Lock(data=request.data))

    @action(detail=False, methods=["post"])
    def telling(self, request):
        return checked(Telling(data=request.data, context={"request": request}))

    # What stays open.

    @action(detail=False, methods=["post"])
    def of_two(self, request):
        return checked(Lock(data=request.data) if request.user.is_staff else Move(data=request.data))

    @action(detail=False, methods=["post"])
    def one_after_the_other(self, request):
        Lock(data=request.data).is_valid(raise_exception=True)
        return checked(Move(data=request.data))

    @action(detail=False, methods=["post"])
    def with_its_own(self, request):
        Lock(data=request.data).is_valid(raise_exception=True)
        return checked(self.get_serializer(data=request.data))

    @action(detail=False, methods=["post"])
    def looked_through(self, request):
        names = sorted(request.data)
        return Response({"names": names, **checked(Move(data=request.data)).data})

    @action(detail=False, methods=["post"])
    def one_or_many(self, request):
        return checked(Move(data=request.data, many=isinstance(request.data, list)))

    @action(detail=False, methods=["post"])
    def chosen_by_instance(self, request):
        self.chosen = Move
        return checked(self.chosen(data=request.data))

    @action(detail=False, methods=["post"])
    def dynamic(self, request):
        return checked(Dynamic(data=request.data, fields=["count"]))

    @action(detail=False, methods=["post"])
    def wanting(self, request):
        return checked(Wanting(data=request.data, event=1))

    @action(detail=False, methods=["post"])
    def wanting_without_fields(self, request):
        return checked(Pair(data=request.data, between="-"))

    @action(detail=False, methods=["post"])
    def of_a_list_with_a_child(self, request):
        return checked(serializers.ListSerializer(child=serializers.IntegerField(), data=request.data))

    @action(detail=False, methods=["post"])
    def by_context(self, request):
        return checked(ByContext(data=request.data, context={"short": True}))

    @action(detail=False, methods=["post"])
    def peeking(self, request):
        return checked(Peeking(data=request.data))

    # What prints and reads nothing.

    @action(detail=False)
    def printed(self, request):
        return Response(Move({"place": "a"}, context={"request": request}).data)


MOVE = {"place", "count"}


@pytest.fixture
def client(settings):
    router = SimpleRouter()
    router.register("things", Things, basename="thing")
    module = type(sys)("tests.hard_cases.routed")
    module.urlpatterns = [path("mcp/", include("drf_mcp.urls")), *router.urls]
    settings.ROOT_URLCONF = module
    return MCPClient(UserFactory())


@pytest.fixture(scope="module")
def tools():
    return tools_of(*routed(Things))


def told(tool) -> tuple[set[str], list[str], bool]:
    schema = tool.input_schema
    return set(schema["properties"]), schema.get("required", []), bool(schema["additionalProperties"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, (MOVE, ["place"], False)) for name in ("by_name", "by_attribute", "by_import", "by_alias")),
        *((name, (MOVE, ["place"], False)) for name in ("by_helper", "beside_its_own", "of_a_copy", "by_method")),
        ("by_module", ({"title", "priority"}, ["title"], False)),
        ("of_many", ({"items"}, ["items"], False)),
        ("partial", (MOVE, [], False)),
        ("with_a_key", ({*MOVE, "note"}, ["place"], False)),
        ("only_at_times", ({*MOVE, "stay"}, [], False)),
        ("cleared", ({"reason"}, ["reason"], False)),
        ("telling", ({*MOVE, "why"}, ["place"], False)),
        ("printed", (set(), [], False)),
    ],
)
def test_a_serializer_that_a_handler_makes_by_name_is_what_its_tool_takes(tools, name, expected) -> None:
    assert told(tools[name]) == expected


def test_its_fields_have_their_own_schema(tools) -> None:
    properties = tools["by_name"].input_schema["properties"]
    assert properties["place"]["maxLength"] == 5
    assert properties["count"]["minimum"] == 1
    items = tools["of_many"].input_schema["properties"]["items"]
    assert items["items"]["required"] == ["place"]


@pytest.mark.parametrize(
    "name",
    [
        *("of_two", "one_after_the_other", "with_its_own", "looked_through", "one_or_many", "chosen_by_instance"),
        *("dynamic", "wanting", "wanting_without_fields", "of_a_list_with_a_child", "by_context", "peeking"),
    ],
)
def test_where_it_is_not_all_that_reads_the_body_the_tool_stays_open(tools, name) -> None:
    _, required, is_open = told(tools[name])
    assert is_open
    if name != "with_its_own" and name != "peeking":
        assert required == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *((name, {"place": "here", "count": 2}) for name in ("by_name", "by_attribute", "by_import", "by_alias")),
        *((name, {"place": "here"}) for name in ("by_helper", "of_a_copy", "partial", "of_two", "beside_its_own")),
        ("by_module", {"title": "new"}),
        ("of_many", {"items": [{"place": "here"}, {"place": "there"}]}),
        ("with_a_key", {"place": "here", "note": "n"}),
        ("only_at_times", {"stay": True}),
        ("wanting_without_fields", {"places": "here-there"}),
        ("of_a_list_with_a_child", {"items": [1, 2]}),
    ],
)
def test_a_call_of_it_is_the_rest_call(client, name, arguments) -> None:
    (tool,) = [tool for tool in client.list_tools() if tool.startswith(f"{name}_")]
    answer = client.call(tool, **arguments)["structuredContent"]
    body = arguments.get("items", arguments)
    rest = Client().post(f"/things/{name}/", json.dumps(body), content_type="application/json")
    assert rest.status_code == 200
    assert answer == (rest.json() if isinstance(rest.json(), dict) else {"result": rest.json()})


class Overridden(ModelViewSet):
    """A handler of a known name that takes another serializer than the view's."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    def create(self, request, *args, **kwargs):
        return checked(Move(data=request.data))

    def partial_update(self, request, *args, **kwargs):
        return checked(Move(self.get_object(), data=request.data, partial=True))

    def destroy(self, request, *args, **kwargs):
        checked(Lock(data=request.data))
        return super().destroy(request, *args, **kwargs)


def test_an_overridden_handler_takes_what_it_makes() -> None:
    tools = tools_of(*routed(Overridden))
    assert told(tools["create"]) == (MOVE, ["place"], False)
    assert told(tools["partial_update"]) == ({"id", *MOVE}, ["id"], False)
    assert told(tools["destroy"]) == ({"id", "reason"}, ["id", "reason"], False)


def test_a_serializer_by_name_is_described_where_other_code_gets_the_request_too() -> None:
    class Audited(ModelViewSet):
        queryset = Product.objects.all()
        serializer_class = ProductSerializer

        def get_queryset(self):
            self.journal.note(self.request)
            return super().get_queryset()

        @action(detail=True, methods=["post"])
        def move(self, request, pk=None):
            self.get_object()
            return checked(Move(data=request.data))

        @action(detail=False, methods=["post"])
        def move_all(self, request):
            self.get_queryset()
            return checked(Move(data=request.data))

    tools = tools_of(*routed(Audited))
    assert tools["move_all"].parameters.keys() == {"place", "count", "query_params"}
    schema = tools["move"].input_schema
    assert schema["required"] == ["id", "place"]
    assert schema["properties"]["place"]["maxLength"] == 5
    assert schema["additionalProperties"] is True
