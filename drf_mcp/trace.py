"""The trace of the protocol: each message that comes and goes, for whoever has to find out what a client really said.

It is written where the logger ``drf_mcp.trace`` is at DEBUG, which it is not by default, and masked as all logs are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from .masking import length_of, masked

logger = logging.getLogger("drf_mcp.trace")

_LISTS = ("tools", "resources", "resourceTemplates", "prompts")
_TEXTS = ("text", "data", "blob")


def received(value: Any) -> None:
    """Note what a client has sent: one message, or a batch of them."""
    if logger.isEnabledFor(logging.DEBUG):
        for message in value if isinstance(value, list) else [value]:
            if isinstance(message, Mapping):
                kind = ("request" if "id" in message else "notification") if "method" in message else "response"
                _write("in", message.get("method", ""), kind, message)


def answered(method: str, body: bytes) -> None:
    """Note what a client is answered.

    Args:
        method: What it had asked for, empty where that could not be read.
        body: The response, encoded.
    """
    if logger.isEnabledFor(logging.DEBUG):
        _write("out", method, "response", json.loads(body))


def told(message: Mapping[str, Any]) -> None:
    """Note what a client is told or asked on a stream."""
    if logger.isEnabledFor(logging.DEBUG):
        _write("out", message["method"], "request" if "id" in message else "notification", message)


def _write(direction: str, method: Any, kind: str, message: Mapping[str, Any]) -> None:
    shown = json.dumps(_shown(message), default=str)
    # A method is whatever a client says it is: what JSON escapes cannot pretend to be another line.
    name = json.dumps(method)[1:-1] if isinstance(method, str) else ""
    logger.debug(
        "MCP %s: %s",
        " ".join(part for part in (name, kind) if part),
        shown,
        extra={"mcp_direction": direction, "mcp_message_type": name, "mcp_kind": kind},
    )


def _shown(message: Mapping[str, Any]) -> Any:
    """A message as a log may hold it: prose cannot be masked by names, so it is told by its length."""
    shown = masked(_without_texts(message))
    result, error = message.get("result"), message.get("error")
    if isinstance(result, Mapping):
        for name in _LISTS:
            if isinstance(result.get(name), list):
                shown["result"][name] = f"({len(result[name]):,} entries)"
    if isinstance(error, Mapping) and masked(error.get("data")) != error.get("data"):
        shown["error"]["message"] = length_of(str(error.get("message")))  # it may repeat what is masked below it
    return shown


def _without_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_texts(entry) for entry in value]
    if not isinstance(value, Mapping):
        return value
    shown = {name: _without_texts(entry) for name, entry in value.items()}
    if "uri" in value or ("type" in value and value.keys() & set(_TEXTS)):
        shown |= {name: length_of(shown[name]) for name in _TEXTS if isinstance(shown.get(name), str)}
        if isinstance(shown.get("uri"), str):
            path, has_query, _ = shown["uri"].partition("?")
            shown["uri"] = f"{path}?***" if has_query else path
    return shown
