"""What local clients meet beside the messages: sessions that end, streams that hang up, and pages of other views."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.urls import path
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.local import LocalClient, LocalEndpoint, Relay
from drf_mcp.protocol.heard import ResponseError
from drf_mcp.stdio import StdioServer
from drf_mcp.views import MCPView
from tests.factories import mcp_urls, routed

HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


class Work(ViewSet):
    @mcp_tool(name="hang_up", reports=True)
    @action(detail=False, methods=["post"])
    def hang_up(self, request: Request) -> Response:
        return Response({"hung_up": request.mcp.hang_up(retry=0)})


def a_page(request: Any) -> HttpResponse:
    return HttpResponse("<html>Log in first.</html>")


a_page.cls = MCPView  # type: ignore[attr-defined]

urlpatterns = [*routed(Work), *mcp_urls(), path("closed/", a_page)]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


def serve(*messages: Any, path: str | None = None) -> list[Any]:
    said: list[bytes] = []
    StdioServer(Relay(LocalEndpoint(path=path)), said.append).serve(f"{json.dumps(m)}\n".encode() for m in messages)
    return [json.loads(line) for line in said]


def call(name: str, request_id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": {"name": name, "arguments": {}}}


def test_a_stream_that_hangs_up_is_followed_to_its_end() -> None:
    opened, answer = serve(HELLO, call("hang_up"))

    assert opened["id"] == 0
    assert answer["result"]["structuredContent"] == {"hung_up": True}


def test_a_session_that_is_over_is_opened_again() -> None:
    said: list[bytes] = []
    server = StdioServer(Relay(LocalEndpoint()), said.append)
    server.serve([json.dumps(HELLO).encode()])
    cache.clear()
    server.serve([json.dumps(call("hang_up")).encode()])

    assert json.loads(said[-1])["result"]["structuredContent"] == {"hung_up": True}
    assert len(said) == 2


def test_what_http_refuses_answers_the_request_that_was_sent(settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": False}

    (answer,) = serve(call("hang_up", "seven"))

    assert answer["id"] == "seven"
    assert answer["error"]["code"] == 401


def test_a_page_in_front_of_the_endpoint_is_an_error_without_its_words(caplog: Any) -> None:
    (answer,) = serve(call("hang_up"), path="/closed/")

    assert answer["id"] == 1
    assert answer["error"]["code"] == -32603
    assert "Log in" not in json.dumps(answer)
    with pytest.raises(ResponseError, match="without a response"):
        LocalClient(path="/closed").call_tool("hang_up")
