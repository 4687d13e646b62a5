"""OpenTelemetry: a span and a duration for each call, by the semantic conventions for MCP.

Active when ``opentelemetry-api`` is installed, in 1.30 or newer. What is done with them is for the SDK to decide that
the project configures; without one nothing is kept. Nothing of arguments, results and messages is told.

The conventions: https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import metrics, propagate, trace

from drf_mcp.calls import FinishedCall, RunningCall, running_call
from drf_mcp.conf import __version__
from drf_mcp.protocol.tracing import trace_context
from drf_mcp.signals import call_finished, call_started

if tuple(map(int, version("opentelemetry-api").split(".")[:2])) < (1, 30):
    raise ImportError("This release of opentelemetry-api is too old.")

_tracer = trace.get_tracer("drf_mcp", __version__)
_duration = metrics.get_meter("drf_mcp", __version__).create_histogram(
    "mcp.server.operation.duration",
    unit="s",
    description="How long MCP requests took, from when they were received until they could be answered.",
    explicit_bucket_boundaries_advisory=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
)

_OTHER = "_OTHER"
"""In the place of methods that do not exist: there is no end to what clients may say."""


@dataclass(frozen=True, slots=True)
class _Open:
    """A span that is open here.

    Args:
        call: Whose it is.
        span: The span.
        token: Takes the span back as the current one.
        outer: The span of a call around this one.
    """

    call: RunningCall
    span: Any
    token: Any
    outer: _Open | None


_open: ContextVar[_Open | None] = ContextVar("drf_mcp.opentelemetry", default=None)


def connect() -> None:
    """Hear of calls. How they end is heard of only once the project has an SDK, which may come at any time."""
    call_started.connect(_started, dispatch_uid="drf_mcp.opentelemetry")


@cache
def _hear_of_ends() -> None:
    """Hear of it when a call is over: connected once, since Django keeps something of each attempt."""
    call_finished.connect(_finished, dispatch_uid="drf_mcp.opentelemetry")


def _has_sdk() -> bool:
    """Whether anything is kept: the API's own providers keep nothing."""
    providers = (trace.get_tracer_provider(), metrics.get_meter_provider())
    return any(
        not type(provider).__module__.startswith(("opentelemetry.trace", "opentelemetry.metrics"))
        for provider in providers
    )


def _started(call: RunningCall, **kwargs: Any) -> None:
    """Open a span below the client's, and make it the current one, so that what the view does is below it."""
    if not _has_sdk():
        return
    _hear_of_ends()
    around = trace.get_current_span().get_span_context()
    parent, links = None, []
    if "traceparent" in trace_context(call.message.meta):
        parent = propagate.extract(call.trace)
        links = [trace.Link(around)] if around.is_valid else []
    elif not around.is_valid:  # otherwise it is the request's own span, which knows its headers
        parent = propagate.extract(call.trace)
    method = call.method[:100]  # it may be anything, until it is found
    attributes = {"mcp.method.name": method}
    span = _tracer.start_span(method, parent, trace.SpanKind.SERVER, attributes, links)
    token = contexts.attach(trace.set_span_in_context(span, parent))
    _open.set(_Open(call, span, token, _open.get()))


def _finished(call: FinishedCall, **kwargs: Any) -> None:
    """Close it, and record how long it was open."""
    opened = _open.get()
    if opened is None or opened.call is not running_call.get():
        return
    _open.set(opened.outer)
    target, attributes = _attributes(opened.call, call)
    _duration.record(call.duration_ms / 1000, attributes)
    span = opened.span
    if span.is_recording():
        span.update_name(f"{attributes['mcp.method.name']} {target}".rstrip())
        span.set_attributes(attributes)
        more = {
            "jsonrpc.request.id": call.request_id,
            "mcp.session.id": call.session_id,
            "error.id": call.error_id,
        }
        span.set_attributes({name: str(value) for name, value in more.items() if value != ""})
        if "error.type" in attributes:
            span.set_status(trace.StatusCode.ERROR)
    span.end()
    contexts.detach(opened.token)


def _attributes(running: RunningCall, call: FinishedCall) -> tuple[str, dict[str, str]]:
    """The tool's or prompt's name, and what span and metric have in common: of each only so many values exist."""
    target = ""
    found = {"mcp.method.name": call.method if running.has_method else _OTHER, "mcp.protocol.version": call.revision}
    if running.tool is not None:
        target = found["gen_ai.tool.name"] = call.name
        found["gen_ai.operation.name"] = "execute_tool"
    elif running.is_found and call.method in ("prompts/get", "get_prompt"):
        target = found["gen_ai.prompt.name"] = call.name
    if call.error_code is not None:
        found |= {"error.type": str(call.error_code), "rpc.response.status_code": str(call.error_code)}
    elif call.outcome in ("refused", "error"):
        found["error.type"] = "tool_error" if call.outcome == "refused" else _OTHER
    return target, found
