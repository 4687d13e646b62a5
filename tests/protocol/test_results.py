from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.jsonrpc import RawJSON, dumps
from drf_mcp.protocol.results import CallToolResult, embedded_blob_block, media_block, text_block

from . import steady


@steady
@given(st.text())
def test_a_text_block_has_the_text_as_it_stands(text: str) -> None:
    assert text_block(text) == {"type": "text", "text": text}


@pytest.mark.parametrize(
    ("mime_type", "kind"), [("image/png", "image"), ("image/svg+xml", "image"), ("audio/wav", "audio")]
)
def test_a_media_block_is_named_after_the_first_half_of_its_type(mime_type: str, kind: str) -> None:
    assert media_block(mime_type, "AAAA") == {"type": kind, "data": "AAAA", "mimeType": mime_type}


def test_other_bytes_are_an_embedded_resource() -> None:
    assert embedded_blob_block("https://example.com/a.pdf", "application/pdf", "AAAA") == {
        "type": "resource",
        "resource": {"uri": "https://example.com/a.pdf", "mimeType": "application/pdf", "blob": "AAAA"},
    }


@pytest.mark.parametrize("is_error", [True, False])
def test_a_result_always_says_whether_it_is_an_error(is_error: bool) -> None:
    wire = json.loads(CallToolResult([text_block("8")], is_error=is_error).to_wire())
    assert wire == {"content": [{"type": "text", "text": "8"}], "isError": is_error}


def test_structured_content_is_put_in_without_being_encoded_again() -> None:
    wire = CallToolResult([text_block("8.0")], RawJSON(b'{"result":8.0}')).to_wire()
    assert b'"structuredContent":{"result":8.0}' in wire
    assert json.loads(wire)["isError"] is False


@steady
@given(
    st.lists(st.text()),
    st.none() | st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.booleans())),
    st.booleans(),
)
def test_any_result_is_one_line_that_reads_the_same(texts: list[str], structured: Any, is_error: bool) -> None:
    encoded = None if structured is None else RawJSON(dumps(structured))
    wire = CallToolResult([text_block(text) for text in texts], encoded, is_error=is_error).to_wire()
    assert isinstance(wire, RawJSON)
    assert b"\n" not in wire
    assert b"\r" not in wire
    expected: dict[str, Any] = {"content": [{"type": "text", "text": text} for text in texts], "isError": is_error}
    if structured is not None:
        expected["structuredContent"] = structured
    assert json.loads(wire) == expected
