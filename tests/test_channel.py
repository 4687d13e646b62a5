"""The channel between the thread that works and the response that streams."""

from __future__ import annotations

import asyncio
import json
import queue
from typing import Any

import pytest

from drf_mcp import channel as channel_module
from drf_mcp.answers import Answer
from drf_mcp.channel import MAX_WAITING, REPORTS_PER_SECOND, CallCancelled, Channel
from drf_mcp.protocol.sse import KEEP_ALIVE


class Kept:
    """A record in memory."""

    def __init__(self) -> None:
        self.events: list[tuple[bytes, bool]] = []
        self.is_kept = self.taken_back = False

    def add(self, data: bytes, *, is_last: bool = False) -> str:
        self.events.append((data, is_last))
        return f"e{len(self.events)}"

    def keep(self) -> None:
        self.is_kept = True

    def is_taken_back(self) -> bool:
        return self.taken_back


def note(text: str = "x") -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": text}}


def waiting(channel: Channel) -> list[Any]:
    found = []
    while True:
        try:
            found.append(channel.first(0))
        except queue.Empty:
            return found


def test_what_is_sent_comes_out_in_order_and_the_answer_last():
    channel = Channel()
    channel.send(note("a"))
    channel.send(note("b"))
    channel.finish(Answer(b"{}"))

    *events, answer = waiting(channel)
    assert [json.loads(event.removeprefix(b"data: "))["params"]["data"] for event in events] == ["a", "b"]
    assert channel.last_event(answer) == b"data: {}\n\n"


def test_closing_cancels_a_call_that_nobody_can_ask_for_again():
    channel = Channel()
    channel.close()

    with pytest.raises(CallCancelled):
        channel.send(note())
    with pytest.raises(CallCancelled):
        channel.check()
    assert waiting(channel) == []


def test_a_call_may_outlive_its_stream_without_a_record():
    channel = Channel(outlives_stream=True)
    channel.close()

    channel.send(note())
    channel.finish(Answer(b"{}"))
    assert waiting(channel) == []


def test_with_a_record_the_call_goes_on_and_its_events_are_kept():
    record = Kept()
    channel = Channel(record, outlives_stream=True, has_primer=True)
    assert channel.primer == b"id: e1\ndata: \n\n"
    assert not record.is_kept

    channel.send(note())
    channel.close()
    channel.send(note())
    channel.finish(Answer(b"{}"))

    assert record.is_kept
    assert [is_last for _, is_last in record.events] == [False, False, False, True]
    assert len(waiting(channel)) == 1


def test_a_call_that_was_taken_back_stops():
    record = Kept()
    channel = Channel(record)
    record.taken_back = True

    with pytest.raises(CallCancelled):
        channel.check()
    channel.finish(None)
    assert record.events == [(b"", True)]


def test_an_answer_comes_although_the_record_fails():
    class Broken(Kept):
        def add(self, data: bytes, *, is_last: bool = False) -> str:
            raise ConnectionError

    channel = Channel(Broken())
    with pytest.raises(ConnectionError):
        channel.finish(Answer(b"{}"))
    assert waiting(channel) == [Answer(b"{}")]


def test_hanging_up_ends_the_response_and_the_rest_is_kept():
    record = Kept()
    channel = Channel(record, has_primer=True)

    assert channel.hang_up(500)
    channel.send(note())
    channel.finish(Answer(b"{}"))

    assert waiting(channel) == [b"retry: 500\n\n", None]
    assert len(record.events) == 3


@pytest.mark.parametrize("channel", [Channel(), Channel(Kept())])
def test_nobody_hangs_up_on_a_client_that_cannot_come_back(channel):
    assert not channel.hang_up(500)
    assert waiting(channel) == []


def test_a_slow_reader_misses_notifications_and_no_question():
    channel = Channel()
    for _ in range(MAX_WAITING + 5):
        channel.send(note())
    channel.send({**note(), "id": 1})

    assert len(waiting(channel)) == MAX_WAITING + 1


def test_progress_goes_forwards_and_not_too_fast(monkeypatch):
    now = 0.0
    monkeypatch.setattr(channel_module.time, "monotonic", lambda: now)
    channel = Channel()

    assert channel.may_report(0)
    assert not channel.may_report(0)
    assert not channel.may_report(-1)
    assert not channel.may_report(float("nan"))
    assert not channel.may_report(float("inf"))
    assert sum(channel.may_report(step) for step in range(1, 100)) == REPORTS_PER_SECOND - 1
    now += 1 / REPORTS_PER_SECOND
    assert channel.may_report(100)
    assert not channel.may_report(101)


def test_a_silent_stream_shows_that_it_lives(monkeypatch):
    monkeypatch.setattr(channel_module, "KEEP_ALIVE_SECONDS", 0.01)
    channel = Channel()
    assert next(iter(channel)) == KEEP_ALIVE

    async def read() -> Any:
        return await anext(aiter(channel))

    assert asyncio.run(read()) == KEEP_ALIVE


def test_a_loop_is_woken_by_another_thread():
    channel = Channel()

    async def read() -> list[Any]:
        events = aiter(channel)
        sending = asyncio.get_running_loop().run_in_executor(None, channel.send, note())
        found = [await anext(events)]
        await sending
        return found

    assert len(asyncio.run(read())) == 1
    channel.finish(Answer(b"{}"))  # the loop is gone, and the tool does not care
