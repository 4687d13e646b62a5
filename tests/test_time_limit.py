"""The time limit of a call: its client is answered in time, and what goes on is stopped where that can be."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from adrf.viewsets import ViewSet as AsyncViewSet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test import override_settings
from django.utils import translation
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool, prompt, resource, time_limit
from drf_mcp.channel import CallCancelled
from drf_mcp.models import Call
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls, routed, text_of
from users.models import User

release, ended = threading.Event(), threading.Event()
SHORT = 0.05


class Work(ViewSet):
    @mcp_tool(name="hang", time_limit=SHORT)
    @action(detail=False, methods=["post"])
    def hang(self, request):
        UserFactory(username="written")
        release.wait(30)
        return Response({})

    @mcp_tool(name="report", time_limit=SHORT, reports=True)
    @action(detail=False, methods=["post"])
    def report(self, request):
        release.wait(30)
        try:
            request.mcp.report_progress(1)
        except CallCancelled:
            ended.set()
            raise
        return Response({})

    @mcp_tool(name="count", time_limit=SHORT, reports=True)
    @action(detail=False, methods=["post"])
    def count(self, request):
        try:
            for step in range(1, 1000):
                request.mcp.report_progress(step)
                time.sleep(0.01)
        finally:
            ended.set()
        return Response({})

    @mcp_tool(name="quick", time_limit=30)
    @action(detail=False, methods=["post"])
    def quick(self, request):
        return Response({"thread": threading.current_thread().name, "language": translation.get_language()})

    @mcp_tool(name="refuse", time_limit=30)
    @action(detail=False, methods=["post"])
    def refuse(self, request):
        raise NotFound

    @mcp_tool(name="late", time_limit=30)
    @action(detail=False, methods=["post"])
    def late(self, request):
        raise TimeoutError("what the view waited for")

    @mcp_tool(name="patient", time_limit=0)
    @action(detail=False, methods=["post"])
    def patient(self, request):
        return Response({"thread": threading.current_thread().name})

    @mcp_tool(name="other")
    @action(detail=False, methods=["post"])
    def other(self, request):
        return Response({"thread": threading.current_thread().name})


class Slow(ViewSet):
    @mcp_tool(time_limit=SHORT)
    def list(self, request):
        release.wait(30)
        return Response([])


class Async(AsyncViewSet):
    @mcp_tool(name="wait", time_limit=SHORT)
    @action(detail=False, methods=["post"])
    async def wait(self, request: Any) -> Response:
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()
        return Response({})


urlpatterns = [
    *routed(Work),
    *routed(Slow, prefix="slow", basename="slow"),
    *routed(Async, prefix="async", basename="async"),
    *mcp_urls(),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    release.clear()
    ended.clear()
    yield
    release.set()
    for thread in threads():
        thread.join(10)
    assert not any(time_limit._left.values())


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "drf_mcp-limited"]


def assert_took_too_long(result: dict[str, Any]) -> None:
    assert result["isError"] is True
    told = result["structuredContent"]
    assert (told["status"], told["code"]) == (504, "time_limit")
    assert text_of(result) == told["detail"]
    assert told["detail"].startswith("The tool took longer than 0.05 seconds. It may still finish")


@pytest.mark.parametrize("atomic", [True, False])
def test_who_waits_is_answered_in_time_and_a_transaction_that_ends_too_late_is_rolled_back(monkeypatch, atomic) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    # SQLite takes no row while the view's own transaction is open.
    with override_settings(DRF_MCP={"ANONYMOUS": True, "RECORD": "none" if atomic else "all"}):
        assert_took_too_long(MCPClient().call("hang"))
    (thread,) = threads()
    release.set()
    thread.join(10)
    assert User.objects.filter(username="written").exists() is not atomic
    recorded = [(call.outcome, call.status) for call in Call.objects.all()]
    assert recorded == ([] if atomic else [("refused", 504)])


def test_a_view_stops_at_its_next_report() -> None:
    assert_took_too_long(MCPClient().call("report"))
    release.set()
    assert ended.wait(10)


def test_a_stream_ends_in_time_too() -> None:
    client = StatelessClient(**{"wsgi.multithread": True, "HTTP_ACCEPT": "application/json, text/event-stream"})
    response = client.ask("tools/call", {"name": "count"}, meta={"progressToken": "p"})
    body = b"".join(response.streaming_content).decode()
    first, *_, last = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]
    assert first["params"] == {"progressToken": "p", "progress": 1}
    assert_took_too_long(last["result"])
    assert ended.wait(10)


def test_an_async_view_is_cancelled_where_it_waits() -> None:
    assert_took_too_long(MCPClient().call("wait"))
    assert ended.wait(10)


def test_a_call_in_time_is_answered_as_any_other() -> None:
    with translation.override("de"):
        result = MCPClient().call("quick")
    assert result["structuredContent"] == {"thread": "drf_mcp-limited", "language": "de"}
    assert MCPClient().call("refuse")["structuredContent"]["status"] == 404
    assert MCPClient().fail("late")["code"] == -32603


def test_the_setting_holds_for_tools_that_say_nothing() -> None:
    assert MCPClient().call("other")["structuredContent"] == {"thread": "MainThread"}
    with override_settings(DRF_MCP={"ANONYMOUS": True, "TIME_LIMIT": 30}):
        assert MCPClient().call("other")["structuredContent"] == {"thread": "drf_mcp-limited"}
        assert MCPClient().call("patient")["structuredContent"] == {"thread": "MainThread"}


def test_a_call_in_an_open_transaction_stays_in_it() -> None:
    with transaction.atomic():
        assert MCPClient().call("quick")["structuredContent"]["thread"] == "MainThread"


def test_no_more_calls_of_a_tool_are_left_behind_than_a_process_can_bear(monkeypatch) -> None:
    monkeypatch.setattr(time_limit, "MAX_LEFT", 1)
    assert_took_too_long(MCPClient().call("hang"))
    refused = MCPClient().call("hang")["structuredContent"]
    assert (refused["status"], refused["code"]) == (503, "too_many_unfinished")
    assert MCPClient().call("quick")["isError"] is False


@pytest.mark.usefixtures("declared")
def test_resources_and_prompts_have_a_limit_too() -> None:
    @resource("slow://{name}")
    def slow(name: str) -> str:
        """Take long."""
        release.wait(30)
        return name

    @prompt()
    def think() -> str:
        """Take long."""
        release.wait(30)
        return "done"

    with override_settings(DRF_MCP={"ANONYMOUS": True, "TIME_LIMIT": 1}):
        for method, params, kind, seconds in [
            ("resources/read", {"uri": "drf:///slow/"}, "resource", SHORT),
            ("resources/read", {"uri": "slow://down"}, "resource", 1),
            ("prompts/get", {"name": "think"}, "prompt", 1),
        ]:
            error = MCPClient().send(method, params)["error"]
            detail = f"The {kind} took longer than {seconds} seconds."
            said = {"status": 504, "code": "time_limit", "detail": detail}
            assert error == {"code": 504, "message": detail, "data": {**params, **said}}
        assert [(call.outcome, call.error_code) for call in Call.objects.all()] == [("error", 504)] * 3


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_what_is_no_time_is_refused(seconds) -> None:
    with pytest.raises(ImproperlyConfigured, match="number of seconds"):
        mcp_tool(time_limit=seconds)
