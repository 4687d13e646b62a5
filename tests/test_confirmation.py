"""Confirmation: what asks, what it says, and that no code is good for anything else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls, routed, text_of, tools_of
from users.models import User


class AccountSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "username"]


class OwnOnlyWhenRead(BasePermission):
    """A caller sees its own account and deletes any."""

    def has_object_permission(self, request, view, obj):
        return view.action != "retrieve" or obj == request.user


class Accounts(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = AccountSerializer
    permission_classes = [OwnOnlyWhenRead]


class CodeSerializer(serializers.Serializer[Any]):
    confirmation_code = serializers.CharField()


class Codes(ViewSet):
    @mcp_tool(name="use_code", input=CodeSerializer)
    @action(detail=False, methods=["post"])
    def use_code(self, request):
        return Response(request.data)


urlpatterns = [*routed(Accounts, basename="account"), *routed(Codes, prefix="codes", basename="code"), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

DESTROY, UPDATE = "destroy_users_user", "update_users_user"


def confirming(which: str) -> Any:
    return override_settings(DRF_MCP={"ANONYMOUS": True, "CONFIRM": which})


@pytest.fixture(autouse=True)
def _destroy_asks():
    cache.clear()
    with confirming("destroy"):
        yield


@pytest.fixture
def user():
    return UserFactory(username="testuser")


def code_of(result: dict[str, Any]) -> str:
    assert result["isError"] is True
    return re.findall(r'"confirmation_code": "(.+?)"', text_of(result))[0]


def exists(user: User) -> bool:
    return User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize(
    ("which", "asking"),
    [("off", set()), ("destroy", {"destroy"}), ("destructive", {"destroy", "partial_update", "use_code"})],
)
def test_the_setting_says_which_tools_ask(which, asking):
    with confirming(which):
        tools = tools_of(*routed(Accounts), *routed(Codes, prefix="codes", basename="code"))

    assert {action for action, tool in tools.items() if tool.confirmation} == asking
    for tool in tools.values():
        assert set(tool.input_schema["properties"]) >= ({tool.confirmation} if tool.confirmation else set())
        assert tool.confirmation not in tool.input_schema.get("required", [])


def test_an_argument_of_the_same_name_keeps_its_own():
    with confirming("destructive"):
        client = MCPClient()
        assert "mcp_confirmation_code" in client.list_tools()["use_code"]["inputSchema"]["properties"]
        refused = client.call("use_code", confirmation_code="mine")
        code = re.findall(r'"mcp_confirmation_code": "(.+?)"', text_of(refused))[0]
        done = client.call("use_code", confirmation_code="mine", mcp_confirmation_code=code)

    assert done["structuredContent"] == {"confirmation_code": "mine"}


def test_without_elicitation_the_answer_has_the_question_and_a_code(user):
    client = MCPClient(user)

    result = client.call(DESTROY, id=user.pk)

    assert text_of(result).startswith(f"Delete User {user.pk} (testuser)? Nothing was done yet.")
    assert result["structuredContent"]["status"] == 428
    assert exists(user)
    other = UserFactory()
    result = client.call(DESTROY, id=other.pk)
    client.call(DESTROY, id=other.pk, confirmation_code=code_of(result))
    assert not exists(other)


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_code_is_none(user, empty):
    assert "Nothing was done yet" in text_of(MCPClient(user).call(DESTROY, id=user.pk, confirmation_code=empty))


def test_a_code_is_good_once_and_for_its_own_call(user):
    client, others = MCPClient(user), UserFactory.create_batch(2)
    code = code_of(client.call(DESTROY, id=others[0].pk))

    for refused in (
        client.fail(DESTROY, id=others[1].pk, confirmation_code=code),
        MCPClient(others[1]).fail(DESTROY, id=others[0].pk, confirmation_code=code),
        MCPClient().fail(DESTROY, id=others[0].pk, confirmation_code=code),
        client.fail(DESTROY, id=others[0].pk, confirmation_code=code[:-1]),
        client.fail(DESTROY, id=others[0].pk, confirmation_code=["x"]),
    ):
        assert refused["code"] == -32602
        assert refused["data"] == {"argument": "confirmation_code"}
    with confirming("destructive"):
        assert client.fail(UPDATE, id=others[0].pk, confirmation_code=code)["code"] == -32602

    assert all(map(exists, others))
    assert client.call(DESTROY, id=others[0].pk, confirmation_code=code)["isError"] is False
    assert client.fail(DESTROY, id=others[0].pk, confirmation_code=code)["code"] == -32602


def test_a_code_grows_old(user):
    client = MCPClient(user)
    code = code_of(client.call(DESTROY, id=user.pk))

    with override_settings(DRF_MCP={"CONFIRM": "destroy", "ANSWER_SECONDS": 0}):
        assert client.fail(DESTROY, id=user.pk, confirmation_code=code)["code"] == -32602
    assert exists(user)


def test_the_order_of_arguments_does_not_matter(user):
    with confirming("destructive"):
        client = MCPClient(user)
        code = code_of(client.call(UPDATE, id=user.pk, username="renamed"))
        done = client.call(UPDATE, username="renamed", id=user.pk, confirmation_code=code)

    assert done["structuredContent"]["username"] == "renamed"


def test_nobody_is_asked_about_arguments_that_are_wrong(user):
    assert "colour" in MCPClient(user).fail(DESTROY, id=user.pk, colour="red")["message"]
    assert MCPClient(user).fail(DESTROY)["code"] == -32602


def test_the_question_shows_what_rest_shows_this_caller(user):
    other = UserFactory(username="secret")

    assert text_of(MCPClient(user).call(DESTROY, id=other.pk)).startswith(f"Delete User {other.pk}? Nothing")
    assert text_of(MCPClient(user).call(DESTROY, id=10_000)).startswith("Delete User 10000? Nothing")


def test_a_long_name_is_cut_and_stands_in_one_line():
    user = UserFactory(username=f"a\n{'b' * 140}")

    assert text_of(MCPClient(user).call(DESTROY, id=user.pk)).startswith(f"Delete User {user.pk} (a {'b' * 98}...)?")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ({"action": "accept", "content": {"confirm": False}}, "declined"),
        ({"action": "accept", "content": {}}, "declined"),
        ({"action": "decline"}, "declined"),
        ({"action": "cancel"}, "cancelled"),
        ({"action": "accept", "content": {"confirm": True}}, None),
    ],
)
def test_a_client_with_elicitation_asks_its_user(user, reply, code):
    client, other = StatelessClient(user, capabilities={"elicitation": {}}), UserFactory(username="other")
    params = {"name": DESTROY, "arguments": {"id": other.pk}}
    asked = client.send("tools/call", params)["result"]
    ((name, question),) = asked["inputRequests"].items()
    answers = {"inputResponses": {name: reply}, "requestState": asked["requestState"]}

    done = client.send("tools/call", {**params, **answers})["result"]

    assert question["params"]["message"] == f"Delete User {other.pk}?"
    assert exists(other) is (code is not None)
    assert done["isError"] is (code is not None)
    assert code is None or done["structuredContent"]["code"] == code
