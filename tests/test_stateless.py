"""Revision 2026-07-28 at the endpoint: the gate's order over HTTP, what each result carries, and discovery."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool, prompt, resource
from drf_mcp.catalog import get_catalog
from drf_mcp.protocol.pagination import PAGE_SIZE, encode_cursor
from drf_mcp.protocol.results import stateless_result
from drf_mcp.protocol.revisions import CLIENT_CAPABILITIES_META, PROTOCOL_VERSION_META, REVISIONS
from tests.factories import MCPClient, StatelessClient, mcp_urls, routed, tools_of

SERVER_INFO = "io.modelcontextprotocol/serverInfo"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


class RegionSerializer(serializers.Serializer[Any]):
    region = serializers.CharField(required=False)
    shelf = serializers.IntegerField(required=False)


class Shelves(ViewSet):
    def list(self, request):
        return Response(["ding"])

    @mcp_tool(
        name="send",
        input=RegionSerializer,
        param_headers={"region": "Region", "shelf": "Shelf"},
        requires={"sampling": {}},
    )
    @action(detail=False, methods=["post"])
    def send(self, request):
        return Response({"declared": request.mcp.client_capabilities, **request.data})

    @mcp_tool(name="trace")
    @action(detail=False)
    def trace(self, request):
        headers = {name: request.headers.get(name) for name in ("traceparent", "tracestate", "baggage")}
        return Response({"headers": headers, "context": request.mcp.trace_context})


urlpatterns = [*routed(Shelves), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


# The gate


class Draft:
    """A call that succeeds, until a fault is put into it."""

    def __init__(self) -> None:
        self.meta: dict[str, Any] = {PROTOCOL_VERSION_META: "2026-07-28", CLIENT_CAPABILITIES_META: {"sampling": {}}}
        self.message: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": "x",
            "method": "tools/call",
            "params": {"name": "send", "arguments": {"region": "north"}, "_meta": self.meta},
        }
        self.headers = {
            "HTTP_MCP_PROTOCOL_VERSION": "2026-07-28",
            "HTTP_MCP_METHOD": "tools/call",
            "HTTP_MCP_NAME": "send",
            "HTTP_MCP_PARAM_REGION": "north",
        }

    def send(self) -> HttpResponse:
        return MCPClient(version=None).post(self.message, **self.headers)


def foreign_origin(draft: Draft) -> None:
    draft.headers["HTTP_ORIGIN"] = "https://foreign.example"


def no_message(draft: Draft) -> None:
    draft.message["jsonrpc"] = "1.0"


def meta_without_capabilities(draft: Draft) -> None:
    draft.meta.pop(CLIENT_CAPABILITIES_META)


def version_differs(draft: Draft) -> None:
    draft.headers["HTTP_MCP_PROTOCOL_VERSION"] = "2027-01-01"


def version_unknown(draft: Draft) -> None:
    draft.meta[PROTOCOL_VERSION_META] = "1999-01-01"
    if draft.headers["HTTP_MCP_PROTOCOL_VERSION"] == "2026-07-28":
        draft.headers["HTTP_MCP_PROTOCOL_VERSION"] = "1999-01-01"


def method_differs(draft: Draft) -> None:
    draft.headers["HTTP_MCP_METHOD"] = "prompts/list"


def name_differs(draft: Draft) -> None:
    draft.headers["HTTP_MCP_NAME"] = "receive"


def parameter_differs(draft: Draft) -> None:
    draft.headers["HTTP_MCP_PARAM_REGION"] = "south"


def capability_missing(draft: Draft) -> None:
    if CLIENT_CAPABILITIES_META in draft.meta:
        draft.meta[CLIENT_CAPABILITIES_META] = {"roots": {}}


def unknown_argument(draft: Draft) -> None:
    draft.message["params"]["arguments"]["planet"] = "Mars"


Fault = Callable[[Draft], None]
ROWS: list[tuple[Fault, int, int]] = [
    (foreign_origin, 403, 403),
    (no_message, 400, -32600),
    (meta_without_capabilities, 400, -32602),
    (version_differs, 400, -32020),
    (version_unknown, 400, -32022),
    (method_differs, 400, -32020),
    (name_differs, 400, -32020),
    (parameter_differs, 400, -32020),
    (capability_missing, 400, -32021),
    (unknown_argument, 400, -32602),
]
MENTIONS = {
    version_differs: "MCP-Protocol-Version",
    method_differs: "Mcp-Method",
    name_differs: "Mcp-Name",
    parameter_differs: "Mcp-Param-Region",
    unknown_argument: "planet",
}


def assert_refused(row: tuple[Fault, int, int], *faults: Fault) -> None:
    draft = Draft()
    for fault in faults:
        fault(draft)
    response = draft.send()
    answer = json.loads(response.content)
    assert (response.status_code, answer["error"]["code"]) == row[1:], answer
    assert MENTIONS.get(row[0], "") in answer["error"]["message"]
    assert response["Content-Type"] == "application/json"
    assert answer["id"] == (None if row[0] is foreign_origin else "x")


def test_a_call_in_order_is_answered() -> None:
    response = Draft().send()
    assert response.status_code == 200
    assert json.loads(response.content)["result"]["structuredContent"] == {
        "declared": {"sampling": {}},
        "region": "north",
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].__name__)
def test_each_fault_has_its_code_and_its_status(row: Any) -> None:
    assert_refused(row, row[0])


@pytest.mark.parametrize(("first", "second"), list(combinations(ROWS, 2)), ids=lambda row: row[0].__name__)
def test_of_two_faults_the_first_in_the_table_is_answered_whichever_came_first(first: Any, second: Any) -> None:
    assert_refused(first, first[0], second[0])
    assert_refused(first, second[0], first[0])


REMOVED = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "list_tools"]


@pytest.mark.parametrize("method", [*REMOVED, "nothing", "", "tools/List", "subscriptions/listen"])
def test_unknown_and_removed_methods_are_not_found(method: str) -> None:
    response = StatelessClient().ask(method)
    assert response.status_code == 404
    assert json.loads(response.content)["error"]["code"] == -32601


def test_a_handshake_in_a_revision_without_one_is_told_which_have_one() -> None:
    error = json.loads(StatelessClient().ask("initialize", {"protocolVersion": "2026-07-28"}).content)["error"]
    assert all(version in error["message"] for version in REVISIONS)
    assert error["data"] == {"method": "initialize", "supported": list(REVISIONS)}


@pytest.mark.parametrize("header", ["2026-07-28", "2027-01-01", "nonsense", ""])
@pytest.mark.parametrize("params", [None, {}, {"_meta": {}}, {"_meta": {"progressToken": 1}}, {"_meta": 1}, []])
def test_a_header_of_no_handshake_revision_wants_its_meta(header: str, params: Any) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    response = MCPClient(version=header).post(message if params is None else {**message, "params": params})
    assert response.status_code == 400
    assert json.loads(response.content)["error"]["code"] == -32602


@pytest.mark.parametrize("header", [None, "2025-06-18", "2027-01-01"])
def test_a_handshake_without_a_version_in_meta_is_shaken(header: str | None) -> None:
    answer = MCPClient(version=header).send("initialize", {"protocolVersion": "2025-06-18"})
    assert answer["result"]["protocolVersion"] == "2025-06-18"


def test_an_unknown_tool_is_a_bad_request() -> None:
    response = StatelessClient().ask("tools/call", {"name": "nothing"})
    assert (response.status_code, json.loads(response.content)["error"]["code"]) == (400, -32602)


@pytest.mark.parametrize("capabilities", [{}, {"roots": {}}])
def test_a_capability_that_is_missing_is_named(capabilities: dict[str, Any]) -> None:
    error = StatelessClient(capabilities=capabilities).fail("send")
    assert error["data"] == {"requiredCapabilities": {"sampling": {}}}


def test_in_the_handshake_era_nothing_is_known_of_a_client_and_no_header_is_compared() -> None:
    response = MCPClient().post(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "send", "arguments": {"region": "x"}}}
    )
    assert response.status_code == 200
    assert json.loads(response.content)["error"]["code"] == -32021


# What a result carries


def test_every_result_says_that_it_is_complete_and_who_answers() -> None:
    client = StatelessClient()
    for method, params in (("tools/list", {}), ("server/discover", {}), ("tools/call", {"name": "list_thing"})):
        result = client.send(method, params)["result"]
        assert result["resultType"] == "complete"
        assert result["_meta"] == {SERVER_INFO: {"name": "django-drf-mcp", "version": "1.0.0"}}


@pytest.mark.parametrize("method", ["tools/list", "server/discover"])
def test_what_may_be_kept_is_kept_for_one_caller_and_a_minute(method: str) -> None:
    result = StatelessClient().send(method)["result"]
    assert (result["ttlMs"], result["cacheScope"]) == (60_000, "private")


def test_the_answer_of_a_tool_is_not_kept() -> None:
    result = StatelessClient().call("list_thing")
    assert result["structuredContent"] == {"result": ["ding"]}
    assert {"ttlMs", "cacheScope"}.isdisjoint(result)


def test_results_of_the_handshake_era_are_as_they_were() -> None:
    for method, params in (("tools/list", {}), ("tools/call", {"name": "list_thing"}), ("initialize", {})):
        result = MCPClient().send(method, params)["result"]
        assert {"resultType", "_meta", "ttlMs", "cacheScope"}.isdisjoint(result)


def test_a_result_that_is_not_complete_says_so_itself_and_is_not_kept() -> None:
    asked = {"resultType": "input_required", "inputRequests": {}, "_meta": {"a": 1}}
    result = json.loads(stateless_result("resources/read", asked, {"name": "x"}))
    assert result == {**asked, "_meta": {SERVER_INFO: {"name": "x"}, "a": 1}}
    assert json.loads(stateless_result("other", {}, {}))["resultType"] == "complete"


def test_discovery_names_versions_capabilities_and_instructions(declared) -> None:
    resource("t://about/{what}")(lambda what: what)
    prompt(name="ask")(lambda: "Ask.")
    result = StatelessClient().send("server/discover")["result"]
    assert result["supportedVersions"] == list(REVISIONS)
    none = {"listChanged": False}
    assert result["capabilities"] == {"tools": none, "resources": none, "prompts": none, "completions": {}}
    assert "instructions" not in result
    with override_settings(DRF_MCP={"ANONYMOUS": True, "INSTRUCTIONS": "Be brief."}):
        assert StatelessClient().send("server/discover")["result"]["instructions"] == "Be brief."


def test_what_a_tool_refuses_is_a_bad_request_and_what_nobody_foresaw_is_none() -> None:
    response = StatelessClient().ask("tools/call", {"name": "list_thing", "arguments": {"x": 1}})
    assert response.status_code == 400
    assert "WWW-Authenticate" not in response


# Lists


def test_the_tools_stand_in_the_same_order_each_time_and_in_each_process() -> None:
    first, second = (StatelessClient().send("tools/list")["result"]["tools"] for _ in range(2))
    assert first == second
    (again, once_more) = (list(tools_of(*routed(Shelves))) for _ in range(2))
    assert again == once_more


def test_a_list_longer_than_a_page_is_read_page_by_page(monkeypatch) -> None:
    assert len(get_catalog().tools) < PAGE_SIZE
    monkeypatch.setattr("drf_mcp.protocol.pagination.PAGE_SIZE", 2)
    for client in (StatelessClient(), MCPClient()):
        first = client.send("tools/list")["result"]
        second = client.send("tools/list", {"cursor": first["nextCursor"]})["result"]
        names = [tool["name"] for tool in (*first["tools"], *second["tools"])]
        assert names == [tool.name for tool in get_catalog().tools]
        assert "nextCursor" not in second


def test_the_cursor_of_another_list_is_refused() -> None:
    response = StatelessClient().ask("tools/list", {"cursor": encode_cursor("prompts/list", "send")})
    assert response.status_code == 400
    assert json.loads(response.content)["error"]["data"] == {"argument": "cursor"}


# Parameters in headers


def test_the_schema_says_which_parameters_are_mirrored() -> None:
    properties = StatelessClient().list_tools()["send"]["inputSchema"]["properties"]
    assert properties["region"]["x-mcp-header"] == "Region"
    assert properties["shelf"]["x-mcp-header"] == "Shelf"


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({}, {}),
        ({"region": "köln"}, {"HTTP_MCP_PARAM_REGION": "=?base64?a8O2bG4=?="}),
        ({"shelf": 3}, {"HTTP_MCP_PARAM_SHELF": "3.0"}),
        ({"region": "a", "shelf": 3}, {"HTTP_MCP_PARAM_SHELF": "3", "HTTP_MCP_PARAM_REGION": "a"}),
    ],
)
def test_a_call_whose_headers_mirror_its_arguments_is_answered(arguments: Any, headers: Any) -> None:
    client = StatelessClient(capabilities={"sampling": {}})
    response = client.ask("tools/call", {"name": "send", "arguments": arguments}, **headers)
    assert response.status_code == 200, response.content


def test_a_parameter_that_no_header_can_hold_costs_the_tool_and_not_the_others(caplog) -> None:
    class Wrong(Shelves):
        @mcp_tool(param_headers={"planet": "Planet"})
        @action(detail=False)
        def unknown(self, request):
            """Has no such argument."""

        @mcp_tool(input={"type": "object", "properties": {"x": {"type": "number", "x-mcp-header": "X"}}})
        @action(detail=False, methods=["post"])
        def number(self, request):
            """Has one that is no whole number."""

    catalog = get_catalog(routed(Wrong))
    assert {tool.endpoint.action for tool in catalog.tools} == {"list", "send", "trace"}
    reasons = " ".join(skipped.reason for skipped in catalog.skipped)
    assert "'planet', which is no argument" in reasons
    assert "x-mcp-header on 'x'" in reasons


# The trace


def test_the_trace_in_meta_reaches_the_action_as_headers() -> None:
    meta = {"traceparent": PARENT, "tracestate": "a=1", "baggage": "k=v"}
    response = StatelessClient().ask("tools/call", {"name": "trace"}, meta=meta)
    assert json.loads(response.content)["result"]["structuredContent"] == {"headers": meta, "context": meta}


def test_the_trace_in_meta_replaces_the_one_in_the_headers_as_a_whole() -> None:
    outer = {"HTTP_TRACEPARENT": PARENT.replace("01", "00"), "HTTP_TRACESTATE": "outer=1", "HTTP_BAGGAGE": "o=1"}
    for meta, expected in (
        ({}, [outer["HTTP_TRACEPARENT"], "outer=1", "o=1"]),
        ({"traceparent": PARENT}, [PARENT, None, "o=1"]),
        ({"traceparent": "nonsense\r\nX: y"}, [outer["HTTP_TRACEPARENT"], "outer=1", "o=1"]),
    ):
        response = StatelessClient(**outer).ask("tools/call", {"name": "trace"}, meta=meta)
        headers = json.loads(response.content)["result"]["structuredContent"]["headers"]
        assert list(headers.values()) == expected
