"""Sessions, the answers that reach them, and the events that are kept for them."""

from __future__ import annotations

import multiprocessing

import pytest
from django.core.cache import cache
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory, override_settings

from drf_mcp.protocol.errors import HTTPRefusalError
from drf_mcp.sessions import EventRecord, Session, can_keep_sessions, events_after, find_session

LOCMEM, DUMMY, FILES = (
    {"default": {"BACKEND": f"django.core.cache.backends.{name}", "LOCATION": "/nowhere"}}
    for name in ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache")
)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def session():
    session = Session("ann", {"elicitation": {}})
    session.save()
    return session


def test_only_its_owner_finds_a_session_and_nobody_after_its_end(session):
    assert find_session(session.id, "ann") == session
    for id_, owner in ((session.id, "bob"), ("0" * 32, "ann"), ("x", "ann"), (":" * 32, "ann"), ("é" * 32, "ann")):
        with pytest.raises(HTTPRefusalError, match="no such session") as caught:
            find_session(id_, owner)
        assert caught.value.http_status == 404

    session.end()
    with pytest.raises(HTTPRefusalError):
        find_session(session.id, "ann")


def test_an_answer_is_taken_once_and_only_by_the_session_that_was_asked(session):
    question = "a" * 32
    session.take_answer(question, {"result": 0})
    assert session.answers_to([question]) == {}

    session.expect_answers([question], 60)
    Session("ann", {}).take_answer(question, {"result": 1})
    assert session.answers_to([question]) == {}

    session.take_answer(question, {"result": 2})
    session.take_answer(question, {"result": 3})
    assert session.answers_to([question]) == {question: {"result": 2}}
    assert session.answers_to([question]) == {}


@pytest.mark.parametrize("name", [7, None, "short", "a:" * 16, []])
def test_an_answer_to_no_question_of_ours_is_dropped(session, name):
    session.take_answer(name, {"result": 1})


def test_nothing_is_kept_of_a_call_until_its_stream_is_open(session):
    record = EventRecord(session, 1)
    first = record.add(b"1")
    assert events_after(session, first) is None

    record.keep()
    record.keep()
    record.add(b"2")
    record.add(b"3", is_last=True)

    assert [event[1:] for event in events_after(session, first)] == [(b"2", False), (b"3", True)]
    assert events_after(Session("ann", {}), first) is None


def test_the_oldest_events_of_a_long_stream_are_given_up(session):
    record = EventRecord(session, 1)
    record.keep()
    ids = [record.add(b"%d" % n) for n in range(250)]

    assert len(events_after(session, ids[0])) == 100
    assert [data for _, data, _ in events_after(session, ids[-2])] == [b"249"]


@pytest.mark.parametrize("event_id", ["", "x", "x.1", "0" * 16, "0" * 16 + ".x", "0" * 16 + "." + "9" * 10])
def test_an_event_that_never_was_has_no_stream(session, event_id):
    assert events_after(session, event_id) is None


def test_a_call_is_taken_back_by_its_own_session_and_id(session):
    records = [EventRecord(session, 1), EventRecord(session, "1"), EventRecord(Session("ann", {}), 1)]
    session.take_back(1)

    assert [record.is_taken_back() for record in records] == [True, False, False]


def test_a_cache_of_one_process_serves_one_process(monkeypatch):
    def keeps(caches, **environ):
        with override_settings(CACHES=caches):
            return can_keep_sessions(RequestFactory().post("/", **environ))

    assert not keeps(DUMMY)
    assert keeps(LOCMEM, **{"wsgi.multiprocess": False})
    assert not keeps(LOCMEM, **{"wsgi.multiprocess": True})
    assert keeps(FILES, **{"wsgi.multiprocess": True})


def test_under_asgi_the_server_tells_by_how_it_started_the_process(monkeypatch):
    request = ASGIRequest({"type": "http", "method": "POST", "path": "/", "headers": []}, None)
    with override_settings(CACHES=LOCMEM):
        assert can_keep_sessions(request)
        monkeypatch.setenv("SERVER_SOFTWARE", "gunicorn/27.0.1")
        assert not can_keep_sessions(request)
        monkeypatch.delenv("SERVER_SOFTWARE")
        monkeypatch.setattr(multiprocessing, "parent_process", object)
        assert not can_keep_sessions(request)
