"""Django's cache in the database: what is put there within a transaction is rolled back with it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.changes import hub
from tests.factories import StatelessClient, UserFactory, mcp_urls, text_of

TABLE = "cache_of_tests"

YES = {"question_1": {"action": "accept", "content": {"name": "Ann"}}}


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class OnceAnHour(SimpleRateThrottle):
    scope, rate = "once", "1/hour"

    def get_cache_key(self, request, view):
        return "throttle:cache-in-database"


class Questions(ViewSet):
    @mcp_tool(name="ask_once_an_hour", asks=True)
    @action(detail=False, methods=["post"], throttle_classes=[OnceAnHour], authentication_classes=[])
    def once_an_hour(self, request):
        return Response(request.mcp.elicit("Your name?", NameSerializer))

    @mcp_tool(name="confirm_and_ask", asks=True, destructive=True)
    @action(detail=False, methods=["post"])
    def confirm_and_ask(self, request):
        return Response(request.mcp.elicit("Your name?", NameSerializer))


router = SimpleRouter()
router.register("questions", Questions, basename="question")
urlpatterns = [*router.urls, *mcp_urls()]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def in_database(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": TABLE}}


@pytest.fixture
def table(in_database):
    call_command("createcachetable")


@pytest.fixture
def client():
    return StatelessClient(capabilities={"elicitation": {}})


def play(client: StatelessClient, tool: str, arguments: Any = None) -> dict[str, Any]:
    """Call a tool and answer its one question."""
    params = {"name": tool, "arguments": arguments or {}}
    asked = client.send("tools/call", params)["result"]
    if asked["resultType"] == "complete":
        return asked
    more = {"requestState": asked["requestState"], "inputResponses": YES}
    return client.send("tools/call", {**params, **more})["result"]


def test_a_save_within_a_transaction_asks_it_nothing(in_database):
    # Its table is missing, and on PostgreSQL a query that fails spoils the project's transaction.
    hub.look_at = 0.0
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        UserFactory()
    assert [query["sql"] for query in queries if TABLE in query["sql"]] == []


def test_a_call_that_asks_is_counted_by_throttles(table, client):
    assert play(client, "ask_once_an_hour")["structuredContent"] == {"name": "Ann"}
    assert play(client, "ask_once_an_hour")["structuredContent"]["code"] == "throttled"


def test_a_code_is_good_once_for_a_call_that_asks(table, settings, client):
    settings.DRF_MCP = {"ANONYMOUS": True, "CONFIRM": "destructive"}
    refused = StatelessClient().send("tools/call", {"name": "confirm_and_ask", "arguments": {}})["result"]
    code = re.search(r'"confirmation_code": "([^"]+)"', text_of(refused))[1]

    assert play(client, "confirm_and_ask", {"confirmation_code": code})["structuredContent"] == {"name": "Ann"}
    again = client.send("tools/call", {"name": "confirm_and_ask", "arguments": {"confirmation_code": code}})
    assert again["error"]["data"]["argument"] == "confirmation_code"
