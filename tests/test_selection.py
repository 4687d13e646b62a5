"""Callers choose fields, and writes answer short: less is answered, and what a tool says of its answer holds."""

from __future__ import annotations

import json

import jsonschema
import pytest
from django.test import override_settings
from rest_framework import mixins, pagination, serializers
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet

from drf_mcp import mcp_tool
from tests.factories import MCPClient, UserFactory, mcp_urls, routed, text_of
from users.models import User
from users.serializers import UserSerializer


class Pages(pagination.PageNumberPagination):
    page_size = 2


class Plain(ModelViewSet):
    queryset = User.objects.order_by("pk")
    serializer_class = UserSerializer


class Paged(Plain):
    pagination_class = Pages


class ByName(Plain):
    lookup_field = "username"
    lookup_value_regex = "[^/]+"


class WithItsOwn(Plain):
    """A list that has always read ``fields`` itself."""

    def get_queryset(self):
        wanted = self.request.query_params.get("fields", "")
        return super().get_queryset().filter(username=wanted) if wanted else super().get_queryset()


@mcp_tool("create", output=UserSerializer)
class Whole(Plain):
    """Writes whose author declared what they answer."""


class OwnAnswer(mixins.CreateModelMixin, GenericViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer

    def create(self, request):
        return Response({"id": 7, "job": "queued"}, status=201)


class Nameless(serializers.Serializer):
    text = serializers.CharField()
    more = serializers.CharField()


class Notes(mixins.CreateModelMixin, GenericViewSet):
    serializer_class = Nameless

    def perform_create(self, serializer):
        pass


@mcp_tool("retrieve", output={"type": "object", "properties": {"id": {}, "email": {}}, "minProperties": 2})
class Rows(ReadOnlyModelViewSet):
    """An author's own schema, which says more of an object than what it has."""

    queryset = User.objects.order_by("pk")
    serializer_class = UserSerializer


urlpatterns = [
    *routed(Plain, prefix="plain", basename="plain"),
    *routed(Paged, prefix="paged", basename="paged"),
    *routed(ByName, prefix="by-name", basename="byname"),
    *routed(WithItsOwn, prefix="own", basename="own"),
    *routed(Whole, prefix="whole", basename="whole"),
    *routed(OwnAnswer, prefix="answer", basename="answer"),
    *routed(Notes, prefix="notes", basename="note"),
    *routed(Rows, prefix="rows", basename="rows"),
    *mcp_urls(),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]
SOMEBODY = {"username": "ada", "email": "ada@example.com", "password": "password123"}


@pytest.fixture
def chooses():
    with override_settings(DRF_MCP={"ANONYMOUS": True, "FIELDS": True}):
        yield MCPClient()


@pytest.fixture
def is_brief():
    with override_settings(DRF_MCP={"ANONYMOUS": True, "RESULT": "brief"}):
        yield MCPClient()


def checked(client: MCPClient, name: str, **arguments):
    """What a tool answers, held to what it takes and promises."""
    tool = client.list_tools()[name]
    jsonschema.validate(arguments, tool["inputSchema"])
    result = client.call(name, **arguments)
    if "outputSchema" in tool:
        jsonschema.validate(result["structuredContent"], tool["outputSchema"])
    return result


# Fields


@pytest.mark.parametrize("kind", ["plain", "paged"])
def test_a_list_has_the_fields_that_were_asked_for_and_what_identifies_each(chooses, kind) -> None:
    users = [UserFactory(), UserFactory()]
    structured = checked(chooses, f"list_users_user_{kind}", fields=["email"])["structuredContent"]
    rows = structured["result"] if kind == "plain" else structured["results"]
    assert rows == [{"id": user.pk, "email": user.email} for user in users]
    assert kind == "plain" or (structured["count"], structured["next"]) == (2, None)


def test_one_object_has_them_as_well_and_so_does_its_text(chooses) -> None:
    user = UserFactory()
    result = checked(chooses, "retrieve_users_user_byname", username=user.username, fields=["email"])
    assert result["structuredContent"] == {"id": user.pk, "username": user.username, "email": user.email}
    assert text_of(result) == f"User ID: {user.pk}\n- Username: {user.username}\n- Email: {user.email}"


def test_without_the_argument_the_answer_is_what_rest_answers(chooses) -> None:
    user = UserFactory()
    by_rest = APIClient().get(f"/plain/{user.pk}/").json()
    assert checked(chooses, "retrieve_users_user_plain", id=str(user.pk))["structuredContent"] == by_rest
    listed = chooses.call("list_users_user_plain", fields=json.dumps(["id", "email"]))["structuredContent"]["result"]
    assert listed == [{"id": user.pk, "email": user.email}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["emial"], "Did you mean 'email'?"),
        (["password"], "There are id, username"),
        ("x", "x"),
        (7, "array"),
        ([7], "7"),
    ],
)
def test_a_field_that_is_none_is_refused_by_its_name(chooses, given, said) -> None:
    error = chooses.fail("list_users_user_plain", fields=given)
    assert error["code"] == -32602
    assert said in error["message"]
    assert error["data"]["argument"] == "fields"


def test_only_what_is_certain_is_offered_and_nothing_that_the_project_reads_itself_is_taken_away(chooses) -> None:
    user = UserFactory()
    tools = chooses.list_tools()
    assert tools["list_users_user_own"]["inputSchema"]["properties"]["fields"] == {"type": "string"}
    listed = chooses.call("list_users_user_own", fields=user.username)["structuredContent"]["result"]
    assert listed == APIClient().get("/own/", {"fields": user.username}).json()
    assert "fields" not in tools["retrieve_users_user_rows"]["inputSchema"]["properties"]
    assert "fields" not in tools["create_users_user_plain"]["inputSchema"]["properties"]
    with override_settings(DRF_MCP={"ANONYMOUS": True}):
        assert "fields" not in chooses.list_tools()["list_users_user_plain"]["inputSchema"]["properties"]


# Brief


def test_a_write_answers_with_what_identifies_the_object_and_names_the_tool_for_the_rest(is_brief) -> None:
    result = checked(is_brief, "create_users_user_plain", **SOMEBODY)
    user = User.objects.get()
    assert result["structuredContent"] == {"id": user.pk, "username": "ada"}
    assert text_of(result) == (
        f"Successfully created user:\n\nUser ID: {user.pk}\n- Username: ada\n\n"
        "retrieve_users_user_plain brings the rest."
    )
    result = checked(is_brief, "update_users_user_plain", id=str(user.pk), email="new@example.com")
    assert result["structuredContent"] == {"id": user.pk, "username": "ada"}
    assert checked(is_brief, "retrieve_users_user_plain", id=str(user.pk))["structuredContent"]["email"]


def test_what_an_author_answers_or_declares_stays_whole_and_so_does_what_nothing_identifies(is_brief) -> None:
    assert "email" in checked(is_brief, "create_users_user_whole", **SOMEBODY)["structuredContent"]
    assert is_brief.call("create_users_user_answer", **SOMEBODY)["structuredContent"] == {"id": 7, "job": "queued"}
    told = {"text": "a", "more": "b"}
    assert checked(is_brief, "create_note", **told)["structuredContent"] == told


def test_a_refused_write_says_all_that_it_says_without_the_setting(is_brief) -> None:
    assert "email" in is_brief.fail("create_users_user_plain", username="ada")["data"]["errors"]
