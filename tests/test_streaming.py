"""Streams in process: what the thread of a call is given, and what is left when the client has gone."""

from __future__ import annotations

import gc
import json
import threading
import time
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.http import StreamingHttpResponse
from django.urls import get_script_prefix, get_urlconf
from django.utils import timezone, translation
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool, streaming
from drf_mcp.channel import CallCancelled
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls, routed

seen: dict[str, Any] = {}
ended = threading.Event()
release = threading.Event()


class Work(ViewSet):
    @mcp_tool(name="look", reports=True)
    @action(detail=False, methods=["post"])
    def look(self, request):
        seen["thread"] = threading.current_thread().name
        seen["cache"] = caches["default"]
        seen["zone"] = timezone.get_current_timezone_name()
        request.mcp.report_progress(1)
        return Response({"language": translation.get_language(), "prefix": get_script_prefix()})

    @mcp_tool(name="work_on", reports=True)
    @action(detail=False, methods=["post"])
    def work_on(self, request):
        release.wait(30)
        try:
            while True:
                request.mcp.report_progress(1)
        except CallCancelled:
            ended.set()
            raise

    @mcp_tool(name="chunks", reports=True)
    @action(detail=False, methods=["post"])
    def chunks(self, request):
        return StreamingHttpResponse(seen.get("stream") or iter(seen["pieces"]), content_type=seen["type"])

    @mcp_tool(name="silent")
    @action(detail=False, methods=["post"])
    def silent(self, request):
        seen["thread"] = threading.current_thread().name
        return Response({"told": request.mcp.report_progress(1), "hung up": request.mcp.hang_up()})


urlpatterns = [*routed(Work), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

THREADS: dict[str, Any] = {"wsgi.multithread": True, "HTTP_ACCEPT": "application/json, text/event-stream"}


@pytest.fixture(autouse=True)
def _fresh():
    seen.clear()
    ended.clear()
    release.clear()
    cache.clear()


@pytest.fixture
def client():
    return StatelessClient(**THREADS)


def call(client: StatelessClient, tool: str) -> Any:
    return client.ask("tools/call", {"name": tool}, meta={"progressToken": "p"})


def messages(response: Any) -> list[Any]:
    body = b"".join(response.streaming_content).decode()
    return [json.loads(line.removeprefix("data: ")) for line in body.splitlines() if line.startswith("data: ")]


def test_a_call_that_speaks_runs_in_a_thread_with_the_surroundings_of_the_request(client):
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        response = call(client, "look")
        *_, answer = messages(response)

    assert seen["thread"] == "drf_mcp-call"
    assert seen["cache"] is not caches["default"]
    assert seen["zone"] == "Asia/Tokyo"
    assert answer["result"]["structuredContent"] == {"language": "de", "prefix": "/"}
    assert get_urlconf() is None


def test_a_stream_is_neither_kept_nor_compressed(client):
    response = call(client, "look")
    response.close()

    assert response["Content-Type"] == "text/event-stream"
    assert response["Cache-Control"] == "no-store, no-transform"
    assert response["X-Accel-Buffering"] == "no"
    assert response["Content-Encoding"] == "identity"
    assert response["Vary"] == "Authorization"


def test_middleware_that_compresses_leaves_a_stream_alone(client, settings):
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE]
    client.headers["HTTP_ACCEPT_ENCODING"] = "gzip"

    assert len(messages(call(client, "look"))) == 2


@pytest.mark.parametrize("accept", ["application/json", "", "text/event-stream;q=0, application/json"])
def test_a_client_that_reads_no_events_gets_none(accept):
    client = StatelessClient(**{**THREADS, "HTTP_ACCEPT": accept})

    assert call(client, "look")["Content-Type"] == "application/json"
    assert seen["thread"] != "drf_mcp-call"


def test_an_action_that_does_not_say_that_it_reports_reports_nothing(client):
    response = call(client, "silent")

    assert response.json()["result"]["structuredContent"] == {"told": False, "hung up": False}
    assert seen["thread"] != "drf_mcp-call"


def test_a_response_that_is_dropped_unread_cancels_the_call(client, monkeypatch):
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.01)
    response = call(client, "work_on")
    assert response.streaming

    del response
    gc.collect()
    release.set()
    assert ended.wait(30)


def test_a_response_that_is_closed_in_the_middle_cancels_the_call(client):
    release.set()
    response = call(client, "work_on")
    next(response.streaming_content)
    response.close()

    assert ended.wait(30)


def test_a_text_that_comes_in_chunks_is_passed_on_whole_characters_at_a_time(client):
    snowman = "☃".encode()
    seen.update(type="text/plain; charset=utf-8", pieces=["a", snowman[:1], snowman[1:], "b"])

    *heard, answer = messages(call(client, "chunks"))

    assert [message["params"]["message"] for message in heard] == ["a", "☃", "b"]
    assert [message["params"]["progress"] for message in heard] == [1, 3, 4]
    assert answer["result"]["content"] == [{"type": "text", "text": "a☃b"}]


def test_chunks_of_a_coroutine_are_passed_on_as_well(client):
    async def pieces():
        for piece in ("one ", "two"):
            yield piece

    seen.update(type="text/plain", stream=pieces())

    *heard, answer = messages(call(client, "chunks"))

    assert [message["params"]["message"] for message in heard] == ["one ", "two"]
    assert answer["result"]["content"] == [{"type": "text", "text": "one two"}]


def test_chunks_that_come_too_fast_go_together(client):
    seen.update(type="text/plain", pieces=[f"{number} " for number in range(500)])

    *heard, answer = messages(call(client, "chunks"))

    text = answer["result"]["content"][0]["text"]
    said = "".join(message["params"]["message"] for message in heard)
    assert text == "".join(seen["pieces"])
    assert text.startswith(said)
    assert 20 <= len(heard) < 500


def test_chunks_of_bytes_are_the_results_alone(client):
    seen.update(type="image/png", pieces=[b"\x89", b"PNG"])

    assert call(client, "chunks").json()["result"]["content"][0]["type"] == "image"


def test_a_session_is_opened_only_where_a_thread_could_speak():
    threads, none = MCPClient(**{**THREADS, "wsgi.multiprocess": False}), MCPClient()
    initialize = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}

    assert "Mcp-Session-Id" in threads.post(initialize)
    assert threads.post(initialize).json()["result"]["capabilities"]["logging"] == {}
    assert "Mcp-Session-Id" not in none.post(initialize)
    assert "logging" not in none.post(initialize).json()["result"]["capabilities"]


@pytest.mark.parametrize("token", [True, 1.5, {}, None])
def test_a_token_is_a_string_or_a_whole_number(client, token):
    assert (
        client.ask("tools/call", {"name": "look"}, meta={"progressToken": token})["Content-Type"] == "application/json"
    )


def test_a_caller_leaves_only_so_many_calls_behind(monkeypatch):
    monkeypatch.setattr(streaming, "MAX_LEFT", 2)
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.01)
    user = UserFactory()
    client, other = StatelessClient(user, **THREADS), StatelessClient(UserFactory(), **THREADS)
    left = [call(client, "work_on") for _ in range(2)]
    read = call(client, "work_on")
    next(read.streaming_content)
    for response in left:
        next(response.streaming_content)
        response.close()

    refused = call(client, "look")
    assert (refused.status_code, refused["Retry-After"], refused.json()["error"]["code"]) == (429, "10", 429)
    assert call(client, "silent").status_code == 200  # which speaks not, and so runs in the request
    assert len(messages(call(other, "look"))) == 2

    read.close()
    release.set()
    for _ in range(200):
        if not streaming._running:
            break
        time.sleep(0.02)
    assert len(messages(call(client, "look"))) == 2
