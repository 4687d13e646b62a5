"""The answer: any HTTP response of a view or of middleware as the result of a tool call."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.settings import api_settings

from .auth.challenge import UnauthorizedError
from .conf import mcp_settings
from .context import Context
from .failures import MEANINGS, refusal, refused_by_database, validation_failure
from .inner_request import InnerRequest
from .protocol.errors import InternalError
from .protocol.jsonrpc import RawJSON, dumps
from .protocol.results import CallToolResult, blocks_for, embedded_blob_block, media_block, text_block
from .responses import ToolResponse
from .text import readable_text
from .tools import Tool

logger = logging.getLogger("drf_mcp")


def render_result(
    tool: Tool, request: InnerRequest, response: HttpResponseBase, arguments: Mapping[str, Any], context: Context
) -> CallToolResult:
    """Turn a response into what the client gets.

    Args:
        tool: The tool that was called.
        request: The request as it was sent.
        response: What came back, of any kind.
        arguments: What the tool was called with.
        context: Who called.

    Returns:
        The result; ``is_error`` where the view or middleware refused.

    Raises:
        InvalidParamsError: The view answered 400, or the database refused the values.
        InternalError: The view raised or answered 5xx.
        UnauthorizedError: The view refused a caller that had no credentials.

    Spec: server/tools#tool-result
    """
    status = response.status_code
    if status >= 500:
        return _failure(tool, request, status)
    if status < 300:
        return _success(tool, request, response, arguments, context)
    # Where the view insists on a class that MCP cannot stand in for, signing in would change nothing.
    if context.identity.is_anonymous and status in (401, 403) and not request._drf_mcp.foreign_class:
        raise UnauthorizedError("This tool needs a signed-in caller.")
    if status == 401:
        # The caller was proved, and the view does not believe it: nothing the client could repair.
        return _failure(tool, request, status)
    data = None if status < 400 else _error_data(response)
    if status == 400:
        return validation_failure(data)
    if not data and status not in MEANINGS:
        return _page(request, status)
    return refusal(status, data, response.headers.get("Retry-After"))


def _page(request: InnerRequest, status: int) -> CallToolResult:
    """A page or a redirect, never shown: what the model must know is whether to try again."""
    may_have_run = getattr(request, "resolver_match", None) is not None
    outcome = "The tool may have done its work all the same." if may_have_run else "The call did not reach the tool."
    return refusal(status, {"detail": f"The answer was a page or a redirect instead of data. {outcome}"})


def _failure(tool: Tool, request: InnerRequest, status: int) -> CallToolResult:
    """What a view did that it should not have done.

    Raises:
        InternalError: Unless the database's words make it the caller's mistake.
    """
    if request._drf_mcp.error is not None and (result := refused_by_database(request._drf_mcp.error)) is not None:
        return result
    if not request._drf_mcp.error_id:
        request._drf_mcp.error_id = uuid.uuid4().hex[:12]
        logger.error("Tool %s: %s answered %s (error %s)", tool.name, request.path, status, request._drf_mcp.error_id)
    raise InternalError("Internal error", data={"error_id": request._drf_mcp.error_id})


def _success(
    tool: Tool,
    request: InnerRequest,
    response: HttpResponseBase,
    arguments: Mapping[str, Any],
    context: Context,
) -> CallToolResult:
    body = read_content(response)
    if body is None:
        return _too_large()
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if isinstance(response, ToolResponse):
        structured = None
        if response.data is not None and _is_json(media_type):
            structured = _structured(RawJSON(dumps(json.loads(body))))
        content = blocks_for(context.revision.version, response.content_blocks)
        return CallToolResult(content, structured, is_error=response.is_tool_error)
    if not body or _is_json(media_type):
        return _json_result(tool, response, body, arguments)
    if media_type == "text/html":
        return _page(request, response.status_code)
    if media_type.startswith("text/"):
        return CallToolResult([text_block(_decoded(body, response.charset))])
    if len(body) > mcp_settings.MAX_FILE_SIZE:
        return _too_large()
    encoded = base64.b64encode(body).decode()
    if media_type.startswith(("image/", "audio/")):
        return CallToolResult(blocks_for(context.revision.version, [media_block(media_type, encoded)]))
    media_type = media_type or "application/octet-stream"
    return CallToolResult([embedded_blob_block(request.build_absolute_uri(), media_type, encoded)])


def _too_large() -> CallToolResult:
    limit = mcp_settings.MAX_FILE_SIZE
    return refusal(413, {"detail": f"The answer is larger than the {limit} bytes that a tool returns."})


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json"))


def _json_result(tool: Tool, response: HttpResponseBase, body: bytes, arguments: Mapping[str, Any]) -> CallToolResult:
    """JSON as the view's renderer wrote it, and the same in words."""
    if not body:
        return CallToolResult([text_block(readable_text(tool, None, arguments))])
    data, raw, total = _read_json(response, body)
    structured = _structured(raw) if total is None else RawJSON(b'{"result":%b,"total":%d}' % (raw, total))
    is_plain = mcp_settings.RESULT_TEXT == "json"
    text = raw.decode() if is_plain else readable_text(tool, data, arguments, total)
    return CallToolResult([text_block(text)], structured)


def _read_json(response: HttpResponseBase, body: bytes) -> tuple[Any, RawJSON, int | None]:
    """The answer as Python and as JSON; its whole length where it is a list that had to be cut."""
    is_drfs_own = type(getattr(response, "accepted_renderer", None)) is JSONRenderer and api_settings.STRICT_JSON
    data: Any = response.data if is_drfs_own else json.loads(body, parse_constant=str)  # type: ignore[attr-defined]
    if isinstance(data, Iterable) and body.startswith(b"[") and not isinstance(data, (list, tuple)):
        data = json.loads(body)
    limit = mcp_settings.MAX_ITEMS
    if isinstance(data, (list, tuple)) and len(data) > limit:
        return data[:limit], RawJSON(dumps(json.loads(body)[:limit])), len(data)
    # An indented answer would be several lines, and a message is one.
    is_ready = is_drfs_own and b"\n" not in body
    return data, RawJSON(body if is_ready else dumps(json.loads(body, parse_constant=str))), None


def _structured(raw: RawJSON) -> RawJSON:
    """Structured content is an object: anything else stands under ``result``."""
    return raw if raw.startswith(b"{") else RawJSON(b'{"result":%b}' % raw)


def _error_data(response: HttpResponseBase) -> Any:
    """What an error response says, with DRF's codes where it is DRF's own; None for a page or nothing."""
    if type(getattr(response, "accepted_renderer", None)) is JSONRenderer:
        return response.data  # type: ignore[attr-defined]
    if "json" not in response.headers.get("Content-Type", ""):
        return None
    try:
        return json.loads(read_content(response) or b"")
    except ValueError:
        return None


def read_content(response: HttpResponseBase) -> bytes | None:
    """The bytes of a response, streamed or not.

    Args:
        response: What a view answered.

    Returns:
        The whole content; None where a stream or a file is larger than ``MAX_FILE_SIZE``.
    """
    if not response.streaming:
        return bytes(response.content)  # type: ignore[attr-defined]
    chunks, size = [], 0
    for chunk in response:
        chunks.append(chunk)
        size += len(chunk)
        if size > mcp_settings.MAX_FILE_SIZE:
            return None
    return b"".join(chunks)
