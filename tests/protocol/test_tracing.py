from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.tracing import trace_context

from . import JSON, steady

PARENT = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


def test_a_trace_is_taken_as_it_is() -> None:
    meta = {"traceparent": PARENT, "tracestate": "a=1,b@c=2", "baggage": "user=ann%20b;p=1, k=v", "other": 1}
    assert trace_context(meta) == {"traceparent": PARENT, "tracestate": "a=1,b@c=2", "baggage": "user=ann%20b;p=1, k=v"}


@pytest.mark.parametrize(
    "parent",
    [
        None,
        1,
        "",
        PARENT.upper(),
        PARENT[:-1],
        f" {PARENT}",
        f"{PARENT}\r\nX: y",
        f"ff{PARENT[2:]}",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    ],
)
def test_a_parent_that_is_malformed_is_left_out_together_with_its_state(parent: Any) -> None:
    assert trace_context({"traceparent": parent, "tracestate": "a=1"}) == {}


@pytest.mark.parametrize("baggage", [None, 1, "", "a=1\r\nX: y", "a=\u00e9", "a=" + "x" * 8192])
def test_baggage_that_no_header_may_hold_is_left_out(baggage: Any) -> None:
    assert trace_context({"traceparent": PARENT, "baggage": baggage}) == {"traceparent": PARENT}


@steady
@given(st.dictionaries(st.sampled_from(["traceparent", "tracestate", "baggage"]), JSON))
def test_whatever_comes_only_printable_text_is_passed_on(meta: dict[str, Any]) -> None:
    for value in trace_context(meta).values():
        assert value.isascii()
        assert "\n" not in value
        assert "\r" not in value
