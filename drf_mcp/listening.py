"""Listening: streams that stay open and tell what changes, for as long as somebody reads them.

They live in the event loop of an ASGI server. What has to ask the project, such as whether the listener
may still read a resource, does so in a thread, which gives its database connections back each time.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import StreamingHttpResponse

from .auth.challenge import UnauthorizedError
from .changes import LOOK_SECONDS, Ear, TooManyError, end_with_the_server, hub
from .channel import KEEP_ALIVE_SECONDS
from .conf import mcp_settings
from .context import Context, caller_of
from .methods import server_capabilities
from .protocol.errors import HTTPRefusalError, MCPError
from .protocol.jsonrpc import Request, dumps, encode_result
from .protocol.results import stateless_result
from .protocol.revisions import SUBSCRIPTION_ID_META
from .protocol.sse import KEEP_ALIVE, accepts_stream, encode_event
from .reception import prove_again
from .sessions import EventRecord, Session, events_after
from .streaming import event_stream
from .subscriptions import LISTS, Watched, asked_for, remember, subscriptions_of, watch, watch_again
from .surroundings import Surroundings
from .trace import told

LISTEN = "subscriptions/listen"

_PAUSE_SECONDS = 0.2
"""How long a stream rests after it has read resources again, so that many changes are one."""

_SETTLE_SECONDS = LOOK_SECONDS + 0.2
"""After how long all is looked at once more: a change may have been faster than the news that it is watched."""

_AT_ONCE = 8
"""How many streams ask the project at once. Each has a thread of its own, and a thousand of these in each other's way
take more than twice the time."""
_turns = threading.BoundedSemaphore(_AT_ONCE)
_TURN_SECONDS = 10.0
"""How long a stream waits for its turn. Those of callers whose resources are slow may have all of them."""


class Listener:
    """One stream of what changes.

    Args:
        context: Who listens.
        ear: What hears of changes.
        lists: The names of the lists whose changes are told, and what else is heard of.
        watched: The resources whose changes are told.
    """

    def __init__(self, context: Context, ear: Ear, lists: Iterable[str], watched: Iterable[Watched] = ()) -> None:
        self.context, self.ear, self.lists = context, ear, frozenset(lists)
        self.watched = {entry.uri: entry for entry in watched}
        self.settle_at = float("inf")
        self._failures = 0
        self._surroundings = Surroundings()
        self.listen()

    def listen(self) -> None:
        """Hear of what this stream tells."""
        topics = self.lists.union(*(entry.topics for entry in self.watched.values()))
        if topics - self.ear.topics:
            self.settle_at = time.monotonic() + _SETTLE_SECONDS
        hub.listen(self.ear, topics, len(self.watched))

    async def events(self) -> AsyncIterator[bytes]:
        """What is written to the client until the server stops or the client is not let in any more."""
        end_with_the_server()
        await self._ask(_without_connections, lambda: None)  # middleware may have opened connections on the way out
        while True:
            changes = await self.ear.wait(min(KEEP_ALIVE_SECONDS, max(0.0, self.settle_at - time.monotonic())))
            if hub.is_stopping:
                return
            is_settling = time.monotonic() >= self.settle_at
            if is_settling:
                self.settle_at = float("inf")
            if not changes and not (is_settling and self.watched):
                if not is_settling:
                    yield KEEP_ALIVE
                continue
            events = await self._ask(_in_turn, self.news, changes, is_settling)
            if events is None:
                return
            for event in events:
                yield event
            if self.watched:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _ask(self, work: Any, *args: Any) -> Any:
        return await sync_to_async(self._surroundings.run)(work, *args)

    def news(self, changes: dict[str, bool], is_settling: bool) -> list[bytes] | None:
        """What is to be told of changes, None where the stream is to end."""
        try:
            identity = prove_again(self.context._http_request, self.context.identity)
        except UnauthorizedError:
            return None
        context = replace(self.context, identity=identity, _is_recheck=True)
        events = [self.encode(method, {}) for name, (_, method) in LISTS.items() if name in self.lists & changes.keys()]
        has_failed = False
        for uri, known in list(self.watched.items()):
            if is_settling or known.topics & changes.keys():
                fresh, is_news = watch_again(known, changes, context)
                self.keep(fresh)
                has_failed = has_failed or is_news is None
                if is_news:
                    events.append(self.encode("notifications/resources/updated", {"uri": uri}))
        self.listen()
        self._look_later(has_failed)
        return events

    def _look_later(self, has_failed: bool) -> None:
        """Look at all once more where something could not be read, and ever more seldom."""
        self._failures = self._failures + 1 if has_failed else 0
        if has_failed:
            self.settle_at = min(self.settle_at, time.monotonic() + _SETTLE_SECONDS * 2 ** min(self._failures, 9))

    def keep(self, watched: Watched) -> None:
        """Take what is known of a resource now."""
        self.watched[watched.uri] = watched

    def encode(self, method: str, params: dict[str, Any]) -> bytes:
        """A notification as an event."""
        raise NotImplementedError


def _without_connections(work: Any, *args: Any) -> Any:
    """Work, and give back the database connections of this thread, which waits for its stream most of the time."""
    try:
        return work(*args)
    finally:
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close()


def _in_turn(work: Any, *args: Any) -> Any:
    """Work when few others do, or once the turn has been waited for long enough."""
    has_turn = _turns.acquire(timeout=_TURN_SECONDS)
    try:
        return _without_connections(work, *args)
    finally:
        if has_turn:
            _turns.release()


def _open_ear(context: Context) -> Ear:
    try:
        return hub.open(caller_of(context))
    except TooManyError:
        raise HTTPRefusalError(429, "There are too many open streams of this caller: close one.") from None


def _response(events: AsyncIterator[bytes], ear: Ear) -> StreamingHttpResponse:
    response = event_stream(events)
    # A server drops the response unread where the client has gone before it began.
    weakref.finalize(response, hub.close, ear)
    return response


def _kept_promises(context: Context) -> set[str]:
    """The lists whose changes this server tells."""
    return {name for name, offered in server_capabilities(context).items() if name in LISTS and offered["listChanged"]}


# Without a handshake


class Subscription(Listener):
    """The stream that answers ``subscriptions/listen``; each of its frames says whose it is."""

    def __init__(self, request_id: str | int, *args: Any) -> None:
        self.tag = {SUBSCRIPTION_ID_META: request_id}
        super().__init__(*args)

    def encode(self, method: str, params: dict[str, Any]) -> bytes:
        """A notification, tagged."""
        message = {"jsonrpc": "2.0", "method": method, "params": {**params, "_meta": self.tag}}
        told(message)
        return encode_event(dumps(message))

    def acknowledgement(self) -> bytes:
        """What the client is told first: what of its wishes is granted."""
        granted: dict[str, Any] = {LISTS[name][0]: True for name in LISTS if name in self.lists}
        if self.watched:
            granted["resourceSubscriptions"] = list(self.watched)
        return self.encode("notifications/subscriptions/acknowledged", {"notifications": granted})

    def end(self) -> bytes:
        """What the client is told last, unless it has gone."""
        result = stateless_result(LISTEN, {"_meta": self.tag}, mcp_settings.SERVER_INFO)
        return encode_event(encode_result(self.tag[SUBSCRIPTION_ID_META], result))


def listen(message: Request, context: Context) -> StreamingHttpResponse:
    """Answer ``subscriptions/listen`` with a stream.

    Args:
        message: The request; ``notifications`` says what the client wants to hear of.
        context: Who listens.

    Returns:
        The stream: what is granted, then what changes, and a result where the server ends it.

    Raises:
        InvalidParamsError: The client does not say what it wants as it should.
        HTTPRefusalError: 406 where it reads no streams, 429 where it has too many open.

    Spec: basic/patterns/subscriptions
    """
    lists, uris = asked_for(message.params)
    if not accepts_stream(context._http_request.META.get("HTTP_ACCEPT", "")):
        raise HTTPRefusalError(406, f"The answer to {LISTEN} is a stream: accept text/event-stream.")
    ear = _open_ear(context)
    try:
        watched: list[Watched] = []
        for uri in uris[: hub.room(ear)]:
            try:
                watched.append(watch(uri, context))
            except MCPError:  # not there, not for this caller, or refused: it is not granted
                continue
        subscription = Subscription(message.id, context, ear, lists & _kept_promises(context), watched)
    except BaseException:
        hub.close(ear)
        raise
    return _response(_subscription_events(subscription), ear)


async def _subscription_events(subscription: Subscription) -> AsyncIterator[bytes]:
    try:
        yield subscription.acknowledgement()
        async for event in subscription.events():
            yield event
        yield subscription.end()
    finally:
        hub.close(subscription.ear)


# With a handshake


class SessionStream(Listener):
    """The stream of a session, on which everything is told that answers no request.

    What is known of the session's subscriptions stands with it in the cache. Of several streams the one
    that was opened last tells; the others take its place when it is gone.
    """

    def __init__(self, session: Session, *args: Any) -> None:
        self.session, self.record = session, EventRecord(session, None, kind="g")
        session.speak(self.record.name)
        super().__init__(*args)

    def listen(self) -> None:
        """Hear of what this stream tells, and of the session itself."""
        self.watched = subscriptions_of(self.session)
        super().listen()

    def news(self, changes: dict[str, bool], is_settling: bool) -> list[bytes] | None:
        """What is to be told; nothing where another stream tells it."""
        if not self.session.is_open():
            return None
        self.watched = subscriptions_of(self.session)
        if not self.session.speaks(self.record.name):
            self.listen()
            return []
        # What was subscribed to, or was another stream's to tell, is compared with what was known of it.
        return super().news(changes, is_settling or self.session.topic in changes)

    def keep(self, watched: Watched) -> None:
        """Take what is known of a resource now, for the stream that comes after this one, too."""
        if watched != self.watched[watched.uri]:
            super().keep(watched)
            remember(self.session, watched)

    def encode(self, method: str, params: dict[str, Any]) -> bytes:
        """A notification, with an id under which the client can ask for the next one."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        told(message)
        return self.record.event(dumps(message))

    def close(self) -> None:
        """Leave the word to another stream of the session."""
        self.session.fall_silent(self.record.name)
        hub.tell({self.session.topic: False})


def follow(context: Context, last_event_id: str) -> StreamingHttpResponse:
    """Open the stream of a session.

    Args:
        context: Whose session it is.
        last_event_id: The last event of an earlier stream that the client has, empty where there is none.

    Returns:
        The stream: what the client missed, then what changes.

    Raises:
        HTTPRefusalError: 406 where it reads no streams, 429 where it has too many open.

    Spec: basic/transports#listening-for-messages-from-the-server
    """
    session = context._session
    if session is None or not accepts_stream(context._http_request.META.get("HTTP_ACCEPT", "")):
        raise HTTPRefusalError(406, "The answer is a stream: accept text/event-stream.")
    ear = _open_ear(context)
    try:
        missed = [encode_event(data, id_) for id_, data, _ in events_after(session, last_event_id) or () if data]
        stream = SessionStream(session, context, ear, {session.topic, *_kept_promises(context)})
        # An event that has only an id, from which a client can go on that gets nothing else.
        first = stream.record.event(b"") if context.revision.version >= "2025-11-25" else KEEP_ALIVE
        stream.record.keep()
    except BaseException:
        hub.close(ear)
        raise
    return _response(_session_events(stream, [*missed, first]), ear)


async def _session_events(stream: SessionStream, first: list[bytes]) -> AsyncIterator[bytes]:
    try:
        for event in first:
            yield event
        async for event in stream.events():
            yield event
    finally:
        hub.close(stream.ear)
        await asyncio.shield(sync_to_async(stream.close, thread_sensitive=False)())
