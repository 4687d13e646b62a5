"""The errors of the protocol: each class carries its JSON-RPC code and its HTTP status.

They are raised wherever a request turns out to be wrong and caught in one place, the view.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any


class MCPError(Exception):
    """A request that is answered with a JSON-RPC error instead of a result.

    Args:
        message: One sentence for the person or model that made the request.
        data: Anything that JSON can hold and that helps to repair the request.

    Spec: basic/index#responses
    """

    code: int = -32603
    """The JSON-RPC error code."""
    http_status: int = 200
    """The HTTP status that the stateless revisions give this error."""
    handshake_status: int = 200
    """The HTTP status in the handshake era, whose clients drop the body of anything but a 200."""

    def __init__(self, message: str, *, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
        self.request_id: str | int | None = None

    def answering(self, request_id: str | int | None) -> MCPError:
        """Name the request that this error answers, where parsing had come that far."""
        self.request_id = request_id
        return self

    def to_wire(self) -> dict[str, Any]:
        """The JSON-RPC ``error`` object."""
        wire: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            wire["data"] = self.data
        return wire


class ParseError(MCPError):
    """The body is not JSON, or JSON beyond the limits."""

    code, http_status, handshake_status = -32700, 400, 400


class InvalidRequestError(MCPError):
    """The body is JSON, but not a message of this protocol."""

    code, http_status, handshake_status = -32600, 400, 400


class MethodNotFoundError(MCPError):
    """No such method, or none for this client."""

    code, http_status = -32601, 404


class InvalidParamsError(MCPError):
    """The method exists and its params do not fit; the message names which and why."""

    code, http_status = -32602, 400


class ResourceNotFoundError(MCPError):
    """No such resource, or none for this caller.

    Args:
        uri: What the client asked for.
        has_handshake: Whether it speaks a revision with a handshake, which has a code of its own for this.

    Spec: server/resources#error-handling
    """

    http_status = 400

    def __init__(self, uri: str, *, has_handshake: bool) -> None:
        super().__init__("Resource not found", data={"uri": uri})
        self.code = -32002 if has_handshake else InvalidParamsError.code


class RefusedError(MCPError):
    """The request was understood, and a view refused it with an HTTP status of its own.

    The code is that status, as for ``HTTPRefusalError``, while HTTP itself answers 200.

    Args:
        status: What the view answered, such as 429.
        message: One sentence that says what to do.
        data: What the view said.
    """

    def __init__(self, status: int, message: str, *, data: Any = None) -> None:
        super().__init__(message, data=data)
        self.code = status


class InternalError(MCPError):
    """Something broke on the server; the message never says what.

    Made where the failure is logged, since the id that it makes is all that leads from the client to the log.
    """

    code = -32603

    def __init__(self, message: str = "Internal error", *, data: Mapping[str, Any] | None = None) -> None:
        self.error_id = uuid.uuid4().hex[:12]
        super().__init__(message, data={**(data or {}), "error_id": self.error_id})


class UnsupportedVersionError(MCPError):
    """The protocol revision that the request names is not served here.

    Spec: basic/versioning
    """

    code, http_status, handshake_status = -32022, 400, 400


class HeaderMismatchError(MCPError):
    """A header that mirrors the body is missing, malformed, or says something else than the body.

    Spec: basic/transports/streamable-http#server-validation
    """

    code, http_status, handshake_status = -32020, 400, 400


class MissingCapabilityError(MCPError):
    """The request needs a capability that the client did not declare.

    Args:
        required: The missing capabilities, shaped as a client declares them.

    Spec: basic/index#error-codes
    """

    code, http_status = -32021, 400

    def __init__(self, required: Mapping[str, Any]) -> None:
        message = f"This needs a client that declares the capability {', '.join(required)}."
        super().__init__(message, data={"requiredCapabilities": required})


class HTTPRefusalError(MCPError):
    """A request refused by HTTP itself: the status counts, whatever the revision.

    The JSON-RPC code is the HTTP status: positive numbers lie outside the range that JSON-RPC and
    MCP keep for themselves.

    Args:
        status: The HTTP status, 4xx or 5xx.
        message: One sentence that says what to do.
        headers: Response headers, such as ``Allow`` or ``WWW-Authenticate``.
    """

    def __init__(self, status: int, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = self.http_status = self.handshake_status = status
        self.headers = headers or {}
