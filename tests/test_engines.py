"""How a change reaches another process."""

from __future__ import annotations

import sys
import threading
import time

import pytest
from django.core.cache import cache, caches
from django.core.exceptions import ImproperlyConfigured

from drf_mcp import engines
from drf_mcp.engines import CacheEngine, NoEngine, get_engine

FILES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": ""}}


@pytest.fixture
def pair(settings, tmp_path, monkeypatch):
    """The engines of two processes that share a cache."""
    monkeypatch.setattr(engines, "POLL_SECONDS", 0.0)
    settings.CACHES = {"default": {**FILES["default"], "LOCATION": str(tmp_path)}}
    return CacheEngine(), CacheEngine()


def test_a_change_reaches_another_process_once(pair):
    here, there = pair
    topics = {"tools", "app.model:1"}
    there.begin(topics)
    assert there.receive(lambda: topics) == {}

    here.send({"tools": False, "app.model:1": True, "app.model:2": False})
    assert there.receive(lambda: topics) == {"tools": False, "app.model:1": True}
    assert there.receive(lambda: topics) == {}


def test_what_changed_before_is_no_change(pair):
    here, there = pair
    here.send({"tools": False})
    there.begin({"tools"})
    assert there.receive(lambda: {"tools"}) == {}


def test_who_listens_later_takes_no_change_from_who_listens_already(pair):
    here, there = pair
    there.begin({"tools"})
    here.send({"tools": False})
    there.begin({"tools", "prompts"})  # another stream of the same process
    assert there.receive(lambda: {"tools", "prompts"}) == {"tools": False}


def test_a_look_while_a_change_is_written_takes_nothing_older_for_news(pair, monkeypatch):
    here, there = pair
    here.begin({"tools"})
    there.send({"tools": False})
    here.receive(lambda: {"tools"})

    looked, looks = [], []
    write = cache.set_many

    def set_many(*args):
        look = threading.Thread(target=lambda: looked.append(here.receive(lambda: {"tools"})))
        looks.append(look)
        look.start()
        look.join(0.2)
        return write(*args)

    monkeypatch.setattr(caches["default"], "set_many", set_many)
    here.send({"tools": False})
    looks[0].join()
    assert here.receive(lambda: {"tools"}) == {}
    assert looked == [{}]


def test_a_process_does_not_hear_itself_through_the_cache(pair):
    here, _ = pair
    here.begin({"tools"})
    here.send({"tools": False, "app.model:7": False})
    assert here.receive(lambda: {"tools"}) == {}
    assert here._seen.keys() == {"tools"}  # what nobody here listens to leaves nothing behind


def test_what_is_watched_is_known_everywhere_and_forgotten_after_a_while(pair, monkeypatch):
    here, there = pair
    here.announce({"app.one"})
    there.announce({"app.two"})
    assert here.watched() == there.watched() == {"app.one", "app.two"}

    half = engines.WATCHED_SECONDS / 2
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began + half + 1)
    there.announce({"app.two"})
    monkeypatch.setattr(time, "time", lambda: began + 2 * half + 1)
    assert here.watched() == {"app.two"}


def test_the_settings_choose_the_engine(settings, tmp_path, monkeypatch):
    cache.clear()
    assert isinstance(get_engine(), NoEngine)
    settings.CACHES = {"default": {**FILES["default"], "LOCATION": str(tmp_path)}}
    assert isinstance(get_engine(), CacheEngine)

    monkeypatch.setitem(sys.modules, "redis", None)
    settings.DRF_MCP = {"REDIS_URL": "redis://127.0.0.1:1/0"}
    with pytest.raises(ImproperlyConfigured, match=r"pip install \"drf-viewset-mcp\[redis\]\""):
        get_engine()
