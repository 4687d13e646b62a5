"""What a method answers: content blocks and the result of a tool call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .jsonrpc import RawJSON, RawPieces, dumps
from .revisions import SERVER_INFO_META

ContentBlock = dict[str, Any]


def text_block(text: str) -> ContentBlock:
    """A text content block.

    Spec: server/tools#text-content
    """
    return {"type": "text", "text": text}


def media_block(mime_type: str, data: str) -> ContentBlock:
    """An image or audio content block.

    Args:
        mime_type: Such as ``image/png`` or ``audio/wav``; its first half is the block's type.
        data: The bytes in base64.

    Spec: server/tools#image-content
    """
    return {"type": mime_type.partition("/")[0], "data": data, "mimeType": mime_type}


def embedded_blob_block(uri: str, mime_type: str, blob: str) -> ContentBlock:
    """An embedded resource that carries bytes.

    Args:
        uri: Where the bytes came from.
        mime_type: Their media type.
        blob: The bytes in base64.

    Spec: server/tools#embedded-resources
    """
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "blob": blob}}


def embedded_text_block(uri: str, mime_type: str, text: str) -> ContentBlock:
    """An embedded resource that carries text.

    Args:
        uri: Where the text came from.
        mime_type: Its media type.
        text: The text.

    Spec: server/tools#embedded-resources
    """
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": text}}


def link_block(uri: str, name: str, mime_type: str = "") -> ContentBlock:
    """A link to a resource.

    Args:
        uri: Where it is.
        name: What it is called.
        mime_type: Its media type, empty where it is not known.

    Spec: server/tools#resource-links
    """
    block = {"type": "resource_link", "uri": uri, "name": name}
    return {**block, "mimeType": mime_type} if mime_type else block


_TEXTS = {
    "text": ("text",),
    "image": ("data", "mimeType"),
    "audio": ("data", "mimeType"),
    "resource_link": ("uri", "name"),
}
"""The texts that a block of each type cannot do without; an embedded resource has them one level deeper."""


def is_block(value: Any) -> bool:
    """Whether something is a content block that a client can read."""
    if not isinstance(value, Mapping):
        return False
    inner: Any = value.get("resource")
    if value.get("type") == "resource" and isinstance(inner, Mapping):
        return isinstance(inner.get("uri"), str) and isinstance(inner.get("text", inner.get("blob")), str)
    needed = _TEXTS.get(str(value.get("type")))
    return needed is not None and all(isinstance(value.get(key), str) for key in needed)


_SINCE = {"audio": "2025-03-26", "resource_link": "2025-06-18"}
"""The revision that brought a type of block; the others were there from the start."""


def blocks_for(version: str, blocks: list[ContentBlock]) -> list[ContentBlock]:
    """Say in words what a client's revision has no block for.

    Args:
        version: The revision that the client speaks.
        blocks: Content blocks of any type.

    Returns:
        Blocks that every client of that revision can read.
    """
    return [
        text_block(block.get("uri") or f"({block['mimeType']}, which this revision of MCP cannot carry)")
        if version < _SINCE.get(block["type"], version)
        else block
        for block in blocks
    ]


def prompt_messages(rendered: Any, version: str) -> list[dict[str, Any]]:
    """What a prompt returned as messages: a text or a content block is the user's, a message may say whose it is.

    Args:
        rendered: One of these, or a list of them.
        version: The revision that the client speaks.

    Raises:
        TypeError: What an author's function returned is none of these.

    Spec: server/prompts#promptmessage
    """
    return [_message(item, version) for item in (rendered if isinstance(rendered, (list, tuple)) else [rendered])]


def _message(item: Any, version: str) -> dict[str, Any]:
    role, content = "user", item
    if isinstance(item, Mapping) and "role" in item:
        role, content = item["role"], item.get("content")
    if isinstance(content, str):
        content = text_block(content)
    if not is_block(content) or role not in ("user", "assistant"):
        raise TypeError(f"A prompt is made of texts, content blocks and messages, not of {type(item).__name__}.")
    return {"role": role, "content": blocks_for(version, [dict(content)])[0]}


@dataclass(frozen=True, slots=True)
class CallToolResult:
    """The result of ``tools/call``.

    Args:
        content: Content blocks, for the model and the person to read.
        structured: The same as data: an encoded JSON object, None where there is none.
        is_error: True where the tool refused, with a sentence that the model can act on.

    Spec: server/tools#tool-result
    """

    content: list[ContentBlock]
    structured: RawJSON | None = None
    is_error: bool = False

    def with_blocks(self, blocks: list[ContentBlock]) -> CallToolResult:
        """The same result with more content."""
        return replace(self, content=[*self.content, *blocks])

    def to_wire(self) -> RawJSON:
        """The result object, with the structured content put in without encoding it again."""
        structured = b"" if self.structured is None else b'"structuredContent":%b,' % self.structured
        is_error = b"true" if self.is_error else b"false"
        return RawJSON(b'{"content":%b,%b"isError":%b}' % (dumps(self.content), structured, is_error))


@dataclass(frozen=True, slots=True)
class InputRequiredResult:
    """The result of a call that waits for answers: the client sends it again with them.

    Args:
        requests: The questions by name, each with ``method`` and ``params``.
        state: What the client sends back along with the answers, unchanged.

    Spec: basic/patterns/mrtr
    """

    requests: Mapping[str, Any]
    state: str

    def to_wire(self) -> dict[str, Any]:
        """The result object."""
        return {"resultType": "input_required", "inputRequests": self.requests, "requestState": self.state}


TTL_MS = {
    "server/discover": 60_000,
    "tools/list": 60_000,
    "prompts/list": 60_000,
    "resources/templates/list": 60_000,
    "resources/list": 0,
    "resources/read": 0,
}
"""How long a client may keep the result of a method, in milliseconds; other results are not kept.

Definitions change with a deployment or an administrator's decision, which should be seen within a
minute. Resources are data, and data may change at any time.
"""


def stateless_result(method: str, result: Any, server_info: Mapping[str, Any]) -> RawJSON | RawPieces:
    """Say with a result what the stateless revisions want to be said with each.

    Args:
        method: The method that gave the result.
        result: A JSON object, encoded or not. One that is not may bring its own ``resultType`` and
            ``_meta``.
        server_info: Who answers.

    Returns:
        The result with ``resultType``, the server's name and, where clients may keep it, for how long.
        What a client keeps it keeps for one caller: who else may see a definition is not for it to know.

    Spec: basic/index#meta, server/utilities/caching
    """
    added: dict[str, Any] = {"resultType": "complete", "_meta": {SERVER_INFO_META: server_info}}
    if method in TTL_MS:
        added |= {"ttlMs": TTL_MS[method], "cacheScope": "private"}
    if isinstance(result, RawPieces):
        return RawPieces((dumps(added)[:-1], b",", result[0][1:], *result[1:]))
    if isinstance(result, RawJSON):
        return RawJSON(b"%b,%b" % (dumps(added)[:-1], result[1:]) if result != b"{}" else dumps(added))
    if result.get("resultType", "complete") != "complete":
        added = {"_meta": added["_meta"]}
    return RawJSON(dumps({**added, **result, "_meta": {**added["_meta"], **result.get("_meta", {})}}))
