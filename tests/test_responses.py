"""``ToolResponse``: blocks for MCP clients, data for REST."""

from __future__ import annotations

import base64

import pytest
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import ViewSet

from drf_mcp.responses import ToolResponse, audio, embedded, image, link, text
from tests.factories import MCPClient, mcp_urls, routed


class Bells(ViewSet):
    @action(detail=False)
    def rich(self, request):
        content = [
            text("3 rows"),
            image(b"\x89PNG", "image/png"),
            audio(b"RIFF", "audio/wav"),
            embedded(b"%PDF", "https://shop.example/1.pdf", "application/pdf"),
            link("https://shop.example/1", "Row 1", "text/html"),
            link("https://shop.example/2", "Row 2"),
        ]
        return ToolResponse({"rows": 3}, content=content, headers={"X-Rows": "3"})

    @action(detail=False)
    def failed(self, request):
        return ToolResponse(content=[text("The bell is broken.")], is_error=True)

    @action(detail=False)
    def listed(self, request):
        return ToolResponse([1, 2], content=[text("Two.")])

    @action(detail=False)
    def refused(self, request):
        return ToolResponse({"detail": "Gone."}, content=[text("ignored")], status=409)


urlpatterns = [*routed(Bells), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_each_kind_of_block_reaches_the_client() -> None:
    result = MCPClient().call("rich_thing")
    assert result["content"] == [
        {"type": "text", "text": "3 rows"},
        {"type": "image", "data": encoded(b"\x89PNG"), "mimeType": "image/png"},
        {"type": "audio", "data": encoded(b"RIFF"), "mimeType": "audio/wav"},
        {
            "type": "resource",
            "resource": {
                "uri": "https://shop.example/1.pdf",
                "mimeType": "application/pdf",
                "blob": encoded(b"%PDF"),
            },
        },
        {"type": "resource_link", "uri": "https://shop.example/1", "name": "Row 1", "mimeType": "text/html"},
        {"type": "resource_link", "uri": "https://shop.example/2", "name": "Row 2"},
    ]
    assert result["structuredContent"] == {"rows": 3}
    assert result["isError"] is False


def test_an_old_client_is_told_in_words_what_it_cannot_carry() -> None:
    content = MCPClient(version="2024-11-05").call("rich_thing")["content"]
    assert [block["type"] for block in content] == ["text", "image", "text", "resource", "text", "text"]
    assert content[2]["text"] == "(audio/wav, which this revision of MCP cannot carry)"
    assert content[4]["text"] == "https://shop.example/1"


def test_rest_gets_the_data_and_never_the_blocks() -> None:
    response = APIClient().get("/things/rich/")
    assert (response.json(), response["X-Rows"]) == ({"rows": 3}, "3")


def test_an_error_of_the_tool_is_a_result_that_says_so() -> None:
    result = MCPClient().call("failed_thing")
    assert result == {"content": [{"type": "text", "text": "The bell is broken."}], "isError": True}
    assert APIClient().get("/things/failed/").status_code == 200


def test_data_that_is_no_object_stands_under_result() -> None:
    assert MCPClient().call("listed_thing")["structuredContent"] == {"result": [1, 2]}


def test_a_status_that_refuses_counts_more_than_the_blocks() -> None:
    result = MCPClient().call("refused_thing")
    assert result["isError"] is True
    assert result["structuredContent"]["detail"] == "Gone."


def test_a_tool_response_is_a_response_of_drf() -> None:
    assert isinstance(ToolResponse({}, content=[]), Response)
