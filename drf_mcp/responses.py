"""What an action may answer beyond data: content blocks for an MCP client, plain data for REST."""

from __future__ import annotations

import base64
from typing import Any

from rest_framework.response import Response

from .protocol.results import (
    ContentBlock,
    embedded_blob_block,
    embedded_text_block,
    link_block,
    media_block,
    text_block,
)


class ToolResponse(Response):
    """A DRF response that carries content blocks for MCP clients beside its data.

    REST clients get the data and never see the blocks::

        return ToolResponse({"rows": 3}, content=[text("3 rows"), image(png, "image/png")])

    Args:
        data: What REST answers, and the structured content of the tool's result. None where there is none.
        content: The content blocks that stand in the result instead of the text made from the data.
        is_error: True for a result that says that the tool failed, with HTTP 200 under REST.
        kwargs: What every DRF response takes, such as ``status`` and ``headers``.
    """

    def __init__(self, data: Any = None, *, content: list[ContentBlock], is_error: bool = False, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.content_blocks = content
        self.is_tool_error = is_error


def text(value: str) -> ContentBlock:
    """A text block.

    Spec: server/tools#text-content
    """
    return text_block(value)


def image(data: bytes, mime_type: str) -> ContentBlock:
    """An image block.

    Args:
        data: The image's bytes.
        mime_type: Such as ``image/png``.

    Spec: server/tools#image-content
    """
    return media_block(mime_type, base64.b64encode(data).decode())


def audio(data: bytes, mime_type: str) -> ContentBlock:
    """An audio block; clients before 2025-03-26 are told of it in words.

    Args:
        data: The recording's bytes.
        mime_type: Such as ``audio/wav``.

    Spec: server/tools#audio-content
    """
    return media_block(mime_type, base64.b64encode(data).decode())


def embedded(data: bytes | str, uri: str, mime_type: str) -> ContentBlock:
    """An embedded resource.

    Args:
        data: Its bytes, or its text.
        uri: What it is called.
        mime_type: Its media type.

    Spec: server/tools#embedded-resources
    """
    if isinstance(data, str):
        return embedded_text_block(uri, mime_type, data)
    return embedded_blob_block(uri, mime_type, base64.b64encode(data).decode())


def link(uri: str, name: str, mime_type: str = "") -> ContentBlock:
    """A link to a resource; clients before 2025-06-18 get it as text.

    Args:
        uri: Where it is.
        name: What it is called.
        mime_type: Its media type, if known.

    Spec: server/tools#resource-links
    """
    return link_block(uri, name, mime_type)
