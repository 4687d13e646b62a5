"""What must hold of each answer, whatever was sent."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from mcp_types.methods import SERVER_RESULTS, validate_server_result
from pydantic import ValidationError

from drf_mcp.protocol.revisions import PROTOCOL_VERSION_META, REVISIONS

ROOT = str(Path(__file__).resolve().parent.parent.parent)
STATUSES = {200, 202, 204, 400, 401, 403, 404, 405, 406, 413, 415, 429}
UNREAD: dict[int, Callable[[Sent], bool]] = {
    400: lambda sent: "?" in sent.path or not sent.headers.get("CONTENT_LENGTH", "0").isdecimal(),
    401: lambda sent: "HTTP_AUTHORIZATION" in sent.headers,
    403: lambda sent: "HTTP_ORIGIN" in sent.headers,
    413: lambda sent: int(sent.headers.get("CONTENT_LENGTH", "0")) > MAX_BODY or len(sent.body) > MAX_BODY,
    415: lambda sent: "CONTENT_TYPE" in sent.headers,
}
"""By code, what may be wrong with a POST so that it is refused before its body is read, and nobody knows its id."""
MAX_BODY = 2_621_440
LEAKS = [b"Traceback (most", b'File \\"', b"site-packages", b"<html", b"<!DOCTYPE", ROOT.encode()]
_SOURCE = re.compile(rb"[\w/]+\.py\b")


class Finding(AssertionError):  # noqa: N818
    """What must not be."""


def kind_of(error: BaseException) -> str:
    """What two findings have in common that are one: all but quotations, digits and what stands far behind."""
    return type(error).__name__ + re.sub(r"b?'[^']*'|\"[^\"]*\"|\d+", "", str(error))[:100]


@dataclass(frozen=True)
class Sent:
    """One HTTP request.

    Args:
        body: The bytes of the body.
        headers: As WSGI names them: ``HTTP_...``, ``CONTENT_TYPE``, ``CONTENT_LENGTH``.
        verb: The HTTP method.
        path: The path with its query.
        has_threads: Whether the server says, in this process, that it has threads and is alone, as sessions need it.
    """

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    verb: str = "POST"
    path: str = "/mcp/"
    has_threads: bool = False

    @property
    def read(self) -> bytes:
        """What a server reads of the body: as much as the headers say that there is."""
        length = self.headers.get("CONTENT_LENGTH", str(len(self.body)))
        return self.body[: int(length)] if length.isdecimal() else self.body if length else b""


@dataclass(frozen=True)
class Reply:
    """What came back.

    Args:
        status: HTTP's.
        content_type: Its header.
        body: As far as it was read.
        seconds: How long that took, where nobody else has watched.
        headers: By their names in small letters.
        is_open: Whether it is a stream that was left before its end.
    """

    status: int
    content_type: str
    body: bytes
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    is_open: bool = False

    @property
    def session(self) -> str:
        """The id of the session that was opened, empty where none was."""
        return self.headers.get("mcp-session-id", "")


def check(
    sent: Sent, reply: Reply, outputs: dict[str, Any] | None = None, *, may_break: bool = False
) -> list[dict[str, Any]]:
    """Hold an answer to all that must be true of it.

    Args:
        sent: The request.
        reply: Its answer.
        outputs: The output schemas of the tools by name.
        may_break: Whether the project has views that raise.

    Returns:
        The JSON-RPC messages of the answer.

    Raises:
        Finding: Something is not as it must be.
    """
    _expect(reply.status in STATUSES, f"status {reply.status}", reply)
    _expect(reply.seconds <= 1, f"it took {reply.seconds:.1f} s", reply)
    said = sent.body + repr(sent.headers).encode() + sent.path.encode()
    for leak in [*LEAKS, *(name for name in _SOURCE.findall(reply.body) if name != b"manage.py")]:
        _expect(leak not in reply.body or leak in said, f"the answer says {leak!r}", reply)
    if reply.status in (202, 204) or sent.verb == "HEAD":
        _expect(reply.body == b"", "a body where there is none", reply)
        return []
    if reply.content_type.startswith("text/event-stream"):
        events = [line[6:] for line in reply.body.split(b"\n") if line.startswith(b"data: ") and line[6:]]
        messages = [_strict(event, reply) for event in events]
        for message in messages if sent.verb == "POST" else ():
            if "method" not in message:  # what the call is answered with, and no request or notification of the server
                _check_message(read(sent.read), message, sent, reply, outputs)
        return messages
    _expect(reply.content_type.startswith("application/json"), f"content type {reply.content_type!r}", reply)
    _expect(b"\n" not in reply.body, "more than one line", reply)
    answer = _strict(reply.body, reply)
    request = read(sent.read) if sent.verb == "POST" else None
    for message in answer if isinstance(answer, list) else [answer]:
        code = message["error"].get("code") if isinstance(message.get("error"), dict) else None
        _expect(code != -32603 or may_break, "an internal error", reply)
    if isinstance(answer, list):
        _expect(isinstance(request, list), "an array for what is no batch", reply)
        _check_batch(request or [], answer, sent, reply, outputs)
        return answer
    _check_message(request, answer, sent, reply, outputs)
    return [answer]


def is_refused(reply: Reply, answers: list[dict[str, Any]]) -> bool:
    """Whether nothing that was asked was done, so that every row must be as it was."""
    return reply.status >= 400 or (bool(answers) and all("error" in answer for answer in answers))


def read(body: bytes) -> Any:
    """What a body says to a reader who knows JSON, None where it is none, or beyond the limits."""
    value = _read_loosely(body)
    return value if _is_text(value) else None


def _is_text(value: Any) -> bool:
    """Whether a value has no half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_loosely(body: bytes) -> Any:
    try:
        value = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
        return value if _depth(value) <= 100 else None
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError


def _finite(literal: str) -> float:
    if math.isinf(number := float(literal)):
        raise ValueError
    return number


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _expect(holds: bool, what: str, reply: Reply) -> None:
    if not holds:
        raise Finding(f"{what}: {reply.status} {reply.body[:600]!r}")


def _strict(body: bytes, reply: Reply) -> Any:
    try:
        answer = json.loads(body, object_pairs_hook=_once, parse_constant=_no_constant)
    except ValueError as error:
        raise Finding(f"no JSON ({error!r}): {reply.status} {body[:600]!r}") from None
    _expect(isinstance(answer, (dict, list)), "JSON that is no message", reply)
    return answer


def _id_of(request: Any) -> Any:
    request_id = request.get("id") if isinstance(request, dict) else None
    return request_id if isinstance(request_id, (str, int)) and not isinstance(request_id, bool) else None


def _is_same_id(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _check_batch(batch: list[Any], answers: list[Any], sent: Sent, reply: Reply, outputs: Any) -> None:
    _expect(0 < len(answers) <= len(batch), "more answers than messages", reply)
    for answer in answers:
        _expect(isinstance(answer, dict), "an answer that is no message", reply)
        asked = [entry for entry in batch if _is_same_id(_id_of(entry), answer.get("id"))]
        *others, last = asked or [None]
        if not any(_fits(request, answer, sent, reply, outputs) for request in others):  # ids that stand there twice
            _check_message(last, answer, sent, reply, outputs)


def _fits(*arguments: Any) -> bool:
    with suppress(Finding):
        _check_message(*arguments)
        return True
    return False


def _check_message(request: Any, answer: dict[str, Any], sent: Sent, reply: Reply, outputs: Any) -> None:
    _expect(answer.get("jsonrpc") == "2.0" and "id" in answer, "no JSON-RPC", reply)
    _expect(("result" in answer) is not ("error" in answer), "not either of result and error", reply)
    error = answer.get("error")
    if error is not None:
        is_error = isinstance(error, dict) and type(error.get("code")) is int and isinstance(error.get("message"), str)
        _expect(is_error and bool(error["message"].strip()), "an error that is none", reply)
    _check_id(request, answer, sent, reply)
    if error is None:
        _check_result(request, answer["result"], sent, reply, outputs)


def _check_id(request: Any, answer: dict[str, Any], sent: Sent, reply: Reply) -> None:
    expected, got = _known_id(request, sent), answer["id"]
    code = answer.get("error", {}).get("code", 0)
    if got is None and sent.verb == "POST" and code == reply.status and code in UNREAD and UNREAD[code](sent):
        return
    _expect(_is_same_id(expected, got), f"the id is {got!r}, not {expected!r}", reply)
    _expect(code != -32700 or request is None, "it was JSON", reply)


def _known_id(request: Any, sent: Sent) -> Any:
    """The id that an answer has, None where a request has none that could be known.

    A client's own answer to a question has one, which is the question's. Half of a surrogate pair in the params alone
    leaves the id to be read.
    """
    if request is None and sent.verb == "POST":
        loose = _read_loosely(sent.read)
        head = {key: value for key, value in loose.items() if key != "params"} if isinstance(loose, dict) else {}
        is_request = head.get("jsonrpc") == "2.0" and isinstance(head.get("method"), str) and _is_text(head)
        return _id_of(head) if is_request else None
    is_message = isinstance(request, dict) and request.get("jsonrpc") == "2.0"
    is_response = is_message and "method" not in request and ("result" in request or "error" in request)
    return None if is_response else _id_of(request)


def _check_result(request: Any, result: Any, sent: Sent, reply: Reply, outputs: Any) -> None:
    _expect(isinstance(request, dict) and "method" in request, "a result for no request", reply)
    method, params = request["method"], request.get("params", {})
    version = sent.headers.get("HTTP_MCP_PROTOCOL_VERSION", "2025-03-26").strip()
    if PROTOCOL_VERSION_META in (params.get("_meta") or {}):
        version = params["_meta"][PROTOCOL_VERSION_META]
    if method == "initialize":
        version = result["protocolVersion"]
    _expect(version in REVISIONS, "a result in a revision that is not served", reply)
    if (method, version) in SERVER_RESULTS:
        fault = _fault(method, version, json.dumps(result))
        _expect(not fault, f"not what {version} says of {method}: {fault}", reply)
    if method == "tools/call" and result.get("resultType") != "input_required" and not result.get("isError"):
        _check_structured(params.get("name"), result, reply, outputs or {})


@lru_cache(maxsize=256)
def _fault(method: str, version: str, result: str) -> str:
    try:
        validate_server_result(method, version, json.loads(result))
    except ValidationError as error:
        return str(error)
    return ""


def _check_structured(name: Any, result: dict[str, Any], reply: Reply, outputs: dict[str, Any]) -> None:
    if isinstance(name, str) and (schema := outputs.get(name)):
        _expect("structuredContent" in result, "no structured content", reply)
        fault = next(Draft202012Validator(schema).iter_errors(result["structuredContent"]), None)
        _expect(fault is None, f"not what the tool promised: {fault and fault.message}", reply)
