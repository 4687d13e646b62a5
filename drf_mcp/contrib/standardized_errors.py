"""drf-standardized-errors: its list of errors in the form in which Django REST Framework has them.

Told by its shape, so that a formatter that says more or less is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

_TYPES = ("validation_error", "client_error", "server_error")
_KEYS = {"code", "detail", "attr"}


def nested_errors(data: Any) -> Any:
    """The errors of a response as Django REST Framework nests them, each message with its code.

    Args:
        data: What a response says.

    Returns:
        Messages in lists under the names of fields for a ``validation_error``, ``detail`` for another error;
        what was given where that is not the library's own shape.
    """
    if not isinstance(data, Mapping) or data.keys() != {"type", "errors"} or data["type"] not in _TYPES:
        return data
    errors = data["errors"]
    if not isinstance(errors, list) or not errors or not all(map(_is_error, errors)):
        return data
    details = [(error["attr"], ErrorDetail(error["detail"], error["code"])) for error in errors]
    if data["type"] != "validation_error":
        return {"detail": details[0][1]}
    nested: dict[str, Any] = {}
    for attr, detail in details:
        _put(nested, _path(attr), detail)
    return nested


def _is_error(error: Any) -> bool:
    is_whole = isinstance(error, Mapping) and error.keys() == _KEYS
    return is_whole and isinstance(error["detail"], str) and isinstance(error["code"], str)


def _path(attr: str | None) -> list[str]:
    """The names down to a field; its separator is the project's choice."""
    return attr.split(_separator()) if attr else [str(api_settings.NON_FIELD_ERRORS_KEY)]


def _separator() -> str:
    try:
        from drf_standardized_errors.settings import package_settings
    except ImportError:  # a project answers in the library's shape without it
        return "."
    return str(package_settings.NESTED_FIELD_SEPARATOR)


def _put(nested: dict[str, Any], path: list[str], detail: ErrorDetail) -> None:
    """Add a message below its names; one for a field that has messages deeper down, too, stands beside these."""
    *outer, last = path
    for name in outer:
        inner = nested.setdefault(name, {})
        if isinstance(inner, list):
            inner = nested[name] = {str(api_settings.NON_FIELD_ERRORS_KEY): inner}
        nested = inner
    if isinstance(nested.get(last), dict):
        nested, last = nested[last], str(api_settings.NON_FIELD_ERRORS_KEY)
    nested.setdefault(last, []).append(detail)
