"""Refusals: what a caller did wrong, as a result or an error that says how to do better."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.utils.encoding import force_str
from django.utils.functional import Promise
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import get_error_detail
from rest_framework.settings import api_settings

from .budget import shortened, within
from .conf import mcp_settings
from .protocol.errors import InvalidParamsError
from .protocol.jsonrpc import RawJSON, dumps
from .protocol.results import CallToolResult, text_block

MEANINGS = {
    304: "Not modified",
    402: "Payment required",
    403: "Permission denied",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
    422: "Unprocessable",
    423: "Locked",
    424: "Failed dependency",
    428: "Precondition required",
    429: "Too many requests",
    451: "Unavailable for legal reasons",
}
_CONFLICTING = ("unique", "duplicate", "foreign key", "check constraint", "exclusion")
"""What databases say when values, and not the code, are at fault. A missing NOT NULL is the code's."""
_NOT_HELD = ("too large to convert", "cannot contain NUL (0x00)")
"""What drivers say of a value before any database has seen it: sqlite3 and psycopg2."""
_NO_NUMBER = re.compile(r"Field '\w+' expected a number but got (.*)\.", re.DOTALL)
"""What Django says of a value in a look-up of numbers."""


def refusal(status: int, data: Any, retry_after: str | None = None) -> CallToolResult:
    """The result of a call that was understood and refused.

    Args:
        status: The HTTP status that REST has for it.
        data: The view's own words, None where it had none.
        retry_after: When the call may succeed, as the ``Retry-After`` header has it: seconds or a date.

    Returns:
        A result with ``is_error``, whose structure holds ``status``, ``code`` and ``detail``, and as
        ``data`` the whole body where it says more than that.
    """
    body = data if isinstance(data, Mapping) else {}
    detail = body.get("detail", data)
    more = {key: value for key, value in body.items() if key != "detail"} if "detail" in body else {}
    meaning = MEANINGS.get(status, "")
    sentence = error_text(detail) if detail not in (None, "") else ""
    text = ": ".join(part for part in (meaning, sentence) if part) or f"Refused with status {status}."
    code = getattr(detail, "code", None) or body.get("code")
    if not isinstance(code, str):
        code = meaning.lower().replace(" ", "_") or "refused"
    structured = {"status": status, "code": code}
    if retry_after:
        structured["retry_after"] = retry_after
    structured["detail"] = sentence or text
    if more or isinstance(detail, (Mapping, list, tuple)):
        structured["data"] = _plain(data)
    text = shortened(" ".join(part for part in (text, error_text(more)) if part), mcp_settings.MAX_TEXT)
    if retry_after:
        text += f" Call again in {retry_after} seconds." if retry_after.isdecimal() else f" Call again {retry_after}."
    told = within(structured, mcp_settings.MAX_DATA)
    return CallToolResult([text_block(text)], RawJSON(dumps(told)), is_error=True)


def not_done(status: int, code: str, detail: str) -> CallToolResult:
    """The result of a call that this package, not the view, left undone: a question stands in its way.

    Args:
        status: The HTTP status that comes nearest to it.
        code: One word for it.
        detail: One sentence for it.

    Returns:
        A result with ``is_error``.
    """
    structured = RawJSON(dumps({"status": status, "code": code, "detail": detail}))
    return CallToolResult([text_block(detail)], structured, is_error=True)


def validation_failure(data: Any) -> CallToolResult:
    """The serializer's refusal: an error of the protocol or, where the project prefers it, a result.

    What is in the form of DRF's errors, messages in lists under the names of fields, becomes ``errors``,
    each message beside its code. Any other body is ``body``, as it is: what its numbers and strings mean is
    only known to the project.

    Args:
        data: What the response says, of any shape; None where it says nothing.

    Returns:
        A result with ``is_error``.

    Raises:
        InvalidParamsError: The same, while ``VALIDATION_ERRORS`` is ``"error"``.
    """
    says_nothing = data is None or data in ("", [], {})
    reason = "The request was refused without a reason." if says_nothing else error_text(data)
    message = shortened(f"Tool execution failed: {reason}", mcp_settings.MAX_TEXT)
    if says_nothing:
        told: dict[str, Any] = {"errors": {}}
    elif _is_errors(data):
        told = {"errors": errors_with_codes(data)}
    else:
        told = {"body": _plain(data)}
    told = within(told, mcp_settings.MAX_DATA)
    if mcp_settings.VALIDATION_ERRORS == "result":
        return CallToolResult([text_block(message)], RawJSON(dumps({"status": 400, **told})), is_error=True)
    raise InvalidParamsError(message, data=told)


def refused_by_database(error: Exception, arguments: Mapping[str, Any] = MappingProxyType({})) -> CallToolResult | None:
    """What REST lets through as a 500 although the caller could repair it.

    A unique check that lost a race, a number that no column holds, a model's own validation, a row
    that others need.

    Args:
        error: What the view raised.
        arguments: What the call brought; the one that is at fault is named where that is certain.

    Returns:
        A result with ``is_error``, None for every other exception.

    Raises:
        InvalidParamsError: The values are at fault, while ``VALIDATION_ERRORS`` is ``"error"``.
    """
    if isinstance(error, ValidationError):
        detail = get_error_detail(error)
        value = (getattr(error, "params", None) or {}).get("value")
        return validation_failure(
            detail if isinstance(detail, Mapping) else _named(detail, _with_value(arguments, value))
        )
    if isinstance(error, (ProtectedError, RestrictedError)):
        return refusal(409, {"detail": "Other objects refer to this one, so it cannot be deleted."})
    if isinstance(error, IntegrityError) and any(word in str(error).lower() for word in _CONFLICTING):
        return validation_failure({"non_field_errors": ["These values conflict with data that is there already."]})
    if match := _NO_NUMBER.fullmatch(str(error)):
        names = [name for name in arguments if match[1] in map(repr, _leaves(arguments[name]))]
        return validation_failure(_named(["A number is expected."], names)) if names else None
    if isinstance(error, DataError) or any(words in str(error) for words in _NOT_HELD):
        return validation_failure(
            _named(["A value is out of the range that can be stored."], _not_held(error, arguments))
        )
    return None


def _named(messages: list[Any], names: list[str]) -> dict[str, list[Any]]:
    """Messages under the argument that they are about, where there is just one that it can be."""
    return {names[0] if len(names) == 1 else api_settings.NON_FIELD_ERRORS_KEY: messages}


def _with_value(arguments: Mapping[str, Any], value: Any) -> list[str]:
    return [name for name in arguments if value is not None and value in _leaves(arguments[name])]


def _not_held(error: Exception, arguments: Mapping[str, Any]) -> list[str]:
    """The arguments that are at fault when a value cannot be stored, by the first mark that any of them bears."""
    marks: list[Callable[[Any], bool]] = [partial(_is_beyond, bits=64), partial(_is_beyond, bits=32)]
    if "too long" in str(error):
        marks = [lambda leaf: isinstance(leaf, str)]
    elif not isinstance(error, OverflowError):
        marks.insert(0, lambda leaf: isinstance(leaf, str) and "\x00" in leaf)
    found = ([name for name in arguments if any(map(mark, _leaves(arguments[name])))] for mark in marks)
    return next(filter(None, found), [])


def _is_beyond(leaf: Any, bits: int) -> bool:
    """Whether a number, or one in the text of a filter, is beyond what a column of so many bits holds."""
    numbers = map(int, re.findall(r"\d{10,4000}", leaf)) if isinstance(leaf, str) else [leaf]
    limit = 1 << (bits - 1)
    return any(isinstance(number, (int, float)) and not -limit <= number < limit for number in numbers)


def _leaves(value: Any) -> Iterator[Any]:
    """What is no object or array in a value, keys of objects included."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def error_text(detail: Any) -> str:
    """Say in one line what a view's error data says: each message behind the path of its field.

    Args:
        detail: Messages as DRF nests them: strings in lists and dicts.

    Returns:
        ``email: This field is required. items.0.name: ...``.
    """
    return " ".join(f"{path}: {message}" if path else message for path, message in _messages(detail, ""))


def _messages(detail: Any, path: str) -> list[tuple[str, str]]:
    pairs: list[tuple[Any, Any]]
    if isinstance(detail, str):  # as nearly all are, and what is no class of Python's own is slow to be told
        return [(path, str(detail))]
    if isinstance(detail, Mapping):
        pairs = list(detail.items())
    elif isinstance(detail, Sequence):
        # The messages of one field stand in a list; the errors of a list of objects do, too.
        pairs = [(i if isinstance(entry, (Mapping, list)) else "", entry) for i, entry in enumerate(detail)]
    else:
        return [(path, force_str(detail))]
    found = []
    for key, value in pairs:
        is_unnamed = key in ("", "non_field_errors", "detail")
        inner = path if is_unnamed else f"{path}.{key}" if path else str(key)
        found += _messages(value, inner)
    return found


def errors_with_codes(detail: Any) -> Any:
    """DRF's errors as ``{field: [{message, code}]}``, as deep as they are nested.

    Args:
        detail: Messages as DRF nests them.
    """
    return _with_codes(_by_field(detail))


def _is_errors(data: Any, *, in_list: bool = True) -> bool:
    """Whether this is the form of DRF's errors: every leaf a message, which is DRF's own or stands in a list."""
    if isinstance(data, (str, Promise)):
        return in_list or isinstance(data, ErrorDetail)
    if isinstance(data, (list, tuple)):
        return all(map(_is_errors, data))
    return isinstance(data, Mapping) and all(_is_errors(value, in_list=False) for value in data.values())


def _plain(value: Any) -> Any:
    """The same as JSON can hold it, numbers and truth values as they are."""
    if isinstance(value, Mapping):
        return {force_str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    is_plain = value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and isfinite(value))
    return value if is_plain else force_str(value, errors="replace")


def _by_field(detail: Any) -> Any:
    """Errors that name no field stand where DRF puts them: under ``non_field_errors``."""
    if isinstance(detail, Mapping) or (isinstance(detail, list) and any(isinstance(e, Mapping) for e in detail)):
        return detail
    return {api_settings.NON_FIELD_ERRORS_KEY: detail}


def _with_codes(detail: Any) -> Any:
    """DRF's errors with each message beside its code, as deep as they are nested, a field's in a list."""
    if isinstance(detail, (list, tuple)):
        return [_with_codes(value) for value in detail]
    if isinstance(detail, str) or not isinstance(detail, Mapping):
        return {"message": force_str(detail), "code": force_str(getattr(detail, "code", "invalid"))}
    lists = {key: value if isinstance(value, (list, tuple, Mapping)) else [value] for key, value in detail.items()}
    return {str(key): _with_codes(value) for key, value in lists.items()}
