"""The audit: which calls are kept, and what a call pays where they cannot be."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from contextlib import contextmanager

import pytest
from django.contrib.auth import get_user_model
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, connection, models, transaction
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory, override_settings
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import audit, mcp_tool
from drf_mcp.models import Call
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls, routed

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]


def recorded(setting: str, **others: object):
    return override_settings(DRF_MCP={"ANONYMOUS": True, "RECORD": setting, **others})


@pytest.fixture
def caller():
    return UserFactory(username="ada", is_staff=True, is_superuser=True)


@pytest.fixture
def client(caller) -> MCPClient:
    return MCPClient(caller, HTTP_USER_AGENT="claude-code/2.1.3 (cli)")


def test_a_write_is_kept_with_who_called_what_and_how_it_ended(client, caller) -> None:
    other = UserFactory(is_active=False)

    client.call("activate_users_user", id=other.pk)

    call = Call.objects.get()
    assert (call.method, call.name, call.is_write) == ("tools/call", "activate_users_user", True)
    assert (call.user, call.username) == (caller, "ada")
    assert (call.outcome, call.status, call.error_code) == ("ok", 200, None)
    assert (call.object_model, call.object_id) == ("users.user", str(other.pk))
    assert (call.client_name, call.client_version) == ("claude-code", "2.1.3")
    assert (call.request_id, call.arguments) == ("1", "")
    assert call.duration_ms > 0
    assert call.size


def test_the_credential_is_not_kept_even_where_it_is_the_tokens_primary_key(client, caller) -> None:
    key = client.headers["HTTP_AUTHORIZATION"].removeprefix("Token ")

    client.call("activate_users_user", id=caller.pk)

    call = Call.objects.values().get()
    assert call["token_pk"]
    assert key not in json.dumps(call, default=str)


def test_what_a_call_has_made_is_its_object(client) -> None:
    made = client.call("create_users_user", username="new", email="new@example.com", password="password123")

    assert not made["isError"]
    call = Call.objects.get()
    assert (call.object_model, call.object_id) == ("users.user", str(get_user_model().objects.get(username="new").pk))


def test_by_default_reads_are_left_out_and_failures_are_not(client) -> None:
    client.call("list_users_user")
    client.send("resources/read", {"uri": "drf:///api/users/"})
    assert not Call.objects.exists()

    client.call("retrieve_users_user", id=0)
    client.fail("list_users_user", nonsense=1)
    client.fail("no_such_tool")
    client.send("resources/read", {"uri": "drf:///api/users/0/"})
    kept = [(call.name, call.outcome, call.status, call.error_code, call.is_write) for call in Call.objects.all()]
    assert kept[::-1] == [
        ("retrieve_users_user", "refused", 404, None, False),
        ("list_users_user", "error", None, -32602, False),
        ("no_such_tool", "error", None, -32602, False),
        ("drf:///api/users/{id}/", "error", 404, -32002, False),
    ]


def test_all_calls_of_tools_resources_and_prompts_are_kept_where_that_is_wanted(client) -> None:
    with recorded("all"):
        client.list_tools()
        client.send("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}})
        client.call("list_users_user")
        client.send("resources/read", {"uri": "drf:///api/users/"})
        client.send("prompts/get", {"name": "no_such_prompt"})
        client.send("call_tool", {"name": "list_users_user"})

    assert [call.method for call in Call.objects.order_by("id")] == [
        "tools/call",
        "resources/read",
        "prompts/get",
        "tools/call",
    ]


def test_nothing_is_kept_where_nothing_is_wanted(client) -> None:
    with recorded("none"):
        client.call("retrieve_users_user", id=0)

    assert not Call.objects.exists()


def test_the_client_is_called_as_it_calls_itself(caller) -> None:
    meta = {"io.modelcontextprotocol/clientInfo": {"name": "Cursor", "version": "3.1"}}

    StatelessClient(caller).ask("tools/call", {"name": "retrieve_users_user", "arguments": {"id": 0}}, meta=meta)

    assert Call.objects.values_list("client_name", "client_version").get() == ("Cursor", "3.1")


def test_an_anonymous_caller_has_no_name() -> None:
    MCPClient().call("retrieve_users_user", id=0)

    assert Call.objects.values_list("user_id", "username").get() == (None, "")


def test_arguments_are_kept_masked_and_short_where_that_is_wanted(client) -> None:
    with recorded("writes", RECORD_ARGUMENTS=True):
        client.call("create_users_user", username="new", email="new@example.com", password="password123")
        client.fail("create_users_user", **{f"x{number}": "x" * 100 for number in range(200)})
        client.fail("no_such_tool", api_key="hush")
        client.fail("hunter2 is my password")

    *calls, no_name = Call.objects.order_by("id")
    short, long, unknown = (call.arguments for call in calls)
    assert no_name.name == ""
    assert json.loads(short) == {"username": "new", "email": "new@example.com", "password": "***"}
    assert len(long) == audit.MAX_ARGUMENTS
    assert unknown == '{"api_key": "***"}'


def test_a_name_of_any_length_and_kind_is_kept(client) -> None:
    client.fail("x" * 300)
    client.fail("nul\0<b>")

    long, odd = (call.name for call in Call.objects.order_by("id"))
    assert len(long) <= 255
    assert "\0" not in odd


def test_a_callers_own_account_can_be_deleted_and_its_calls_stay(client, caller) -> None:
    client.call("destroy_users_user", id=caller.pk)

    assert not get_user_model().objects.filter(username="ada").exists()
    call = Call.objects.get()
    assert (call.username, call.user_id) == ("ada", caller.pk)


class Undoing(ViewSet):
    @mcp_tool(name="undo")
    @action(detail=False, methods=["post"])
    def undo(self, request):
        with transaction.atomic():
            UserFactory(username="undone")
            transaction.set_rollback(True)
        return Response({"undone": True}, status=409)


urlpatterns = [*routed(Undoing), *mcp_urls()]


@pytest.mark.urls(__name__)
def test_a_call_that_was_rolled_back_is_kept(transactional_db, settings) -> None:
    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = True
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        MCPClient().call("undo")
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False

    assert Call.objects.values_list("name", "status").get() == ("undo", 409)
    assert not get_user_model().objects.filter(username="undone").exists()


class Wrapping:
    """Middleware that has a transaction around the whole request, and undoes it."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        with transaction.atomic():
            response = self.get_response(request)
            transaction.set_rollback(True)
        return response


@pytest.mark.urls(__name__)
def test_a_call_is_kept_where_a_transaction_around_the_whole_request_is_rolled_back(transactional_db, settings) -> None:
    settings.MIDDLEWARE = [f"{__name__}.Wrapping"]

    MCPClient().call("undo")

    assert Call.objects.count() == 1


def posted(tool: str, **arguments: object) -> dict[str, object]:
    """The environ of a call."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    return RequestFactory().post("/mcp/", message, content_type="application/json").environ


@pytest.mark.urls(__name__)
def test_under_wsgi_the_client_has_its_answer_before_the_call_is_written(transactional_db) -> None:
    response = WSGIHandler()(posted("undo"), lambda *args: None)
    assert json.loads(b"".join(response))["result"]["isError"]
    assert not Call.objects.exists()

    response.close()
    assert Call.objects.count() == 1


class Replacing:
    """Middleware that throws the answer away."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        self.get_response(request)
        return HttpResponse("Something else")


@pytest.mark.urls(__name__)
def test_a_call_is_kept_whose_answer_middleware_throws_away(transactional_db, settings) -> None:
    settings.MIDDLEWARE = [f"{__name__}.Replacing"]

    MCPClient().post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "undo"}})

    assert Call.objects.count() == 1


@pytest.mark.urls(__name__)
def test_under_asgi_the_call_is_written_before_its_answer_goes(transactional_db) -> None:
    async def ask() -> int:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "undo"}}
        request = AsyncRequestFactory().post("/mcp/", message, content_type="application/json")
        handler = ASGIHandler()
        # The client has gone by now: nobody closes this response.
        await handler.get_response_async(request)
        return await Call.objects.acount()

    assert asyncio.run(ask()) == 1


@contextmanager
def without_table():
    """The table of the calls, away."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE drf_mcp_call RENAME TO drf_mcp_call_away")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE drf_mcp_call_away RENAME TO drf_mcp_call")


@pytest.mark.django_db(transaction=True)
def test_without_its_table_calls_are_answered_and_the_log_says_it_once(client, caller, caplog) -> None:
    with without_table(), caplog.at_level(logging.ERROR, logger="drf_mcp"):
        for _ in range(3):
            assert not client.call("activate_users_user", id=caller.pk)["isError"]
        # Nor does the deletion of a user need it.
        assert not client.call("destroy_users_user", id=UserFactory().pk)["isError"]
    assert [record.getMessage()[:40] for record in caplog.records] == ["Calls are answered, but not recorded. Ru"]

    client.call("activate_users_user", id=caller.pk)
    assert Call.objects.count() == 1


def test_a_failure_within_a_tests_transaction_does_not_break_it(client, caller, caplog) -> None:
    with without_table():
        assert not client.call("activate_users_user", id=caller.pk)["isError"]

    assert "not recorded" in caplog.text
    audit._state["fails"] = False
    client.call("activate_users_user", id=caller.pk)
    assert Call.objects.count() == 1


class OtherDatabase:
    """A router that cannot say where the calls are."""

    def db_for_write(self, model, **hints):
        if model is Call:
            raise DatabaseError("no database")


def test_a_router_that_fails_costs_the_caller_nothing(client, caller, settings, caplog) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.OtherDatabase"]
    try:
        assert not client.call("activate_users_user", id=caller.pk)["isError"]
    finally:
        audit._state["fails"] = False

    assert "no database" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_calls_at_the_same_time_are_all_kept(caller) -> None:
    def call() -> None:
        try:
            MCPClient(caller).call("retrieve_users_user", id=0)
        finally:
            connection.close()

    MCPClient(caller)  # makes the token
    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Call.objects.count() == 4


def test_the_user_of_a_call_is_no_constraint() -> None:
    field = Call._meta.get_field("user")
    assert not field.db_constraint
    assert field.remote_field.on_delete is models.DO_NOTHING
