"""Streams: a call that speaks while it runs is answered by events instead of one message.

The tool runs in a thread of its own; the response is open meanwhile. A call that says nothing before
it ends is answered like every other call, with its status and its headers.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator

from asgiref.sync import sync_to_async
from django.core.cache import caches
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from .answers import Answer, failure_answer, to_response
from .channel import KEEP_ALIVE_SECONDS, CallCancelled, Channel
from .protocol.errors import HTTPRefusalError
from .protocol.sse import CONTENT_TYPE, HEADERS, KEEP_ALIVE, accepts_stream, encode_event
from .reception import has_threads
from .sessions import EVENTS_KEPT_SECONDS, Session, events_after
from .surroundings import Surroundings

_LOOK_SECONDS = 0.1


def can_stream(request: HttpRequest) -> bool:
    """Whether this server can hold a response open while a tool works, and the client reads it.

    Args:
        request: The request to the MCP endpoint.

    Returns:
        False under a WSGI server whose worker has one thread, and for a client that takes no events.
    """
    return has_threads(request) and accepts_stream(request.META.get("HTTP_ACCEPT", ""))


MAX_LEFT = 20
"""How many calls of one caller may still run in a process that nobody reads any more."""

_running: dict[str, set[Channel]] = {}
_counting = threading.Lock()


def stream(
    channel: Channel, work: Callable[[], Answer], request: HttpRequest, request_id: str | int, caller: str
) -> HttpResponseBase:
    """Run a call in a thread and answer with what it says.

    The response waits for the first event as long as a stream may be silent: so what is refused before
    anything was said has its own status.

    Args:
        channel: What the call speaks through.
        work: Runs the call and gives its answer.
        request: The request to the MCP endpoint.
        request_id: The id of the JSON-RPC request.
        caller: Whose call it is; see ``caller_of``.

    Returns:
        The plain response where the call said nothing before it ended, else an event stream that ends with it.

    Raises:
        HTTPRefusalError: 429 where too many calls of this caller still run that nobody reads.
    """
    _count(channel, caller)
    args = (_work, channel, work, request_id, caller)
    threading.Thread(target=Surroundings().run, args=args, name="drf_mcp-call", daemon=True).start()
    try:
        first = channel.first(KEEP_ALIVE_SECONDS)
    except queue.Empty:
        first = KEEP_ALIVE
    if first is None or isinstance(first, Answer):
        return to_response(first)
    channel.open()
    first = channel.primer + first
    response = event_stream(_aevents(channel, first) if isinstance(request, ASGIRequest) else _events(channel, first))
    # A server drops the response unread where the client has gone before it began.
    weakref.finalize(response, channel.close)
    return response


def event_stream(events: Iterator[bytes] | AsyncIterator[bytes]) -> StreamingHttpResponse:
    """The response that carries events as they come."""
    return StreamingHttpResponse(events, content_type=CONTENT_TYPE, headers=HEADERS)


def _count(channel: Channel, caller: str) -> None:
    """Take note of a call. Those that are read are as many as the server has connections for."""
    with _counting:
        calls = _running.setdefault(caller, set())
        if sum(not call.is_read for call in calls) >= MAX_LEFT:
            message = "Too many calls still run whose connection was closed: wait for them, or cancel them."
            raise HTTPRefusalError(429, message, headers={"Retry-After": "10"})
        calls.add(channel)


def _forget(channel: Channel, caller: str) -> None:
    with _counting:
        _running[caller].discard(channel)
        if not _running[caller]:
            del _running[caller]


def _work(channel: Channel, work: Callable[[], Answer], request_id: str | int, caller: str) -> None:
    """Run the call; the channel is finished whatever happens, since a client waits for it."""
    answer = None
    try:
        answer = work()
    except CallCancelled:
        pass
    except BaseException as error:  # noqa: BLE001  (even SystemExit: it would end this thread and nothing else)
        answer = failure_answer(error, request_id)
    finally:
        try:
            channel.finish(answer)
        finally:
            _forget(channel, caller)
            # They belong to threads, and this one ends here.
            connections.close_all()
            caches.close_all()


def _events(channel: Channel, first: bytes) -> Iterator[bytes]:
    try:
        yield first
        for event in channel:
            if isinstance(event, Answer):
                yield channel.last_event(event)
            if event is None or isinstance(event, Answer):
                return
            yield event
    finally:
        channel.close()


async def _aevents(channel: Channel, first: bytes) -> AsyncIterator[bytes]:
    try:
        yield first
        async for event in channel:
            if isinstance(event, Answer):
                yield channel.last_event(event)
            if event is None or isinstance(event, Answer):
                return
            yield event
    finally:
        channel.close()


def resume(session: Session, event_id: str, request: HttpRequest) -> StreamingHttpResponse:
    """Send what a client missed of a stream, and what is still to come.

    Args:
        session: The client's session.
        event_id: The last event that it has.
        request: The request to the MCP endpoint.

    Returns:
        A stream of the events after that one, which ends with the call's answer.

    Raises:
        HTTPRefusalError: 400 where there is no such stream, or not any more.

    Spec: basic/transports#resumability-and-redelivery
    """
    if events_after(session, event_id) is None:
        raise HTTPRefusalError(400, "There is no such event: nothing is left of this stream.")
    missed = _amissed if isinstance(request, ASGIRequest) else _missed
    return event_stream(missed(session, event_id))


def _missed(session: Session, event_id: str) -> Iterator[bytes]:
    for event in _replay(session, event_id):
        if event:
            yield event
        else:
            time.sleep(_LOOK_SECONDS)


async def _amissed(session: Session, event_id: str) -> AsyncIterator[bytes]:
    events = _replay(session, event_id)
    take = sync_to_async(lambda: next(events, None))
    while (event := await take()) is not None:
        if event:
            yield event
        else:
            await asyncio.sleep(_LOOK_SECONDS)


def _replay(session: Session, event_id: str) -> Iterator[bytes]:
    """The events after one, with empty bytes where there is none yet."""
    yield KEEP_ALIVE
    heard_at = spoke_at = time.monotonic()
    while time.monotonic() - heard_at < EVENTS_KEPT_SECONDS:
        events = events_after(session, event_id)
        if events is None:
            return
        for event_id, data, is_last in events:
            yield encode_event(data, event_id) if data else b""
            if is_last:
                return
        now = time.monotonic()
        if events:
            heard_at = spoke_at = now
        elif now - spoke_at > KEEP_ALIVE_SECONDS:
            spoke_at = now
            yield KEEP_ALIVE
        yield b""
