"""The HTTP headers of the transport, read from plain strings."""

from __future__ import annotations

from .errors import HTTPRefusalError

PROTOCOL_VERSION_KEY = "HTTP_MCP_PROTOCOL_VERSION"
"""The ``MCP-Protocol-Version`` header as WSGI and Django's META name it."""


def check_content_type(content_type: str) -> None:
    """Accept JSON in UTF-8 and nothing else, so that no HTML form can reach a tool.

    Args:
        content_type: The ``Content-Type`` header, empty where it is missing.

    Raises:
        HTTPRefusalError: 415 for another media type or another charset.

    Spec: basic/transports#sending-messages-to-the-server
    """
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type != "application/json":
        raise HTTPRefusalError(415, "Send the message as Content-Type: application/json.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            raise HTTPRefusalError(415, "Send the message as UTF-8: JSON has no other charset.")
