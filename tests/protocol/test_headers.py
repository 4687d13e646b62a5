from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.errors import HeaderMismatchError, HTTPRefusalError
from drf_mcp.protocol.headers import (
    PROTOCOL_VERSION_KEY,
    check_content_type,
    check_mirrored_params,
    decode_value,
    mirrored_params,
)

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


# Values


def encoded(value: str) -> str:
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


@steady
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_from_its_base64(value: str) -> None:
    assert decode_value(encoded(value)) == value


@steady
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_any_plain_value_means_itself(value: str) -> None:
    assert decode_value(value) == value or (value.startswith("=?base64?") and value.endswith("?="))


@steady
@given(st.text() | st.from_regex(r"=\?base64\?[A-Za-z0-9+/=_-]{0,12}\?=", fullmatch=True))
def test_a_value_is_read_in_one_way_or_not_at_all(value: str) -> None:
    decoded = decode_value(value)
    if decoded is not None and decoded != value:
        assert encoded(decoded) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        "caf\u00e9",
        "a\x00b",
        "a\nb",
        "a\x7fb",
        "=?base64?SGVsbG8?=",
        "=?base64?SGVsbG8==?=",
        "=?base64?SGVsbG9=?=",
        "=?base64?SGVs bG8=?=",
        "=?base64?SGVs\u00e9G8=?=",
        "=?base64?SGVs-_8=?=",
        "=?base64?/w==?=",
        "=?base64?=?=",
    ],
)
def test_what_no_header_may_hold_or_is_broken_base64_is_no_value(value: str | None) -> None:
    assert decode_value(value) is None


@pytest.mark.parametrize(
    "value", ["SGVsbG8=", "=?base64?SGVsbG8=", "SGVsbG8=?=", "=?BASE64?SGVsbG8=?=", "=?base64?=", ""]
)
def test_a_value_without_both_marks_means_itself(value: str) -> None:
    assert decode_value(value) == value


# Parameters that headers mirror

REGION = {"type": "string", "x-mcp-header": "Region"}


def test_mirrored_parameters_are_found_through_properties_alone() -> None:
    schema = {
        "properties": {
            "region": REGION,
            "where": {"type": "object", "properties": {"shelf": {"type": "integer", "x-mcp-header": "Shelf-No"}}},
            "free": True,
        }
    }
    assert mirrored_params(schema) == {("region",): "Region", ("where", "shelf"): "Shelf-No"}
    assert mirrored_params({"type": "object"}) == {}


@pytest.mark.parametrize(
    "schema",
    [
        REGION,
        {"properties": {"a": {"type": "array", "items": REGION}}},
        {"properties": {"a": {"anyOf": [REGION, {"type": "null"}]}}},
        {"allOf": [{"properties": {"region": REGION}}]},
        {"if": {"properties": {"region": REGION}}},
        {"$defs": {"region": REGION}},
        {"properties": {"region": {**REGION, "type": "number"}}},
        {"properties": {"region": {**REGION, "type": ["string", "null"]}}},
        {"properties": {"region": {"x-mcp-header": "Region"}}},
        {"properties": {"region": {**REGION, "x-mcp-header": ""}}},
        {"properties": {"region": {**REGION, "x-mcp-header": "My Region"}}},
        {"properties": {"region": {**REGION, "x-mcp-header": "My_Region"}}},
        {"properties": {"region": {**REGION, "x-mcp-header": "a\r\nb"}}},
        {"properties": {"region": {**REGION, "x-mcp-header": 1}}},
        {"properties": {"a": REGION, "b": {**REGION, "x-mcp-header": "REGION"}}},
    ],
)
def test_a_schema_that_clients_would_drop_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="x-mcp-header"):
        mirrored_params(schema)


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("north", "north"),
        ("north", encoded("north")),
        ("köln", encoded("köln")),
        (" a ", encoded(" a ")),
        ("", ""),
        (42, "42"),
        (42, "42.0"),
        (42.0, "42"),
        (-7, "-7"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_a_header_that_says_what_the_argument_says_passes(value: Any, header: str | None) -> None:
    headers = {} if header is None else {"HTTP_MCP_PARAM_REGION": header}
    check_mirrored_params({("region",): "Region"}, {"region": value}, headers)


@pytest.mark.parametrize(
    ("arguments", "header"),
    [
        ({"region": "north"}, None),
        ({"region": "north"}, "south"),
        ({"region": "north"}, "North"),
        ({"region": "north"}, "north,north"),
        ({"region": "north"}, "=?base64?bm9ydGg?="),
        ({"region": 42}, "42.5"),
        ({"region": 42}, "4e1"),
        ({"region": 42}, ""),
        ({"region": True}, "True"),
        ({"region": True}, "1"),
        ({"region": 1}, "true"),
        ({"region": [1]}, "[1]"),
        ({"region": None}, "north"),
        ({}, "north"),
        ({}, ""),
    ],
)
def test_a_header_that_is_missing_differs_or_mirrors_nothing_is_a_mismatch(
    arguments: dict[str, Any], header: str | None
) -> None:
    headers = {} if header is None else {"HTTP_MCP_PARAM_REGION": header}
    with pytest.raises(HeaderMismatchError) as caught:
        check_mirrored_params({("region",): "Region"}, arguments, headers)
    assert caught.value.data == {"header": "Mcp-Param-Region", "argument": "region"}


def test_a_nested_argument_is_read_at_its_own_path() -> None:
    mirrored, headers = {("where", "shelf"): "Shelf-No"}, {"HTTP_MCP_PARAM_SHELF_NO": "3"}
    check_mirrored_params(mirrored, {"where": {"shelf": 3}}, headers)
    for arguments in ({}, {"where": 3}, {"where": {}}, {"shelf": 3}):
        with pytest.raises(HeaderMismatchError):
            check_mirrored_params(mirrored, arguments, headers)
