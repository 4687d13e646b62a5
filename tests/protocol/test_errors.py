from __future__ import annotations

from typing import Any

import pytest

from drf_mcp.protocol.errors import (
    HeaderMismatchError,
    HTTPRefusalError,
    InternalError,
    InvalidParamsError,
    InvalidRequestError,
    MCPError,
    MethodNotFoundError,
    MissingCapabilityError,
    ParseError,
    UnsupportedVersionError,
)


@pytest.mark.parametrize(
    ("error", "code", "http_status", "handshake_status"),
    [
        (ParseError, -32700, 400, 400),
        (InvalidRequestError, -32600, 400, 400),
        (MethodNotFoundError, -32601, 404, 200),
        (InvalidParamsError, -32602, 400, 200),
        (InternalError, -32603, 200, 200),
        (UnsupportedVersionError, -32022, 400, 400),
        (HeaderMismatchError, -32020, 400, 400),
    ],
)
def test_each_error_has_its_code_and_its_status_in_both_eras(
    error: type[MCPError], code: int, http_status: int, handshake_status: int
) -> None:
    raised = error("Something is wrong.")
    assert (raised.code, raised.http_status, raised.handshake_status) == (code, http_status, handshake_status)


@pytest.mark.parametrize("data", [{"errors": {"email": []}}, {}, [], 0, False, ""], ids=repr)
def test_data_is_sent_as_it_was_given(data: Any) -> None:
    assert InvalidParamsError("No.", data=data).to_wire() == {"code": -32602, "message": "No.", "data": data}


def test_an_error_without_data_sends_none() -> None:
    assert MethodNotFoundError("No.").to_wire() == {"code": -32601, "message": "No."}


def test_an_error_reads_as_its_message() -> None:
    assert str(ParseError("The body is empty.")) == "The body is empty."


@pytest.mark.parametrize("request_id", [1, 0, "", "x", None])
def test_an_error_can_name_the_request_that_it_answers(request_id: Any) -> None:
    error = ParseError("No.")
    assert error.request_id is None
    assert error.answering(request_id) is error
    assert error.request_id == request_id


@pytest.mark.parametrize("status", [400, 401, 403, 405, 413, 415])
def test_a_refusal_of_http_has_its_status_in_both_eras_and_its_headers(status: int) -> None:
    error = HTTPRefusalError(status, "No.", headers={"Allow": "POST"})
    assert error.http_status == error.handshake_status == status
    assert error.headers == {"Allow": "POST"}
    assert HTTPRefusalError(status, "No.").headers == {}


@pytest.mark.parametrize("status", [400, 401, 403, 405, 413, 415])
def test_the_code_of_a_refusal_lies_outside_what_jsonrpc_and_mcp_reserve(status: int) -> None:
    code = HTTPRefusalError(status, "No.").to_wire()["code"]
    assert type(code) is int
    assert not -32768 <= code <= -32000


def test_a_missing_capability_is_named_as_a_client_declares_it() -> None:
    error = MissingCapabilityError({"sampling": {}, "roots": {"listChanged": True}})
    assert (error.code, error.http_status, error.handshake_status) == (-32021, 400, 200)
    assert error.data == {"requiredCapabilities": {"sampling": {}, "roots": {"listChanged": True}}}
    assert "sampling, roots" in error.message
