"""Arguments that could go to more than one place, and bodies that are arrays: what the request then holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from tests.factories import MCPClient, UserFactory, mcp_urls, routed, tools_of
from users.models import User


class Service:
    """Code that is not followed."""

    def __init__(self, request: Any) -> None:
        self.request = request

    def seen(self) -> dict[str, Any]:
        return {"query": self.request.query_params.getlist("ids") or "ALL", "body": self.request.data}


class Name(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["username", "email"]
        extra_kwargs = {"username": {"validators": []}, "email": {"required": True}}


class Unseen(ViewSet):
    @action(detail=False, methods=["delete"])
    def wipe(self, request):
        return Response(Service(request).seen())

    @action(detail=False, methods=["post"])
    def purge(self, request):
        return Response(Service(request).seen())

    @action(detail=False, methods=["delete"])
    def drop(self, request):
        return Response(dict(request.data))


class Arrays(GenericViewSet):
    queryset = User.objects.all()
    serializer_class = Name

    def create(self, request):
        serializer = self.get_serializer(data=request.data, many=isinstance(request.data, list))
        return Response(serializer.initial_data)

    @action(detail=False, methods=["post"])
    def load(self, request):
        serializer = Name(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        return Response(len(serializer.validated_data))

    @action(detail=False, methods=["post"])
    def loop(self, request):
        return Response([row["a"] for row in request.data])

    @action(detail=False, methods=["post"])
    def rows(self, request):
        return Response([self.get_serializer(data=row).initial_data["a"] for row in request.data])

    @action(detail=False, methods=["post"])
    def one(self, request):
        return Response(self.get_serializer(data=request.data).initial_data)


class Shaped(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = Name
    http_method_names = ["post", "put"]

    def get_serializer(self, *args, **kwargs):
        if isinstance(kwargs.get("data"), list):
            kwargs["many"] = True
        return super().get_serializer(*args, **kwargs)

    def update(self, request, *args, **kwargs):
        kwargs["partial"] = True
        return super().update(request, *args, **kwargs)


made: dict[str, Any] = {}
exec(  # code whose source is not there
    "def update(self, request, *args, **kwargs):\n    return self.partial_update(request, *args, **kwargs)", made
)


class Unread(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = Name
    http_method_names = ["put"]
    update = made["update"]


class Nested(ViewSet):
    @action(detail=False, methods=["post"])
    def move(self, request, project=None):
        return Response([project, request.data.get("project"), request.data["to"]])

    @action(detail=False)
    def look(self, request, project=None):
        return Response([project, request.query_params.get("project")])

    @action(detail=True, methods=["post"])
    def swap(self, request, project=None, pk=None):
        return Response([pk, request.data.get("pk"), request.data.get("id")])

    @action(detail=False, methods=["post"])
    def both(self, request, project=None):
        return Response([request.query_params.get("k"), request.data.get("k")])


router = SimpleRouter()
for name, viewset in {"unseen": Unseen, "arrays": Arrays, "shaped": Shaped}.items():
    router.register(name, viewset, basename=name)
nested = SimpleRouter()
nested.register("n", Nested, basename="nested")
urlpatterns = [
    path("api/", include(router.urls)),
    path("pr/<int:project>/", include(nested.urls)),
    *mcp_urls(),
]


@pytest.fixture
def client(db):
    with override_settings(ROOT_URLCONF=__name__):
        yield MCPClient(UserFactory(is_staff=True))


def tool_of(client: MCPClient, word: str) -> dict[str, Any]:
    (found,) = [tool for tool in client.send("tools/list")["result"]["tools"] if tool["name"].startswith(word)]
    return found


def call(client: MCPClient, word: str, /, **arguments: Any) -> Any:
    answer = client.send("tools/call", {"name": tool_of(client, word)["name"], "arguments": arguments})
    content = answer["result"]["structuredContent"]
    return content.get("result", content)


def test_a_delete_narrows_by_its_query(client) -> None:
    assert call(client, "wipe", ids=["1"]) == {"query": ["1"], "body": {}}
    assert call(client, "wipe", data={"ids": ["1"]}) == {"query": "ALL", "body": {"ids": ["1"]}}
    assert "query" in tool_of(client, "wipe")["inputSchema"]["properties"]["data"]["description"]


def test_a_post_whose_query_is_open_has_a_name_for_it(client) -> None:
    assert call(client, "purge", query_params={"ids": ["1"]}, a=1) == {"query": ["1"], "body": {"a": 1}}
    answer = client.send("tools/call", {"name": tool_of(client, "purge")["name"], "arguments": {"query_params": "x"}})
    assert answer["error"]["data"] == {"argument": "query_params", "type": "object"}


def test_a_delete_that_reads_its_body_alone_gets_one(client) -> None:
    assert call(client, "drop", ids=["1"]) == {"ids": ["1"]}
    assert "data" not in tool_of(client, "drop")["inputSchema"]["properties"]


@pytest.mark.parametrize("word", ["create_users_user_arrays", "load", "loop", "rows"])
def test_a_body_that_may_be_an_array_is_sent_as_one(client, word) -> None:
    rows = [{"username": "ann", "email": "a@example.com", "a": 1}]
    expected = {"load": 1, "loop": [1], "rows": [1]}.get(word, rows)
    assert call(client, word, items=rows) == expected


def test_a_serializer_for_one_object_takes_no_array(client) -> None:
    assert list(tool_of(client, "one")["inputSchema"]["properties"]) == ["username", "email"]


def test_a_serializer_that_the_view_makes_for_a_list_as_well_takes_both(client) -> None:
    schema = tool_of(client, "create_users_user_shaped")["inputSchema"]
    assert list(schema["properties"]) == ["username", "email", "items"]
    assert "required" not in schema
    rows = [{"username": name, "email": f"{name}@example.com"} for name in ("ann", "bob")]
    assert call(client, "create_users_user_shaped", items=rows) == rows
    row = {"username": "cy", "email": "c@example.com"}
    assert call(client, "create_users_user_shaped", **row) == row


def test_an_update_that_is_always_partial_requires_nothing(client) -> None:
    user = UserFactory()
    assert tool_of(client, "update")["inputSchema"]["required"] == ["id"]
    assert call(client, "update", id=str(user.pk), email="z@example.com")["email"] == "z@example.com"


def test_an_update_without_a_source_requires_nothing() -> None:
    assert tools_of(*routed(Unread))["update"].input_schema["required"] == ["id"]


def test_a_key_named_like_a_part_of_the_url_is_an_argument_of_its_own(client) -> None:
    assert call(client, "move", project="1", new_project=2, to=3) == [1, 2, 3]
    assert call(client, "look", project="1", new_project="2") == [1, "2"]
    assert call(client, "swap", project="1", id="5", pk=6, new_id=7) == ["5", 6, 7]


def test_a_key_of_the_query_is_not_the_same_key_of_the_body(client) -> None:
    assert call(client, "both", project="1", k="q", new_k="b") == ["q", "b"]
