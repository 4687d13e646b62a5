"""The time limit of a call: its client is answered in time, whatever the view still does.

Nothing can stop a thread from outside. So a call that has a limit works in a thread of its own, and the one that
answers the HTTP request waits for it no longer than the limit. A view that goes on is stopped where it can be: an async
one wherever it waits, any other where it reports and, so that its transaction is rolled back, when it ends.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.core.cache import caches
from django.db import connections

from .channel import CallCancelled
from .conf import mcp_settings
from .protocol.errors import RefusedError
from .surroundings import Surroundings

logger = logging.getLogger("drf_mcp")
T = TypeVar("T")

MAX_LEFT = 20
"""How many calls of one name may go on in a process after their time: each has a thread and its connections."""


class OutOfTimeError(Exception):
    """Whoever waits is answered now; the message follows on what was called, as in ``The tool took ...``."""

    status: int
    """What HTTP has for this."""
    code: str
    """What programs read."""

    def refuse(self, kind: str, **data: str) -> RefusedError:
        """The error for what is no tool, whose results have a place for this.

        Args:
            kind: What MCP calls it.
            data: What stands beside the status, the code and the sentence.
        """
        detail = f"The {kind} {self}"
        return RefusedError(
            self.status, detail, data={**data, "status": self.status, "code": self.code, "detail": detail}
        )


class TimeIsUpError(OutOfTimeError):
    """The call took longer than it may, and goes on."""

    status, code = 504, "time_limit"


class TooManyLeftError(OutOfTimeError):
    """Too many calls of the same still go on after their time, so that this one was not begun."""

    status, code = 503, "too_many_unfinished"


class Limit:
    """The time of one call."""

    def __init__(self) -> None:
        self.is_over = False
        self.stop: Callable[[], Any] = lambda: None

    def check(self) -> None:
        """Stop here if the time is over.

        Raises:
            CallCancelled: It is, and nobody waits for the result.
        """
        if self.is_over:
            raise CallCancelled


_limit: ContextVar[Limit | None] = ContextVar("drf_mcp.limit", default=None)
_left: dict[str, set[Limit]] = defaultdict(set)
_counting = threading.Lock()


def in_time(name: str, seconds: float | None, work: Callable[[], T]) -> T:
    """Work in a thread, and wait for it.

    Where a transaction is open around the call it must work within that, in this thread, and has no limit.

    Args:
        name: Of the tool, or what else stands for that which is called.
        seconds: How long to wait, 0 for as long as it takes, None for what the settings say.
        work: The call.

    Returns:
        What it gives.

    Raises:
        TimeIsUpError: It is not done.
        TooManyLeftError: It was not begun.
        BaseException: Whatever it raises.
    """
    seconds = mcp_settings.TIME_LIMIT if seconds is None else seconds
    if not seconds or any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
        return work()
    if len(_left[name]) >= MAX_LEFT:
        raise TooManyLeftError("was not called, since too many earlier calls of it still run. Nothing was done.")
    limit, done = Limit(), Future[T]()
    token = _limit.set(limit)
    try:
        surroundings = Surroundings()
    finally:
        _limit.reset(token)
    args = (_work, name, limit, done, work)
    threading.Thread(target=surroundings.run, args=args, name="drf_mcp-limited", daemon=True).start()
    wait([done], timeout=seconds)
    with _counting:
        if done.done():
            return done.result()
        limit.is_over = True
        _left[name].add(limit)
    logger.warning("%s took longer than %s seconds; its thread goes on.", name, seconds)
    limit.stop()
    raise TimeIsUpError(f"took longer than {seconds} seconds.")


def _work(name: str, limit: Limit, done: Future[T], work: Callable[[], T]) -> None:
    try:
        settle = (done.set_result, work())
    except BaseException as error:  # noqa: BLE001  (whoever waits is to have it, a cancelled call included)
        settle = (done.set_exception, error)  # type: ignore[assignment]
    try:
        # They belong to threads, and this one ends here.
        connections.close_all()
        caches.close_all()
    finally:
        with _counting:
            settle[0](settle[1])
            _left[name].discard(limit)


def check_time() -> None:
    """Stop here if the time of the call that runs here is over.

    Raises:
        CallCancelled: It is.
    """
    limit = _limit.get()
    if limit is not None:
        limit.check()


def stoppable(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same view, which its time limit stops; the view itself where it has none."""
    limit = _limit.get()
    if limit is None:
        return view
    if iscoroutinefunction(view):

        @wraps(view)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()

            def stop() -> None:
                with suppress(RuntimeError):  # the view has just ended, and its loop with it
                    loop.call_soon_threadsafe(task.cancel)  # type: ignore[union-attr]

            limit.stop = stop
            try:
                limit.check()
                return await view(*args, **kwargs)
            finally:
                limit.stop = lambda: None

        return run_async

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        response = view(*args, **kwargs)
        limit.check()
        return response

    return run
