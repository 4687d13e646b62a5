"""Payloads: what the bytes of a response say, as text or as JSON."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer
from rest_framework.settings import api_settings

from .conf import mcp_settings
from .context import Context
from .contrib.standardized_errors import nested_errors
from .inner_request import InnerRequest
from .protocol.jsonrpc import RawJSON, dumps

PAGES = ("text/html", "application/xhtml+xml")
_TEXTS = ("+xml", "/xml", "+yaml", "/yaml", "/x-yaml", "/x-ndjson", "/jsonl", "/javascript", "/toml", "/sql")
"""Ends of media types that are text under another name."""
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_KEYS = frozenset({str})
_VALUES = frozenset({str, int, float, bool, type(None), ErrorDetail})
_decoder = json.JSONDecoder(parse_constant=str)


def media_type_of(response: HttpResponseBase) -> str:
    """The media type that a response names, in small letters, empty where it names none."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON or made of it."""
    return media_type.endswith(("/json", "+json"))


def is_text(media_type: str) -> bool:
    """Whether a media type is for people or models to read."""
    return media_type.startswith("text/") or media_type.endswith(_TEXTS)


def decoded(body: bytes, charset: str) -> str:
    """Bytes as text; what is no text of that charset is marked."""
    return _text_decoder(charset).decode(body, final=True)


def _text_decoder(charset: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(charset)("replace")
    except LookupError:
        return codecs.getincrementaldecoder("utf-8")("replace")


def read_content(response: HttpResponseBase, context: Context | None = None) -> bytes | None:
    """The bytes of a response, streamed or not.

    Args:
        response: What a view answered.
        context: Who hears of the chunks of a streamed text on their way, None for nobody.

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
    media_type = media_type_of(response)
    is_shown = is_text(media_type) and media_type not in PAGES
    hear = _listener(response.charset, context) if context is not None and is_shown else _ignore
    if response.is_async:  # type: ignore[attr-defined]
        return async_to_sync(_read_async)(response, limit, hear)
    chunks, size = [], 0
    for chunk in response:
        chunks.append(chunk)
        hear(chunk)
        size += len(chunk)
        if size > limit:
            return None
    return b"".join(chunks)


async def _read_async(response: Any, limit: int, hear: Callable[[bytes], None]) -> bytes | None:
    """The same of a stream that an event loop makes, which Django would read to its end first."""
    chunks, size, iterator = [], 0, response._iterator
    try:
        async for chunk in iterator:
            chunks.append(response.make_bytes(chunk))
            await sync_to_async(hear)(chunks[-1])
            size += len(chunks[-1])
            if size > limit:
                return None
    finally:
        if hasattr(iterator, "aclose"):
            await iterator.aclose()
    return b"".join(chunks)


def _listener(charset: str, context: Context) -> Callable[[bytes], None]:
    """Passes the chunks of a text on as messages of progress; those that come too fast go together."""
    decoder, waiting, number = _text_decoder(charset), "", 0

    def hear(chunk: bytes) -> None:
        nonlocal waiting, number
        waiting, number = waiting + decoder.decode(chunk), number + 1
        if waiting and context.report_progress(number, message=waiting):
            waiting = ""

    return hear


def _ignore(chunk: bytes) -> None:
    """Passes nothing on."""


def read_json(request: InnerRequest, response: HttpResponseBase, body: bytes) -> tuple[Any, RawJSON]:
    """An answer as Python and as one line of JSON that every client can read: the same bytes where they are that.

    Args:
        request: The request that it answers.
        response: The response.
        body: Its content, which is JSON.

    Raises:
        ValueError: It is none.
    """
    is_ready = _is_ready(request, response, body)
    if is_ready and _is_plain(response.data):  # type: ignore[attr-defined]
        return response.data, RawJSON(body)  # type: ignore[attr-defined]
    try:
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        text = decoded(body, response.charset)
    data = _decoder.decode(text)
    if "\\" in text and _SURROGATE_ESCAPE.search(text):
        # Half of a pair is no text, and UTF-8 has no bytes for it.
        data = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    elif is_ready:
        return data, RawJSON(body)
    return data, RawJSON(dumps(data))


def bounded(data: Any, raw: RawJSON) -> tuple[Any, RawJSON, int | None]:
    """No more items of a list than ``MAX_ITEMS``; of more, an object says how many there are.

    Returns:
        The data, the same as JSON, and the whole number of items where some were left out.
    """
    limit = mcp_settings.MAX_ITEMS
    if not isinstance(data, list) or len(data) <= limit:
        return data, raw, None
    kept, total = data[:limit], len(data)
    return kept, RawJSON(b'{"result":%b,"total":%d}' % (dumps(kept), total)), total


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


def error_data(request: InnerRequest, response: HttpResponseBase, body: bytes) -> Any:
    """What an error response says, with DRF's codes where it is DRF's own; None for a page or nothing.

    Args:
        request: The request that it answers.
        response: The response.
        body: Its content.
    """
    media_type = media_type_of(response)
    if is_json(media_type):
        try:
            return nested_errors(_with_details(read_json(request, response, body)[0], getattr(response, "data", None)))
        except ValueError:
            return None
    is_words = is_text(media_type) and media_type not in PAGES
    return (decoded(body, response.charset).strip() or None) if is_words else None


def _with_details(parsed: Any, data: Any) -> Any:
    """What was sent, with DRF's own words in the place of the same words without their code."""
    if parsed is data:
        return data
    if isinstance(parsed, dict) and isinstance(data, Mapping):
        if parsed.keys() != data.keys() and len(parsed) == len(data):  # a renderer gave them other names
            data = dict(zip(parsed, data.values(), strict=True))
        return {key: _with_details(value, data.get(key)) for key, value in parsed.items()}
    if isinstance(parsed, list) and isinstance(data, (list, tuple)) and len(parsed) == len(data):
        return [_with_details(value, entry) for value, entry in zip(parsed, data, strict=True)]
    return data if isinstance(data, ErrorDetail) and str(data) == parsed else parsed
