"""How a stream of messages is written, and who reads one."""

from __future__ import annotations

import pytest

from drf_mcp.protocol.sse import accepts_stream, encode_event, encode_retry


def test_an_event_is_lines_and_a_blank_one():
    assert encode_event(b"{}") == b"data: {}\n\n"
    assert encode_event(b"{}", "a.1") == b"id: a.1\ndata: {}\n\n"
    assert encode_retry(500) == b"retry: 500\n\n"


@pytest.mark.parametrize(
    ("accept", "is_read"),
    [
        ("text/event-stream", True),
        ("application/json, text/event-stream", True),
        ("Text/Event-Stream; q=0.5", True),
        ("text/*", True),
        ("*/*", True),
        ("application/json", False),
        ("", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream; q=0.0, */*", False),
    ],
)
def test_a_client_says_whether_it_reads_streams(accept, is_read):
    assert accepts_stream(accept) is is_read
