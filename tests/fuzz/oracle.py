"""What must hold of each answer, whatever was sent."""

from __future__ import annotations

import json
import math
import re
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
STATUSES = {200, 202, 204, 400, 401, 403, 404, 405, 413, 415}
UNREAD = {400, 401, 403, 404, 405, 413, 415}
"""With these, a request may be refused before its id was read."""
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
    """

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    verb: str = "POST"
    path: str = "/mcp/"


@dataclass(frozen=True)
class Reply:
    """What came back, and how long that took where nobody else has watched."""

    status: int
    content_type: str
    body: bytes
    seconds: float = 0.0


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
        return [_strict(event, reply) for event in events]
    _expect(reply.content_type.startswith("application/json"), f"content type {reply.content_type!r}", reply)
    _expect(b"\n" not in reply.body, "more than one line", reply)
    answer = _strict(reply.body, reply)
    request = read(sent.body) if sent.verb == "POST" else None
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
    try:
        json.dumps(value, ensure_ascii=False).encode()  # which half of a surrogate pair is not
    except UnicodeEncodeError:
        return None
    return value


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
    expected, got = _id_of(request), answer["id"]
    code = answer.get("error", {}).get("code", 0)
    if request is None:  # half of a surrogate pair in the params leaves the id to be read
        is_same = got is None or _is_same_id(_id_of(_read_loosely(sent.body)), got)
    else:
        is_unread = reply.status in UNREAD and code > 0 and got is None
        is_same = is_unread or _is_same_id(expected, got)
    is_whole = "CONTENT_LENGTH" not in sent.headers
    _expect(is_same or not is_whole, f"the id is {got!r}, not {expected!r}", reply)
    _expect(code != -32700 or request is None or not is_whole, "it was JSON", reply)


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
