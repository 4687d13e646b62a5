"""Callers choose fields, and writes answer short: less is answered, and what a tool says of its answer holds."""

from __future__ import annotations

import json
from functools import partial

import jsonschema
import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework import mixins, pagination, serializers
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet

from drf_mcp import mcp_tool
from tests.factories import MCPClient, UserFactory, mcp_urls, routed, text_of
from tests.shop.views import hooks
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


class Shouting(UserSerializer):
    shout = serializers.SerializerMethodField()

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "shout")

    def get_shout(self, user) -> str:
        hooks.passed.append(f"shout {user.pk}")
        return f"{user.username}! {user.groups.count()}"


class Noted(Plain):
    """Notes what is computed, and asks the database once more for each row."""

    serializer_class = Shouting
    permission_classes = [hooks.Permission]
    throttle_classes = [hooks.Throttle]


class ByOffset(Noted):
    class pagination_class(pagination.LimitOffsetPagination):  # noqa: N801
        default_limit = 2


class ByCursor(Noted):
    class pagination_class(pagination.CursorPagination):  # noqa: N801
        page_size = 2
        ordering = "pk"


class Replaced(Plain):
    http_method_names = ["put"]


class Many(Plain):
    """Creates as many as are sent."""

    def get_serializer(self, *args, **kwargs):
        kwargs.setdefault("many", isinstance(kwargs.get("data"), list))
        return super().get_serializer(*args, **kwargs)


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
    *routed(ByOffset, prefix="offset", basename="offset"),
    *routed(ByCursor, prefix="cursor", basename="cursor"),
    *routed(Replaced, prefix="replaced", basename="replaced"),
    *routed(Many, prefix="many", basename="many"),
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


@pytest.mark.parametrize("kind", ["offset", "cursor"])
def test_whatever_is_asked_for_the_same_is_fetched_and_computed_as_by_rest(chooses, kind) -> None:
    users = [UserFactory() for _ in range(3)]
    one = str(users[1].pk)
    calls = {"list": (f"/{kind}/", {}), "retrieve": (f"/{kind}/{one}/", {"id": one})}
    for action, (path, arguments) in calls.items():
        name = f"{action}_users_user_{kind}"
        by_rest, *done_by_rest = done_in(partial(APIClient().get, path))
        less, *done = done_in(partial(chooses.call, name, **arguments, fields=["email"]))
        assert done == done_by_rest
        assert [hook for hook in done[0] if hook.startswith("shout")]
        whole = by_rest.json()
        rows = [{"id": row["id"], "email": row["email"]} for row in whole.get("results", [whole])]
        assert less["structuredContent"] == ({**whole, "results": rows} if action == "list" else rows[0])


def done_in(call):
    """What a call gives, the hooks that it passes, and what it asks the database, once it is no longer the first."""
    call()
    hooks.passed.clear()
    with CaptureQueriesContext(connection) as queries:
        given = call()
    return given, [*hooks.passed], [query["sql"] for query in queries]


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


@pytest.mark.parametrize("kind", ["plain", "replaced"])
@pytest.mark.parametrize("result_text", ["readable", "json"])
def test_patch_and_put_answer_briefly_in_words_and_in_json(kind, result_text) -> None:
    user = UserFactory(username="ada")
    with override_settings(DRF_MCP={"ANONYMOUS": True, "RESULT": "brief", "RESULT_TEXT": result_text}):
        result = checked(MCPClient(), f"update_users_user_{kind}", id=str(user.pk), **SOMEBODY)
    assert result["structuredContent"] == {"id": user.pk, "username": "ada"}
    if result_text == "json":
        assert json.loads(text_of(result)) == result["structuredContent"]
    else:
        assert text_of(result).startswith(f"Successfully updated user:\n\nUser ID: {user.pk}\n- Username: ada")


@pytest.mark.parametrize("result_text", ["readable", "json"])
def test_many_that_were_created_at_once_are_each_identified(result_text) -> None:
    new = [{**SOMEBODY, "username": name, "email": f"{name}@example.com"} for name in ("ada", "bob")]
    with override_settings(DRF_MCP={"ANONYMOUS": True, "RESULT": "brief", "RESULT_TEXT": result_text}):
        result = checked(MCPClient(), "create_users_user_many", items=new)
    rows = [{"id": user.pk, "username": user.username} for user in User.objects.order_by("pk")]
    assert result["structuredContent"] == {"result": rows}
    assert [row["username"] for row in rows] == ["ada", "bob"]
    if result_text == "json":
        assert json.loads(text_of(result)) == rows
    else:
        assert text_of(result).startswith("Successfully created 2 users:\n\n1. User ID: ")


# All of them at once


@pytest.mark.parametrize("most", [1, 150, 600])
@pytest.mark.parametrize("result", ["full", "brief"])
def test_whatever_is_left_out_for_whatever_reason_an_answer_has_the_shape_that_was_promised(most, result) -> None:
    users = [UserFactory() for _ in range(9)]
    one = users[3]
    least = {"MAX_DATA": most, "MAX_ITEMS": 7, "RESULT_TEXT": "json" if most == 150 else "readable"}
    with override_settings(DRF_MCP={"ANONYMOUS": True, "FIELDS": True, "RESULT": result, **least}):
        client, held = MCPClient(), 0
        for name, tool in client.list_tools().items():
            if "outputSchema" not in tool or "user" not in name or name.startswith("destroy_"):
                continue
            verb, *_, kind = name.split("_")
            known = {"username": one.username} if kind == "byname" else {"id": str(one.pk)}
            new = {"username": kind, "email": f"{kind}@example.com", "password": "password123"}
            replaces = kind == "replaced"
            changed = {**known, "email": f"{verb}-{kind}@example.com", **({**new, "username": "x"} if replaces else {})}
            arguments = {"list": {}, "create": new, "update": changed}.get(verb, known)
            fields = tool["inputSchema"]["properties"].get("fields", {}).get("items", {}).get("enum", [])
            for wanted in ([], [["email"]], [fields])[: 3 if fields else 1]:
                chosen = {"fields": wanted[0]} if wanted else {}
                structured = client.call(name, **arguments, **chosen)["structuredContent"]
                jsonschema.validate(structured, tool["outputSchema"])
                held += 1
                if "left_out" in structured:
                    assert "did not fit" in structured["left_out"]
        assert held > 30
