"""The revisions of MCP that are served, as data, and the one place that tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import UnsupportedVersionError

PROTOCOL_VERSION_META = "io.modelcontextprotocol/protocolVersion"


@dataclass(frozen=True, slots=True)
class Revision:
    """One published revision of the protocol.

    Args:
        version: Its name on the wire, the date of its publication.
        has_handshake: True for the revisions that open with ``initialize`` and answer every
            JSON-RPC error with HTTP 200, because their clients drop the body of anything else.
    """

    version: str
    has_handshake: bool


REVISIONS = {
    version: Revision(version, has_handshake=True)
    for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
}
LATEST_HANDSHAKE = REVISIONS["2025-11-25"]
WITHOUT_HEADER = REVISIONS["2025-03-26"]
"""What a client speaks that sends no version at all. Spec: basic/transports#protocol-version-header"""


def negotiate(asked: Any) -> Revision:
    """Choose the revision that answers ``initialize``: the one asked for, else the newest.

    Args:
        asked: ``params.protocolVersion`` as it came, of any type.

    Returns:
        A revision with a handshake.

    Spec: basic/lifecycle#version-negotiation
    """
    revision = REVISIONS.get(asked) if isinstance(asked, str) else None
    return revision if revision is not None and revision.has_handshake else LATEST_HANDSHAKE


def revision_of(method: str, header: str | None, meta: dict[str, Any]) -> Revision:
    """Decide which revision a request speaks.

    The version in ``_meta`` or a header that names none of the handshake revisions makes a request
    a stateless one; everything else belongs to the handshake era, and there a missing header means
    the oldest revision on a single URL.

    Args:
        method: The JSON-RPC method. ``initialize`` negotiates for itself.
        header: The ``MCP-Protocol-Version`` header, None where it is missing.
        meta: ``params._meta``.

    Returns:
        The revision that the answer must follow.

    Raises:
        UnsupportedVersionError: The version that the request names is not served.

    Spec: basic/versioning
    """
    requested = meta.get(PROTOCOL_VERSION_META, header)
    if requested is None:
        return WITHOUT_HEADER
    revision = REVISIONS.get(requested) if isinstance(requested, str) else None
    if revision is None:
        raise UnsupportedVersionError(
            f"Unsupported protocol version. This server speaks {', '.join(REVISIONS)}; open with initialize.",
            data={"supported": list(REVISIONS), "requested": requested},
        )
    return revision
