"""Answers: what one message is answered with, whether it succeeded or failed, and HTTP around it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.http import HttpResponse, UnreadablePostError

from .protocol.errors import HTTPRefusalError, InternalError, MCPError, UnsupportedVersionError
from .protocol.jsonrpc import encode_error

logger = logging.getLogger("drf_mcp")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one message is answered with.

    Args:
        body: One JSON-RPC response.
        status: What HTTP says with it.
        headers: More of that.
        is_ordinary: False where the site's owner should be warned, as Django does of every other 4xx.
        error: What the body says, where that is an error.
    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_ordinary: bool = True
    error: MCPError | None = None


def join_answers(answers: list[Answer]) -> Answer | None:
    """One answer to a batch: an array, with the HTTP status that its entries agree on.

    Args:
        answers: The answer to each message that wants one.

    Returns:
        The answer, None where no message wants one.

    Spec: 2025-03-26 basic/transports#sending-messages-to-the-server
    """
    if not answers:
        return None
    body = b"[%b]" % b",".join(answer.body for answer in answers)
    if len({answer.status for answer in answers}) > 1:
        return Answer(body)
    return replace(answers[0], body=body)


def to_response(answer: Answer | None) -> HttpResponse:
    """The HTTP response that carries an answer, an empty one where there is none."""
    if answer is None:
        return HttpResponse(status=202)
    response = HttpResponse(
        answer.body, status=answer.status, content_type="application/json", headers=dict(answer.headers)
    )
    if answer.is_ordinary:
        response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def failure_answer(exc: BaseException, request_id: str | int | None = None, *, has_handshake: bool = True) -> Answer:
    """What is answered to anything that was raised.

    Args:
        exc: What was raised.
        request_id: The id of the request, where it is known.
        has_handshake: False in the revisions whose clients go by the HTTP status.

    Returns:
        The error as an answer.
    """
    error = exc if isinstance(exc, MCPError) else _unexpected(exc)
    request_id = error.request_id if request_id is None else request_id
    try:
        body = encode_error(request_id, error)
    except (TypeError, ValueError) as unencodable:  # what a project put into it is no JSON
        error = _unexpected(unencodable)
        body = encode_error(request_id, error)
    status = error.handshake_status if has_handshake else error.http_status
    headers = error.headers if isinstance(error, HTTPRefusalError) else {}
    # Every client asks for a stream and many probe for another revision; and what the handshake era answers
    # with 200 is between a client and a tool. None of it is for the site's owner to be warned of.
    is_ordinary = error.code in (405, UnsupportedVersionError.code) or error.handshake_status == 200
    return Answer(body, status, headers, is_ordinary=is_ordinary, error=error)


def _unexpected(exc: BaseException) -> MCPError:
    """Log what nobody foresaw and answer without detail."""
    if isinstance(exc, UnreadablePostError):
        return HTTPRefusalError(400, "The body ended early.")
    error = InternalError()
    logger.error("Internal error %s", error.error_id, exc_info=exc)
    return error
