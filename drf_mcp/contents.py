"""What ``resources/read`` answers: a view's response, or whatever an author's function returns, as contents."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any, cast

from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request as DRFRequest
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from .conf import mcp_settings
from .failures import error_text
from .inner_request import InnerRequest
from .invocation import release
from .payloads import decoded, error_data, is_json, is_text, media_type_of, read_content, read_json
from .protocol.errors import InternalError, InvalidParamsError, RefusedError

logger = logging.getLogger("drf_mcp")


def contents_of_bytes(uri: str, body: bytes, mime_type: str) -> dict[str, Any]:
    """Text where the media type says that it is text, and a blob otherwise.

    Args:
        uri: What the client asked for.
        body: At most ``MAX_FILE_SIZE`` bytes.
        mime_type: Their media type.

    Raises:
        InvalidParamsError: There are more.

    Spec: server/resources#resource-contents
    """
    if len(body) > mcp_settings.MAX_FILE_SIZE:
        raise too_large(uri)
    if is_text(mime_type) or is_json(mime_type):
        try:
            return {"uri": uri, "mimeType": mime_type, "text": body.decode()}
        except UnicodeDecodeError:
            pass
    return {"uri": uri, "mimeType": mime_type, "blob": base64.b64encode(body).decode()}


def contents_of_response(
    uri: str, request: InnerRequest, response: HttpResponseBase, mime_type: str = ""
) -> dict[str, Any]:
    """The contents that a successful response has.

    Args:
        uri: What the client asked for.
        request: The request that was answered.
        response: Of any kind, already rendered.
        mime_type: What its author declared; else the response's own.

    Raises:
        InvalidParamsError: It is larger than ``MAX_FILE_SIZE``.
    """
    body = read_content(response)
    if body is None:
        raise too_large(uri)
    own_type = media_type_of(response)
    mime_type = mime_type or own_type or "application/octet-stream"
    if is_json(own_type):
        _, raw = read_json(request, response, body)
        if len(raw) > mcp_settings.MAX_FILE_SIZE:
            raise too_large(uri)
        return {"uri": uri, "mimeType": mime_type, "text": raw.decode()}
    if is_text(own_type) and len(body) <= mcp_settings.MAX_FILE_SIZE:
        return {"uri": uri, "mimeType": mime_type, "text": decoded(body, response.charset)}
    return contents_of_bytes(uri, body, mime_type)


def contents_of_value(uri: str, value: Any, request: DRFRequest, mime_type: str) -> dict[str, Any]:
    """The contents that an author's function means.

    Args:
        uri: What the client asked for.
        value: Text, bytes, a Django or DRF response, or what JSON can hold.
        request: The request that the function saw.
        mime_type: What its author declared, empty where nothing.

    Raises:
        InvalidParamsError: It is too large, or a response with status 400.
        RefusedError: A response with another status that is no success.
    """
    if isinstance(value, HttpResponseBase):
        inner = cast("InnerRequest", request._request)
        try:
            _render(value, request)
            if value.status_code >= 300:
                raise _refused(uri, inner, value)
            return contents_of_response(uri, inner, value, mime_type)
        finally:
            release(value)
    if isinstance(value, str):
        return contents_of_bytes(uri, value.encode(), mime_type or "text/plain")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return contents_of_bytes(uri, bytes(value), mime_type or "application/octet-stream")
    text = json.dumps(value, cls=JSONEncoder, ensure_ascii=False, allow_nan=False)
    return contents_of_bytes(uri, text.encode(), mime_type or "application/json")


def too_large(uri: str) -> InvalidParamsError:
    """The error for what is more than a client can be sent."""
    limit = mcp_settings.MAX_FILE_SIZE
    return InvalidParamsError(f"The resource is larger than {limit} bytes.", data={"uri": uri, "limit": limit})


def refused_values(uri: str, data: Any) -> InvalidParamsError:
    """The error for a 400: the values in the URI do not fit."""
    reason = error_text(data) if data else "The request was refused without a reason."
    return InvalidParamsError(f"The resource cannot be read: {reason}", data={"uri": uri})


def redirected(uri: str, response: HttpResponseBase) -> InternalError:
    """The error, which it logs, for a page or a redirect in the place of data."""
    failure = InternalError("The answer was a page or a redirect instead of data.", data={"uri": uri})
    logger.error("A read of %s was answered with status %s (error %s)", uri, response.status_code, failure.error_id)
    return failure


def _render(response: Any, request: DRFRequest) -> None:
    """Render what is not rendered yet, as DRF and Django do on the way out."""
    if isinstance(response, Response) and getattr(response, "accepted_renderer", None) is None:
        renderer = JSONRenderer()
        response.accepted_renderer, response.accepted_media_type = renderer, renderer.media_type
        response.renderer_context = {"request": request, "response": response}  # type: ignore[attr-defined]
    if callable(getattr(response, "render", None)) and not response.is_rendered:
        response.render()


def _refused(uri: str, request: InnerRequest, response: HttpResponseBase) -> Exception:
    data = error_data(request, response, read_content(response) or b"")
    if response.status_code == 400:
        return refused_values(uri, data)
    if response.status_code < 400:
        return redirected(uri, response)
    reason = error_text(data) if data else f"Refused with status {response.status_code}."
    return RefusedError(response.status_code, reason, data={"uri": uri})
