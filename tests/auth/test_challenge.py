"""The 401 that says how to get in."""

from __future__ import annotations

import json

import pytest
from django.core.management import get_commands
from django.test import override_settings
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, TokenAuthentication

from drf_mcp.auth.challenge import HOW_OTHERWISE, HOW_WITH_OWN, InsufficientScopeError, UnauthorizedError, challenge
from tests.factories import MCPClient, UserFactory
from users.models import User

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Strict(BaseAuthentication):
    """A class with a challenge of its own, which no MCP client understands."""

    def authenticate(self, request):
        raise exceptions.AuthenticationFailed("secret detail")

    def authenticate_header(self, request):
        return "Digest"


def test_the_challenge_says_whether_credentials_came() -> None:
    assert UnauthorizedError("Why.").headers == {"WWW-Authenticate": 'Bearer realm="mcp"'}
    assert UnauthorizedError("Why.", presented=True).headers == {
        "WWW-Authenticate": 'Bearer realm="mcp", error="invalid_token"'
    }
    assert UnauthorizedError("Why.").message == f"Why. {HOW_WITH_OWN}"


def test_how_to_get_in_names_a_command_that_exists() -> None:
    assert "mcp_token" in HOW_WITH_OWN
    assert "mcp_token" in get_commands()


@override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [TokenAuthentication]})
def test_how_to_get_in_names_no_token_that_the_endpoint_would_refuse() -> None:
    assert UnauthorizedError("Why.").message == f"Why. {HOW_OTHERWISE}"


def test_what_a_challenge_says_is_quoted() -> None:
    assert challenge(scope='a" b\\') == r'Bearer realm="mcp", scope="a\" b\\"'
    header = InsufficientScopeError().headers["WWW-Authenticate"]
    assert header == 'Bearer realm="mcp", error="insufficient_scope", scope="mcp"'


@override_settings(DRF_MCP={})
def test_a_server_that_wants_to_know_who_calls_tells_how() -> None:
    response = MCPClient().post(PING)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="mcp"'
    assert HOW_WITH_OWN in json.loads(response.content)["error"]["message"]


@pytest.mark.django_db
@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize("header", ["Token nobodys", "Token", "Token a b", "Bearer abc", "Basic YTpi", "x"])
def test_credentials_that_fail_are_final(header: str, anonymous: bool) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": anonymous}):
        response = MCPClient(HTTP_AUTHORIZATION=header).post(PING)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].endswith('error="invalid_token"')


@pytest.mark.django_db
def test_a_user_who_was_switched_off_is_refused() -> None:
    response = MCPClient(UserFactory(is_active=False)).post(PING)
    assert response.status_code == 401


def test_the_challenge_is_the_endpoints_own_whatever_the_class_says() -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [Strict, TokenAuthentication], "ANONYMOUS": True}):
        response = MCPClient().post(PING)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="mcp"'
    assert "secret" not in response.content.decode()


def test_a_user_without_the_attribute_counts_as_active() -> None:
    class Machine:
        pk = 1
        is_authenticated = True

    class ByMachine(BaseAuthentication):
        def authenticate(self, request):
            return Machine(), None

    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [ByMachine]}):
        assert MCPClient().send("ping")["result"] == {}


def test_a_class_that_forgets_to_ask_whether_a_user_is_active_lets_nobody_through() -> None:
    class Careless(BaseAuthentication):
        def authenticate(self, request):
            return User(pk=1, is_active=False), None

    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [Careless], "ANONYMOUS": True}):
        assert MCPClient(HTTP_AUTHORIZATION="x").post(PING).status_code == 401


@pytest.mark.parametrize("anonymous", [False, True])
def test_credentials_of_nobody_let_nobody_in(anonymous) -> None:
    """As a token that a program got for itself: it has no user whose permissions could count."""

    class OfNobody(BaseAuthentication):
        def authenticate(self, request):
            return None, {"scope": "mcp"}

    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [OfNobody], "ANONYMOUS": anonymous}):
        assert MCPClient(HTTP_AUTHORIZATION="Bearer x").post(PING).status_code == 401
