"""What proves a caller at the endpoint beside its own classes, and what a browser sends that proves nobody."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import resource
from tests.factories import MCPClient, TokenFactory, UserFactory, mcp_urls, routed
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Robot(BaseAuthentication):
    """The key of a machine that sends to one view alone."""

    def authenticate(self, request):
        if request.META.get("HTTP_AUTHORIZATION") == "Robot 7":
            return User.objects.get(username="robot"), None
        if request.META.get("HTTP_AUTHORIZATION", "").startswith("Robot "):
            raise AuthenticationFailed("secret reason")
        return None


class Odd(BaseAuthentication):
    """A class that wants something of its own view, and of every request."""

    def authenticate(self, request):
        return request.parser_context["view"].tenant, None


class InACookie(TokenAuthentication):
    """As several packages have it: a token, in a cookie where there is no header."""

    def authenticate(self, request):
        key = request.COOKIES.get("key") or request.META.get("HTTP_COOKIE", "").removeprefix("key=")
        return self.authenticate_credentials(key) if key else super().authenticate(request)


class OfTheSession(BaseAuthentication):
    """Session authentication that the class tree does not show."""

    def authenticate(self, request):
        user = request._request.user
        return (user, None) if user.is_authenticated else None


class Ordinary(ViewSet):
    permission_classes = [IsAuthenticated]

    def list(self, request):
        return Response({"user": request.user.get_username()})


class ForRobots(Ordinary):
    authentication_classes = [Robot, SessionAuthentication]


class ForOddOnes(Ordinary):
    authentication_classes = [Odd]


urlpatterns = [*routed(Ordinary, ForRobots, ForOddOnes), *mcp_urls()]


@pytest.fixture
def robot():
    UserFactory(username="robot")
    return MCPClient(HTTP_AUTHORIZATION="Robot 7")


def test_a_class_that_a_view_names_proves_a_caller_to_that_view_alone(robot) -> None:
    assert robot.call("list_thing2")["structuredContent"] == {"user": "robot"}
    hidden, absent = (robot.send("tools/call", {"name": name})["error"] for name in ("list_thing", "list_none"))
    assert hidden["message"] == "Unknown tool: list_thing"
    assert absent["message"] == "Unknown tool: list_none"


def test_it_is_nobody_to_what_is_no_view(robot, declared) -> None:
    @resource("own://secret", permission_classes=[IsAuthenticated])
    def secret(request):
        """For those whom the endpoint knows."""
        return request.user.get_username()

    listed = robot.send("resources/list")["result"]["resources"]
    assert "own://secret" not in [entry["uri"] for entry in listed]
    assert "error" in robot.send("resources/read", {"uri": "own://secret"})
    known = MCPClient(UserFactory(username="ann"))
    assert known.send("resources/read", {"uri": "own://secret"})["result"]["contents"][0]["text"] == "ann"


@pytest.mark.parametrize("anonymous", [False, True])
def test_credentials_that_no_class_of_any_view_takes_are_refused(robot, anonymous) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": anonymous}):
        for header in ("Robot 8", "Robot", "Other 7"):
            response = MCPClient(HTTP_AUTHORIZATION=header).post(PING)
            assert response.status_code == 401
            assert "secret" not in response.content.decode()


def test_a_class_that_wants_its_own_view_costs_nobody_else_a_thing(robot) -> None:
    assert MCPClient().send("ping")["result"] == {}
    assert robot.send("ping")["result"] == {}


def test_a_list_of_classes_in_the_settings_is_the_whole_list(robot) -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [TokenAuthentication], "ANONYMOUS": True}):
        assert robot.post(PING).status_code == 401


@pytest.mark.parametrize("cls", [InACookie, OfTheSession])
@pytest.mark.parametrize("anonymous", [False, True])
def test_what_a_browser_sends_by_itself_proves_nobody_whatever_class_would_take_it(cls, anonymous) -> None:
    token, client = TokenFactory(), MCPClient()
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [cls], "ANONYMOUS": anonymous}):
        client.http.force_login(token.user)
        client.http.cookies["key"] = token.key
        response = client.post({**PING, "method": "tools/call", "params": {"name": "list_thing"}})
    assert response.status_code == 401
    assert token.user.username not in response.content.decode()


def test_a_header_counts_and_the_cookie_beside_it_does_not() -> None:
    token, rider = TokenFactory(), UserFactory()
    client = MCPClient(token.user)
    client.http.force_login(rider)
    before = Session.objects.get().session_data
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [InACookie]}):
        client.http.cookies["key"] = TokenFactory(user=rider).key
        assert client.call("list_thing")["structuredContent"] == {"user": token.user.username}
    assert Session.objects.get().session_data == before


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_no_form_of_a_page_reaches_the_endpoint(content_type) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory())
    response = client.generic("POST", "/mcp/", b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', content_type)
    assert response.status_code == 415


@pytest.mark.parametrize("where", ["query", "body", "header", "cookie"])
def test_a_token_outside_the_authorization_header_does_not_count(where) -> None:
    token = TokenFactory()
    client = MCPClient(path=f"/mcp/?access_token={token.key}&token={token.key}" if where == "query" else "/mcp/")
    if where == "cookie":
        client.http.cookies["Authorization"] = f"Token {token.key}"
    message = {**PING, "access_token": token.key} if where == "body" else PING
    headers = {"HTTP_X_ACCESS_TOKEN": token.key} if where == "header" else {}
    with override_settings(DRF_MCP={}):
        response = client.post(message, **headers)
    assert response.status_code == 401
    assert token.key not in response.content.decode()
