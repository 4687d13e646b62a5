"""What a stream hears of changes."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from asgiref.sync import async_to_sync

from drf_mcp import changes, engines
from drf_mcp.changes import Ear, Hub
from drf_mcp.engines import CacheEngine


def test_changes_that_nobody_takes_are_kept_once():
    ear = Ear("somebody")
    ear.topics = frozenset({"app.model", "app.model:1"})
    for number in range(1000):
        ear.hear({"app.model": False, f"app.model:{number}": False})
    ear.hear({"app.model:1": True})
    assert len(ear._heard) == 2
    assert async_to_sync(ear.wait)(0) == {"app.model": False, "app.model:1": True}
    assert async_to_sync(ear.wait)(0) == {}


def test_a_redis_that_answers_nothing_is_waited_for_once_and_others_are_told_later(settings, tmp_path, monkeypatch):
    pytest.importorskip("redis", reason="The package redis is missing; `make test` installs it.")
    monkeypatch.setattr(changes, "MAX_UNTOLD", 3)
    hub = Hub()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.DRF_MCP = {"REDIS_URL": f"redis://127.0.0.1:{silent.getsockname()[1]}/0"}
        hub.tell({"app.model": False, "app.model:1": False})
        began = time.monotonic()
        for number in range(10):
            hub.tell({"app.model": True, f"app.model:{number}": True})
        assert time.monotonic() - began < 0.5

    settings.DRF_MCP = {}
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path)}}
    monkeypatch.setattr(engines, "POLL_SECONDS", 0.0)
    other, topics = CacheEngine(), {"app.model", "app.model:0", "app.model:1", "app.model:2"}
    other.begin(topics)
    hub.look()
    assert other.receive(lambda: topics) == {"app.model": True, "app.model:1": True, "app.model:0": True}


def test_a_stream_is_closed_whoever_holds_the_lock() -> None:
    hub = Hub()
    ear = hub.open("ann")
    closing = threading.Thread(target=hub.close, args=[ear])
    with hub._lock:  # as who starts a thread, which collects garbage before it says that it runs
        closing.start()
        closing.join(5)
        assert not closing.is_alive()
    assert hub.room(ear) == changes.MAX_WATCHED


class GatheringHub(Hub):
    """Counts how often it gathers what all streams listen to."""

    gathered = 0

    def _topics(self) -> set[str]:
        self.gathered += threading.current_thread() is threading.main_thread()
        return super()._topics()


def test_a_stream_that_listens_to_what_it_did_costs_no_look_at_all_the_others() -> None:
    hub = GatheringHub()
    ear = hub.open("ann")
    hub.listen(ear, {"app.model", "app.model:1"}, 1)
    before = hub.gathered
    hub.listen(ear, ["app.model:1", "app.model"], 1)
    assert hub.gathered == before
    hub.listen(ear, {"app.model"}, 1)
    assert (hub.gathered > before, ear.topics) == (True, {"app.model"})
    hub.close(ear)
