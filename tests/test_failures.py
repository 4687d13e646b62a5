"""Refusals in words, with the structure beside them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.test import override_settings
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ErrorDetail, NotFound, PermissionDenied, Throttled
from rest_framework.exceptions import ValidationError as DRFValidationError

from drf_mcp.failures import error_text, refusal, refused_by_database, validation_failure
from drf_mcp.protocol.errors import InvalidParamsError
from drf_mcp.protocol.jsonrpc import dumps
from tests.protocol import steady


def wire(result) -> Any:
    return json.loads(result.to_wire())


@pytest.mark.parametrize(
    ("status", "data", "text", "code", "detail"),
    [
        (
            403,
            {"detail": PermissionDenied().detail},
            "Permission denied: You do not",
            "permission_denied",
            "You do not",
        ),
        (404, {"detail": NotFound().detail}, "Not found: Not found.", "not_found", "Not found."),
        (404, {"detail": "No such shop"}, "Not found: No such shop", "not_found", "No such shop"),
        (405, None, "Method not allowed", "method_not_allowed", "Method not allowed"),
        (409, {"detail": ErrorDetail("Busy", "busy")}, "Conflict: Busy", "busy", "Busy"),
        (409, {"reason": "locked"}, "Conflict: reason: locked", "conflict", "reason: locked"),
        (409, ["locked", "later"], "Conflict: locked later", "conflict", "locked later"),
        (418, {"detail": "Teapot"}, "Teapot", "refused", "Teapot"),
        (418, None, "Refused with status 418.", "refused", "Refused with status 418."),
        (418, "", "Refused with status 418.", "refused", "Refused with status 418."),
        (302, None, "Refused with status 302.", "refused", "Refused with status 302."),
    ],
)
def test_a_refusal_is_a_sentence_and_a_structure(status, data, text, code, detail) -> None:
    result = wire(refusal(status, data))
    assert result["isError"] is True
    assert result["content"][0]["text"].startswith(text)
    structured = result["structuredContent"]
    assert (structured["status"], structured["code"]) == (status, code)
    assert structured["detail"].startswith(detail)


def test_a_throttle_says_when_to_call_again() -> None:
    result = wire(refusal(429, {"detail": Throttled(wait=7).detail}, "7"))
    assert result["content"][0]["text"].endswith("Call again in 7 seconds.")
    assert result["structuredContent"]["retry_after"] == "7"
    assert result["structuredContent"]["code"] == "throttled"


def test_a_lazy_message_is_written_out() -> None:
    assert wire(refusal(403, {"detail": gettext_lazy("No")}))["structuredContent"]["detail"] == "No"


# Validation

ERRORS = DRFValidationError(
    {
        "email": [ErrorDetail("Enter a valid email.", "invalid"), ErrorDetail("Too long.", "max_length")],
        "lines": [{}, {"sku": [ErrorDetail("Required.", "required")]}],
        "address": {"street": {"name": [ErrorDetail("Blank.", "blank")]}},
        "non_field_errors": [ErrorDetail("Both are the same.", "same")],
    }
).detail


def test_errors_of_fields_are_a_line_with_paths_and_data_with_codes() -> None:
    with pytest.raises(InvalidParamsError) as caught:
        validation_failure(ERRORS)
    assert caught.value.message == (
        "Tool execution failed: email: Enter a valid email. email: Too long. lines.1.sku: Required. "
        "address.street.name: Blank. Both are the same."
    )
    assert caught.value.data == {
        "errors": {
            "email": [
                {"message": "Enter a valid email.", "code": "invalid"},
                {"message": "Too long.", "code": "max_length"},
            ],
            "lines": [{}, {"sku": [{"message": "Required.", "code": "required"}]}],
            "address": {"street": {"name": [{"message": "Blank.", "code": "blank"}]}},
            "non_field_errors": [{"message": "Both are the same.", "code": "same"}],
        }
    }


def test_errors_of_fields_are_a_result_where_the_project_prefers_it() -> None:
    with override_settings(DRF_MCP={"VALIDATION_ERRORS": "result"}):
        result = wire(validation_failure({"email": ["Required."]}))
    assert result["isError"] is True
    assert result["content"][0]["text"] == "Tool execution failed: email: Required."
    assert result["structuredContent"] == {
        "status": 400,
        "errors": {"email": [{"message": "Required.", "code": "invalid"}]},
    }


@pytest.mark.parametrize("data", [None, "", [], {}])
def test_a_400_that_says_nothing_is_still_a_sentence(data: Any) -> None:
    with pytest.raises(InvalidParamsError) as caught:
        validation_failure(data)
    message = caught.value.message
    assert "None" not in message
    assert len(message) > len("Tool execution failed: ")


# What the database refuses


@pytest.mark.parametrize(
    "error",
    [
        ValidationError({"email": ["Taken."]}),
        ValidationError("Taken."),
        IntegrityError("UNIQUE constraint failed: users_user.email"),
        IntegrityError('duplicate key value violates unique constraint "x"'),
        IntegrityError("FOREIGN KEY constraint failed"),
        DataError("value too long for type character varying(3)"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
    ],
)
def test_values_that_the_database_refuses_are_the_callers_to_mend(error: Exception) -> None:
    with pytest.raises(InvalidParamsError) as caught:
        refused_by_database(error)
    assert caught.value.message.startswith("Tool execution failed: ")
    assert "users_user" not in caught.value.message
    dumps(caught.value.to_wire())


@pytest.mark.parametrize("error", [ProtectedError("x", set()), RestrictedError("x", set())])
def test_a_row_that_others_need_is_a_conflict(error: Exception) -> None:
    result = refused_by_database(error)
    assert result is not None
    assert wire(result)["structuredContent"]["status"] == 409


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), IntegrityError("NOT NULL constraint failed: a.b"), OverflowError("math range error"), ValueError()],
)
def test_everything_else_is_the_codes_fault(error: Exception) -> None:
    assert refused_by_database(error) is None


# Any structure at all

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.decimals()
    | st.builds(ErrorDetail, st.text(), st.text())
    | st.just(gettext_lazy("No"))
)
NESTED = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.none() | st.just("detail"), inner, max_size=4)
    ),
    max_leaves=15,
)


@steady
@given(NESTED | st.binary() | st.lists(st.binary() | st.sets(st.text())) | st.dictionaries(st.binary(), st.binary()))
def test_any_structure_has_a_line(detail: Any) -> None:
    assert isinstance(error_text(detail), str)


@steady
@given(NESTED)
def test_any_structure_has_codes(detail: Any) -> None:
    with pytest.raises(InvalidParamsError) as caught:
        validation_failure(detail)
    json.dumps(caught.value.to_wire())


@steady
@given(NESTED, st.sampled_from([302, 403, 404, 409, 418, 429]))
def test_any_structure_can_be_refused(detail: Any, status: int) -> None:
    json.loads(refusal(status, detail).to_wire())


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("a", "a"),
        (["a", "b"], "a b"),
        ({"x": "a"}, "x: a"),
        ({"x": ["a", "b"]}, "x: a x: b"),
        ({"x": {"detail": "a"}}, "x: a"),
        ({"x": {"y": [{"z": ["a"]}]}}, "x.y.0.z: a"),
        ([[["a"]]], "0.0: a"),
        ({1: "a"}, "1: a"),
        ({}, ""),
    ],
)
def test_the_line_names_the_path_of_each_message(detail: Any, expected: str) -> None:
    assert error_text(detail) == expected
