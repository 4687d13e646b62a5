"""The revisions of MCP that are served, as data, and the one place that tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import InvalidRequestError

MAX_BATCH = 50
"""How many messages a batch may have: each is a whole call, and one request should not be a thousand."""

PROTOCOL_VERSION_META = "io.modelcontextprotocol/protocolVersion"
CLIENT_INFO_META = "io.modelcontextprotocol/clientInfo"
CLIENT_CAPABILITIES_META = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL_META = "io.modelcontextprotocol/logLevel"
SUBSCRIPTION_ID_META = "io.modelcontextprotocol/subscriptionId"
SERVER_INFO_META = "io.modelcontextprotocol/serverInfo"


@dataclass(frozen=True, slots=True)
class Revision:
    """One published revision of the protocol.

    Args:
        version: Its name on the wire, the date of its publication.
        has_handshake: True for the revisions that open with ``initialize`` and answer every
            JSON-RPC error with HTTP 200, because their clients drop the body of anything else. The
            others are stateless: each request says by itself what a handshake would have said.
        has_batches: True for the one revision whose servers must take arrays of messages.
        has_get_stream: True where a GET of the same address opens a stream. In 2024-11-05 streams had an
            address of their own.
    """

    version: str
    has_handshake: bool
    has_batches: bool = False
    has_get_stream: bool = False


REVISIONS = {
    **{
        version: Revision(
            version, has_handshake=True, has_batches=version == "2025-03-26", has_get_stream=version > "2024-11-05"
        )
        for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
    },
    "2026-07-28": Revision("2026-07-28", has_handshake=False),
}
LATEST_HANDSHAKE = REVISIONS["2025-11-25"]
WITHOUT_HEADER = REVISIONS["2025-03-26"]
"""What a client speaks that sends no version at all. Spec: basic/transports#protocol-version-header"""


def negotiate(asked: Any) -> Revision:
    """Choose the revision that answers ``initialize``: the one asked for, else the newest with a handshake.

    Args:
        asked: ``params.protocolVersion`` as it came, of any type.

    Returns:
        A revision with a handshake.

    Spec: basic/lifecycle#version-negotiation
    """
    revision = REVISIONS.get(asked) if isinstance(asked, str) else None
    return revision if revision is not None and revision.has_handshake else LATEST_HANDSHAKE


def handshake_revision(message: Any, header: str | None) -> Revision | None:
    """Decide whether a message belongs to the handshake era, and to which of its revisions.

    A version in ``_meta``, or a header that names none of the handshake revisions, makes a message a
    stateless one. ``initialize`` opens the handshake era whatever else a client sends, unless it says
    in one of the two that it has left that era.

    Args:
        message: What was posted, of any JSON type; nothing of it is known to be right yet.
        header: The ``MCP-Protocol-Version`` header, None where it is missing.

    Returns:
        The revision, None where the message has to pass the gate of the stateless ones.

    Spec: basic/versioning#backward-compatibility-with-initialization-based-versions
    """
    message = message if isinstance(message, dict) else {}
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    if isinstance(meta, dict) and PROTOCOL_VERSION_META in meta:
        return None
    if header is None:
        return WITHOUT_HEADER
    revision = REVISIONS.get(header)
    if revision is None and message.get("method") == "initialize":
        return WITHOUT_HEADER
    return revision if revision is not None and revision.has_handshake else None


def check_batch(batch: list[Any], header: str | None) -> None:
    """Take an array of messages where the revision has them, and of a size that is one client's work.

    Args:
        batch: What was posted.
        header: The ``MCP-Protocol-Version`` header, None where it is missing.

    Raises:
        InvalidRequestError: No batches here, an empty one, one that is too large, or one that shakes hands.

    Spec: 2025-03-26 basic/index#batching
    """
    revision = handshake_revision(None, header)
    if revision is None or not revision.has_batches:
        raise InvalidRequestError("Batches are not accepted here: send one message in each POST.")
    if not 0 < len(batch) <= MAX_BATCH:
        raise InvalidRequestError(f"A batch has from 1 to {MAX_BATCH} messages.")
    if any(isinstance(entry, dict) and entry.get("method") == "initialize" for entry in batch):
        raise InvalidRequestError("initialize is never part of a batch.")
