"""Observing: what is told of each call, when it begins and when it is over. Nothing is put together unless heard."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.crypto import salted_hmac

from .calls import FinishedCall, Outcome, RunningCall, running_call
from .channel import CallCancelled
from .context import Context
from .protocol.errors import InternalError
from .protocol.jsonrpc import Request
from .protocol.results import CallToolResult, InputRequiredResult
from .sessions import client_info
from .signals import call_finished, call_started

logger = logging.getLogger("drf_mcp.calls")


@contextmanager
def observed(message: Request, context: Context) -> Iterator[RunningCall]:
    """Run a method in this, so that whoever listens hears of it.

    Args:
        message: The request.
        context: Who sent it.

    Yields:
        What is known of the call.
    """
    call = context._call
    call.message, call.headers, call.started = message, context._http_request.META, time.perf_counter()
    call.name = _sent_name(message.params)
    token = running_call.set(call)
    is_cancelled = False
    try:
        if call_started.receivers:
            call_started.send_robust(sender=RunningCall, call=call)
        yield call
    except CallCancelled:
        is_cancelled = True
        raise
    finally:
        if call_finished.receivers or logger.isEnabledFor(logging.INFO):
            _tell(_finished(call, context, is_cancelled=is_cancelled))
        running_call.reset(token)


def _tell(finished: FinishedCall) -> None:
    """Tell the log and whoever else listens; what goes wrong there costs the caller nothing."""
    call_finished.send_robust(sender=FinishedCall, call=finished)


def _finished(call: RunningCall, context: Context, *, is_cancelled: bool) -> FinishedCall:
    duration = time.perf_counter() - call.started
    outcome: Outcome = "cancelled" if is_cancelled else _outcome(call)
    client = context.client_info or client_info(call.message.params.get("clientInfo"))  # initialize has it there
    return FinishedCall(
        method=_clipped(call.message.method),
        name=_clipped(call.name),
        outcome=outcome,
        status=_status(call, outcome),
        error_code=getattr(call.error, "code", None),
        error_id=call.error.error_id if isinstance(call.error, InternalError) else "",
        started_at=datetime.now(UTC) - timedelta(seconds=duration),
        duration_ms=round(duration * 1000, 3),
        request_id=_clipped(call.message.id),
        session_id="" if context._session is None else context._session.id,
        revision=context.revision.version,
        user_pk=getattr(context.user, "pk", None),
        token_pk=_token_pk(context),
        client_name=_clipped(client.get("name", "")),
        client_version=_clipped(client.get("version", "")),
        trace_id=call.trace_id,
    )


def _outcome(call: RunningCall) -> Outcome:
    if call.error is not None:
        return "error"
    if isinstance(call.result, InputRequiredResult):
        return "asked"
    return "refused" if isinstance(call.result, CallToolResult) and call.result.is_error else "ok"


def _status(call: RunningCall, outcome: Outcome) -> int | None:
    """The view's status, or that of what stood in its place, such as a question that nobody answered."""
    if outcome == "asked":
        return None
    if outcome == "refused" and call.result.structured is not None:
        status = json.loads(call.result.structured).get("status")
        return status if isinstance(status, int) else call.status
    return call.status


def _sent_name(params: Mapping[str, Any]) -> str:
    """How the client calls what it wants; a URI may hold what it looks for, so its template stands for it later."""
    ref = params.get("ref")
    name = params.get("name", ref.get("name") if isinstance(ref, dict) else None)
    return name if isinstance(name, str) else ""


def _token_pk(context: Context) -> Any:
    """The key of what proved the caller. Some models, such as DRF's own, have the credential for their key."""
    pk = getattr(context.identity.auth, "pk", None)
    if pk is None or isinstance(pk, int):
        return pk
    sent = [value for name, value in context._http_request.META.items() if name.startswith(("HTTP_", "QUERY_"))]
    if any(str(pk) in value for value in sent if isinstance(value, str)):
        return salted_hmac("drf_mcp.token_pk", str(pk), algorithm="sha256").hexdigest()[:12]
    return pk


def _clipped(value: Any) -> Any:
    """A text that clients choose, short and in one line."""
    if not isinstance(value, str):
        return value
    short = value if len(value) <= 200 else f"{value[:200]}..."
    return short if short.isprintable() else short.encode("unicode_escape").decode("ascii")
