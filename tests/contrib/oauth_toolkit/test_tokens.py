"""Tokens: which are good where and for how long, and what becomes of codes that are used twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model, set_token_value
from rest_framework.permissions import IsAuthenticated
from rest_framework.test import APIClient

from tests.factories import MCPClient, UserFactory
from users.views import UserViewSet

from .flow import (
    ORIGIN,
    REDIRECT,
    RESOURCE,
    VERIFIER,
    Application,
    allow,
    ask_token,
    authorize_url,
    code_for,
    exchange,
    new_client,
    parameters_of,
    refresh,
    signed_in,
    tokens_for,
)

AccessToken, RefreshToken, Grant = get_access_token_model(), get_refresh_token_model(), get_grant_model()
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
pytestmark = pytest.mark.django_db


def call(token: str, path: str = "/mcp") -> Any:
    return MCPClient(path=path, HTTP_AUTHORIZATION=f"Bearer {token}").post(PING)


def assert_refused(response: Any) -> None:
    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert "resource_metadata=" in response["WWW-Authenticate"]


def put_token(user: Any, **values: Any) -> str:
    """A token that is in the table, however it came there."""
    application = Application.objects.create(
        client_type="public", authorization_grant_type="authorization-code", redirect_uris=REDIRECT
    )
    fields = {"expires": timezone.now() + timedelta(hours=1), "scope": "mcp", "resource": [RESOURCE], **values}
    token = AccessToken(user=user, application=application, **fields)
    value = f"value-{application.pk}"
    set_token_value(token, value)
    token.save()
    return value


# T03: issued for something else


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("resource", [RESOURCE, f"{RESOURCE}/"])
def test_a_token_for_either_spelling_is_good_for_both(alice, client_id, path, resource) -> None:
    token = tokens_for(alice, client_id, resource=resource)["access_token"]
    assert call(token, path).status_code == 200


@pytest.mark.parametrize(
    "resource",
    [[], ["https://other.example/mcp"], [ORIGIN], [f"{ORIGIN}/"], [f"{ORIGIN}/api/"], [f"{ORIGIN}/mcp2"], ["mcp"]],
)
def test_a_token_for_something_else_is_refused(alice, resource) -> None:
    assert_refused(call(put_token(alice, resource=resource)))
    assert call(put_token(alice)).status_code == 200


def test_rest_refuses_a_token_for_the_endpoint(alice, client_id, monkeypatch, settings) -> None:
    settings.ALLOWED_HOSTS = ["example.com", "testserver"]
    monkeypatch.setattr(UserViewSet, "authentication_classes", [OAuth2Authentication])
    monkeypatch.setattr(UserViewSet, "permission_classes", [IsAuthenticated])
    token = tokens_for(alice, client_id)["access_token"]
    rest = APIClient(SERVER_NAME="example.com", HTTP_AUTHORIZATION=f"Bearer {token}")
    rest.defaults["wsgi.url_scheme"] = "https"
    assert rest.get("/api/users/").status_code == 401
    for_everything = put_token(alice, resource=[])
    assert rest.get("/api/users/", HTTP_AUTHORIZATION=f"Bearer {for_everything}").status_code == 200


def test_a_token_for_something_else_is_refused_where_a_view_names_the_librarys_class(alice, monkeypatch) -> None:
    monkeypatch.setattr(UserViewSet, "authentication_classes", [OAuth2Authentication])
    for resource in ([], [ORIGIN]):
        assert_refused(call(put_token(alice, resource=resource)))


def test_a_client_that_nobody_registered_gets_no_token_for_the_rest_of_the_site(alice, client_id) -> None:
    code = code_for(alice, client_id)
    for resource in (ORIGIN, f"{ORIGIN}/api/", "https://other.example/mcp", f"{RESOURCE}?x=1"):
        response = exchange(client_id, code, resource=resource)
        assert response.status_code == 400
        assert response.json()["error"] == "invalid_target"
    assert not AccessToken.objects.filter(user=alice).exists()


def test_an_error_that_echoes_what_was_asked_is_no_page(alice, client_id) -> None:
    response = exchange(client_id, code_for(alice, client_id), resource="<script>alert(1)</script>")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_client_of_an_older_revision_that_names_none_gets_one_for_the_endpoint(alice, client_id) -> None:
    token = tokens_for(alice, client_id, resource=None)["access_token"]
    assert AccessToken.objects.get(user=alice).resource == [RESOURCE]
    assert call(token).status_code == 200


# T04: nobody is behind it any more


def test_a_token_is_dead_at_once(alice, client_id) -> None:
    token = tokens_for(alice, client_id)["access_token"]
    assert call(token).status_code == 200
    alice.is_active = False
    alice.save()
    assert_refused(call(token))
    alice.is_active = True
    alice.save()
    assert call(token).status_code == 200
    AccessToken.objects.filter(user=alice).update(expires=timezone.now())
    assert_refused(call(token))


def test_a_token_that_was_taken_back_is_dead_at_once(alice, client_id) -> None:
    tokens = tokens_for(alice, client_id)
    response = Client().post("/oauth/revoke_token/", {"token": tokens["refresh_token"], "client_id": client_id})
    assert response.status_code == 200
    assert_refused(call(tokens["access_token"]))
    assert refresh(client_id, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_token_dies_with_its_client(alice, client_id) -> None:
    token = tokens_for(alice, client_id)["access_token"]
    Application.objects.all().delete()
    assert_refused(call(token))


def test_a_token_without_a_user_is_for_nobody() -> None:
    assert_refused(call(put_token(None)))
    registration = new_client()["registration_access_token"]
    assert_refused(call(registration))


@pytest.mark.parametrize("where", ["query", "form", "cookie", "header"])
def test_a_token_counts_in_its_header_alone(alice, where) -> None:
    token = put_token(alice)
    mcp = MCPClient(path=f"/mcp?access_token={token}" if where == "query" else "/mcp")
    if where == "cookie":
        mcp.http.cookies["access_token"] = token
    headers = {"HTTP_X_ACCESS_TOKEN": token} if where == "header" else {}
    if where == "form":
        form = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
        assert mcp.post(f"access_token={token}".encode(), **form).status_code == 415
    else:
        assert mcp.post(PING, **headers).status_code == 401


def test_a_token_costs_one_query(alice, django_assert_num_queries) -> None:
    token = put_token(alice)
    call(token)
    with django_assert_num_queries(1):
        assert call(token).status_code == 200


def test_what_is_kept_of_a_token_is_no_token(alice, client_id) -> None:
    tokens = tokens_for(alice, client_id)
    rows = [*AccessToken.objects.values(), *RefreshToken.objects.values(), *Application.objects.values()]
    for value in (tokens["access_token"], tokens["refresh_token"]):
        assert value not in str(rows)


# T20: codes and refresh tokens


def refused(response: Any, error: str) -> None:
    assert response.status_code in (400, 401), response.content
    assert response.json()["error"] == error


def test_a_code_counts_once(alice, client_id) -> None:
    code = code_for(alice, client_id)
    assert exchange(client_id, code).status_code == 200
    refused(exchange(client_id, code), "invalid_grant")


def test_a_code_is_for_the_client_that_asked(alice, client_id) -> None:
    code = code_for(alice, client_id)
    refused(exchange(new_client()["client_id"], code), "invalid_grant")


@pytest.mark.parametrize("verifier", [None, "", "w" * 64, VERIFIER.upper()])
def test_a_code_wants_its_verifier(alice, client_id, verifier) -> None:
    response = exchange(client_id, code_for(alice, client_id), code_verifier=verifier)
    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_grant", "invalid_request")


def test_a_plain_challenge_is_none(alice, client_id) -> None:
    url = authorize_url(client_id, code_challenge=VERIFIER, code_challenge_method="plain")
    assert parameters_of(allow(signed_in(alice), url))["error"] == "invalid_request"
    assert not Grant.objects.exists()


def test_a_code_is_good_for_a_minute(alice, client_id) -> None:
    code = code_for(alice, client_id)
    left = Grant.objects.get().expires - timezone.now()
    assert left <= timedelta(seconds=60)
    Grant.objects.update(expires=timezone.now())
    refused(exchange(client_id, code), "invalid_grant")


def test_a_code_is_for_the_address_that_it_was_sent_to(alice) -> None:
    other = "https://client.example/other"
    client = new_client(redirect_uris=[REDIRECT, other])["client_id"]
    response = exchange(client, code_for(alice, client), redirect_uri=other)
    assert response.status_code == 400


def test_a_refresh_token_counts_once_and_takes_its_family_with_it(alice, client_id) -> None:
    first = tokens_for(alice, client_id)
    second = refresh(client_id, first["refresh_token"]).json()
    assert_refused(call(first["access_token"]))
    assert call(second["access_token"]).status_code == 200

    refused(refresh(client_id, first["refresh_token"]), "invalid_grant")

    assert_refused(call(second["access_token"]))
    refused(refresh(client_id, second["refresh_token"]), "invalid_grant")


def test_a_refresh_token_gives_no_more_than_was_allowed(alice, client_id) -> None:
    tokens = tokens_for(alice, client_id, scope="mcp:read")
    refused(refresh(client_id, tokens["refresh_token"], scope="mcp mcp:read"), "invalid_scope")
    refused(refresh(client_id, tokens["refresh_token"], resource=f"{ORIGIN}/api/"), "invalid_target")
    refused(refresh(new_client()["client_id"], tokens["refresh_token"]), "invalid_grant")
    again = refresh(client_id, tokens["refresh_token"]).json()
    assert again["scope"] == "mcp:read"
    assert call(again["access_token"]).status_code == 200


@pytest.mark.parametrize(
    "grant",
    [
        "password",
        "client_credentials",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "",
        None,
        "x" * 9999,
    ],
)
def test_other_grants_are_not_taken(alice, client_id, grant) -> None:
    user = UserFactory(username="carol")
    response = ask_token(grant_type=grant, client_id=client_id, username=user.username, password="password123")
    refused(response, "unsupported_grant_type")


def test_any_page_may_ask_for_tokens_and_no_cookie_helps_it(alice, client_id) -> None:
    preflight = Client().options(
        "/oauth/token/", HTTP_ORIGIN="http://localhost:6274", HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST"
    )
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Origin"] == "*"
    response = exchange(client_id, code_for(alice, client_id))
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert response["Cache-Control"] == "no-store"


# T23: what scopes leave


def test_a_reading_scope_leaves_what_reads(alice, client_id) -> None:
    token = tokens_for(alice, client_id, scope="mcp:read")["access_token"]
    reader = MCPClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    tools = reader.list_tools()
    assert "list_users_user" in tools
    assert "destroy_users_user" not in tools
    assert reader.call("list_users_user")["isError"] is False
    assert reader.fail("destroy_users_user", id=str(alice.pk))["message"].startswith("Unknown tool")


def test_the_wider_scope_has_all_that_the_narrower_has(alice, client_id) -> None:
    token = tokens_for(alice, client_id, scope="mcp")["access_token"]
    tools = MCPClient(HTTP_AUTHORIZATION=f"Bearer {token}").list_tools()
    assert {"list_users_user", "destroy_users_user"} <= set(tools)


@pytest.mark.parametrize("scope", ["", "read write", "mcp:write", "MCP"])
def test_a_token_for_something_else_hears_which_scope_it_lacks(alice, scope) -> None:
    response = call(put_token(alice, scope=scope))
    assert response.status_code == 403
    challenge = response["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert challenge.count("scope=") == 1
    assert 'scope="mcp"' in challenge
    assert "resource_metadata=" in challenge


def test_clients_that_nobody_registered_may_not_ask_for_scopes_of_the_rest(alice, client_id, settings) -> None:
    scopes = {**settings.OAUTH2_PROVIDER["SCOPES"], "write": "Change everything"}
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "SCOPES": scopes}
    given = parameters_of(signed_in(alice).get(authorize_url(client_id, scope="mcp write")))
    assert given["error"] == "invalid_scope"
