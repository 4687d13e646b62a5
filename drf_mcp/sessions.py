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
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from .conf import mcp_settings
from .engines import is_private_cache
from .protocol.errors import HTTPRefusalError
from .protocol.sse import encode_event

LIFETIME_SECONDS = 24 * 60 * 60
"""How long a session is kept; a client that comes later opens another, as the protocol tells it to."""

MAX_SUBSCRIPTIONS = 50
"""How many resources a session may be subscribed to."""

EVENTS_KEPT_SECONDS = 15 * 60
"""How long a client may take to ask for the events that it missed, after the newest of them."""


@dataclass(slots=True)
class Session:
    """One client's connection.

    Args:
        id: Under which the client names it; nobody can guess it.
        owner: Whose it is; nobody else finds it.
        capabilities: What the client declared that it can do.
        client_info: How it calls itself.
        log_level: The least level of the log messages that it wants, None before it has said so.
    """

    owner: str
    capabilities: Mapping[str, Any]
    client_info: Mapping[str, str] = field(default_factory=dict)
    log_level: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def save(self) -> None:
        """Keep it, for every process."""
        cache.set(_key(self.id), asdict(self), LIFETIME_SECONDS)

    def end(self) -> None:
        """Forget it."""
        cache.delete_many([_key(self.id), *self._places()])

    def is_open(self) -> bool:
        """Whether it has not ended meanwhile."""
        return cache.get(_key(self.id)) is not None

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

    # Subscriptions, each an entry of its own, so that two requests at once cannot lose one

    @property
    def topic(self) -> str:
        """Under which its stream hears of what happens to it."""
        return f"session:{self.id}"

    def subscriptions(self) -> dict[str, Any]:
        """What the client subscribed to: each entry, by its ``uri``."""
        return {entry["uri"]: entry for entry in cache.get_many(self._places()).values()}

    def subscribe(self, entry: Mapping[str, Any]) -> bool:
        """Keep a subscription; False where there is no room for it."""
        if entry["uri"] in self.subscriptions():
            return True
        return any(cache.add(place, dict(entry), LIFETIME_SECONDS) for place in self._places())

    def unsubscribe(self, uri: str) -> None:
        """Forget a subscription."""
        cache.delete_many([place for place, entry in cache.get_many(self._places()).items() if entry["uri"] == uri])

    def renew(self, entry: Mapping[str, Any]) -> None:
        """Keep what is known of a subscription now, unless it was taken back meanwhile."""
        for place, known in cache.get_many(self._places()).items():
            if known["uri"] == entry["uri"]:
                cache.set(place, dict(entry), LIFETIME_SECONDS)

    def _places(self) -> list[str]:
        return [_key(self.id, "subscription", number) for number in range(MAX_SUBSCRIPTIONS)]

    # Streams, of which one speaks. Spec: basic/transports#multiple-connections

    def speak(self, name: str) -> None:
        """Let this stream tell what there is to tell, instead of any other."""
        cache.set(_key(self.id, "speaker"), name, LIFETIME_SECONDS)

    def speaks(self, name: str) -> bool:
        """Whether it is this stream that tells, or may from now on since no other does."""
        key = _key(self.id, "speaker")
        return bool(cache.add(key, name, LIFETIME_SECONDS)) or cache.get(key) == name

    def fall_silent(self, name: str) -> None:
        """Let another stream tell."""
        if cache.get(_key(self.id, "speaker")) == name:
            cache.delete(_key(self.id, "speaker"))


def client_info(declared: Any) -> dict[str, str]:
    """What is kept of how a client calls itself: its name and its version, as far as they are short texts."""
    info = declared if isinstance(declared, Mapping) else {}
    return {key: info[key] for key in ("name", "version") if isinstance(info.get(key), str) and len(info[key]) <= 200}


class EventRecord:
    """The events of one stream, kept for a client that lost its connection.

    They are one entry in the cache, since many caches throw entries away when there are some hundreds,
    and nothing is kept of a call that is answered without a stream.

    Args:
        session: Whose stream it is.
        request_id: The call that the stream answers, None where it answers none.
        kind: A letter that the name of the stream begins with.

    Spec: basic/transports#resumability-and-redelivery
    """

    _LOOK_SECONDS = 0.25
    _KEPT = 100

    def __init__(self, session: Session, request_id: Any, kind: str = "c") -> None:
        self.name = f"{kind}{uuid.uuid4().hex[:15]}"
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

    def event(self, data: bytes) -> bytes:
        """Take an event and write it with its id."""
        return encode_event(data, self.add(data))

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
        The id of each, its data and whether it is the last one; None where there is no such stream, or it has ended
        with that event.
    """
    name, _, number = event_id.partition(".")
    if not _is_ours(name, 16) or not number.isdecimal() or len(number) > 9:
        return None
    events = cache.get(_key(session.id, name))
    if events is None or (events and events[-1][2] and events[-1][0] <= int(number)):
        return None
    return [(f"{name}.{place}", data, is_last) for place, data, is_last in events if place > int(number)]


def is_of_session(event_id: str) -> bool:
    """Whether an event was one of a session's own stream, and not of one that answers a call."""
    return event_id.startswith("g")


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
    return not isinstance(caches["default"], DummyCache) and (not is_private_cache() or _is_alone(request))


def can_listen(request: HttpRequest) -> bool:
    """Whether a client can be told of what changes: a stream may stay open, and hears of every process.

    Args:
        request: The request to the MCP endpoint.
    """
    if not isinstance(request, ASGIRequest):
        return False
    return mcp_settings.REDIS_URL is not None or not is_private_cache() or _is_alone(request)


def _is_alone(request: HttpRequest) -> bool:
    if isinstance(request, ASGIRequest):
        # Django says of each that there may be others. Servers start them as children, and gunicorn
        # forks, so that only its name tells.
        return multiprocessing.parent_process() is None and "gunicorn" not in os.environ.get("SERVER_SOFTWARE", "")
    return not request.META.get("wsgi.multiprocess")


def _is_ours(name: Any, length: int) -> bool:
    """Whether it has the form of a name that was made here, so that it can be part of a cache key."""
    return isinstance(name, str) and len(name) == length and name.isascii() and name.isalnum()


def _cancel_key(session_id: str, request_id: Any) -> str:
    return _key(session_id, "cancelled", hashlib.sha256(repr(request_id).encode()).hexdigest())


def _key(session_id: str, *rest: Any) -> str:
    return ":".join(["drf_mcp:session", session_id, *map(str, rest)])
