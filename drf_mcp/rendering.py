"""The answer: any HTTP response of a view or of middleware as the result of a tool call."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.settings import api_settings

from .auth.challenge import UnauthorizedError
from .conf import mcp_settings
from .context import Context
from .invocation import InnerRequest
from .protocol.errors import InternalError, InvalidParamsError
from .protocol.jsonrpc import RawJSON, dumps
from .protocol.results import CallToolResult, embedded_blob_block, media_block, text_block
from .text import error_text, readable_text
from .tools import Tool

logger = logging.getLogger("drf_mcp")

_MEANINGS = {
    403: "Permission denied",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    415: "Unsupported media type",
    429: "Too many requests",
}
NO_ANSWER = "The site answered with a page instead of data, so the call was stopped before it reached the tool."


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
        InvalidParamsError: The view answered 400.
        InternalError: The view raised or answered 5xx.
        UnauthorizedError: The view refused a caller that had no credentials.

    Spec: server/tools#tool-result
    """
    status = response.status_code
    if status >= 500:
        raise _internal_error(tool, request, status)
    if status < 300:
        return _success(tool, request, response, arguments)
    data = _data(request, response)
    if context.identity.is_anonymous and status in (401, 403):
        raise UnauthorizedError("This tool needs a signed-in caller.")
    if status == 401:
        # The caller was proved, and the view does not believe it: nothing the client could repair.
        raise _internal_error(tool, request, status)
    if status == 400:
        return _invalid(data)
    return refusal(status, None if status < 400 else data, response.headers.get("Retry-After"))


def refusal(status: int, data: Any, retry_after: str | None = None) -> CallToolResult:
    """The result of a call that was understood and refused.

    Args:
        status: The HTTP status that REST has for it.
        data: The view's own words, None where it had none.
        retry_after: Seconds after which the call may succeed.

    Returns:
        A result with ``is_error``, whose structure holds ``status``, ``code`` and ``detail``.
    """
    detail = data.get("detail", data) if isinstance(data, Mapping) else data
    sentence = error_text(detail) if detail not in (None, "") else "" if status in _MEANINGS else NO_ANSWER
    meaning = _MEANINGS.get(status, "")
    text = ": ".join(part for part in (meaning, sentence) if part) or f"The call failed with status {status}."
    structured = {"status": status, "code": getattr(detail, "code", None) or _code(meaning), "detail": sentence or text}
    if retry_after:
        text += f" Call again in {retry_after} seconds."
        structured["retry_after"] = retry_after
    return CallToolResult([text_block(text)], RawJSON(dumps(structured)), is_error=True)


def _code(meaning: str) -> str:
    return meaning.lower().replace(" ", "_") or "refused"


def _success(
    tool: Tool, request: InnerRequest, response: HttpResponseBase, arguments: Mapping[str, Any]
) -> CallToolResult:
    content_type = response.headers.get("Content-Type", "")
    body = _body(response)
    media_type = content_type.partition(";")[0].strip().lower()
    if not body or media_type.endswith(("/json", "+json")):
        return _json_result(tool, response, body, arguments)
    if media_type == "text/html":
        return refusal(response.status_code, None)
    if media_type.startswith("text/"):
        return CallToolResult([text_block(body.decode(response.charset or "utf-8", "replace"))])
    encoded = base64.b64encode(body).decode()
    if media_type.startswith(("image/", "audio/")):
        return CallToolResult([media_block(media_type, encoded)])
    uri = request.build_absolute_uri()
    return CallToolResult([embedded_blob_block(uri, media_type or "application/octet-stream", encoded)])


def _json_result(tool: Tool, response: HttpResponseBase, body: bytes, arguments: Mapping[str, Any]) -> CallToolResult:
    """JSON as the view's renderer wrote it, and the same in words."""
    is_drfs_own = type(getattr(response, "accepted_renderer", None)) is JSONRenderer
    if not body:
        data, raw = None, RawJSON(b"null")
    elif is_drfs_own and api_settings.STRICT_JSON:
        data, raw = response.data, RawJSON(body)  # type: ignore[attr-defined]
    else:
        data = json.loads(body, parse_constant=str)
        raw = RawJSON(dumps(data))
    structured = raw if raw.startswith(b"{") else RawJSON(b'{"result":%b}' % raw)
    text = raw.decode() if mcp_settings.RESULT_TEXT == "json" else readable_text(tool, data, arguments)
    return CallToolResult([text_block(text)], None if not body else structured)


def _invalid(data: Any) -> CallToolResult:
    """The serializer's refusal: an error of the protocol or, where the project prefers it, a result."""
    message = f"Tool execution failed: {error_text(data)}"
    errors = {"errors": _with_codes(data)}
    if mcp_settings.VALIDATION_ERRORS == "result":
        return CallToolResult([text_block(message)], RawJSON(dumps({"status": 400, **errors})), is_error=True)
    raise InvalidParamsError(message, data=errors)


def _with_codes(detail: Any) -> Any:
    """DRF's errors with each message beside its code, as deep as they are nested."""
    if isinstance(detail, Mapping):
        return {str(key): _with_codes(value) for key, value in detail.items()}
    if isinstance(detail, (list, tuple)):
        return [_with_codes(value) for value in detail]
    return {"message": str(detail), "code": getattr(detail, "code", "invalid")}


def _internal_error(tool: Tool, request: InnerRequest, status: int) -> InternalError:
    error_id = request.error_id
    if not error_id:
        error_id = uuid.uuid4().hex[:12]
        logger.error("Tool %s: %s answered %s (error %s)", tool.name, request.path, status, error_id)
    return InternalError("Internal error", data={"error_id": error_id})


def _data(request: InnerRequest, response: HttpResponseBase) -> Any:
    """What an error response says, with DRF's codes where it is DRF's own; None for a page or nothing."""
    if type(getattr(response, "accepted_renderer", None)) is JSONRenderer:
        return response.data  # type: ignore[attr-defined]
    if "json" not in response.headers.get("Content-Type", ""):
        return None
    try:
        return json.loads(_body(response))
    except ValueError:
        return None


def _body(response: HttpResponseBase) -> bytes:
    if response.streaming:
        return b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return bytes(response.content)  # type: ignore[attr-defined]
