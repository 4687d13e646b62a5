"""Serializers that another call may find different, or that cannot be made without a real request."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import include, path
from rest_framework import renderers, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp.discovery import discover_endpoints
from tests.factories import MCPClient, UserFactory, routed, tools_of
from tests.shop.models import Comment, Product, Task
from tests.shop.serializers import ProductSerializer

pytestmark = pytest.mark.django_db


class Products(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


class Small(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["sku"]


def create_of(**attributes) -> Any:
    return tools_of(*routed(type("View", (Products,), attributes)))["create"]


def promise(tool) -> tuple[list[str], bool, bool]:
    """The required fields, whether the tool is open and whether it promises an output."""
    return tool.signature.required, tool.signature.open_location is not None, tool.output_schema is not None


EXACT = (["sku", "name"], False, True)
BY_QUERY = (["sku", "name"], True, False)
BY_CALLER = ([], True, False)


def chosen_by(look):
    """A ``get_serializer_class`` that asks a helper of the view."""

    def get_serializer_class(self):
        return self.choose()

    def choose(self):
        return Small if [True for _ in (1,) if look(self)] else ProductSerializer

    return {"get_serializer_class": get_serializer_class, "choose": choose}


def shaped_by(look):
    def get_fields(self):
        fields = super(Shaped, self).get_fields()
        if look(self):
            del fields["name"]
        return fields

    # Such a class says that it is from DRF's own module.
    Shaped = type("Shaped", (ProductSerializer,), {"get_fields": get_fields})  # noqa: N806
    return {"serializer_class": Shaped}


def in_view_by_user(view):
    return view.request.user.is_staff


def in_view_by_kwargs(view):
    return view.kwargs.get("project") == "small"


def in_view_by_query(view):
    return view.request.query_params.get("small")


def in_view_by_action(view):
    return view.action == "list" or view.request.method == "GET"


def by_user(serializer):
    return serializer.context["request"].user.is_staff


def by_context(serializer):
    request = serializer.context.get("request")
    return request and request.query_params.get("small")


def by_view(serializer):
    return serializer.context["view"].action == "list"


def by_nothing(serializer):
    return serializer.context["request"].method == "GET"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, EXACT),
        (chosen_by(in_view_by_user), BY_CALLER),
        (chosen_by(in_view_by_kwargs), BY_CALLER),
        (chosen_by(in_view_by_query), BY_QUERY),
        (chosen_by(in_view_by_action), EXACT),
        (shaped_by(by_user), BY_CALLER),
        (shaped_by(by_context), BY_QUERY),
        (shaped_by(by_view), EXACT),
        (shaped_by(by_nothing), EXACT),
    ],
    ids=["no", "user", "kwargs", "query", "action", "fields-user", "fields-query", "fields-view", "fields-method"],
)
def test_a_definition_says_what_no_other_call_can_disprove(attributes, expected) -> None:
    assert promise(create_of(**attributes)) == expected


def test_a_nested_serializer_that_looks_at_the_caller_is_seen() -> None:
    class Inner(serializers.ModelSerializer):
        class Meta:
            model = Task
            fields = ["id", "title"]

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.look()

        def look(self):
            if "request" in self.context and self.context["request"].user.is_staff:
                self.fields.pop("title")

    class Outer(serializers.ModelSerializer):
        task = Inner()

        class Meta:
            model = Comment
            fields = ["id", "task", "text"]

    class Comments(ModelViewSet):
        queryset = Comment.objects.all()
        serializer_class = Outer

    assert promise(tools_of(*routed(Comments))["create"]) == BY_CALLER


def test_a_nested_serializer_that_differs_by_action_is_described_for_each() -> None:
    class Inner(serializers.Serializer):
        def get_fields(self):
            name = "given" if self.context["view"].action == "create" else "shown"
            return {name: serializers.CharField()}

    class Outer(serializers.Serializer):
        inner = Inner()

    tools = tools_of(*routed(type("View", (Products,), {"serializer_class": Outer})))
    assert list(tools["create"].input_schema["properties"]["inner"]["properties"]) == ["given"]
    assert list(tools["partial_update"].input_schema["properties"]["inner"]["properties"]) == ["shown"]


# What cannot be made without a real request


class ByContext(ProductSerializer):
    extra = serializers.IntegerField(min_value=1)

    class Meta:
        model = Product
        fields = ["sku", "name", "stock", "extra"]


class InFields(ByContext):
    def get_fields(self):
        fields = super().get_fields()
        fields["sku"].max_length = self.context["organization"].limit
        return fields


class InInit(ByContext):
    def __init__(self, *args, **kwargs):
        self.organization = kwargs.pop("organization")
        super().__init__(*args, **kwargs)


class InUser(ByContext):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["stock"].max_value = kwargs["context"]["request"].user.organization.limit


@pytest.mark.parametrize("serializer_class", [InFields, InInit, InUser])
def test_a_serializer_that_wants_a_real_request_is_described_by_what_it_declares(serializer_class) -> None:
    tool = create_of(serializer_class=serializer_class)
    assert {"sku", "name", "extra"} <= tool.parameters.keys()
    assert tool.parameters["extra"].schema == {"type": "integer", "minimum": 1, "description": "Extra"}
    assert promise(tool) == BY_CALLER
    assert any("without a request" in problem for problem in tool.endpoint.problems)


def test_a_nested_serializer_that_wants_a_real_request_is_described_by_what_it_declares() -> None:
    class Outer(serializers.Serializer):
        product = InFields()
        count = serializers.IntegerField()

    tool = create_of(serializer_class=Outer)
    assert list(tool.parameters) == ["product", "count"]
    assert "extra" in tool.parameters["product"].schema["properties"]
    assert "required" not in tool.parameters["product"].schema
    assert promise(tool) == BY_CALLER


class Replacing(ProductSerializer):
    """Its model's field takes a number, the one in its place a text."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["stock"] = serializers.SlugRelatedField(
            slug_field="name", queryset=self.context["request"].organizer.products.all()
        )
        self.fields["name"].max_length = 500
        self.fields["sku"].required = True


def test_what_a_serializer_puts_in_the_place_of_a_field_is_not_described_by_that_field() -> None:
    properties = create_of(serializer_class=Replacing).input_schema["properties"]
    assert properties["stock"].keys() == {"description"}
    assert properties["name"] == {"description": "Name"}
    assert "type" in properties["sku"]


# Handlers that change the serializer that they made


class Choosy(ProductSerializer):
    def __init__(self, *args, only=None, **kwargs):
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(only or self.fields):
            del self.fields[name]

    def relax(self):
        self.fields["name"].required = False


def with_options(view, data):
    return view.get_serializer(data=data, only=["sku"])


def with_a_changed_field(view, data):
    serializer = view.get_serializer(data=data)
    serializer.fields["name"].required = False
    return serializer


def made_partial(view, data):
    serializer = view.get_serializer(data=data)
    serializer.partial = True
    return serializer


def changed_by_itself(view, data):
    serializer = view.get_serializer(data=data)
    serializer.relax()
    return serializer


def changed_elsewhere(view, data):
    return relaxed(view.get_serializer(data=data))


def relaxed(serializer):
    serializer.fields.pop("name")
    return serializer


def by_its_name(view, data):
    serializer = Choosy(data=data, context=view.get_serializer_context())
    del serializer.fields["name"]
    return serializer


def as_it_is(view, data):
    serializer = view.get_serializer(data=data)
    serializer.instance = None
    return serializer


def saved(self, serializer):
    serializer.fields["name"].required = False  # too late
    serializer.save()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (with_options, BY_CALLER),
        (with_a_changed_field, BY_CALLER),
        (made_partial, BY_CALLER),
        (changed_by_itself, BY_CALLER),
        (changed_elsewhere, BY_CALLER),
        (by_its_name, BY_CALLER),
        (as_it_is, (["sku", "name"], False, False)),
    ],
)
def test_a_serializer_that_the_handler_changes_requires_nothing(make, expected) -> None:
    def create(self, request):
        serializer = make(self, request.data)
        serializer.is_valid(raise_exception=True)
        self.perform_create(serializer)
        return Response(serializer.data)

    assert promise(create_of(serializer_class=Choosy, create=create, perform_create=saved)) == expected


def test_a_serializer_that_a_view_changes_where_it_makes_one_for_data_requires_nothing() -> None:
    def get_serializer(self, *args, **kwargs):
        serializer = super(Products, self).get_serializer(*args, **kwargs)
        if "data" in kwargs:
            serializer.fields["name"].required = False
        return serializer

    assert promise(create_of(get_serializer=get_serializer)) == BY_CALLER


# Properties of the view


class Computing(Products):
    @property
    def http_method_names(self):
        return ["get", "post"]

    @property
    def renderer_classes(self):
        return [renderers.JSONRenderer, renderers.BrowsableAPIRenderer]

    @property
    def filter_backends(self):
        return []

    @property
    def parser_classes(self):
        return Products.parser_classes


def test_attributes_that_a_view_computes_are_read_from_a_view() -> None:
    # With a router, whose initkwargs DRF compares with the class's http_method_names, such a view cannot be routed.
    tools = tools_of(
        path("things/", Computing.as_view({"get": "list", "post": "create"})),
        path("things/<pk>/", Computing.as_view({"get": "retrieve", "patch": "partial_update"})),
    )
    assert set(tools) == {"list", "create", "retrieve"}
    assert all(tool.output_schema is not None for tool in tools.values())
    assert not any(tool.endpoint.problems for tool in tools.values())


def test_a_view_that_computes_html_alone_is_no_tool() -> None:
    class Pages(ViewSet):
        @property
        def renderer_classes(self):
            return [renderers.TemplateHTMLRenderer if self.action == "show" else renderers.JSONRenderer]

        def list(self, request):
            return Response([])

        @action(detail=False)
        def show(self, request):
            return Response({})

    assert set(tools_of(*routed(Pages))) == {"list"}


def test_renderers_that_a_method_chooses_are_the_views() -> None:
    class Chosen(Products):
        renderer_classes = []

        def get_renderers(self):
            return [renderers.JSONRenderer()]

    assert tools_of(*routed(Chosen))["retrieve"].output_schema is not None


# What building costs


def test_building_a_catalog_makes_no_query_and_one_user(django_assert_num_queries, monkeypatch) -> None:
    made = []
    model = get_user_model()
    original = model.__init__

    def counting(self, *args, **kwargs):
        made.append(self)
        original(self, *args, **kwargs)

    monkeypatch.setattr(model, "__init__", counting)
    with django_assert_num_queries(0):
        tools_of(*routed(*[type(f"View{n}", (Products,), chosen_by(in_view_by_user)) for n in range(5)]))

    class Staff(Products):
        def get_serializer_class(self):
            assert self.request.user.is_staff
            return ProductSerializer

    made.clear()
    tools_of(*routed(*[type(f"View{n}", (Staff,), {}) for n in range(5)]))
    assert len(made) == 1


def test_endpoints_share_what_was_read() -> None:
    endpoints, _ = discover_endpoints(routed(Products, type("Twin", (Products,), {})))
    assert len(endpoints) == 10
    assert len({id(endpoint.serializer) for endpoint in endpoints}) == 1
    assert len({id(endpoint.shared) for endpoint in endpoints}) == 1


def test_a_call_works_where_the_definition_says_little(settings) -> None:
    class Open(Products):
        serializer_class = InFields

        def get_serializer_context(self):
            limits = type("Organization", (), {"limit": 3})
            known = {"organization": limits} if self.request.user.is_authenticated else {}
            return {**super().get_serializer_context(), **known}

    module = type(sys)("tests.hard_cases.routed_too")
    module.urlpatterns = [path("mcp/", include("drf_mcp.urls")), *routed(Open)]
    settings.ROOT_URLCONF = module
    assert "errors" in MCPClient(UserFactory()).fail("create_shop_product", sku="a")["data"]
