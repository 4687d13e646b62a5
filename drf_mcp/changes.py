"""Changes: who listens to what in this process, and what Django's signals and authors say has changed.

A topic is a string: ``tools``, ``prompts`` or ``resources`` for a list; ``app.model`` for any object of a
model and ``app.model:pk`` for one; ``uri:...`` for a resource by its URI; ``session:...`` for a session.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models.signals import post_delete

from .engines import Changes, get_engine, is_cache_in_database

logger = logging.getLogger("drf_mcp")

LOOK_SECONDS = 0.5
"""How often a process looks at most whether any other one listens."""

MAX_STREAMS = 20
"""How many streams one caller may have open in a process."""

MAX_WATCHED = 200
"""How many resources one caller may watch in a process."""

MAX_UNTOLD = 1000
"""How many topics a process keeps for the others while they cannot be told."""

_RETRY_SECONDS = 10.0
_POST_DELETE = "drf_mcp.changes"


class TooManyError(Exception):
    """The caller has too many streams open."""


class Ear:
    """What one stream hears.

    Args:
        caller: Whose stream it is.
    """

    def __init__(self, caller: str) -> None:
        self.caller = caller
        self.watched = 0
        self.topics: frozenset[str] = frozenset()
        self._heard: dict[str, bool] = {}
        self._lock = threading.Lock()
        self._wake: Callable[[], Any] = lambda: None

    def hear(self, changes: Changes) -> None:
        """Keep those changes that concern this stream, and wake it."""
        concerning = {topic: deleted for topic, deleted in changes.items() if topic in self.topics}
        if concerning:
            with self._lock:
                self._heard |= concerning
            self._wake()

    def wake(self) -> None:
        """Have the stream look around."""
        self._wake()

    async def wait(self, seconds: float) -> dict[str, bool]:
        """What has changed since the last time; nothing where nothing did for so long."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            # The loop may be closed while another thread still tells.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)

        self._wake = wake
        if not self._heard and not hub.is_stopping:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)
        with self._lock:
            heard, self._heard = self._heard, {}
        return heard


class Hub:
    """Brings what changes to the streams of this process that want to know."""

    def __init__(self) -> None:
        self.is_stopping = False
        self.watched: frozenset[str] = frozenset()
        self.look_at = 0.0
        self._ears: set[Ear] = set()
        self._untold: dict[str, bool] = {}
        # Re-entrant, since the handler of a signal may interrupt who holds it.
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    # Those who listen

    def open(self, caller: str) -> Ear:
        """Begin to listen, to nothing yet.

        Raises:
            TooManyError: This caller has as many streams as one may have.
        """
        with self._lock:
            if sum(ear.caller == caller for ear in list(self._ears)) >= MAX_STREAMS:
                raise TooManyError
            ear = Ear(caller)
            self._ears.add(ear)
        return ear

    def room(self, ear: Ear) -> int:
        """How many more resources the caller of a stream may watch."""
        with self._lock:
            return MAX_WATCHED - sum(other.watched for other in list(self._ears) if other.caller == ear.caller)

    def listen(self, ear: Ear, topics: Iterable[str], watched: int = 0) -> None:
        """Say what a stream wants to hear of, instead of what it said before.

        Args:
            ear: The stream's.
            topics: What it wants to hear of.
            watched: How many resources that is. Other processes may learn of these only after ``LOOK_SECONDS``.
        """
        topics = frozenset(topics)
        with self._lock:
            if ear not in self._ears or (self._thread and (topics, watched) == (ear.topics, ear.watched)):
                return  # nothing is new, and what all listen to takes a while to gather
            new, ear.topics, ear.watched = topics - ear.topics, topics, watched
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="drf_mcp-changes", daemon=True)
                self._thread.start()
        self._set_watched(self.watched | self._labels())
        if not new:
            return
        try:
            get_engine().begin(new)
            get_engine().announce(self._labels())
        except Exception:
            logger.exception("Other processes cannot be heard.")

    def close(self, ear: Ear) -> None:
        """Listen no more. Garbage collection calls it in any thread, also while a lock waits for that one to start."""
        self._ears.discard(ear)
        self.look_at = 0.0

    def stop(self) -> None:
        """End every stream, since the server stops."""
        self.is_stopping = True
        for ear in list(self._ears):
            ear.wake()

    def _topics(self) -> set[str]:
        return {topic for ear in list(self._ears) for topic in ear.topics}

    def _labels(self) -> frozenset[str]:
        return frozenset(label for topic in self._topics() if "." in (label := topic.partition(":")[0]))

    def _run(self) -> None:
        """Hear the other processes, as long as anybody listens here. What was missed meanwhile may be anything."""
        has_missed = False
        while True:
            with self._lock:
                if not self._ears:
                    self._thread = None
                    break
            try:
                heard = get_engine().receive(self._topics)
                missed = dict.fromkeys(self._topics(), False) if has_missed else {}
                self._deliver({**missed, **heard})
                has_missed = False
                get_engine().announce(self._labels())
                self._send_again()
            except Exception:
                logger.exception("Other processes cannot be heard.")
                has_missed = True
                time.sleep(1)
            finally:
                connections.close_all()
        caches.close_all()

    def _deliver(self, changes: Changes) -> None:
        if changes:
            for ear in list(self._ears):
                ear.hear(changes)

    # What has changed

    def tell(self, changes: Changes) -> None:
        """Tell everybody who listens, in whichever process, now.

        Other processes are told later where that fails, so that nobody waits for what is broken at each save.
        """
        self._deliver(changes)
        if self._untold:
            self._keep(changes)
        else:
            self._send(changes)

    def _send(self, changes: Changes) -> None:
        try:
            get_engine().send(changes)
        except Exception:
            logger.exception("Other processes cannot be told.")
            self._keep(changes)
            self.look_at = time.monotonic() + _RETRY_SECONDS

    def _keep(self, changes: Changes) -> None:
        with self._lock:
            self._untold = dict(islice({**self._untold, **changes}.items(), MAX_UNTOLD))

    def _send_again(self) -> None:
        with self._lock:
            untold, self._untold = self._untold, {}
        if untold:
            self._send(untold)

    def look(self) -> None:
        """Look which models are watched anywhere; others need not be told of.

        Within a transaction a cache in the database is not asked: on PostgreSQL its failure would spoil that.
        """
        if is_cache_in_database() and any(known.in_atomic_block for known in connections.all(initialized_only=True)):
            return
        self.look_at = time.monotonic() + LOOK_SECONDS
        try:
            self._set_watched(self._labels() | get_engine().watched())
        except Exception:
            logger.debug("Other processes cannot be asked what they watch.", exc_info=True)
            self.look_at = time.monotonic() + _RETRY_SECONDS
        else:
            self._send_again()

    def _set_watched(self, labels: frozenset[str]) -> None:
        """Hear of deletions only of what is watched: a model that anybody hears for is deleted row by row."""
        with self._lock:
            for label in labels ^ self.watched:
                change = post_delete.connect if label in labels else post_delete.disconnect
                for model in _models(label):
                    options: dict[str, Any] = {"sender": model, "dispatch_uid": _POST_DELETE}
                    change(deleted, **options) if label in labels else change(**options)
            self.watched = labels


hub = Hub()


def look_again(**kwargs: Any) -> None:
    """Receives ``request_started`` and ``connection_created``: what is deleted next may be watched."""
    if time.monotonic() >= hub.look_at:
        hub.look()


def saved(sender: Any, instance: Any, using: str | None = None, **kwargs: Any) -> None:
    """Receives ``post_save`` of every model, and passes over what nobody watches."""
    if time.monotonic() >= hub.look_at:
        hub.look()
    if hub.watched:
        _tell_of(sender, [instance.pk], using, is_deleted=False)


def deleted(sender: Any, instance: Any, using: str | None = None, **kwargs: Any) -> None:
    """Receives ``post_delete`` of the models that are watched."""
    _tell_of(sender, [instance.pk], using, is_deleted=True)


def related(
    action: str, instance: Any, model: Any, pk_set: Iterable[Any] | None, using: str | None = None, **kwargs: Any
) -> None:
    """Receives ``m2m_changed`` of every model: both sides read differently now.

    Which objects the other side had that was cleared nobody says, so that only its lists are told.
    """
    if not action.startswith("post_"):
        return
    if time.monotonic() >= hub.look_at:
        hub.look()
    if hub.watched:
        _tell_of(type(instance), [instance.pk], using, is_deleted=False)
        _tell_of(model, pk_set or (), using, is_deleted=False)


def _tell_of(model: Any, pks: Iterable[Any], using: str | None, *, is_deleted: bool) -> None:
    changes: dict[str, bool] = {}
    for label in labels_of(model):
        if label in hub.watched:
            changes |= {label: is_deleted, **{topic_of(label, pk): is_deleted for pk in pks}}
    if changes:
        tell_on_commit(changes, using)


def tell_on_commit(changes: Changes, using: str | None = None) -> None:
    """Tell what changed when it is certain: at once where no transaction is open."""
    if connections[using or DEFAULT_DB_ALIAS].in_atomic_block:
        transaction.on_commit(partial(hub.tell, changes), using=using, robust=True)
    else:
        hub.tell(changes)


def topic_of(label: str, pk: Any) -> str:
    """The topic of one object."""
    return f"{label}:{pk}"


@cache
def labels_of(model: Any) -> tuple[str, ...]:
    """The labels of a model and of those that it inherits its columns from."""
    concrete = model._meta.concrete_model or model
    return tuple(cls._meta.label_lower for cls in (concrete, *concrete._meta.get_parent_list()))


def _models(label: str) -> list[Any]:
    """The model of a label and its proxies."""
    return [model for model in apps.get_models() if labels_of(model)[0] == label]


def end_with_the_server() -> None:
    """End all streams when the server is told to stop, since it waits for what is open.

    Servers hear of it through a signal, whose handler is kept; only the main thread can, and mostly is
    where the event loop runs.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler) and not isinstance(handler, _Stop):
            signal.signal(number, _Stop(handler))


class _Stop:
    """The handler of a signal, after the server's own."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def __call__(self, number: int, frame: Any) -> None:
        hub.stop()
        self._handler(number, frame)
