from __future__ import annotations

from typing import Any

import pytest

from drf_mcp.protocol.capabilities import missing_capabilities


@pytest.mark.parametrize(
    ("required", "declared", "missing"),
    [
        ({}, {}, {}),
        ({}, {"sampling": {}}, {}),
        ({"sampling": {}}, {"sampling": {}}, {}),
        ({"sampling": {}}, {"sampling": {"tools": {}}, "roots": {}}, {}),
        ({"sampling": {}}, {}, {"sampling": {}}),
        ({"sampling": {}}, {"sampling": None}, {"sampling": {}}),
        ({"sampling": {}}, {"Sampling": {}}, {"sampling": {}}),
        ({"sampling": {"tools": {}}}, {"sampling": {}}, {"sampling": {"tools": {}}}),
        ({"sampling": {"tools": {}}}, {"sampling": True}, {"sampling": {"tools": {}}}),
        ({"sampling": {}, "roots": {}}, {"sampling": {}}, {"roots": {}}),
        ({"extensions": {"a.b/c": {}}}, {"extensions": {"a.b/d": {}}}, {"extensions": {"a.b/c": {}}}),
    ],
)
def test_what_a_client_did_not_declare_is_missing(
    required: dict[str, Any], declared: dict[str, Any], missing: dict[str, Any]
) -> None:
    assert missing_capabilities(required, declared) == missing
