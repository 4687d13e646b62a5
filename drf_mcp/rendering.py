"""The answer: any HTTP response of a view or of middleware as the result of a tool call."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer
from rest_framework.settings import api_settings

from .auth.challenge import UnauthorizedError
from .catalog import get_catalog
from .conf import mcp_settings
from .context import Context
from .failures import MEANINGS, refusal, refused_by_database, validation_failure
from .inner_request import InnerRequest
from .protocol.errors import InternalError
from .protocol.jsonrpc import RawJSON, dumps
from .protocol.results import CallToolResult, blocks_for, embedded_blob_block, media_block, text_block
from .responses import ToolResponse
from .text import plain_text, readable_text
from .tools import Tool

logger = logging.getLogger("drf_mcp")

_PAGES = ("text/html", "application/xhtml+xml")
_TEXTS = ("+xml", "/xml", "+yaml", "/yaml", "/x-yaml", "/x-ndjson", "/jsonl", "/javascript", "/toml", "/sql")
"""Ends of media types that are text under another name."""
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_KEYS = frozenset({str})
_VALUES = frozenset({str, int, float, bool, type(None), ErrorDetail})
_decoder = json.JSONDecoder(parse_constant=str)


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
        return _failure(tool, request, status)
    if status < 300:
        return _success(tool, request, response, arguments, context)
    # Where the view insists on a class that MCP cannot stand in for, signing in would change nothing.
    if context.identity.is_anonymous and status in (401, 403) and not request._drf_mcp.foreign_class:
        raise UnauthorizedError("This tool needs a signed-in caller.")
    if status == 401:
        # The caller was proved, and the view does not believe it: nothing the client could repair.
        return _failure(tool, request, status)
    if status == 304:
        return refusal(status, {"detail": "Nothing has changed since the version that was asked about."})
    if status < 400:
        return _page(request, status)
    body = read_content(response) or b""
    data = _error_data(request, response, body)
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


def _failure(tool: Tool, request: InnerRequest, answered: object) -> CallToolResult:
    """What a view did that it should not have done.

    Raises:
        InternalError: Unless the database's words make it the caller's mistake.
    """
    if request._drf_mcp.error is not None and (result := refused_by_database(request._drf_mcp.error)) is not None:
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
    body = read_content(response)
    if body is None:
        return _too_large()
    if (encoding := response.headers.get("Content-Encoding", "identity")) != "identity":
        return _failure(tool, request, f"in {encoding}, which nobody asked for")
    media_type = _media_type(response)
    if isinstance(response, ToolResponse):
        structured = _read_json(request, response, body)[1] if body and _is_json(media_type) else None
        content = blocks_for(context.revision.version, response.content_blocks)
        return CallToolResult(content, structured and _structured(structured), is_error=response.is_tool_error)
    if not body:
        return CallToolResult([text_block(_done(tool, response, arguments))])
    if _is_json(media_type):
        return _json_result(tool, request, response, body, arguments)
    if media_type in _PAGES:
        return _page(request, response.status_code)
    if _is_text(media_type):
        return CallToolResult([text_block(plain_text(tool, _decoded(body, response.charset)))])
    if len(body) > mcp_settings.MAX_FILE_SIZE:
        return _too_large()
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


def _too_large() -> CallToolResult:
    limit = mcp_settings.MAX_FILE_SIZE
    return refusal(413, {"detail": f"The answer is larger than the {limit} bytes that a tool returns."})


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _media_type(response: HttpResponseBase) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json"))


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith(_TEXTS)


def _json_result(
    tool: Tool, request: InnerRequest, response: HttpResponseBase, body: bytes, arguments: Mapping[str, Any]
) -> CallToolResult:
    """JSON as it left the last middleware, and the same in words."""
    data, raw = _read_json(request, response, body)
    if tool.output_schema is not None and request._drf_mcp.rendered not in (None, body):
        _warn_of_rewriting(tool)
    limit, total = mcp_settings.MAX_ITEMS, None
    if isinstance(data, list) and len(data) > limit:
        data, total = data[:limit], len(data)
        raw = RawJSON(b'{"result":%b,"total":%d}' % (dumps(data), total))
    if mcp_settings.RESULT_TEXT == "json" and len(text := raw.decode()) <= mcp_settings.MAX_TEXT:
        return CallToolResult([text_block(text)], _structured(raw))
    text = readable_text(tool, data, arguments, total, lambda: _tools(request))
    return CallToolResult([text_block(text)], _structured(raw))


def _tools(request: InnerRequest) -> Iterable[Tool]:
    return get_catalog(getattr(request.mcp._http_request, "urlconf", None)).tools


@cache
def _warn_of_rewriting(tool: Tool) -> None:
    logger.warning(
        "Middleware changes what %s answers, so its outputSchema may not hold and strict clients may refuse the "
        "answers. Declare their shape with @mcp_tool(output=...), or promise none with output={}.",
        tool.name,
    )


def _read_json(request: InnerRequest, response: HttpResponseBase, body: bytes) -> tuple[Any, RawJSON]:
    """An answer as Python and as one line of JSON that every client can read: the same bytes where they are that."""
    is_ready = _is_ready(request, response, body)
    if is_ready and _is_plain(response.data):  # type: ignore[attr-defined]
        return response.data, RawJSON(body)  # type: ignore[attr-defined]
    try:
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        text = _decoded(body, response.charset)
    data = _decoder.decode(text)
    if "\\" in text and _SURROGATE_ESCAPE.search(text):
        # Half of a pair is no text, and UTF-8 has no bytes for it.
        data = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    elif is_ready:
        return data, RawJSON(body)
    return data, RawJSON(dumps(data))


def _is_ready(request: InnerRequest, response: HttpResponseBase, body: bytes) -> bool:
    """Whether these are bytes of DRF's own renderer, which writes one compact line unless it is asked not to."""
    is_drfs_own = type(getattr(response, "accepted_renderer", None)) is JSONRenderer
    is_compact = api_settings.STRICT_JSON and api_settings.COMPACT_JSON and b"\n" not in body
    return is_drfs_own and is_compact and body == request._drf_mcp.rendered


def _is_plain(data: Any) -> bool:
    """Whether the objects of a response say what its JSON says, so that it need not be read again."""
    if isinstance(data, dict):
        return _KEYS.issuperset(map(type, data)) and _are_plain(data.values())
    return _are_plain(data) if isinstance(data, list) else type(data) in _VALUES


def _are_plain(entries: Iterable[Any]) -> bool:
    return _VALUES.issuperset(map(type, entries)) or all(map(_is_plain, entries))


def _structured(raw: RawJSON) -> RawJSON:
    """Structured content is an object: anything else stands under ``result``."""
    return raw if raw.startswith(b"{") else RawJSON(b'{"result":%b}' % raw)


def _error_data(request: InnerRequest, response: HttpResponseBase, body: bytes) -> Any:
    """What an error response says, with DRF's codes where it is DRF's own; None for a page or nothing."""
    media_type = _media_type(response)
    if _is_json(media_type):
        try:
            return _with_details(_read_json(request, response, body)[0], getattr(response, "data", None))
        except ValueError:
            return None
    is_words = _is_text(media_type) and media_type not in _PAGES
    return (_decoded(body, response.charset).strip() or None) if is_words else None


def _with_details(parsed: Any, data: Any) -> Any:
    """What was sent, with DRF's own words in the place of the same words without their code."""
    if parsed is data:
        return data
    if isinstance(parsed, dict) and isinstance(data, Mapping):
        return {key: _with_details(value, data.get(key)) for key, value in parsed.items()}
    if isinstance(parsed, list) and isinstance(data, (list, tuple)) and len(parsed) == len(data):
        return [_with_details(value, entry) for value, entry in zip(parsed, data, strict=True)]
    return data if isinstance(data, ErrorDetail) and str(data) == parsed else parsed


def read_content(response: HttpResponseBase) -> bytes | None:
    """The bytes of a response, streamed or not.

    Args:
        response: What a view answered.

    Returns:
        The whole content; None where a stream or a file is larger than ``MAX_FILE_SIZE``, of which
        no more was read.
    """
    if not response.streaming:
        return bytes(response.content)  # type: ignore[attr-defined]
    limit = mcp_settings.MAX_FILE_SIZE
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        return None
    if response.is_async:  # type: ignore[attr-defined]
        return async_to_sync(_read_async)(response, limit)
    chunks, size = [], 0
    for chunk in response:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return None
    return b"".join(chunks)


async def _read_async(response: Any, limit: int) -> bytes | None:
    """The same of a stream that an event loop makes, which Django would read to its end first."""
    chunks, size, iterator = [], 0, response._iterator
    try:
        async for chunk in iterator:
            chunks.append(response.make_bytes(chunk))
            size += len(chunks[-1])
            if size > limit:
                return None
    finally:
        if hasattr(iterator, "aclose"):
            await iterator.aclose()
    return b"".join(chunks)
