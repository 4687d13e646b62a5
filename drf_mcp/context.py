"""Who calls, in which revision, with which metadata: what an action finds as ``request.mcp``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from .auth.identity import Identity
from .protocol.revisions import CLIENT_CAPABILITIES_META, Revision
from .protocol.tracing import trace_context


@dataclass(frozen=True, slots=True)
class Context:
    """One MCP request, as the code behind a tool may know it.

    Args:
        _http_request: The request that the client sent to the MCP endpoint; it carries the raw credentials.
        identity: Who sent it.
        revision: The protocol revision that it speaks.
        sent_version: Whether it named that revision in a header, as every client since 2025-06-18 does.
        meta: ``params._meta`` as the client sent it.
    """

    _http_request: HttpRequest
    identity: Identity
    revision: Revision
    sent_version: bool
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> Any:
        """The calling user."""
        return self.identity.user

    @property
    def progress_token(self) -> str | int | None:
        """The token under which the client wants to hear of progress, None where it does not.

        Spec: basic/utilities/progress
        """
        return self.meta.get("progressToken")

    @property
    def client_capabilities(self) -> Mapping[str, Any]:
        """What the client declared that it can do; nothing is known of it in the handshake era.

        Spec: basic/index#meta
        """
        return {} if self.revision.has_handshake else self.meta.get(CLIENT_CAPABILITIES_META, {})

    @property
    def trace_context(self) -> dict[str, str]:
        """The trace that the request belongs to: ``traceparent``, ``tracestate`` and ``baggage`` from ``meta``.

        Spec: basic/index#meta
        """
        return trace_context(self.meta)
