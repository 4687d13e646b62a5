"""``drf_mcp.test``: what a project's own tests call its tools with."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.db.backends.signals import connection_created
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from drf_mcp import mcp_tool, prompt
from drf_mcp.models import Call
from drf_mcp.protocol.revisions import REVISIONS
from drf_mcp.test import AsyncMCPClient, MCPClient, ResponseError, assert_tools_snapshot
from tests.factories import TokenFactory, UserFactory, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=10)


class Users(ModelViewSet[User]):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    permission_classes = [IsAuthenticated]


class Groups(GenericViewSet[Group]):
    queryset = Group.objects.all()
    serializer_class = NameSerializer
    permission_classes: list[Any] = []

    @mcp_tool(name="ask_name", asks=True)
    @action(detail=False, methods=["post"])
    def ask(self, request: Request) -> Response:
        return Response(request.mcp.elicit("Your name?", NameSerializer))

    @mcp_tool(name="mirror", input=NameSerializer, param_headers={"name": "Name"})
    @action(detail=False, methods=["post"])
    def mirror(self, request: Request) -> Response:
        return Response({"name": request.data["name"], "who": str(request.user), "auth": str(request.auth)})

    @mcp_tool(name="break")
    @action(detail=False, methods=["post"])
    def stop(self, request: Request) -> Response:
        raise RuntimeError("It broke.")


urlpatterns = [*routed(Users, Groups), *mcp_urls()]

everyone = pytest.mark.parametrize("version", REVISIONS)


@pytest.fixture
def user() -> Any:
    return UserFactory(username="ann")


@everyone
def test_a_client_calls_as_the_user_whom_a_test_names(user: Any, version: str) -> None:
    client = MCPClient(version=version)
    client.force_authenticate(user)

    result = client.call_tool("retrieve_users_user", id=user.pk)

    assert result.is_error is False
    assert result.structured["username"] == "ann"
    assert "- Username: ann" in result.text
    assert result.content == [{"type": "text", "text": result.text}]


@everyone
def test_tools_are_listed_by_their_names(user: Any, version: str) -> None:
    tools = MCPClient(user, version=version).list_tools()

    assert list(tools["retrieve_users_user"]["inputSchema"]["properties"]) == ["id"]


def test_nobody_is_refused_by_the_views_own_permissions() -> None:
    with pytest.raises(ResponseError) as refused:
        MCPClient().call_tool("list_users_user")

    assert refused.value.code == 401


def test_a_refusal_of_the_tool_is_a_result(user: Any) -> None:
    result = MCPClient(user).call_tool("retrieve_users_user", id=0)

    assert result.is_error
    assert result.structured["status"] == 404


def test_arguments_that_do_not_fit_raise_with_code_and_data(user: Any) -> None:
    with pytest.raises(ResponseError, match="email: This field is required") as refused:
        MCPClient(user).call_tool("create_users_user", username="bob", password="password123")

    assert refused.value.code == -32602
    assert refused.value.data["errors"]["email"][0]["code"] == "required"


def test_arguments_may_have_any_name(user: Any) -> None:
    with pytest.raises(ResponseError, match="self"):
        MCPClient(user).call_tool("create_users_user", self="me", name="ann", path="x")


def test_another_user_takes_the_place_of_the_first(user: Any) -> None:
    client = MCPClient(user, version="2025-11-25")
    client.force_authenticate(UserFactory(username="bea"))

    assert client.call_tool("mirror", name="x").structured["who"] == "bea"
    client.force_authenticate(None)
    assert client.call_tool("mirror", name="x").structured["who"] == "AnonymousUser"


def test_credentials_are_proved_by_the_endpoint() -> None:
    token = TokenFactory()
    client = MCPClient()

    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    assert client.call_tool("mirror", name="x").structured == {
        "name": "x",
        "who": token.user.username,
        "auth": token.key,
    }

    client.credentials(HTTP_AUTHORIZATION="Token wrong")
    with pytest.raises(ResponseError, match="credentials were refused"):
        client.list_tools()


def test_what_views_find_as_auth_can_be_said(user: Any) -> None:
    client = MCPClient()
    client.force_authenticate(user, token="a token")

    assert client.call_tool("mirror", name="x").structured["auth"] == "a token"


@pytest.mark.parametrize("name", ["plain", " blank ", "größer", "=?base64?eA==?="])
def test_arguments_that_headers_mirror_are_mirrored(user: Any, name: str) -> None:
    assert MCPClient(user).call_tool("mirror", name=name).structured["name"] == name


def test_a_tool_that_asks_is_answered_by_the_test(user: Any) -> None:
    asked = []

    def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
        asked.append((method, params["message"]))
        return {"action": "accept", "content": {"name": "Ann"}}

    assert MCPClient(user, answer=answer).call_tool("ask_name").structured == {"name": "Ann"}
    assert asked == [("elicitation/create", "Your name?")]


def test_a_tool_that_asks_is_told_where_the_test_cannot_answer(user: Any) -> None:
    with pytest.raises(ResponseError, match="elicitation") as refused:
        MCPClient(user).call_tool("ask_name")

    assert refused.value.code == -32021


def test_an_exception_in_a_view_is_raised_in_the_test_or_answered(user: Any) -> None:
    with pytest.raises(RuntimeError, match="It broke"):
        MCPClient(user).call_tool("break")
    with pytest.raises(ResponseError, match="Internal error"):
        MCPClient(user, raise_request_exception=False).call_tool("break")


def test_resources_and_prompts_are_read(user: Any, declared: Any) -> None:
    @prompt()
    def greet(name: str) -> str:
        """Greet somebody."""
        return f"Say hello to {name}."

    client = MCPClient(user)

    assert json.loads(client.read_resource(f"drf:///things/{user.pk}/").text)["username"] == "ann"
    assert client.list_resources()[0]["uri"] == "drf:///things/"
    assert [template["uriTemplate"] for template in client.list_resource_templates()] == ["drf:///things/{id}/"]
    assert [found["name"] for found in client.list_prompts()] == ["greet"]
    rendered = client.get_prompt("greet", name="Bea")
    assert rendered.text == "Say hello to Bea."
    assert rendered.description == "Greet somebody."
    assert client.request("completion/complete", completion_of("greet"))["completion"]["values"] == []


def completion_of(name: str) -> dict[str, Any]:
    return {"ref": {"type": "ref/prompt", "name": name}, "argument": {"name": "name", "value": ""}}


def test_a_revision_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="2025-11-25"):
        MCPClient(version="2025-01-01")


def test_an_endpoint_that_is_none_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(LookupError, match="/mcp/"):
        MCPClient(path="/other/").list_tools()


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
def test_a_coroutine_calls_as_well(user: Any, version: str) -> None:
    async def play() -> Any:
        client = AsyncMCPClient(user, version=version)
        tools = await client.list_tools()
        result = await client.call_tool("retrieve_users_user", id=user.pk)
        with pytest.raises(ResponseError):
            await client.call_tool("create_users_user")
        return tools, result, await client.read_resource(f"drf:///things/{user.pk}/")

    tools, result, reading = async_to_sync(play)()

    assert "retrieve_users_user" in tools
    assert result.structured["username"] == "ann"
    assert json.loads(reading.text)["username"] == "ann"


def test_a_coroutine_sends_credentials() -> None:
    token = TokenFactory()

    async def play() -> Any:
        client = AsyncMCPClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return await client.call_tool("mirror", name="x")

    assert async_to_sync(play)().structured["who"] == token.user.username


def test_what_a_coroutine_calls_is_recorded_through_the_connection_of_the_test(user: Any) -> None:
    made: list[Any] = []

    def note(connection: Any, **kwargs: Any) -> None:
        made.append(connection)

    connection_created.connect(note)
    try:
        with pytest.raises(ResponseError):
            async_to_sync(AsyncMCPClient(user).call_tool)("create_users_user")
    finally:
        connection_created.disconnect(note)
        for connection in made:
            connection.inc_thread_sharing()
            connection.close()

    assert made == []
    assert [call.name for call in Call.objects.all()] == ["create_users_user"]


def test_fixtures_are_clients(mcp_client: MCPClient, async_mcp_client: AsyncMCPClient, user: Any) -> None:
    mcp_client.force_authenticate(user)

    assert mcp_client.call_tool("mirror", name="x").structured["who"] == "ann"
    assert asyncio.iscoroutinefunction(async_mcp_client.call_tool)


def test_a_snapshot_is_written_when_asked_for_and_compared_else(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, user: Any
) -> None:
    path = tmp_path / "tools.json"
    with pytest.raises(AssertionError, match="DRF_MCP_WRITE_SNAPSHOTS=1"):
        assert_tools_snapshot(path)
    monkeypatch.setenv("DRF_MCP_WRITE_SNAPSHOTS", "1")
    assert_tools_snapshot(path)
    monkeypatch.delenv("DRF_MCP_WRITE_SNAPSHOTS")
    assert_tools_snapshot(path)
    assert_tools_snapshot(path, MCPClient(user))

    tools = json.loads(path.read_text())
    assert [tool["name"] for tool in tools] == sorted(tool["name"] for tool in tools)
    tools[0]["name"] = "gone"
    tools[1]["inputSchema"]["properties"]["more"] = {"type": "string"}
    path.write_text(json.dumps(tools))
    with pytest.raises(AssertionError) as differs:
        assert_tools_snapshot(path)
    assert "- gone\n+ ask_name\n~ break\n    inputSchema.properties.more: was" in str(differs.value)
