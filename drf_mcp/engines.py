"""Engines: how a change reaches the processes where somebody listens, and how these say what they watch."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import cache as cached
from typing import Any, Protocol

from django.core.cache import cache, caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from .conf import mcp_settings

logger = logging.getLogger("drf_mcp")

Changes = Mapping[str, bool]
"""What changed, by topic, and whether it was deleted."""

POLL_SECONDS = 0.15
"""How often the cache is asked while somebody listens."""

WATCHED_SECONDS = 60
"""How long other processes are told of what one watches after that one has gone without a word."""

_KEPT_SECONDS = 60
_AT_ONCE = 1000
_WATCHED_KEY = "drf_mcp:watched"
_CHANNEL = "drf_mcp:changes"


class Engine(Protocol):
    """Carries changes between processes."""

    def send(self, changes: Changes) -> None:
        """Tell the other processes what changed."""

    def begin(self, topics: Iterable[str]) -> None:
        """Take note of topics whose changes are wanted from now on."""

    def receive(self, topics: Callable[[], set[str]]) -> Changes:
        """Wait a moment for what other processes have told of these topics."""

    def announce(self, labels: Iterable[str]) -> None:
        """Say which models this process watches."""

    def watched(self) -> set[str]:
        """The models that any process watches."""


class NoEngine:
    """For one process alone."""

    def send(self, changes: Changes) -> None:
        """Nobody else is there."""

    def begin(self, topics: Iterable[str]) -> None:
        """Nobody else is there."""

    def receive(self, topics: Callable[[], set[str]]) -> Changes:
        """Nothing, after a while."""
        time.sleep(POLL_SECONDS)
        return {}

    def announce(self, labels: Iterable[str]) -> None:
        """Nobody else is there."""

    def watched(self) -> set[str]:
        """None."""
        return set()


class CacheEngine:
    """Django's cache, for processes that share it.

    Each topic is one entry, which the last change overwrites: no process has to know of another, and
    nothing is lost where two write at once.
    """

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, changes: Changes) -> None:
        """Overwrite what the topics say."""
        token = uuid.uuid4().hex
        with self._lock:
            cache.set_many({_key(topic): (token, deleted) for topic, deleted in changes.items()}, _KEPT_SECONDS)
            # Who listens in this process is told without the cache.
            self._seen.update(dict.fromkeys(changes.keys() & self._seen.keys(), token))

    def begin(self, topics: Iterable[str]) -> None:
        """Read what those topics say now that nobody here has listened to, which is no change."""
        with self._lock:
            self._news(set(topics) - self._seen.keys())

    def receive(self, topics: Callable[[], set[str]]) -> Changes:
        """Look after a moment."""
        time.sleep(POLL_SECONDS)
        with self._lock:
            wanted = topics()
            self._seen = {topic: token for topic, token in self._seen.items() if topic in wanted}
            return self._news(wanted)

    def _news(self, topics: Iterable[str]) -> dict[str, bool]:
        keys = {_key(topic): topic for topic in topics}
        found, news = cache.get_many(keys), {}
        for key, topic in keys.items():
            token, deleted = found.get(key, ("", False))
            before = self._seen.get(topic)
            self._seen[topic] = token or before or ""
            if token and before is not None and token != before:
                news[topic] = deleted
        return news

    def announce(self, labels: Iterable[str]) -> None:
        """Add to the one entry that has them all; a process that loses a race does so again at its next look."""
        _announce(cache.get(_WATCHED_KEY) or {}, labels, lambda known: cache.set(_WATCHED_KEY, known, None))

    def watched(self) -> set[str]:
        """What that entry says."""
        return _current(cache.get(_WATCHED_KEY) or {})


class RedisEngine:
    """Redis: changes are published, so that nobody has to ask for them.

    Args:
        url: Where it is, as ``redis://127.0.0.1:6379/0``.

    Raises:
        ImproperlyConfigured: The package ``redis`` is missing.
    """

    def __init__(self, url: str) -> None:
        try:
            import redis
        except ImportError:
            raise ImproperlyConfigured(
                'DRF_MCP["REDIS_URL"] needs the package redis: pip install "drf-viewset-mcp[redis]".'
            ) from None
        self._redis: Any = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
        self._heard: Any = None
        self._own = uuid.uuid4().hex

    @property
    def _name(self) -> str:
        """Of this process, also where a server has forked after all was loaded."""
        return f"{self._own}.{os.getpid()}"

    def send(self, changes: Changes) -> None:
        """Publish them."""
        self._redis.publish(_CHANNEL, json.dumps([self._name, dict(changes)]))

    def begin(self, topics: Iterable[str]) -> None:
        """Subscribe, once for this process."""
        if self._heard is None:
            heard = self._redis.pubsub(ignore_subscribe_messages=True)
            heard.subscribe(_CHANNEL)
            heard.get_message(timeout=1)  # Redis has taken the subscription
            self._heard = heard

    def receive(self, topics: Callable[[], set[str]]) -> Changes:
        """Wait for what is published, and take what there is of it."""
        self.begin(())
        news: dict[str, bool] = {}
        try:
            for number in range(_AT_ONCE):
                message = self._heard.get_message(timeout=0 if number else POLL_SECONDS)
                if message is None:
                    break
                name, changes = json.loads(message["data"])
                if name != self._name:
                    news |= changes
        except Exception:
            self._heard = None  # to be connected again
            raise
        return {topic: news[topic] for topic in news.keys() & topics()}

    def announce(self, labels: Iterable[str]) -> None:
        """Add to the one entry that has them all."""
        known = json.loads(self._redis.get(_WATCHED_KEY) or b"{}")
        _announce(known, labels, lambda known: self._redis.set(_WATCHED_KEY, json.dumps(known)))

    def watched(self) -> set[str]:
        """What that entry says."""
        return _current(json.loads(self._redis.get(_WATCHED_KEY) or b"{}"))


def _announce(known: Mapping[str, float], labels: Iterable[str], keep: Callable[[dict[str, float]], Any]) -> None:
    """Add labels to those that are announced, unless they are there for long enough."""
    now = time.time()
    known = {label: until for label, until in known.items() if until > now}
    wanted = set(labels)
    if any(known.get(label, 0) < now + WATCHED_SECONDS / 2 for label in wanted):
        keep({**known, **dict.fromkeys(wanted, now + WATCHED_SECONDS)})


def _current(known: Mapping[str, float]) -> set[str]:
    now = time.time()
    return {label for label, until in known.items() if until > now}


def _key(topic: str) -> str:
    return f"drf_mcp:changed:{hashlib.sha256(topic.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def is_private_cache() -> bool:
    """Whether what one process puts into the cache is never seen by another."""
    return isinstance(caches["default"], (DummyCache, LocMemCache))


def is_cache_in_database() -> bool:
    """Whether what a transaction puts into the cache is rolled back with it, and a failure there spoils it."""
    return isinstance(caches["default"], BaseDatabaseCache)


@cached
def get_engine() -> Engine:
    """The engine that the settings choose: Redis, else a cache that processes share, else none."""
    if mcp_settings.REDIS_URL:
        return RedisEngine(mcp_settings.REDIS_URL)
    return NoEngine() if is_private_cache() else CacheEngine()


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("DRF_MCP", "CACHES"):
        get_engine.cache_clear()


setting_changed.connect(_forget, dispatch_uid="drf_mcp.engines")
