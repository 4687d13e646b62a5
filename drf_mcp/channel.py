"""A channel: what a running call says on its way, from the thread that works to the response that is open."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Protocol

from .protocol.jsonrpc import dumps
from .protocol.sse import KEEP_ALIVE, encode_event, encode_retry
from .trace import told

KEEP_ALIVE_SECONDS = 15.0
"""How long a stream is silent before a comment shows proxies that it lives."""

REPORTS_PER_SECOND = 20
"""How many reports of progress a call may send in a second, and at once after a pause."""

MAX_WAITING = 1000
"""How many events may wait for a client that reads slowly; what else is reported meanwhile is left out."""


class CallCancelled(BaseException):
    """The client has closed the stream or taken its call back, and nobody waits for the result.

    It is no ``Exception``, so that a view's own handlers let it pass: open transactions roll back and
    ``finally`` blocks run.

    Spec: basic/patterns/cancellation
    """


class Record(Protocol):
    """Keeps the events of a stream, so that a client can ask for those that it missed."""

    def add(self, data: bytes, *, is_last: bool = False) -> str:
        """Take an event and give its id."""

    def keep(self) -> None:
        """Keep the events for the client, and those that come."""

    def is_taken_back(self) -> bool:
        """Whether the client has cancelled the call in another request."""


class Channel:
    """Carries messages from the thread that runs a tool to the response that streams them.

    One thread sends; the response reads, from a plain ``for`` under WSGI or an ``async for`` under ASGI.

    Args:
        record: Keeps the events of a session.
        outlives_stream: Whether the call goes on without its stream; otherwise a client that closes the
            stream takes its call back, as the stateless revisions have it.
        has_primer: Whether the stream opens with an event that has only an id, from which a client can
            go on that lost its connection before it got any.
    """

    def __init__(
        self, record: Record | None = None, *, outlives_stream: bool = False, has_primer: bool = False
    ) -> None:
        self.is_cancelled = False
        self._outlives_stream = outlives_stream
        self.is_read = True
        self._record = record
        self._last_id = ""
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._wake: Callable[[], Any] = lambda: None
        self._progress = float("-inf")
        self._allowance = float(REPORTS_PER_SECOND)
        self._counted_at = time.monotonic()
        self.primer = self._event(b"") if record is not None and has_primer else b""

    # What the working thread does

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a JSON-RPC message; a notification is left out where too many events wait.

        Raises:
            CallCancelled: Nobody wants to hear it.
        """
        self.check()
        if "id" not in message and self._events.qsize() >= MAX_WAITING:
            return
        told(message)
        event = self._event(dumps(message))
        self.open()
        self._put(event)

    def check(self) -> None:
        """Stop here if nobody waits any more.

        Raises:
            CallCancelled: The call was taken back.
        """
        if self.is_cancelled or (self._record is not None and self._record.is_taken_back()):
            self.is_cancelled = True
            raise CallCancelled

    def may_report(self, progress: float) -> bool:
        """Whether a report of progress goes out: only forwards, and not too many.

        Spec: basic/utilities/progress
        """
        now = time.monotonic()
        self._allowance = min(REPORTS_PER_SECOND, self._allowance + (now - self._counted_at) * REPORTS_PER_SECOND)
        self._counted_at = now
        if not self._progress < progress < float("inf") or self._allowance < 1:
            return False
        self._progress, self._allowance = progress, self._allowance - 1
        return True

    def hang_up(self, retry_ms: int) -> bool:
        """Close the response while the call goes on; the client asks for the rest after a while.

        Returns:
            False where the client could not get the rest: then the response stays open.

        Spec: 2025-11-25 basic/transports#sending-messages-to-the-server
        """
        if not self.primer:
            return False
        self.open()
        self._put(encode_retry(retry_ms))
        self._put(None)
        self.is_read = False
        return True

    def finish(self, answer: Any) -> None:
        """Hand over what ends the call, None where nobody waits for it; nothing follows."""
        try:
            if self._record is not None:
                self._last_id = self._record.add(b"" if answer is None else answer.body, is_last=True)
        finally:
            self._put(answer)

    def _event(self, data: bytes) -> bytes:
        return encode_event(data, "" if self._record is None else self._record.add(data))

    def _put(self, event: Any) -> None:
        if self.is_read:
            self._events.put(event)
            self._wake()

    # What the response does

    def open(self) -> None:
        """Say that the response is a stream."""
        if self._record is not None:
            self._record.keep()

    def close(self) -> None:
        """Say that the stream is gone."""
        self.is_read = False
        self.is_cancelled = self.is_cancelled or not self._outlives_stream

    def last_event(self, answer: Any) -> bytes:
        """The event that ends the stream with an answer."""
        return encode_event(answer.body, self._last_id)

    def first(self, seconds: float) -> Any:
        """The first event.

        Raises:
            queue.Empty: There is none for so long.
        """
        return self._events.get(timeout=seconds)

    def __iter__(self) -> Iterator[Any]:
        """Every event that is still to come, with comments in the pauses; endless, until the reader stops."""
        while True:
            try:
                yield self._events.get(timeout=KEEP_ALIVE_SECONDS)
            except queue.Empty:
                yield KEEP_ALIVE

    async def __aiter__(self) -> AsyncIterator[Any]:
        """The same for an event loop."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            # The reader may be gone, and its loop with it, while the tool still works.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(ready.set)

        self._wake = wake
        while True:
            ready.clear()
            while not self._events.empty():
                yield self._events.get()
            try:
                await asyncio.wait_for(ready.wait(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield KEEP_ALIVE
