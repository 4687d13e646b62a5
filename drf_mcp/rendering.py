"""The answer: any HTTP response of a view or of middleware as the result of a tool call."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.http.response import HttpResponseBase

from .auth.challenge import UnauthorizedError
from .catalog import get_catalog
from .conf import mcp_settings
from .context import Context
from .failures import MEANINGS, refusal, refused_by_database, validation_failure
from .fitting import chosen, fit
from .inner_request import InnerRequest
from .payloads import PAGES, bounded, decoded, error_data, is_json, is_text, media_type_of, read_content, read_json
from .protocol.errors import InternalError
from .protocol.jsonrpc import RawJSON
from .protocol.results import CallToolResult, blocks_for, embedded_blob_block, media_block, text_block
from .responses import ToolResponse
from .text import plain_text, readable_text
from .tools import Tool
from .visibility import Viewer

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
    if not 200 <= status < 500:
        return _failure(tool, request, arguments, status)
    if status < 300:
        return _success(tool, request, response, arguments, context)
    # Where the view insists on a class that MCP cannot stand in for, signing in would change nothing.
    if context.identity.is_anonymous and status in (401, 403) and not request._drf_mcp.foreign_class:
        raise UnauthorizedError("This tool needs a signed-in caller.")
    if status == 401:
        # The caller was proved, and the view does not believe it: nothing the client could repair.
        return _failure(tool, request, arguments, status)
    if status == 304:
        return refusal(status, {"detail": "Nothing has changed since the version that was asked about."})
    if status < 400:
        return _page(request, status)
    body = read_content(response) or b""
    data = error_data(request, response, body)
    if status == 400:
        return validation_failure(data)
    if body and data is None and status not in MEANINGS:
        return _page(request, status)
    return refusal(status, data, response.headers.get("Retry-After"))


def _page(request: InnerRequest, status: int) -> CallToolResult:
    """A page or a redirect, never shown: what the model must know is whether to try again."""
    may_have_run = getattr(request, "resolver_match", None) is not None
    outcome = "The tool may have done its work all the same." if may_have_run else "The call did not reach the tool."
    return refusal(status, {"detail": f"The answer was a page or a redirect instead of data. {outcome}"})


def _failure(tool: Tool, request: InnerRequest, arguments: Mapping[str, Any], answered: object) -> CallToolResult:
    """What a view did that it should not have done.

    Raises:
        InternalError: Unless the database's words make it the caller's mistake.
    """
    error = request._drf_mcp.error
    if error is not None and (result := refused_by_database(error, arguments)) is not None:
        return result
    failure = request._drf_mcp.failure
    if failure is None:
        failure = InternalError()
        logger.error("Tool %s: %s answered %s (error %s)", tool.name, request.path, answered, failure.error_id)
    raise failure


def _success(
    tool: Tool,
    request: InnerRequest,
    response: HttpResponseBase,
    arguments: Mapping[str, Any],
    context: Context,
) -> CallToolResult:
    body = read_content(response, context)
    if body is None:
        return _too_large(tool)
    if (encoding := response.headers.get("Content-Encoding", "identity")) != "identity":
        return _failure(tool, request, arguments, f"in {encoding}, which nobody asked for")
    media_type = media_type_of(response)
    if isinstance(response, ToolResponse):
        structured = read_json(request, response, body)[1] if body and is_json(media_type) else None
        content = blocks_for(context.revision.version, response.content_blocks)
        return CallToolResult(content, structured and _structured(structured), is_error=response.is_tool_error)
    if not body:
        return CallToolResult([text_block(_done(tool, response, arguments))])
    if is_json(media_type):
        return _json_result(tool, request, response, body, arguments)
    if media_type in PAGES:
        return _page(request, response.status_code)
    if is_text(media_type):
        return CallToolResult([text_block(plain_text(tool, decoded(body, response.charset)))])
    if len(body) > mcp_settings.MAX_FILE_SIZE:
        return _too_large(tool)
    encoded = base64.b64encode(body).decode()
    if media_type.startswith(("image/", "audio/")):
        return CallToolResult(blocks_for(context.revision.version, [media_block(media_type, encoded)]))
    media_type = media_type or "application/octet-stream"
    return CallToolResult([embedded_blob_block(request.build_absolute_uri(), media_type, encoded)])


def _done(tool: Tool, response: HttpResponseBase, arguments: Mapping[str, Any]) -> str:
    """What an empty answer says: that it worked and, as under REST, where to look."""
    text = readable_text(tool, None, arguments)
    location = response.headers.get("Location", "")
    return f"{text}\n\nLocation: {location}" if location else text


def _too_large(tool: Tool) -> CallToolResult:
    outcome = "" if tool.annotations["readOnlyHint"] else " The tool has done its work all the same."
    limit = mcp_settings.MAX_FILE_SIZE
    return refusal(413, {"detail": f"The answer is larger than the {limit} bytes that a tool returns.{outcome}"})


def _json_result(
    tool: Tool, request: InnerRequest, response: HttpResponseBase, body: bytes, arguments: Mapping[str, Any]
) -> CallToolResult:
    """JSON as it left the last middleware, and the same in words."""
    data, raw, total = bounded(*chosen(tool, *read_json(request, response, body), arguments))
    if tool.output_schema is not None and request._drf_mcp.rendered not in (None, body):
        _warn_of_rewriting(tool)
    fitting = fit(tool, data, raw, arguments, total, lambda: _tools(request))
    structured = None if fitting is None else _structured(fitting)
    if structured is not None and len(structured) > mcp_settings.MAX_FILE_SIZE:
        return _too_large(tool)
    if mcp_settings.RESULT_TEXT == "json" and len(text := raw.decode()) <= mcp_settings.MAX_TEXT:
        return CallToolResult([text_block(text)], structured)
    text = readable_text(tool, data, arguments, total, lambda: _tools(request))
    return CallToolResult([text_block(text)], structured)


def _tools(request: InnerRequest) -> Iterable[Tool]:
    viewer = Viewer(request.mcp)
    return filter(viewer.sees, get_catalog(getattr(request.mcp._http_request, "urlconf", None)).tools)


@cache
def _warn_of_rewriting(tool: Tool) -> None:
    logger.warning(
        "Middleware changes what %s answers, so its outputSchema may not hold and strict clients may refuse the "
        "answers. Declare their shape with @mcp_tool(output=...), or promise none with output={}.",
        tool.name,
    )


def _structured(raw: RawJSON) -> RawJSON:
    """Structured content is an object: anything else stands under ``result``."""
    return raw if raw.startswith(b"{") else RawJSON(b'{"result":%b}' % raw)
