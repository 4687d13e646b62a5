"""What is told of each call, to whoever hears it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.calls import FinishedCall, RunningCall, running_call
from drf_mcp.signals import call_finished, call_started
from tests.factories import MCPClient, StatelessClient, TokenFactory, mcp_urls, routed

PARENT = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
OTHER_PARENT = "00-1af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


class Order(serializers.Serializer):
    number = serializers.IntegerField()


class Orders(ViewSet):
    serializer_class = Order

    @mcp_tool(name="place")
    @action(detail=False, methods=["post"])
    def place(self, request):
        order = Order(data=request.data)
        order.is_valid(raise_exception=True)
        return Response(order.data, status=201)

    @mcp_tool(name="refuse")
    @action(detail=False)
    def refuse(self, request):
        raise PermissionDenied

    @mcp_tool(name="break")
    @action(detail=False)
    def break_(self, request):
        raise RuntimeError("secret")

    @mcp_tool(name="ask", asks=True)
    @action(detail=False, methods=["post"])
    def ask(self, request):
        return Response(request.mcp.elicit("How many?", Order))

    @mcp_tool(name="trace")
    @action(detail=False)
    def trace(self, request):
        running = running_call.get()
        return Response({"trace": running and running.trace_id})


urlpatterns = [*routed(Orders), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def heard():
    calls: list[Any] = []

    def hear(sender: Any, call: Any, **kwargs: Any) -> None:
        calls.append(call)

    call_finished.connect(hear)
    yield calls
    call_finished.disconnect(hear)


def the_call(heard: list[Any]) -> FinishedCall:
    (call,) = heard
    return call


def test_a_call_that_succeeds_is_told(heard) -> None:
    token = TokenFactory()
    MCPClient(token.user).call("place", number=3)

    call = the_call(heard)
    assert (call.method, call.name, call.outcome) == ("tools/call", "place", "ok")
    assert (call.status, call.error_code, call.error_id) == (201, None, "")
    assert (call.request_id, call.revision, call.user_pk) == (1, "2025-06-18", token.user.pk)
    assert call.duration_ms > 0
    assert call.arguments is None


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome", "status", "code"),
    [
        ("refuse", {}, "refused", 403, None),
        ("break", {}, "error", 500, -32603),
        ("place", {"number": "x"}, "error", 400, -32602),
        ("nope", {}, "error", None, -32602),
    ],
)
def test_a_call_that_fails_is_told_as_failed_though_http_says_200(heard, tool, arguments, outcome, status, code):
    response = MCPClient(TokenFactory().user).post(
        {"jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    )

    assert response.status_code == 200
    call = the_call(heard)
    assert (call.name, call.outcome, call.status, call.error_code) == (tool, outcome, status, code)
    assert bool(call.error_id) == (code == -32603)


def test_a_call_that_asks_is_told_once_for_each_round(heard) -> None:
    client = StatelessClient(capabilities={"elicitation": {}})
    asked = client.send("tools/call", {"name": "ask"})["result"]
    (question,) = asked["inputRequests"]
    answers = {question: {"action": "accept", "content": {"number": 2}}}
    client.send("tools/call", {"name": "ask", "inputResponses": answers, "requestState": asked["requestState"]})

    assert [(call.outcome, call.status) for call in heard] == [("asked", None), ("ok", 200)]


def test_a_token_whose_key_is_the_credential_is_told_by_a_digest(heard) -> None:
    token = TokenFactory()
    MCPClient(token.user).send("ping")

    told = the_call(heard).token_pk
    assert len(told) == 12
    assert told not in token.key


class NumberedToken:
    """A token whose primary key says nothing."""

    pk = 7


class NumberedTokens:
    def authenticate(self, request):
        return Token.objects.get().user, NumberedToken()

    def authenticate_header(self, request):
        return "Bearer"


def test_a_token_is_told_by_its_primary_key(heard) -> None:
    TokenFactory()
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [NumberedTokens]}):
        MCPClient(HTTP_AUTHORIZATION="Bearer abc").send("ping")

    assert the_call(heard).token_pk == 7


def test_the_client_is_told_where_it_says_who_it_is(heard) -> None:
    info = {"name": "Ann\nIE", "version": "2", "title": "Annie"}
    StatelessClient().ask("tools/list", meta={"io.modelcontextprotocol/clientInfo": info})
    MCPClient(version=None).send("initialize", {"clientInfo": {"name": "x", "version": 2}})

    assert [(call.client_name, call.client_version) for call in heard] == [("Ann\\nIE", "2"), ("x", "")]


@pytest.mark.parametrize(
    ("meta", "headers", "expected"),
    [
        ({"traceparent": PARENT}, {"HTTP_TRACEPARENT": OTHER_PARENT}, PARENT),
        ({}, {"HTTP_TRACEPARENT": OTHER_PARENT}, OTHER_PARENT),
        ({"traceparent": "nonsense"}, {}, "--"),
    ],
)
def test_the_trace_is_that_of_the_message_else_of_http(heard, meta, headers, expected) -> None:
    answer = StatelessClient().ask("tools/call", {"name": "trace"}, meta=meta, **headers).json()

    assert the_call(heard).trace_id == expected.split("-")[1]
    assert answer["result"]["structuredContent"]["trace"] == expected.split("-")[1]
    assert running_call.get() is None


def test_what_a_receiver_raises_costs_the_caller_nothing(heard, caplog) -> None:
    started: list[RunningCall] = []

    def hear(call: RunningCall, **kwargs: Any) -> None:
        started.append(call)
        raise RuntimeError

    call_started.connect(hear)
    call_finished.connect(hear)
    try:
        assert MCPClient().send("ping")["result"] == {}
    finally:
        call_started.disconnect(hear)
        call_finished.disconnect(hear)

    assert started[0].message.method == "ping"
    assert len(heard) == 1
