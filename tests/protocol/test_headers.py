from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.errors import HTTPRefusalError
from drf_mcp.protocol.headers import PROTOCOL_VERSION_KEY, check_content_type

from . import steady


def test_the_header_has_the_name_that_the_specification_gives_it() -> None:
    assert PROTOCOL_VERSION_KEY == "HTTP_MCP_PROTOCOL_VERSION"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        " application/json ",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json ; Charset = utf8",
        "application/json; profile=x; charset=utf-8",
        "application/json;",
    ],
)
def test_json_in_utf_8_is_accepted(content_type: str) -> None:
    check_content_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        ";",
        "json",
        "text/plain",
        "text/plain; application/json",
        "text/plain, application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "application/jsonp",
        "application/json-patch+json",
        "application/vnd.api+json",
        "*/*",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/json; charset=",
        "application/json; charset=utf-8; charset=utf-7",
    ],
)
def test_anything_else_is_an_unsupported_media_type(content_type: str) -> None:
    with pytest.raises(HTTPRefusalError) as caught:
        check_content_type(content_type)
    assert caught.value.http_status == 415
    assert caught.value.handshake_status == 415
    assert "application/json" in caught.value.message or "UTF-8" in caught.value.message


@steady
@given(st.text() | st.text(alphabet='application/json; charset=utf-8"'))
def test_any_header_is_accepted_or_refused(content_type: str) -> None:
    refusal = None
    try:
        check_content_type(content_type)
    except HTTPRefusalError as error:
        refusal = error.http_status
    assert refusal == 415 or content_type.strip().lower().startswith("application/json")
