"""Scopes: what credentials say of themselves, and what that leaves of the tools."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.test import override_settings
from rest_framework.authentication import BaseAuthentication, TokenAuthentication

from drf_mcp.auth.identity import Identity
from drf_mcp.auth.scopes import has_access, scopes_of
from drf_mcp.models import AccessToken
from drf_mcp.narrowing import EVERYTHING, Narrowing
from tests.factories import MCPClient, TokenFactory, UserFactory

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
READ_ONLY = Narrowing(read_only=True)


class Jwt:
    """A token object as simplejwt makes one."""

    def __init__(self, **payload):
        self.payload = payload


class ByClaims(BaseAuthentication):
    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION", "")
        return (UserFactory(), json.loads(header.removeprefix("Claims "))) if header else None


@pytest.mark.parametrize(
    ("auth", "scopes"),
    [
        (None, None),
        ("a string that has a scope", None),
        (SimpleNamespace(), None),
        (SimpleNamespace(payload=b"scope"), None),
        (AccessToken(), None),
        (Jwt(user_id=1), None),
        ({"scope": None}, None),
        ({"scope": ""}, set()),
        ({"scope": "openid mcp"}, {"openid", "mcp"}),
        ({"scope": ["mcp"]}, {"mcp"}),
        ({"scp": "mcp:read"}, {"mcp:read"}),
        ({"scp": ["mcp:read", 1]}, {"mcp:read", "1"}),
        (Jwt(scope="mcp"), {"mcp"}),
        (SimpleNamespace(scope="mcp:read profile"), {"mcp:read", "profile"}),
        (SimpleNamespace(scope=""), set()),
    ],
)
def test_scopes_are_found_wherever_credentials_carry_them(auth, scopes) -> None:
    assert scopes_of(auth) == (None if scopes is None else frozenset(scopes))


@pytest.mark.parametrize(
    ("scope", "narrowing"),
    [("mcp", EVERYTHING), ("mcp mcp:read", EVERYTHING), ("mcp:read", READ_ONLY), ("openid mcp:read", READ_ONLY)],
)
def test_one_scope_includes_the_other(scope, narrowing) -> None:
    assert has_access(scopes_of({"scope": scope}))
    assert Identity(None, {"scope": scope}, ByClaims()).narrowing == narrowing


def test_scopes_are_added_to_what_the_credentials_say_otherwise() -> None:
    class Token(Jwt):
        mcp_narrowing = Narrowing(include=("list_*",))

    assert Identity(None, Token(scope="mcp:read"), None).narrowing == Narrowing(read_only=True, include=("list_*",))
    assert Identity(None, Token(scope="mcp"), None).narrowing == Narrowing(include=("list_*",))
    assert Identity(None, AccessToken(is_read_only=True), None).narrowing == READ_ONLY


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("claims", "is_let_in"),
    [
        ({"sub": 1}, True),
        ({"scope": "mcp"}, True),
        ({"scope": "mcp:read"}, True),
        ({"scope": ""}, False),
        ({"scope": "mcp:write mcpx MCP xmcp"}, False),
        ({"scp": ["openid"]}, False),
    ],
    ids=str,
)
def test_credentials_for_something_else_are_told_which_scope_is_missing(claims, is_let_in) -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [ByClaims], "ANONYMOUS": True}):
        response = MCPClient(HTTP_AUTHORIZATION=f"Claims {json.dumps(claims)}").post(PING)
    if is_let_in:
        assert response.status_code == 200
    else:
        assert response.status_code == 403
        assert response["WWW-Authenticate"] == 'Bearer realm="mcp", error="insufficient_scope", scope="mcp"'
        assert response["Vary"] == "Authorization"
        assert "openid" not in response.content.decode()


@pytest.mark.django_db
def test_a_key_that_knows_no_scopes_is_judged_by_permissions_alone() -> None:
    token = TokenFactory()
    assert Identity(token.user, token, TokenAuthentication()).narrowing == EVERYTHING
    assert MCPClient(token.user).post(PING).status_code == 200
