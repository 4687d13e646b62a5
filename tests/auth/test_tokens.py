"""Access tokens at the endpoint: who gets in, how it is found, and what is kept."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.authentication import TokenAuthentication
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.auth.tokens import AccessTokenAuthentication, has_table
from drf_mcp.models import AccessToken, digest_of
from drf_mcp.narrowing import EVERYTHING, Narrowing
from tests.factories import MCPClient, UserFactory, mcp_urls, routed

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Who(ViewSet):
    """Says who calls, and all that a view knows of how that was proved."""

    def list(self, request):
        return Response({"user": request.user.get_username(), "auth": f"{request.auth!r} {vars(request.auth)}"})

    def create(self, request):
        return Response({"headers": dict(request.headers), "cookies": request.COOKIES})


class ByToken(Who):
    authentication_classes = [AccessTokenAuthentication]


urlpatterns = [*routed(Who, ByToken), *mcp_urls()]


def make_token(user=None, **fields) -> tuple[AccessToken, str]:
    token = AccessToken(user=user or UserFactory(), name="test", **fields)
    value = token.make_value()
    token.save()
    return token, value


def caller(value: str, **headers: str) -> MCPClient:
    return MCPClient(HTTP_AUTHORIZATION=f"Bearer {value}", **headers)


def test_a_token_lets_its_user_in() -> None:
    token, value = make_token()
    result = caller(value).call("list_thing")["structuredContent"]
    assert result["user"] == token.user.username
    assert caller(value).call("list_thing2")["structuredContent"]["user"] == token.user.username


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_as_http_reads_it(scheme) -> None:
    _, value = make_token()
    response = MCPClient(HTTP_AUTHORIZATION=f"{scheme} {value}").post(PING)
    assert response.status_code == (401 if scheme.endswith(" ") else 200)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: setattr(token, "expires", timezone.now()),
        lambda token: setattr(token, "revoked", timezone.now()),
        lambda token: setattr(token, "digest", digest_of("another")),
        lambda token: type(token.user).objects.update(is_active=False),
        lambda token: token.user.delete() and setattr(token, "pk", None),
    ],
    ids=["expired", "revoked", "unknown", "account off", "user deleted"],
)
@pytest.mark.parametrize("anonymous", [False, True])
def test_a_token_that_is_dead_is_so_at_once(spoil, anonymous) -> None:
    token, value = make_token()
    assert caller(value).post(PING).status_code == 200
    spoil(token)
    if token.pk:
        token.save()
    with override_settings(DRF_MCP={"ANONYMOUS": anonymous}):
        response = caller(value).post(PING)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="mcp", error="invalid_token"'
    assert token.name not in response.content.decode()
    assert "manage.py mcp_token create" in json.loads(response.content)["error"]["message"]


@pytest.mark.parametrize(
    "value",
    [
        "mcp_",
        "mcp_x",
        "mcp_" + "0" * 63,
        "mcp_" + "0" * 65,
        "mcp_" + "0" * 100_000,
        "mcp_" + "0" * 60 + "\udcff\x00\n ",
        "mcp_" + "A" * 64,
        "mcp_" + "٣" * 64,
    ],
    ids=lambda value: ascii(value)[:12],
)
def test_what_only_looks_like_a_token_costs_no_query(value, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert caller(value).post(PING).status_code == 401


def test_a_token_costs_one_query(django_assert_num_queries) -> None:
    _, value = make_token(last_used=timezone.now())
    with django_assert_num_queries(1):
        assert caller(value).post(PING).status_code == 200
    with django_assert_num_queries(1):
        assert caller("mcp_" + "0" * 64).post(PING).status_code == 401


def test_the_last_use_is_written_once_a_minute() -> None:
    token, value = make_token()
    assert token.last_used is None
    caller(value).send("ping")
    token.refresh_from_db()
    first = token.last_used
    caller(value).send("ping")
    token.refresh_from_db()
    assert first is not None
    assert token.last_used == first
    AccessToken.objects.update(last_used=first - timedelta(minutes=2))
    caller(value).send("ping")
    token.refresh_from_db()
    assert token.last_used > first


def test_a_last_use_that_cannot_be_written_fails_no_call(caplog) -> None:
    _, value = make_token()

    def refuse(execute, sql, params, many, context):
        if sql.startswith("UPDATE"):
            return execute("UPDATE no_such_table SET x = 1", (), many, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse), caplog.at_level(logging.WARNING, "drf_mcp"):
        assert caller(value).call("list_thing")["structuredContent"]["user"]
    assert "could not be written" in caplog.text
    assert value not in caplog.text


def test_the_value_is_kept_nowhere() -> None:
    token, value = make_token()
    stored = AccessToken.objects.values().get()
    assert all(value not in str(column) and value[4:12] not in str(column) for column in stored.values())
    assert value not in f"{token!r} {token} {vars(token)}"
    assert token.hint == value[-4:]
    result = caller(value).call("list_thing")
    assert value not in json.dumps(result)
    assert value not in json.dumps(caller(value).call("create_thing"))
    assert f"(...{token.hint})" in result["structuredContent"]["auth"]


def test_two_tokens_have_nothing_in_common() -> None:
    values = {make_token()[1] for _ in range(20)}
    assert len(values) == 20
    assert all(value.startswith("mcp_") and len(value) == 68 for value in values)


def test_a_token_says_what_it_leaves_of_the_tools() -> None:
    assert AccessToken().mcp_narrowing == EVERYTHING
    assert AccessToken(is_read_only=True, tools=" list_*\r\n\r\nretrieve_* ").mcp_narrowing == Narrowing(
        read_only=True, include=("list_*", "retrieve_*")
    )


def test_other_bearer_tokens_are_left_to_other_classes() -> None:
    class Bearer(TokenAuthentication):
        keyword = "Bearer"

    client = MCPClient(UserFactory())
    key = client.headers["HTTP_AUTHORIZATION"].removeprefix("Token ")
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [AccessTokenAuthentication, Bearer]}):
        assert caller(key).post(PING).status_code == 200
        assert caller("jwt.like.value").post(PING).status_code == 401


def test_the_endpoint_takes_tokens_by_itself_and_only_where_it_was_left_to_it() -> None:
    assert endpoint_authentication_classes() == [AccessTokenAuthentication, TokenAuthentication]
    _, value = make_token()
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [TokenAuthentication]}):
        response = caller(value).post(PING)
    assert response.status_code == 401
    assert "mcp_token" not in response.content.decode()


def test_a_token_is_for_the_endpoint_and_no_other_view() -> None:
    """What it leaves of the tools would mean nothing there."""
    _, value = make_token(is_read_only=True)
    response = Client(HTTP_AUTHORIZATION=f"Bearer {value}").post("/things2/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_without_its_table_no_token_is_known(transactional_db) -> None:
    _, value = make_token()
    with connection.schema_editor() as editor:
        editor.delete_model(AccessToken)
    try:
        assert not has_table()
        assert caller(value).post(PING).status_code == 401
        assert MCPClient(UserFactory()).post(PING).status_code == 200
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(AccessToken)
    assert has_table()


def test_a_database_that_does_not_answer_refuses_nobody() -> None:
    """A client that is told that its token is bad throws it away."""

    def fail(*args):
        raise OperationalError("no route to host")

    _, value = make_token()
    with connection.execute_wrapper(fail):
        response = caller(value).post(PING)
    assert json.loads(response.content)["error"]["code"] == -32603
    assert "host" not in response.content.decode()


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer x y",
        "Basic",
        "Basic YTpi",
        "mcp_",
        "Token \xff\xfe",
        "Token a\x00b",
        "\x1b[31m",
        "Bearer mcp_a,Bearer mcp_b",
        "Bearer mcp_a, mcp_b",
        "Token a,Token b",
        "Bearer " + "a" * 100_000,
        "a" * 100_000,
    ],
    ids=lambda header: ascii(header)[:20],
)
@pytest.mark.parametrize("anonymous", [False, True])
def test_junk_is_refused_and_writes_nothing(header, anonymous) -> None:
    UserFactory(username="alice")
    with CaptureQueriesContext(connection) as queries, override_settings(DRF_MCP={"ANONYMOUS": anonymous}):
        response = MCPClient(HTTP_AUTHORIZATION=header).post(PING)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="mcp", error="invalid_token"'
    assert "alice" not in response.content.decode()
    assert len(queries) <= 1
    assert all(query["sql"].startswith("SELECT") for query in queries)
