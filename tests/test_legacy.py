"""What only the handshake era has."""

from __future__ import annotations

import pytest
from django.test import override_settings
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import prompt
from tests.factories import MCPClient, mcp_urls, routed


class Bells(ViewSet):
    @action(detail=False)
    def ring(self, request):
        return Response({"sound": "ding"})

    @action(detail=False)
    def lost(self, request):
        raise NotFound("No such bell.")


urlpatterns = [*routed(Bells), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_initialize_echoes_a_revision_that_is_served(version: str) -> None:
    result = MCPClient(version=None).send("initialize", {"protocolVersion": version})["result"]
    assert result["protocolVersion"] == version
    assert result["serverInfo"] == {"name": "django-drf-mcp", "version": "1.0.0"}
    assert result["capabilities"]["tools"] == {"listChanged": False}


@pytest.mark.parametrize("params", [{}, {"protocolVersion": "1999-01-01"}, {"protocolVersion": 1}])
def test_initialize_answers_the_newest_revision_where_it_cannot_echo(params) -> None:
    assert MCPClient(version=None).send("initialize", params)["result"]["protocolVersion"] == "2025-11-25"


def test_instructions_are_sent_where_there_are_any() -> None:
    assert "instructions" not in MCPClient().send("initialize", {})["result"]
    with override_settings(DRF_MCP={"ANONYMOUS": True, "INSTRUCTIONS": "Be brief."}):
        assert MCPClient().send("initialize", {})["result"]["instructions"] == "Be brief."


def test_ping_answers_an_empty_object() -> None:
    assert MCPClient().send("ping")["result"] == {}


@pytest.mark.django_db
def test_the_old_names_answer_bare_results(declared) -> None:
    client = MCPClient(version=None)
    assert {tool["name"] for tool in client.send("list_tools")["result"]} == {"ring_thing", "lost_thing"}
    (block,) = client.send("call_tool", {"name": "ring_thing", "arguments": {}})["result"]
    assert block["type"] == "text"
    assert client.send("list_prompts")["result"] == []


def test_a_refusal_under_an_old_name_is_an_error_with_data() -> None:
    error = MCPClient().send("call_tool", {"name": "lost_thing"})["error"]
    assert error["code"] == -32602
    assert error["message"] == "Not found: No such bell."
    assert error["data"]["status"] == 404


@pytest.mark.django_db
@pytest.mark.parametrize("params", [{"name": "x" * 10_000}, {}, {"name": 1}])
def test_the_old_name_is_there_even_where_there_are_no_prompts(declared, params) -> None:
    error = MCPClient().send("get_prompt", params)["error"]
    assert error["code"] == -32602
    assert len(error["message"]) < 200
    assert error["data"]


@pytest.mark.django_db
def test_the_old_names_answer_the_prompts_that_there_are(declared) -> None:
    @prompt(description="Ring it")
    def ring(bell: str) -> str:
        return f"Ring {bell}."

    client = MCPClient(version=None)
    (listed,) = client.send("list_prompts")["result"]
    assert (listed["name"], listed["description"]) == ("ring", "Ring it")
    answered = client.send("get_prompt", {"name": "ring", "arguments": {"bell": "Big Ben"}})["result"]
    assert answered == client.send("prompts/get", {"name": "ring", "arguments": {"bell": "Big Ben"}})["result"]
    assert answered["messages"][0]["content"]["text"] == "Ring Big Ben."
    assert client.send("get_prompt", {"name": "nothing"})["error"]["code"] == -32602


@pytest.mark.django_db
def test_the_old_names_list_all_pages(declared, monkeypatch) -> None:
    for name in ("first", "second", "third"):
        prompt(name=name)(lambda: "Hello")
    monkeypatch.setattr("drf_mcp.protocol.pagination.PAGE_SIZE", 1)

    assert len(MCPClient().send("tools/list")["result"]["tools"]) == 1
    assert [tool["name"] for tool in MCPClient().send("list_tools")["result"]] == ["lost_thing", "ring_thing"]
    assert [entry["name"] for entry in MCPClient().send("list_prompts")["result"]] == ["first", "second", "third"]
