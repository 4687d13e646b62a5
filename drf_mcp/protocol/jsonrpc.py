"""JSON-RPC 2.0 messages: bytes to a message, and answers to bytes.

Reading is strict where Python's ``json`` is generous, because each generosity is a way to make two
readers disagree about one message or to make the server work for nothing.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from .errors import InvalidParamsError, InvalidRequestError, MCPError, ParseError

MAX_DEPTH = 100
"""How deep arrays and objects may nest in a message."""

MAX_CONTAINERS = 100_000
"""How many arrays and objects a message may have: empty ones take thirty times the memory that they have bytes."""

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKET = re.compile(r"[^\[\]{}]+")
_DEPTH_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Request:
    """A message that expects an answer.

    Args:
        id: A string or an integer, echoed in the answer.
        method: The method's name on the wire, such as ``tools/call``.
        params: The params object, empty where there is none.

    Spec: basic/index#requests
    """

    id: str | int
    method: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def meta(self) -> dict[str, Any]:
        """``params._meta``, empty where there is none."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}


@dataclass(frozen=True, slots=True)
class Notification:
    """A message without an id: it is taken and never answered.

    Spec: basic/index#notifications
    """

    method: str
    params: Any


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of the client to a request of the server.

    Spec: basic/index#responses
    """

    id: Any
    payload: dict[str, Any]


Message = Request | Notification | Response


class RawJSON(bytes):
    """A result that is already encoded as one line of UTF-8 JSON."""

    __slots__ = ()


class RawPieces(list[bytes]):
    """The same in pieces, the first of which is more than its brace: a large result is copied once, as it is joined."""

    __slots__ = ()


def parse_message(message: Any) -> Message:
    """Make a message of a JSON value.

    Args:
        message: What ``loads`` gave, or one entry of it where that is a batch.

    Returns:
        A request, a notification or a response.

    Raises:
        InvalidRequestError: No message: an array, a scalar, a missing method, a bad id.
        InvalidParamsError: A request whose ``params`` or ``_meta`` is not an object.

    Spec: basic/index#messages
    """
    if not isinstance(message, dict):
        raise InvalidRequestError("A JSON-RPC message is an object.")
    request_id = message.get("id")
    has_valid_id = isinstance(request_id, (str, int)) and not isinstance(request_id, bool)
    try:
        return _as_message(message, has_valid_id=has_valid_id)
    except MCPError as error:
        raise error.answering(request_id if has_valid_id else None) from None


def _as_message(message: dict[str, Any], *, has_valid_id: bool) -> Message:
    if message.get("jsonrpc") != "2.0":
        raise InvalidRequestError('A JSON-RPC message has "jsonrpc": "2.0".')
    if "id" in message and not has_valid_id:
        raise InvalidRequestError("The id of a request is a string or an integer.")
    if "method" not in message:
        if "id" in message and ("result" in message or "error" in message):
            return Response(message["id"], message)
        raise InvalidRequestError("The message has no method.")
    method = message["method"]
    if not isinstance(method, str):
        raise InvalidRequestError("The method is a string.")
    params = message.get("params", {})
    if "id" not in message:
        return Notification(method, params)
    if not isinstance(params, dict):
        raise InvalidParamsError("The params of a request are an object.")
    if not isinstance(params.get("_meta", {}), dict):
        raise InvalidParamsError("The _meta of a request is an object.")
    return Request(message["id"], method, params)


def loads(body: bytes) -> Any:
    """Read JSON strictly.

    Args:
        body: UTF-8.

    Returns:
        The value.

    Raises:
        ParseError: Not UTF-8, not JSON, not a finite number, a duplicate key, half of a surrogate pair,
            nested deeper than ``MAX_DEPTH``, or more than ``MAX_CONTAINERS`` of them.
    """
    value, is_text = _read(body)
    if not is_text:
        raise ParseError("The body has half of a surrogate pair.")
    return value


def load_message(body: bytes) -> Any:
    """Read the JSON of a message, or of a batch of them.

    Args:
        body: UTF-8.

    Returns:
        The value, for ``parse_message``.

    Raises:
        ParseError: See ``loads``.
        InvalidParamsError: Half of a surrogate pair in the params of a request, whose id can be answered.
    """
    value, is_text = _read(body)
    if is_text:
        return value
    head = {key: member for key, member in value.items() if key != "params"} if isinstance(value, dict) else {}
    request = None
    with suppress(MCPError):
        request = parse_message(head) if _is_text(head) else None
    if isinstance(request, Request):
        raise InvalidParamsError("The params have half of a surrogate pair.").answering(request.id)
    raise ParseError("The body has half of a surrogate pair.")


def _read(body: bytes) -> tuple[Any, bool]:
    """Read JSON strictly, and say whether its strings are text, which half of a surrogate pair is not."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    _check_depth(text)
    try:
        value = _decoder.decode(text)
    except ValueError as error:
        # json's own messages name positions and rules, never content; the one for integers
        # speaks of Python's settings, which are nobody's business.
        reason = str(error) if isinstance(error, (json.JSONDecodeError, _JSONError)) else "A number is too long."
        raise ParseError(f"The body is not JSON: {reason}") from None
    return value, not _SURROGATE_ESCAPE.search(text) or _is_text(value)


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class _JSONError(ValueError):
    """JSON that Python would have taken and we do not."""


def _check_depth(text: str) -> None:
    """Refuse what would nest too deep, or be too much, before the recursive parser sees it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    structure = _STRING.sub("", text)
    if structure.count("[") + structure.count("{") > MAX_CONTAINERS:
        raise ParseError(f"The body has more than {MAX_CONTAINERS:,} arrays and objects.")
    brackets = _NO_BRACKET.sub("", structure)
    if max(accumulate(map(_DEPTH_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH:
        raise ParseError(f"The body nests deeper than {MAX_DEPTH} levels.")


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise _JSONError("An object has the same key twice.")
    return mapping


def _refuse_constant(name: str) -> float:
    raise _JSONError(f"{name} is not a JSON number.")


def _finite_float(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise _JSONError("A number is too large.")
    return number


def dumps(value: Any) -> bytes:
    """Encode as one line of compact UTF-8 JSON, which is what every transport of MCP carries.

    Args:
        value: Anything that ``json`` can encode.

    Returns:
        Bytes without a line break.
    """
    return _encoder.encode(value).encode("utf-8")


# Made once: json.loads and json.dumps make a codec for each call that has options.
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_decoder = json.JSONDecoder(
    object_pairs_hook=_object_without_duplicates, parse_constant=_refuse_constant, parse_float=_finite_float
)


def encode_result(request_id: str | int, result: Any) -> bytes:
    """The answer to a request that succeeded.

    Args:
        request_id: The request's id.
        result: A JSON-able value, or ``RawJSON`` or ``RawPieces`` that are put in as they stand.

    Returns:
        One JSON-RPC response as bytes.
    """
    if isinstance(result, RawPieces):
        return b"".join((b'{"jsonrpc":"2.0","id":', dumps(request_id), b',"result":', *result, b"}"))
    encoded = result if isinstance(result, RawJSON) else dumps(result)
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (dumps(request_id), encoded)


def encode_error(request_id: str | int | None, error: MCPError) -> bytes:
    """The answer to a request that failed.

    Args:
        request_id: The request's id, None where it could not be read.
        error: What happened.

    Returns:
        One JSON-RPC error response as bytes.
    """
    return dumps({"jsonrpc": "2.0", "id": request_id, "error": error.to_wire()})
