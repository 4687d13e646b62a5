"""Which web pages may call the endpoint, and what they may read of its answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import MCPClient

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
PAGE = "https://inspector.example"


@pytest.fixture(autouse=True)
def _pages(settings: Any) -> None:
    settings.DRF_MCP = {"ALLOWED_ORIGINS": [PAGE], "PUBLIC_URL": "https://shop.example", "ANONYMOUS": True}


def preflight(origin: str, path: str = "/mcp") -> Any:
    return Client().options(
        path,
        HTTP_ORIGIN=origin,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization,content-type,mcp-protocol-version",
    )


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("origin", [PAGE, "https://shop.example"])
def test_a_page_that_the_project_named_is_told_what_it_may_send(origin: str, path: str) -> None:
    response = preflight(origin, path)
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == origin
    assert "POST" in response["Access-Control-Allow-Methods"]
    allowed = response["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"} <= set(allowed)
    assert "Access-Control-Allow-Credentials" not in response
    assert "Origin" in response["Vary"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://inspector.example", f"{PAGE}:444"])
def test_other_pages_are_told_nothing(origin: str) -> None:
    for response in (preflight(origin), MCPClient(HTTP_ORIGIN=origin).post(PING)):
        assert response.status_code == 403
        assert "Access-Control-Allow-Origin" not in response


def test_a_page_reads_the_answer_and_the_challenge(settings: Any) -> None:
    answer = MCPClient(HTTP_ORIGIN=PAGE).post(PING)
    assert answer["Access-Control-Allow-Origin"] == PAGE
    assert set(answer["Vary"].split(", ")) == {"Authorization", "Origin"}
    settings.DRF_MCP = {"ALLOWED_ORIGINS": [PAGE]}
    refusal = MCPClient(HTTP_ORIGIN=PAGE).post(PING)
    assert refusal.status_code == 401
    assert refusal["Access-Control-Allow-Origin"] == PAGE
    assert "WWW-Authenticate" in refusal["Access-Control-Expose-Headers"]


def test_who_is_no_page_hears_nothing_of_pages() -> None:
    assert not [name for name in MCPClient().post(PING).headers if name.startswith("Access-Control")]


def test_options_without_a_page_is_no_method_of_the_endpoint() -> None:
    assert Client().options("/mcp", HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST").status_code == 405
    assert Client().options("/mcp", HTTP_ORIGIN=PAGE).status_code == 405
