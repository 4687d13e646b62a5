"""The methods of MCP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp.methods import METHODS, call_tool, dispatch, get_tool, tools_call, tools_list
from drf_mcp.protocol.errors import InvalidParamsError, MethodNotFoundError
from drf_mcp.protocol.jsonrpc import RawJSON, Request
from tests.factories import MCPClient, make_context, mcp_urls, routed


class Bells(ViewSet):
    def list(self, request):
        return Response(["ding"])


urlpatterns = [*routed(Bells), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


def test_tools_list_is_one_page() -> None:
    assert list(json.loads(b"".join(tools_list({}, make_context())))) == ["tools"]
    assert tools_list({"cursor": None}, make_context())


@pytest.mark.parametrize("cursor", ["", "x", 0, False])
def test_a_cursor_that_nobody_gave_out_is_refused(cursor: Any) -> None:
    error = MCPClient().send("tools/list", {"cursor": cursor})["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": "cursor"})


@pytest.mark.parametrize("params", [{}, {"name": None}, {"name": 1}, {"name": ["list_thing"]}])
def test_a_call_needs_a_name(params: dict[str, Any]) -> None:
    assert MCPClient().send("tools/call", params)["error"]["data"] == {"argument": "name"}


@pytest.mark.parametrize("arguments", [[], "{}", 0, False])
def test_arguments_are_an_object(arguments: Any) -> None:
    error = MCPClient().send("tools/call", {"name": "list_thing", "arguments": arguments})["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": "arguments"})


@pytest.mark.parametrize("params", [{"name": "list_thing"}, {"name": "list_thing", "arguments": None}])
def test_arguments_may_be_left_out(params: dict[str, Any]) -> None:
    assert tools_call(params, make_context()).is_error is False


@pytest.mark.parametrize(("version", "code"), [("2025-06-18", -32602), (None, -32601)])
def test_an_unknown_tool_is_named(version: str | None, code: int) -> None:
    client = MCPClient(version=version)
    assert client.fail("nothing") == {"code": code, "message": "Unknown tool: nothing", "data": {"name": "nothing"}}
    assert len(client.fail("x" * 10_000)["message"]) < 200


def test_a_tool_is_called_through_its_object_as_well() -> None:
    context = make_context()
    assert call_tool(get_tool("list_thing", context), {}, context).structured == b'{"result":["ding"]}'


def test_dispatch_finds_the_method_in_the_table_that_it_is_given() -> None:
    context = make_context()
    assert dispatch(Request(1, "tools/list"), context, METHODS)[0].startswith(b'{"tools":[')
    called = dispatch(Request(1, "tools/call", {"name": "list_thing"}), context, METHODS)
    assert isinstance(called, RawJSON)
    with pytest.raises(MethodNotFoundError) as caught:
        dispatch(Request(1, "tools/list"), context, {})
    assert caught.value.data == {"method": "tools/list"}
    with pytest.raises(MethodNotFoundError) as caught:
        dispatch(Request(1, "x" * 10_000), context, METHODS)
    assert len(caught.value.message) < 200


def test_an_unknown_tool_is_an_error_that_a_caller_can_catch() -> None:
    with pytest.raises(InvalidParamsError):
        get_tool("nothing", make_context())
