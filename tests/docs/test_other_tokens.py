"""The guides on simplejwt and knox: their settings and their code, against tokens of every kind."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from drf_mcp.auth.tokens import AccessTokenAuthentication
from drf_mcp.checks import check_tokens
from tests.auth.test_tokens import make_token
from tests.factories import MCPClient, UserFactory, mcp_urls, routed

from .pages import DOCS

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Who(ViewSet):
    permission_classes = [IsAuthenticated]

    def list(self, request):
        return Response({"user": request.user.get_username()})


class ByJwt(Who):
    authentication_classes = [JWTAuthentication]


urlpatterns = [*routed(Who, ByJwt), *mcp_urls()]


def status(header: str) -> int:
    return MCPClient(HTTP_AUTHORIZATION=header).post(PING).status_code


def user_of(header: str, tool: str = "list_thing") -> Any:
    return MCPClient(HTTP_AUTHORIZATION=header).call(tool)["structuredContent"].get("user")


@pytest.fixture
def alice():
    return UserFactory(username="alice")


@pytest.fixture
def simplejwt(load_page):
    return load_page(DOCS / "how-to/use-simplejwt.md")


@pytest.fixture
def apart(simplejwt, settings, monkeypatch):
    """The second half of the guide, where the endpoint has tokens of its own."""
    monkeypatch.setitem(sys.modules, "accounts.mcp_tokens", simplejwt)
    monkeypatch.setattr(simplejwt.MCPTokenView, "_serializer_class", f"{simplejwt.__name__}.MCPTokenSerializer")
    settings.DRF_MCP = {"AUTHENTICATION_CLASSES": [AccessTokenAuthentication, simplejwt.MCPJWTAuthentication]}
    return simplejwt


def test_a_jwt_and_an_access_token_work_beside_each_other(simplejwt, alice) -> None:
    assert user_of(f"Bearer {AccessToken.for_user(alice)}") == "alice"
    assert user_of(f"Bearer {make_token(alice)[1]}") == "alice"


def test_a_jwt_that_is_over_broken_or_of_another_kind_is_refused(simplejwt, alice) -> None:
    over, foreign = AccessToken.for_user(alice), AccessToken.for_user(alice)
    over.set_exp(from_time=timezone.now() - timedelta(days=1), lifetime=timedelta(minutes=1))
    _, _, foreign = str(foreign).rpartition(".")
    for value in (over, RefreshToken.for_user(alice), foreign, f"{AccessToken.for_user(alice)}x", "a.b.c", ""):
        assert status(f"Bearer {value}") == 401
    good = AccessToken.for_user(alice)
    alice.is_active = False
    alice.save()
    assert status(f"Bearer {good}") == 401
    alice.delete()
    assert status(f"Bearer {good}") == 401


@pytest.mark.parametrize(
    ("scope", "expected"), [("mcp", 200), ("mcp:read", 200), ("openid", 403), ("", 403), (None, 200)]
)
def test_a_jwt_with_scopes_must_be_for_mcp(simplejwt, alice, scope, expected) -> None:
    token = AccessToken.for_user(alice)
    if scope is not None:
        token["scope"] = scope
    assert status(f"Bearer {token}") == expected


def test_each_side_refuses_the_tokens_of_the_other(apart, alice) -> None:
    for_mcp, for_rest = apart.MCPToken.for_user(alice), AccessToken.for_user(alice)
    assert for_mcp.payload["token_type"] == "mcp"
    assert user_of(f"Bearer {for_mcp}") == user_of(f"Bearer {for_mcp}", "list_thing2") == "alice"
    assert status(f"Bearer {for_rest}") == 401
    assert Client(HTTP_AUTHORIZATION=f"Bearer {for_rest}").get("/things2/").status_code == 200
    assert Client(HTTP_AUTHORIZATION=f"Bearer {for_mcp}").get("/things2/").status_code == 401


@pytest.mark.parametrize(
    "audience", [None, "https://other.example/mcp", "https://example.com", "https://example.com/mcp2", ["a", "b"], []]
)
def test_a_token_for_another_audience_is_refused(apart, alice, audience) -> None:
    backend = apart.MCPToken._token_backend
    payload = {**apart.MCPToken.for_user(alice).payload}
    other = type(backend)(backend.algorithm, backend.signing_key, audience=audience)
    assert status(f"Bearer {other.encode(payload)}") == 401
    good = type(backend)(backend.algorithm, backend.signing_key, audience=["x", "https://example.com/mcp"])
    assert status(f"Bearer {good.encode(payload)}") == 200


def test_the_view_gives_a_token_for_the_password(apart, alice, settings) -> None:
    settings.ROOT_URLCONF = (*urlpatterns, path("api/mcp-token/", apart.MCPTokenView.as_view()))
    sent = {"username": "alice", "password": "password123"}
    value = Client().post("/api/mcp-token/", sent, content_type="application/json").json()["access"]
    assert user_of(f"Bearer {value}") == "alice"
    wrong = Client().post("/api/mcp-token/", {**sent, "password": "x"}, content_type="application/json")
    assert wrong.status_code == 401


def ids() -> list[str]:
    return [message.id for message in check_tokens(None)]


def test_a_jwt_for_everybody_is_warned_of(simplejwt, settings) -> None:
    assert ids() == ["drf_mcp.W014"]
    settings.SIMPLE_JWT = {"AUDIENCE": "https://example.com/mcp"}
    assert ids() == []


def test_a_jwt_for_the_endpoint_is_not(apart) -> None:
    assert ids() == []


@pytest.fixture
def knox(load_page):
    return load_page(DOCS / "how-to/use-knox.md")


@pytest.mark.parametrize("is_named", [False, True])
def test_a_token_of_knox_works_as_the_guide_says(knox, alice, settings, is_named) -> None:
    if not is_named:
        settings.DRF_MCP = {}
    value = knox.make_token_for_mcp(alice)
    token = AuthToken.objects.get()
    assert token.expiry - timezone.now() > timedelta(days=89)
    assert user_of(f"Token {value}") == user_of(f"Token {value}", "list_thing2") == "alice"
    assert user_of(f"Bearer {make_token(alice)[1]}") == "alice"
    assert ids() == []


@pytest.mark.parametrize("prefix", ["Token", "Bearer"])
def test_a_token_of_knox_that_is_dead_is_refused_at_once(knox, alice, settings, prefix) -> None:
    settings.REST_KNOX = {"AUTH_HEADER_PREFIX": prefix}
    over, lost, good = (AuthToken.objects.create(alice) for _ in range(3))
    AuthToken.objects.filter(pk=over[0].pk).update(expiry=timezone.now() - timedelta(minutes=1))
    lost[0].delete()
    assert status(f"{prefix} {good[1]}") == 200
    assert user_of(f"Bearer {make_token(alice)[1]}") == "alice"
    for value in (over[1], lost[1], "", "x y", "\xff\xfe", "a" * 100_000):
        assert status(f"{prefix} {value}") == 401
    alice.is_active = False
    alice.save()
    assert status(f"{prefix} {good[1]}") == 401


def test_tokens_that_are_stored_as_they_are_are_warned_of(settings) -> None:
    settings.DRF_MCP = {"AUTHENTICATION_CLASSES": [TokenAuthentication]}
    assert ids() == ["drf_mcp.W015"]
