"""The endpoint over standard input and output: one JSON-RPC message on each line, for clients on this machine.

Spec: basic/transports#stdio
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from django.core.signals import request_started
from django.db import close_old_connections

from .answers import failure_answer
from .local import Relay, parsed

MAX_CALLS = 16
"""How many calls run at once; others wait for their turn."""


class StdioServer:
    """Answers lines with lines.

    Each request runs in a thread, so that a client can take it back, answer what it asks, and call
    something else meanwhile. So answers come in the order in which they are ready.

    Args:
        relay: Carries each message to the endpoint.
        write: Takes a line, with its line break.
    """

    def __init__(self, relay: Relay, write: Callable[[bytes], Any]) -> None:
        self._relay = relay
        self._write = write
        self._writing = threading.Lock()
        self._running: dict[str, bool] = {}
        self._is_over = False

    def serve(self, lines: Iterable[bytes]) -> None:
        """Answer until there are no more lines, and all that was called is done.

        Args:
            lines: What the client sends.
        """
        request_started.send(sender=type(self))
        with ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="drf_mcp-stdio") as calls:
            for line in filter(None, map(bytes.strip, lines)):
                message = parsed(line)
                method = message.get("method") if isinstance(message, dict) else None
                if method == "notifications/cancelled":
                    self._take_back(message.get("params"))
                # What opens the connection decides on all that follows; what wants no answer is quickly taken.
                if method in (None, "initialize") or "id" not in message:
                    self._answer(line, message)
                else:
                    key = json.dumps(message["id"])
                    self._running[key] = True
                    calls.submit(self._answer, line, message, key)
            self._is_over = True

    def _take_back(self, params: Any) -> None:
        """Stop a call that still runs. Spec: basic/utilities/cancellation"""
        key = json.dumps(params.get("requestId")) if isinstance(params, dict) else ""
        if key in self._running:
            self._running[key] = False

    def _answer(self, line: bytes, message: Any, key: str = "") -> None:
        close_old_connections()
        has_asked = False
        try:
            # Closing what is read closes the stream, which is how a call over HTTP is taken back.
            with closing(self._relay.messages(line)) as messages:
                for said in messages:
                    if not self._running.get(key, True) or (self._is_over and has_asked):
                        return
                    if said:
                        has_asked = has_asked or is_question(said)
                        self._say(said)
        except Exception as error:  # noqa: BLE001  (a client that gets no answer waits for ever)
            request_id = message.get("id") if isinstance(message, dict) else None
            self._say(failure_answer(error, request_id).body)
        finally:
            self._running.pop(key, None)
            close_old_connections()

    def _say(self, message: bytes) -> None:
        with self._writing:
            self._write(message + b"\n")


def is_question(message: bytes) -> bool:
    """Whether a message of the server wants an answer of the client."""
    value = json.loads(message)
    return isinstance(value, dict) and "method" in value and "id" in value
