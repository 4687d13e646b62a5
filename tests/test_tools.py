"""What a tool says of itself."""

from __future__ import annotations

import pytest
from rest_framework import pagination, serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.words import Noun, noun_of
from tests.factories import endpoints_of, routed, tools_of
from users.models import User
from users.serializers import UserSerializer


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer

    @action(detail=True, methods=["post"])
    def send_mail(self, request, pk=None):
        """Send a mail.

        Twice, if need be.
        """
        return Response()


class BellTowerViewSet(ViewSet):
    """Bells and their towers.

    With a second paragraph.
    """

    def list(self, request):
        return Response([])

    def create(self, request):
        """Cast a bell."""
        return Response({})

    @action(detail=False, methods=["put"])
    def tune(self, request):
        return Response({})


def test_titles_and_descriptions_of_a_model_are_sentences() -> None:
    tools = tools_of(*routed(Users))
    assert {name: (tool.title, tool.description) for name, tool in tools.items()} == {
        "list": ("List users", "List User in users"),
        "create": ("Create user", "Create User in users"),
        "retrieve": ("Retrieve user", "Retrieve User in users"),
        "partial_update": ("Update user", "Update User in users"),
        "destroy": ("Destroy user", "Destroy User in users"),
        "send_mail": ("Send mail user", "Send a mail.\n\nTwice, if need be."),
    }


def test_a_viewset_without_a_model_has_its_own_name_and_words() -> None:
    tools = tools_of(*routed(BellTowerViewSet))
    assert tools["list"].title == "List bell tower"
    assert tools["list"].description == "List BellTower. Bells and their towers.\n\nWith a second paragraph."
    assert tools["create"].description == "Cast a bell."


def test_a_docstring_that_drf_wrote_is_not_the_authors() -> None:
    class Plain(ModelViewSet):
        queryset = User.objects.all()
        serializer_class = UserSerializer

    assert tools_of(*routed(Plain))["list"].description == "List User in users"


@pytest.mark.parametrize(
    ("viewset", "action_name", "read_only", "destructive", "idempotent"),
    [
        (Users, "list", True, False, True),
        (Users, "retrieve", True, False, True),
        (Users, "create", False, False, False),
        (Users, "partial_update", False, True, True),
        (Users, "destroy", False, True, True),
        (Users, "send_mail", False, True, False),
        (BellTowerViewSet, "tune", False, True, True),
    ],
)
def test_hints_follow_the_method(viewset, action_name, read_only, destructive, idempotent) -> None:
    annotations = tools_of(*routed(viewset))[action_name].annotations
    assert annotations["readOnlyHint"] is read_only
    assert annotations["destructiveHint"] is destructive
    assert annotations["idempotentHint"] is idempotent
    assert annotations["openWorldHint"] is False


def test_a_get_that_is_mapped_to_a_write_does_not_pass_for_reading(rf) -> None:
    class Confirming(Users):
        pass

    from django.urls import path

    view = Confirming.as_view({"get": "destroy"})
    assert tools_of(path("x/<pk>/", view))["destroy"].annotations["readOnlyHint"] is False


def test_the_wire_form_has_an_output_schema_only_where_there_is_one() -> None:
    tools = tools_of(*routed(Users))
    assert set(tools["list"].to_wire()) == {
        "name",
        "title",
        "description",
        "inputSchema",
        "outputSchema",
        "annotations",
    }
    assert "outputSchema" not in tools["destroy"].to_wire()
    assert "outputSchema" not in tools["send_mail"].to_wire()


# What is promised of the answer


class Tens(pagination.LimitOffsetPagination):
    default_limit = 10


class Numbered(pagination.PageNumberPagination):
    page_size = 10


class Cursor(pagination.CursorPagination):
    page_size = 10


def output(action_name: str = "list", **attributes):
    return tools_of(*routed(type("View", (Users,), attributes)))[action_name].output_schema


def test_a_list_without_pages_stands_under_result() -> None:
    schema = output()
    assert schema["properties"]["result"]["type"] == "array"
    assert schema["required"] == ["result"]


def test_an_object_stands_as_it_is() -> None:
    assert set(output("retrieve")["properties"]) == {"id", "username", "email", "is_active", "date_joined"}
    assert output("retrieve") == output("create") == output("partial_update")


@pytest.mark.parametrize(
    ("paginator", "keys"),
    [
        (Tens, ["count", "next", "previous", "results"]),
        (Numbered, ["count", "next", "previous", "results"]),
        (Cursor, ["next", "previous", "results"]),
    ],
)
def test_a_page_is_described_as_its_paginator_writes_it(paginator, keys) -> None:
    schema = output(pagination_class=paginator)
    assert list(schema["properties"]) == schema["required"] == keys
    assert schema["properties"]["next"] == {"type": ["string", "null"]}


class Enveloped(Numbered):
    def get_paginated_response(self, data):
        return Response({"data": data})


class Unsized(pagination.PageNumberPagination):
    page_size = None


class Foreign(pagination.BasePagination):
    def get_paginated_response(self, data):
        return Response(data)


@pytest.mark.parametrize("paginator", [Enveloped, Unsized, Foreign])
def test_a_page_that_may_look_otherwise_promises_nothing(paginator) -> None:
    assert output(pagination_class=paginator) is None


def test_a_paginator_that_cannot_be_made_promises_nothing() -> None:
    def broken(self):
        raise LookupError

    assert output(pagination_class=Numbered, paginator=property(broken)) is None


class Cased(JSONRenderer):
    pass


@pytest.mark.parametrize(
    "attributes",
    [
        {"finalize_response": lambda self, *args, **kwargs: None},
        {"dispatch": lambda self, *args, **kwargs: None},
        {"get_paginated_response": lambda self, data: Response(data)},
        {"paginate_queryset": lambda self, queryset: None},
        {"list": lambda self, request: Response([])},
        {"serializer_class": None},
        {"renderer_classes": [Cased]},
        {"renderer_classes": [Cased, JSONRenderer]},
        {"get_serializer_class": lambda self: UserSerializer if self.request.user else None},
    ],
)
def test_what_a_project_took_into_its_own_hands_promises_nothing(attributes) -> None:
    assert output(**attributes) is None


def test_what_an_author_declares_is_promised() -> None:
    class Status(serializers.Serializer):
        status = serializers.CharField()

    class Declared(GenericViewSet):
        @mcp_tool(output=Status)
        @action(detail=False)
        def by_class(self, request):
            return Response()

        @mcp_tool(output=Status(many=True))
        @action(detail=False)
        def by_instance(self, request):
            return Response()

        @mcp_tool(output={"type": "integer"})
        @action(detail=False)
        def by_schema(self, request):
            return Response()

    tools = tools_of(*routed(Declared))
    assert tools["by_class"].output_schema["properties"]["status"]["type"] == ["string", "null"]
    assert tools["by_instance"].output_schema["properties"]["result"]["type"] == "array"
    assert tools["by_schema"].output_schema["properties"] == {"result": {"type": "integer"}}


def test_a_serializer_that_prints_anything_promises_nothing() -> None:
    class Anything(serializers.BaseSerializer):
        def to_representation(self, instance):
            return instance

    assert output("retrieve", serializer_class=Anything) is None


# Nouns and labels


def test_the_noun_comes_from_the_model() -> None:
    assert noun_of(endpoints_of(*routed(Users))[0]) == Noun("User", "user", "users", "users", "id")
    assert tools_of(*routed(Users))["list"].noun.plural == "users"


@pytest.mark.parametrize(
    ("class_name", "expected"),
    [
        ("BellTowerViewSet", Noun("BellTower", "bell tower", "bell tower", "", "id")),
        ("ClockView", Noun("Clock", "clock", "clock", "", "id")),
        ("ViewSet", Noun("ViewSet", "view set", "view set", "", "id")),
    ],
)
def test_the_noun_of_a_view_without_a_model_comes_from_its_class(class_name, expected) -> None:
    viewset = type(class_name, (BellTowerViewSet,), {})
    assert noun_of(endpoints_of(*routed(viewset))[0]) == expected


def test_labels_are_those_of_the_fields_that_are_printed() -> None:
    labels = tools_of(*routed(Users))["create"].labels
    assert labels["date_joined"] == "Created"
    assert "password" not in labels
    assert tools_of(*routed(BellTowerViewSet))["create"].labels == {}
