"""What a client hears: results and errors as Python objects, and the events of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


class ResponseError(Exception):
    """The server answered with a JSON-RPC error instead of a result.

    Args:
        code: The error's code, or the HTTP status of a refusal.
        message: The sentence for the person or model that made the request.
        data: What else helps to repair the request, None where nothing came with it.
    """

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool answered.

    Args:
        content: The content blocks, as they came.
        structured: The same as data, None where there is none.
        is_error: Whether the tool refused.
    """

    content: list[dict[str, Any]]
    structured: Any = None
    is_error: bool = False

    @property
    def text(self) -> str:
        """The text of all blocks that have one."""
        return "\n".join(block["text"] for block in self.content if "text" in block)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a resource.

    Args:
        contents: Its parts, each with ``uri`` and ``text`` or ``blob``.
    """

    contents: list[dict[str, Any]]

    @property
    def text(self) -> str:
        """The text of all parts that have one."""
        return "\n".join(part["text"] for part in self.contents if "text" in part)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt, filled in.

    Args:
        messages: Each with ``role`` and ``content``.
        description: What the prompt is for, empty where it does not say.
    """

    messages: list[dict[str, Any]]
    description: str = ""

    @property
    def text(self) -> str:
        """The text of all messages that have one."""
        return "\n".join(message["content"]["text"] for message in self.messages if "text" in message["content"])


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream.

    Args:
        data: A message, empty where the event has none.
        id: Under which the client asks for what came after it, empty where it may not.
    """

    data: bytes
    id: str


def read_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Read a stream as ``protocol.sse`` writes it: events in whole chunks, with comments between them.

    Args:
        chunks: What the response streams.
    """
    for chunk in chunks:
        for block in chunk.split(b"\n\n"):
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
            # A comment shows that the stream is alive, and its reader may want to look around.
            yield Event(fields.get(b"data", b""), fields.get(b"id", b"").decode())
