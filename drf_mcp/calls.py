"""Calls: what is known of a request while it runs, and what is told of it when it is over.

This is the one description of a call. The log, OpenTelemetry and whatever else wants to know get it
through the signals of ``signals``, and it holds nothing of arguments or results unless the settings say so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .protocol.jsonrpc import Request
from .protocol.tracing import trace_context

Outcome = Literal["ok", "refused", "error", "asked", "cancelled"]

_UNKNOWN = Request(0, "")


@dataclass(slots=True, eq=False)
class RunningCall:
    """A request to a method while it runs, with what is learnt of it on the way.

    Args:
        message: The request.
        headers: Of the HTTP request that brought it, as ``META`` has them.
        name: The tool, the prompt or the template of the resource's URI; as the client sent it until it is found.
        has_method: Whether there is such a method.
        is_found: Whether there is what it names; until then the name is the client's own.
        identity: Who calls.
        tool: The tool, once it is found.
        exchange: The request that the REST API got last, and its response.
        status: The HTTP status that it answered with.
        result: What the method gave.
        error: The error that the client gets instead.
        size: How many bytes the answer has, None where there is none.
        through: The tool through which another one is called, empty where it is called itself.
        has_thread: Whether it runs in a thread of its own, beside the one that answers the HTTP request.
        started: The clock when it began.
    """

    message: Request = _UNKNOWN
    headers: Mapping[str, Any] = field(default_factory=dict, repr=False)  # it has the raw credentials
    name: str = ""
    has_method: bool = False
    is_found: bool = False
    identity: Any = None
    tool: Any = None
    exchange: tuple[Any, Any] | None = None
    status: int | None = None
    result: Any = None
    error: Any = None
    size: int | None = None
    through: str = ""
    has_thread: bool = False
    started: float = field(default_factory=time.perf_counter)

    def found(self, name: str, tool: Any = None) -> None:
        """Say what the request is for, by the name that it has here."""
        self.name, self.tool, self.is_found = name, tool, True

    @property
    def method(self) -> str:
        """The method's name."""
        return self.message.method

    @property
    def request_id(self) -> str | int:
        """The id of the JSON-RPC request."""
        return self.message.id

    @property
    def trace(self) -> dict[str, str]:
        """The trace that the request belongs to: from ``_meta``, else from the headers of HTTP.

        Spec: basic/index#meta
        """
        found = trace_context(self.message.meta)
        if "traceparent" in found:
            return found
        names = ("traceparent", "tracestate", "baggage")
        return trace_context({name: self.headers.get(f"HTTP_{name.upper()}") for name in names}) | found

    @property
    def trace_id(self) -> str:
        """The id of that trace, empty where there is none."""
        return self.trace.get("traceparent", "--").split("-")[1]


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """What is told of a request to a method when it is over.

    Args:
        method: The method, such as ``tools/call``.
        name: The tool, the prompt, or the template of the resource's URI; empty where the method names none.
        outcome: ``ok``; ``refused`` for a result with ``isError``, which HTTP and JSON-RPC call a success;
            ``error`` for a JSON-RPC error; ``asked`` where the client has to answer before it is called again;
            ``cancelled`` where the client has gone.
        status: The HTTP status that REST has for it, None where no view was asked.
        error_code: The code of the JSON-RPC error, None where there is none.
        error_id: The id under which an internal error is in the log, empty where there is none.
        started_at: When it began.
        duration_ms: How long it took, in milliseconds.
        request_id: The id of the JSON-RPC request.
        session_id: The client's session, empty where it has none.
        revision: The protocol revision.
        user_pk: The caller's primary key, None where there is none.
        token_pk: That of what proved the caller; a digest where it is the credential itself.
        client_name: How the client calls itself, empty where it has not said.
        client_version: In which version.
        trace_id: The trace that the request belongs to, empty where there is none.
        arguments: What it was called with, masked; None unless ``LOG_ARGUMENTS`` is on.
    """

    method: str
    name: str
    outcome: Outcome
    status: int | None
    error_code: int | None
    error_id: str
    started_at: datetime
    duration_ms: float
    request_id: str | int
    session_id: str
    revision: str
    user_pk: Any
    token_pk: Any
    client_name: str
    client_version: str
    trace_id: str
    arguments: Mapping[str, Any] | None = None


running_call: ContextVar[RunningCall | None] = ContextVar("drf_mcp.running_call", default=None)
"""The call that runs here, None outside of any."""
