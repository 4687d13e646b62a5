"""OpenTelemetry's own SDK, and what it is told of calls."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import baggage, metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.signals import call_finished, call_started
from tests.factories import MCPClient, StatelessClient, mcp_urls, routed
from tests.servers import ROOT

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
OTHER = f"00-1{TRACE[1:]}-{SPAN}-01"
SECRET = "s3cr3t-of-ann"
tracer = trace.get_tracer("tests")


class Cup(serializers.Serializer):
    size = serializers.IntegerField()


class Cups(ViewSet):
    @mcp_tool(name="pour", input=Cup, reports=True)
    @action(detail=False, methods=["post"])
    def pour(self, request):
        cup = Cup(data=request.data)
        cup.is_valid(raise_exception=True)
        request.mcp.report_progress(1)
        with tracer.start_as_current_span("query"):
            return Response({"secret": SECRET, "shop": baggage.get_baggage("shop")})

    @mcp_tool(name="lost")
    @action(detail=False)
    def lost(self, request):
        raise NotFound(SECRET)

    @mcp_tool(name="broken")
    @action(detail=False)
    def broken(self, request):
        raise RuntimeError(SECRET)

    @mcp_tool(name="around")
    @action(detail=False)
    def around(self, request):
        with tracer.start_as_current_span("before"):
            MCPClient().call("pour", size=1)
        with tracer.start_as_current_span("after"):
            return Response()


urlpatterns = [*routed(Cups), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


class Told:
    """What the SDK was told."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()

    @property
    def spans(self) -> dict[str, Any]:
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def points(self) -> list[Any]:
        data = self.reader.get_metrics_data()
        return [
            (metric, point)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        ]


@pytest.fixture(scope="session")
def sdk() -> Iterator[Told]:
    """What a process has once and for all: one that were shut down earlier would warn of every later call."""
    told = Told()
    tracers, meters = TracerProvider(), MeterProvider([told.reader])
    tracers.add_span_processor(SimpleSpanProcessor(told.exporter))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(meters)
    yield told
    tracers.shutdown()
    meters.shutdown()


@pytest.fixture
def told(sdk: Told) -> Told:
    sdk.exporter.clear()
    return sdk


def test_a_call_is_a_span_of_the_clients_trace_and_what_the_view_does_is_below_it(told) -> None:
    client = StatelessClient(HTTP_TRACEPARENT=OTHER)
    params = {"name": "pour", "arguments": {"size": 2}}
    answer = client.ask("tools/call", params, meta={"traceparent": PARENT, "baggage": "shop=ann"}).json()

    span, query = told.spans["tools/call pour"], told.spans["query"]
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    assert span.parent.is_remote
    assert span.kind == trace.SpanKind.SERVER
    assert query.parent.span_id == span.context.span_id
    assert span.status.status_code == trace.StatusCode.UNSET
    assert dict(span.attributes) == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2026-07-28",
        "gen_ai.tool.name": "pour",
        "gen_ai.operation.name": "execute_tool",
        "jsonrpc.request.id": "1",
    }
    assert answer["result"]["structuredContent"]["shop"] == "ann"


def test_without_a_trace_in_the_message_the_headers_of_http_name_the_parent(told) -> None:
    MCPClient(HTTP_TRACEPARENT=PARENT).call("pour", size=2)

    assert f"{told.spans['tools/call pour'].parent.span_id:016x}" == SPAN


def test_the_span_of_the_http_request_is_the_parent_or_else_linked(told) -> None:
    with tracer.start_as_current_span("POST /mcp/") as http:
        MCPClient(HTTP_TRACEPARENT=OTHER).send("ping")
        StatelessClient().ask("tools/list", meta={"traceparent": PARENT})

    assert told.spans["ping"].parent.span_id == http.get_span_context().span_id
    assert f"{told.spans['tools/list'].parent.span_id:016x}" == SPAN
    (link,) = told.spans["tools/list"].links
    assert link.context.span_id == http.get_span_context().span_id
    assert trace.get_current_span() is trace.INVALID_SPAN


@pytest.mark.parametrize(
    ("tool", "arguments", "error", "code"),
    [
        ("lost", {}, "tool_error", None),
        ("broken", {}, "-32603", "-32603"),
        ("pour", {"size": "x"}, "-32602", "-32602"),
    ],
)
def test_what_fails_is_an_error_though_http_says_200(told, tool, arguments, error, code) -> None:
    user = MCPClient()
    params = {"name": tool, "arguments": arguments}
    assert user.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).status_code == 200

    span = told.spans[f"tools/call {tool}"]
    assert span.status.status_code == trace.StatusCode.ERROR
    assert span.attributes["error.type"] == error
    assert span.attributes.get("rpc.response.status_code") == code
    assert ("error.id" in span.attributes) == (code == "-32603")


def test_nothing_of_arguments_results_and_errors_is_on_a_span(told) -> None:
    for tool in ("pour", "lost", "broken"):
        MCPClient().send("tools/call", {"name": tool, "arguments": {"size": 1, "x": SECRET}})
    MCPClient().send("resources/read", {"uri": f"drf:///{SECRET}"})

    assert len(told.spans) >= 3
    assert not [span.name for span in told.spans.values() if SECRET in span.to_json()]


def test_what_clients_make_up_is_no_name_of_a_span_or_metric(told) -> None:
    MCPClient().send("made/up", {})
    MCPClient().send("tools/call", {"name": "made_up"})

    assert list(told.spans) == ["_OTHER", "tools/call"]
    assert "made" not in str([point.attributes for _, point in told.points()])


def test_how_long_a_call_took_is_a_metric(told) -> None:
    MCPClient().call("pour", size=2)

    found = [(m, p) for m, p in told.points() if p.attributes.get("gen_ai.tool.name") == "pour"]
    ok = [
        (m, p) for m, p in found if "error.type" not in p.attributes and p.attributes["mcp.protocol.version"][3] == "5"
    ]
    ((metric, point),) = ok
    assert (metric.name, metric.unit) == ("mcp.server.operation.duration", "s")
    assert point.count >= 1
    assert 0 < point.min < 5
    assert point.explicit_bounds[0] == 0.01
    assert dict(point.attributes) == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2025-06-18",
        "gen_ai.tool.name": "pour",
        "gen_ai.operation.name": "execute_tool",
    }


def test_a_call_inside_a_call_is_below_it(told) -> None:
    MCPClient().call("around")

    spans = told.spans
    around = spans["tools/call around"].context.span_id
    assert spans["before"].parent.span_id == around
    assert spans["tools/call pour"].parent.span_id == spans["before"].context.span_id
    assert spans["after"].parent.span_id == around
    assert spans["tools/call around"].parent is None


def test_a_call_that_streams_is_a_span_as_every_other(told) -> None:
    client = StatelessClient(**{"wsgi.multithread": True, "HTTP_ACCEPT": "application/json, text/event-stream"})
    params = {"name": "pour", "arguments": {"size": 2}}
    response = client.ask("tools/call", params, meta={"traceparent": PARENT, "progressToken": 1})

    assert b"notifications/progress" in b"".join(response.streaming_content)
    span = told.spans["tools/call pour"]
    assert f"{span.parent.span_id:016x}" == SPAN
    assert told.spans["query"].parent.span_id == span.context.span_id


def test_no_call_leaves_anything_behind_at_the_signals(told) -> None:
    def left() -> int:
        known = [each.peek() for each in gc.get_objects() if type(each) is weakref.finalize]
        return sum(getattr(each[1], "__self__", None) in (call_started, call_finished) for each in known if each)

    client = MCPClient()
    client.call("pour", size=1)
    before = left()
    for _ in range(3):
        client.call("pour", size=1)
    assert left() == before


@pytest.mark.parametrize("is_installed", [True, False])
def test_nothing_is_imported_or_heard_where_it_is_not_installed(is_installed) -> None:
    code = f"""
import sys
if not {is_installed}:
    sys.modules["opentelemetry"] = None
import django
django.setup()
from django.test import override_settings
from drf_mcp.signals import call_finished, call_started
override_settings(DRF_MCP={{"RECORD": "none"}}).enable()
print(len(call_started.receivers), len(call_finished.receivers), bool(sys.modules.get("opentelemetry.trace")))
"""
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.stdout == ("1 0 True\n" if is_installed else "0 0 False\n"), run.stderr
