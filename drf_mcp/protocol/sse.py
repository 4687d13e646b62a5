"""Server-sent events: how a stream of messages is written.

Spec: basic/transports/streamable-http; the format is the HTML standard's, section "Server-sent events".
"""

from __future__ import annotations

import re

CONTENT_TYPE = "text/event-stream"

HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no", "Content-Encoding": "identity"}
"""What keeps proxies, and middleware that compresses, from holding a stream back."""

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which no client hands on."""


def encode_event(data: bytes, event_id: str = "") -> bytes:
    """Write one message as one event.

    Args:
        data: A JSON-RPC message without a line break, empty for an event that only has an id.
        event_id: Under which a client may ask for what came after it, empty where it may not.

    Returns:
        The event with its blank line.
    """
    head = b"id: %b\n" % event_id.encode("ascii") if event_id else b""
    return b"%bdata: %b\n\n" % (head, data)


def encode_retry(milliseconds: int) -> bytes:
    """Tell the client how long to wait before it asks for what comes after this."""
    return b"retry: %d\n\n" % milliseconds


def accepts_stream(accept: str) -> bool:
    """Whether a client reads event streams, by its ``Accept`` header."""
    kinds = {
        kind.strip().lower(): rest.replace(" ", "") for kind, _, rest in (p.partition(";") for p in accept.split(","))
    }
    found = next((kinds[kind] for kind in (CONTENT_TYPE, "text/*", "*/*") if kind in kinds), "q=0")
    return re.fullmatch(r"q=0(\.0*)?", found) is None
