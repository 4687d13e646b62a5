"""What a tool takes: where each argument goes, and what happens where something stays open."""

from __future__ import annotations

import pytest
from django.urls import path, re_path
from rest_framework import filters, pagination, serializers, versioning
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.parameters import Signature
from tests.factories import routed, tools_of
from users.models import User
from users.serializers import UserSerializer


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class Greeting(serializers.Serializer):
    name = serializers.CharField()
    loud = serializers.BooleanField(default=False)


def places(tool) -> dict[str, tuple[str, str]]:
    return {name: (parameter.location, parameter.key) for name, parameter in tool.parameters.items()}


def tool_for(**attributes):
    """The tool of one action in a ViewSet of its own."""
    (tool,) = tools_of(*routed(type("View", (GenericViewSet,), attributes))).values()
    return tool


def test_a_create_takes_the_writable_fields() -> None:
    tool = tools_of(*routed(Users))["create"]
    assert places(tool) == {name: ("body", name) for name in ("username", "email", "password")}
    assert tool.input_schema["required"] == ["username", "email", "password"]
    assert tool.input_schema["additionalProperties"] is False


def test_an_update_by_patch_wants_nothing_but_the_lookup() -> None:
    tool = tools_of(*routed(Users))["partial_update"]
    assert places(tool)["id"] == ("path", "pk")
    assert tool.input_schema["required"] == ["id"]
    assert tool.input_schema["properties"]["id"] == {"type": "string", "description": "ID of the object to update"}


def test_an_update_by_put_wants_the_whole_object() -> None:
    tool = tools_of(path("x/<pk>/", Users.as_view({"put": "update"})))["update"]
    assert tool.input_schema["required"] == ["id", "username", "email", "password"]


@pytest.mark.parametrize(
    ("action_name", "expected"),
    [("retrieve", "ID of the object to retrieve"), ("destroy", "ID of the object to destroy")],
)
def test_the_lookup_says_what_it_is_for(action_name: str, expected: str) -> None:
    assert tools_of(*routed(Users))[action_name].input_schema["properties"]["id"]["description"] == expected


def test_the_lookup_of_an_action_says_what_it_is_for() -> None:
    class Bells(ViewSet):
        @action(detail=True, methods=["post"])
        def ring(self, request, pk=None):
            return Response()

    schema = tools_of(*routed(Bells))["ring"].input_schema
    assert schema["properties"]["id"]["description"] == "ID of the object to perform action on"


def test_a_lookup_that_is_a_writable_field_too_leaves_both_reachable() -> None:
    class ByName(Users):
        lookup_field = "username"

    tool = tools_of(*routed(ByName))["partial_update"]
    assert places(tool)["username"] == ("path", "username")
    assert places(tool)["new_username"] == ("body", "username")


def test_a_name_that_is_taken_twice_gets_a_second_new() -> None:
    signature = Signature()
    for location in ("path", "query", "body"):
        signature.add(location, "name", {})
    assert list(signature.parameters) == ["name", "new_name", "new_new_name"]


def test_the_other_parts_of_the_url_have_their_own_names() -> None:
    tool = tools_of(path("<slug:shop_name>/users/<pk>/", Users.as_view({"get": "retrieve"})))["retrieve"]
    assert places(tool) == {"shop_name": ("path", "shop_name"), "id": ("path", "pk")}
    assert tool.input_schema["properties"]["shop_name"]["description"] == "Shop name"


def test_an_optional_part_of_the_url_may_be_left_out() -> None:
    tool = tools_of(re_path(r"^x/(?:(?P<page>\d+)/)?$", Users.as_view({"get": "list"})))["list"]
    assert "required" not in tool.input_schema


# Versions


class Versioned(Users):
    class versioning_class(versioning.URLPathVersioning):  # noqa: N801
        allowed_versions = ("v1", "v2")
        default_version = "v2"


def test_a_version_in_the_path_has_its_choices_and_its_default() -> None:
    tool = tools_of(path("<str:version>/users/", Versioned.as_view({"get": "list"})))["list"]
    assert tool.input_schema["properties"]["version"] == {"type": "string", "enum": ["v1", "v2"], "default": "v2"}
    assert "required" not in tool.input_schema


def test_a_version_without_choices_is_any_text() -> None:
    class Free(versioning.QueryParameterVersioning):
        allowed_versions = None
        default_version = None

    tool = tools_of(path("users/", Users.as_view({"get": "list"}, versioning_class=Free)))["list"]
    assert tool.input_schema["properties"]["version"] == {"type": "string"}
    assert places(tool)["version"] == ("query", "version")


def test_a_version_in_the_accept_header_is_an_argument_too() -> None:
    view = Users.as_view({"get": "list"}, versioning_class=versioning.AcceptHeaderVersioning)
    assert places(tools_of(path("users/", view))["list"])["version"] == ("accept", "version")


def test_a_version_kwarg_without_a_default_must_be_given() -> None:
    """With no default version the path cannot be built without it."""

    class NoDefault(versioning.URLPathVersioning):
        allowed_versions = ("v1",)
        default_version = None

    view = Users.as_view({"get": "list"}, versioning_class=NoDefault)
    assert tools_of(path("<str:version>/users/", view))["list"].input_schema["required"] == ["version"]


# The query


class Pages(pagination.PageNumberPagination):
    page_size = 2


def test_a_list_takes_search_ordering_and_pages() -> None:
    class Listed(Users):
        filter_backends = [filters.SearchFilter, filters.OrderingFilter]
        search_fields = ["username"]
        ordering_fields = ["username"]
        pagination_class = Pages

    tools = tools_of(*routed(Listed))
    assert places(tools["list"]) == {name: ("query", name) for name in ("search", "ordering", "page")}
    assert list(tools["retrieve"].parameters) == ["id"]


def test_an_action_takes_the_filters_and_pages_that_it_applies() -> None:
    class Listed(Users):
        filter_backends = [filters.SearchFilter]
        search_fields = ["username"]
        pagination_class = Pages

        @action(detail=False)
        def active(self, request):
            return Response(self.filter_queryset(self.get_queryset()).values())

        @action(detail=False)
        def paged(self, request):
            return self.get_paginated_response(self.paginate_queryset(self.get_queryset()))

    tools = tools_of(*routed(Listed))
    assert list(tools["active"].parameters) == ["search"]
    assert list(tools["paged"].parameters) == ["page"]


def test_a_query_key_that_the_code_reads_is_an_argument() -> None:
    class Reads(Users):
        def get_queryset(self):
            return User.objects.filter(is_active=self.request.query_params.get("active", True))

    tool = tools_of(*routed(Reads))["list"]
    assert places(tool) == {"active": ("query", "active")}
    assert tool.input_schema["additionalProperties"] is False


def test_a_query_that_is_read_as_a_whole_leaves_the_tool_open() -> None:
    class Reads(Users):
        def get_queryset(self):
            return User.objects.filter(**self.request.query_params.dict())

    tools = tools_of(*routed(Reads))
    assert tools["list"].input_schema["additionalProperties"] is True
    assert tools["list"].signature.open_location == "query"
    assert tools["create"].input_schema["additionalProperties"] is False


class BySomething(filters.BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset.filter(username=request.query_params["username"])


def test_a_filter_backend_that_says_nothing_is_read() -> None:
    class Filtered(Users):
        filter_backends = [BySomething]

    assert list(tools_of(*routed(Filtered))["list"].parameters) == ["username"]


def test_a_key_that_is_an_argument_already_is_not_one_twice() -> None:
    class Filtered(Users):
        filter_backends = [filters.SearchFilter, BySomething]
        search_fields = ["username"]

        def get_queryset(self):
            return User.objects.filter(email=self.request.GET.get("search"))

    assert list(tools_of(*routed(Filtered))["list"].parameters) == ["search", "username"]


def test_declared_headers_are_arguments() -> None:
    @mcp_tool(headers=["If-Match"])
    def ring(self, request):
        return Response()

    tool = tool_for(ring=action(detail=False)(ring))
    assert places(tool) == {"if_match": ("header", "If-Match")}


# The body


def test_an_action_takes_what_its_serializer_takes() -> None:
    def greet(self, request):
        serializer = self.get_serializer(data=request.data)
        return Response(serializer.initial_data)

    tool = tool_for(greet=action(detail=False, methods=["post"], serializer_class=Greeting)(greet))
    assert places(tool) == {"name": ("body", "name"), "loud": ("body", "loud")}
    assert tool.input_schema["required"] == ["name"]


def test_an_action_takes_the_keys_that_it_reads() -> None:
    def greet(self, request):
        return Response(request.data["name"])

    tool = tool_for(greet=action(detail=False, methods=["post"])(greet))
    assert places(tool) == {"name": ("body", "name")}
    assert tool.input_schema == {"type": "object", "properties": {"name": {}}, "additionalProperties": False}


def test_an_action_that_reads_nothing_takes_nothing() -> None:
    def greet(self, request):
        return Response()

    tool = tool_for(greet=action(detail=False, methods=["post"])(greet))
    assert tool.input_schema == {"type": "object", "properties": {}, "additionalProperties": False}


def test_an_action_that_hands_its_body_on_stays_open() -> None:
    def greet(self, request):
        return Response(request.data)

    tool = tool_for(greet=action(detail=False, methods=["post"])(greet))
    assert tool.input_schema["additionalProperties"] is True
    assert tool.signature.open_location == "body"


def test_a_body_key_beside_the_serializer_is_an_argument() -> None:
    def greet(self, request):
        loud = request.data.get("loud")
        again = request.data.get("again")
        return Response([self.get_serializer(data=request.data).initial_data, again, loud])

    tool = tool_for(greet=action(detail=False, methods=["post"], serializer_class=Greeting)(greet))
    assert list(tool.parameters) == ["name", "loud", "again"]


def test_many_objects_are_one_argument() -> None:
    def greet(self, request):
        return Response(self.get_serializer(data=request.data, many=True).initial_data)

    tool = tool_for(greet=action(detail=False, methods=["post"], serializer_class=Greeting)(greet))
    assert places(tool) == {"items": ("items", "items")}
    assert tool.input_schema["required"] == ["items"]
    assert tool.input_schema["properties"]["items"]["items"]["required"] == ["name"]


def test_a_view_that_makes_list_serializers_takes_items() -> None:
    class Bulk(Users):
        def get_serializer(self, *args, **kwargs):
            kwargs["many"] = True
            return super().get_serializer(*args, **kwargs)

    tool = tools_of(*routed(Bulk))["create"]
    assert places(tool) == {"items": ("items", "items")}


def test_a_write_without_a_serializer_takes_a_free_object() -> None:
    class Free(ViewSet):
        def create(self, request):
            return Response()

        def destroy(self, request, pk=None):
            return Response()

    tools = tools_of(*routed(Free))
    assert tools["create"].input_schema["additionalProperties"] is True
    assert tools["destroy"].input_schema["additionalProperties"] is False

    class FreeAsDRFDoes(Users):
        def get_serializer_class(self):
            raise LookupError

        queryset = User.objects.all()
        serializer_class = None

    assert tools_of(*routed(FreeAsDRFDoes))["create"].input_schema["additionalProperties"] is True


def test_a_serializer_that_reads_its_input_itself_leaves_the_tool_open() -> None:
    class Own(serializers.Serializer):
        name = serializers.CharField()

        def to_internal_value(self, data):
            return data

    class Opened(Users):
        serializer_class = Own

    tool = tools_of(*routed(Opened))["create"]
    assert tool.input_schema["properties"] == {"name": {"description": "Name"}}
    assert tool.input_schema["additionalProperties"] is True


def test_a_serializer_that_differs_by_caller_promises_less() -> None:
    class Differing(Users):
        def get_serializer_class(self):
            return Greeting if self.request.user.is_staff else UserSerializer

    tool = tools_of(*routed(Differing))["create"]
    assert set(tool.parameters) == {"username", "email", "password"}
    assert "required" not in tool.input_schema
    assert tool.input_schema["additionalProperties"] is True


def test_a_serializer_whose_fields_cannot_be_read_keeps_its_tool() -> None:
    class Broken(serializers.ModelSerializer):
        class Meta:
            model = User
            fields = ["nothing_like_it"]

    class Written(Users):
        serializer_class = Broken

    tool = tools_of(*routed(Written))["create"]
    assert tool.input_schema["additionalProperties"] is True
    assert tool.endpoint.problems


def test_a_file_goes_where_files_go() -> None:
    class WithFile(serializers.Serializer):
        name = serializers.CharField()
        picture = serializers.FileField()

    class Uploads(Users):
        serializer_class = WithFile

    assert places(tools_of(*routed(Uploads))["create"]) == {"name": ("body", "name"), "picture": ("file", "picture")}


# What authors declare


def test_a_declared_serializer_takes_the_place_of_what_is_read() -> None:
    @mcp_tool(input=Greeting)
    def greet(self, request):
        return Response(request.data)

    tool = tool_for(greet=action(detail=False, methods=["post"])(greet))
    assert places(tool) == {"name": ("body", "name"), "loud": ("body", "loud")}
    assert tool.input_schema["additionalProperties"] is False


def test_a_declared_serializer_of_a_get_goes_into_the_query() -> None:
    @mcp_tool(input=Greeting(many=False))
    def greet(self, request):
        return Response(request.query_params)

    tool = tool_for(greet=action(detail=False)(greet))
    assert places(tool) == {"name": ("query", "name"), "loud": ("query", "loud")}
    assert tool.input_schema["additionalProperties"] is False


def test_a_declared_schema_goes_to_clients_as_it_stands() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "number", "x-note": 1}}, "required": ["a"]}

    @mcp_tool(input=schema)
    def add(self, request):
        return Response(request.data)

    tool = tool_for(add=action(detail=False, methods=["post"])(add))
    assert tool.input_schema is schema
    assert tool.signature.is_verbatim


def test_a_declared_schema_gets_the_parts_of_the_url_beside_it() -> None:
    @mcp_tool(input={"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]})
    def add(self, request, pk=None):
        return Response(request.data)

    tool = tool_for(add=action(detail=True, methods=["post"])(add))
    assert list(tool.input_schema["properties"]) == ["id", "a"]
    assert tool.input_schema["required"] == ["id", "a"]


def test_a_field_called_version_keeps_its_name_beside_the_version_of_the_accept_header() -> None:
    class Release(serializers.Serializer):
        version = serializers.CharField()

    view = Users.as_view(
        {"get": "list", "post": "create"},
        serializer_class=Release,
        versioning_class=versioning.AcceptHeaderVersioning,
    )
    tools = tools_of(path("users/", view))
    assert places(tools["create"])["version"] == ("body", "version")
    assert places(tools["create"])["accept_version"] == ("accept", "version")
    assert places(tools["list"])["version"] == ("accept", "version")


def test_a_version_in_the_query_is_one_argument_where_a_filter_has_its_name() -> None:
    class Versions(filters.BaseFilterBackend):
        def get_schema_operation_parameters(self, view):
            return [{"name": "version", "schema": {"type": "integer"}}]

    class Fixed(versioning.QueryParameterVersioning):
        allowed_versions = ("v1", "v2")
        default_version = "v1"

    view = Users.as_view({"get": "list"}, versioning_class=Fixed, filter_backends=[Versions])
    tool = tools_of(path("users/", view))["list"]
    assert [place for place in places(tool).values() if place[1] == "version"] == [("query", "version")]
    assert tool.input_schema["properties"]["version"]["enum"] == ["v1", "v2"]
