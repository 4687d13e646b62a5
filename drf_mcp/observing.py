"""Observing: what is told of each call, when it begins and when it is over. Nothing is put together unless heard."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.utils.crypto import salted_hmac
from rest_framework import serializers

from .calls import FinishedCall, Outcome, RunningCall, running_call
from .channel import CallCancelled
from .conf import mcp_settings
from .context import Context
from .masking import letters_of, masked
from .protocol.errors import InternalError, MCPError
from .protocol.jsonrpc import Request
from .protocol.results import CallToolResult, InputRequiredResult
from .schema.alternatives import alternatives_of
from .sessions import client_info
from .signals import call_finished, call_started

logger = logging.getLogger("drf_mcp.calls")

_LOGGED = [field.name for field in fields(FinishedCall) if field.name not in ("started_at", "arguments")]


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
    call.name, call.identity = _sent_name(message.params), context.identity
    call.has_thread = context._channel is not None
    token = running_call.set(call)
    outcome: Outcome | None = "error"
    try:
        if call_started.receivers:
            call_started.send_robust(sender=RunningCall, call=call)
        yield call
        outcome = None
    except CallCancelled:
        outcome = "cancelled"
        raise
    except MCPError as error:
        call.error = error
        raise
    finally:
        try:
            _conclude(call, context, outcome or _outcome(call))
        except Exception:  # such as a user whose key cannot be read: the call has been made
            logger.exception("A call cannot be told of.")
        running_call.reset(token)


keepers: dict[Callable[[RunningCall, Outcome], bool], Callable[[FinishedCall, RunningCall], None]] = {}
"""Who keeps calls: by what tells which, so that of others nothing is put together."""


def _conclude(call: RunningCall, context: Context, outcome: Outcome) -> None:
    is_heard = call_finished.receivers or logger.isEnabledFor(logging.INFO)
    keeping = [keep for wants, keep in keepers.items() if wants(call, outcome)]
    if is_heard or keeping:
        finished = _finished(call, context, outcome)
        if is_heard:
            _tell(finished)
        for keep in keeping:
            keep(finished, call)


def _tell(finished: FinishedCall) -> None:
    """Tell the log and whoever else listens."""
    told = {name: getattr(finished, name) for name in _LOGGED}
    if finished.arguments is not None:
        told["arguments"] = finished.arguments
    logger.info(
        "%s: %s in %.1f ms",
        f"{finished.method} {finished.name}".rstrip(),
        finished.outcome,
        finished.duration_ms,
        extra={f"mcp_{name}": value for name, value in told.items()},
    )
    call_finished.send_robust(sender=FinishedCall, call=finished)


def _finished(call: RunningCall, context: Context, outcome: Outcome) -> FinishedCall:
    duration = time.perf_counter() - call.started
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
        arguments=masked_arguments(call) if mcp_settings.LOG_ARGUMENTS else None,
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
        told = json.loads(call.result.structured)
        status = told.get("status") if isinstance(told, dict) else None
        return status if type(status) is int and 300 <= status < 600 else call.status
    return call.status


_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
"""What names of tools are made of; server/tools#tool-names."""


def _sent_name(params: Mapping[str, Any]) -> str:
    """How the client calls what it wants, as far as that is a name: a log holds no other text that clients write.

    A URI may hold what it looks for, so its template stands for it later.
    """
    ref = params.get("ref")
    name = params.get("name", ref.get("name") if isinstance(ref, dict) else None)
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""


def masked_arguments(call: RunningCall) -> Any:
    """What a tool or prompt was called with, as a log may hold it."""
    arguments = call.message.params.get("arguments")
    if not isinstance(arguments, dict):
        return {}
    return masked(arguments, _secrets(call.tool))


@lru_cache(maxsize=1024)
def _secrets(tool: Any) -> set[str]:
    """The fields that a tool takes and never shows."""
    if tool is None:
        return set()

    def names(_view: Any) -> set[str]:
        declared = tool.options.input
        made = (tool.endpoint.serializer, declared() if isinstance(declared, type) else declared)
        return {letters_of(name) for serializer in made for name in _write_only(serializer, 0)}

    return tool.endpoint.ask_view(names, "the fields") or set()


def _write_only(serializer: Any, depth: int) -> Iterator[str]:
    """The fields of a serializer, as deep as it nests, that no answer shows: no log does, either."""
    serializer = getattr(serializer, "child", serializer)
    if not isinstance(serializer, serializers.Serializer) or depth > 10:  # one may nest in itself
        return
    for name, field in serializer.fields.items():
        if field.write_only:
            yield name
        yield from _write_only(field, depth + 1)
    for alternative in alternatives_of(serializer):
        yield from _write_only(alternative, depth + 1)


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
