"""What the trace of the protocol does not do: work for a client whose message is refused."""

from __future__ import annotations

import json
import logging

import pytest

from tests.factories import MCPClient

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18"])
def test_a_batch_that_is_refused_is_one_line(caplog: pytest.LogCaptureFixture, version: str) -> None:
    with caplog.at_level(logging.DEBUG, "drf_mcp.trace"):
        answer = json.loads(MCPClient(version=version).post([PING] * 10_000).content)
    assert answer["error"]["code"] == -32600
    assert len([record for record in caplog.records if record.name == "drf_mcp.trace"]) == 1
