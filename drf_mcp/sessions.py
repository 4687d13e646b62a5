"""Sessions: what a client of the handshake era said when it connected, and what is kept for it.

A session exists only where a feature needs one, and lives in Django's cache, so that any worker
knows it. The stateless revisions have none.

Spec: basic/transports#session-management
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.cache import cache, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from .protocol.errors import HTTPRefusalError

LIFETIME_SECONDS = 24 * 60 * 60
"""How long a session is kept; a client that comes later opens another, as the protocol tells it to."""

EVENTS_KEPT_SECONDS = 15 * 60
"""How long a client may take to ask for the events that it missed, after the newest of them."""


@dataclass(slots=True)
class Session:
    """One client's connection.

    Args:
        id: Under which the client names it; nobody can guess it.
        owner: Whose it is; nobody else finds it.
        capabilities: What the client declared that it can do.
        log_level: The least level of the log messages that it wants, None before it has said so.
    """

    owner: str
    capabilities: Mapping[str, Any]
    log_level: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def save(self) -> None:
        """Keep it, for every process."""
        cache.set(_key(self.id), asdict(self), LIFETIME_SECONDS)

    def end(self) -> None:
        """Forget it."""
        cache.delete(_key(self.id))

    # Questions, whose answers may reach another process

    def expect_answers(self, question_ids: Iterable[str], seconds: float) -> None:
        """Take the client's answers to these questions, and to no others."""
        cache.set_many({_key(self.id, "question", name): True for name in question_ids}, seconds)

    def take_answer(self, question_id: Any, payload: Mapping[str, Any]) -> None:
        """Keep an answer for the process that waits for it; one that nobody asked for is dropped."""
        if _is_ours(question_id, 32) and cache.delete(_key(self.id, "question", question_id)):
            cache.set(_key(self.id, "answer", question_id), dict(payload), EVENTS_KEPT_SECONDS)

    def answers_to(self, question_ids: Iterable[str]) -> dict[str, Any]:
        """The answers that have come, by the ids of the questions."""
        keys = {_key(self.id, "answer", name): name for name in question_ids}
        found = cache.get_many(keys)
        cache.delete_many(found)
        return {keys[key]: payload for key, payload in found.items()}

    # Calls, which the client may take back in another request

    def take_back(self, request_id: Any) -> None:
        """Cancel a call of this session that may still run.

        Spec: basic/utilities/cancellation
        """
        cache.set(_cancel_key(self.id, request_id), 1, EVENTS_KEPT_SECONDS)


class EventRecord:
    """The events of one stream, kept for a client that lost its connection.

    They are one entry in the cache, since many caches throw entries away when there are some hundreds,
    and nothing is kept of a call that is answered without a stream.

    Args:
        session: Whose stream it is.
        request_id: The call that the stream answers.

    Spec: basic/transports#resumability-and-redelivery
    """

    _LOOK_SECONDS = 0.25
    _KEPT = 100

    def __init__(self, session: Session, request_id: Any) -> None:
        self.name = uuid.uuid4().hex[:16]
        self._key, self._cancel_key = _key(session.id, self.name), _cancel_key(session.id, request_id)
        self._events: list[tuple[int, bytes, bool]] = []
        self._count, self._is_kept = 0, False
        self._looked_at = float("-inf")
        self._lock = threading.Lock()

    def add(self, data: bytes, *, is_last: bool = False) -> str:
        """Take an event and give its id, which names the stream and the place in it."""
        with self._lock:
            self._count += 1
            self._events = [*self._events[1 - self._KEPT :], (self._count, data, is_last)]
            self._save()
        return f"{self.name}.{self._count}"

    def keep(self) -> None:
        """Keep the events from now on, and those that there are: the stream is open."""
        with self._lock:
            if not self._is_kept:
                self._is_kept = True
                self._save()

    def _save(self) -> None:
        if self._is_kept:
            cache.set(self._key, self._events, EVENTS_KEPT_SECONDS)

    def is_taken_back(self) -> bool:
        """Whether the client has cancelled the call; the cache is not asked more than a few times in a second."""
        now = time.monotonic()
        if now - self._looked_at < self._LOOK_SECONDS:
            return False
        self._looked_at = now
        return bool(cache.get(self._cancel_key))


def events_after(session: Session, event_id: str) -> list[tuple[str, bytes, bool]] | None:
    """The events that follow another on its stream, as far as they are kept.

    Args:
        session: Whose stream it is.
        event_id: The id of the event before.

    Returns:
        The id of each, its data and whether it is the last one; None where there is no such stream.
    """
    name, _, number = event_id.partition(".")
    if not _is_ours(name, 16) or not number.isdecimal() or len(number) > 9:
        return None
    events = cache.get(_key(session.id, name))
    if events is None:
        return None
    return [(f"{name}.{place}", data, is_last) for place, data, is_last in events if place > int(number)]


def find_session(session_id: str, owner: str) -> Session:
    """The session that a client names.

    Args:
        session_id: What it sent.
        owner: Who sent it.

    Returns:
        The session.

    Raises:
        HTTPRefusalError: 404 where there is none, or it is somebody else's; the client then opens another.
    """
    found = cache.get(_key(session_id)) if _is_ours(session_id, 32) else None
    if found is None or found["owner"] != owner:
        raise HTTPRefusalError(404, "There is no such session: open another one with initialize.")
    return Session(**found)


def can_keep_sessions(request: HttpRequest) -> bool:
    """Whether every process that may get a client's next request would know its session.

    Args:
        request: The request to the MCP endpoint.

    Returns:
        False for a cache that keeps nothing, and for one of this process alone where there may be others.
    """
    backend = caches["default"]
    if isinstance(backend, DummyCache):
        return False
    if isinstance(request, ASGIRequest):
        # Django says of each that there may be others. Servers start them as children, and gunicorn
        # forks, so that only its name tells.
        is_alone = multiprocessing.parent_process() is None and "gunicorn" not in os.environ.get("SERVER_SOFTWARE", "")
    else:
        is_alone = not request.META.get("wsgi.multiprocess")
    return is_alone or not isinstance(backend, LocMemCache)


def _is_ours(name: Any, length: int) -> bool:
    """Whether it has the form of a name that was made here, so that it can be part of a cache key."""
    return isinstance(name, str) and len(name) == length and name.isascii() and name.isalnum()


def _cancel_key(session_id: str, request_id: Any) -> str:
    return _key(session_id, "cancelled", hashlib.sha256(repr(request_id).encode()).hexdigest())


def _key(session_id: str, *rest: Any) -> str:
    return ":".join(["drf_mcp:session", session_id, *map(str, rest)])
