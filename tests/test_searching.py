"""Three tools in the place of many: what they find and call is what their caller may see and call, and no more."""

from __future__ import annotations

import json
import logging

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework import permissions, status
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_tool
from drf_mcp.conf import mcp_settings
from drf_mcp.models import Call
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls, routed, text_of
from users.models import User
from users.serializers import UserSerializer


class OnlyStaff(permissions.BasePermission):
    def has_permission(self, request, view):
        return request.user.is_staff


class Users(ModelViewSet):
    """People who use the shop."""

    queryset = User.objects.order_by("pk")
    serializer_class = UserSerializer

    def get_permissions(self):
        return [OnlyStaff()] if self.action == "payroll" else []

    @action(detail=False)
    def payroll(self, request):
        """What everybody earns."""
        return Response({"total": 7})

    @mcp_tool(read_only=True)
    @action(detail=False, methods=["post"])
    def preview(self, request):
        """Tells what an import would do."""
        return Response({"would": "nothing"})

    @mcp_tool(name="search_tools")
    @action(detail=False, methods=["post"])
    def search(self, request):
        return Response({"own": True})

    @mcp_tool(name="call_read_tool", input={"type": "object", "properties": {"name": {"type": "string"}}})
    @action(detail=False, methods=["post"])
    def call(self, request):
        return Response({"called": request.data["name"]})

    @action(detail=False)
    def refuse(self, request):
        return Response({"detail": "Not today."}, status=status.HTTP_409_CONFLICT)

    @mcp_tool(reports=True)
    @action(detail=False)
    def slow(self, request):
        request.mcp.report_progress(1, message="half")
        return Response({"done": True})

    @mcp_tool(
        param_headers={"region": "Region"}, input={"type": "object", "properties": {"region": {"type": "string"}}}
    )
    @action(detail=False, methods=["post"])
    def route(self, request):
        return Response({"region": request.data["region"]})


urlpatterns = [*routed(Users, prefix="users", basename="user"), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]
SETTINGS = {"ANONYMOUS": True, "TOOL_SEARCH": True, "RECORD": "all"}
THREE = ["search_tools", "call_read_tool", "call_write_tool"]


@pytest.fixture(autouse=True)
def searches():
    with override_settings(DRF_MCP=SETTINGS):
        yield


def names_found(client: MCPClient, **arguments):
    return [tool["name"] for tool in client.call("search_tools", **arguments)["structuredContent"]["tools"]]


def through(client: MCPClient, caller: str, tool: str, **arguments):
    return client.send("tools/call", {"name": caller, "arguments": {"name": tool, "arguments": arguments}})


# The list


def test_three_tools_are_listed_of_which_two_only_read() -> None:
    tools = MCPClient().list_tools()
    assert list(tools) == THREE
    assert [tool["annotations"]["readOnlyHint"] for tool in tools.values()] == [True, True, False]
    assert "Find tools among 11 on users." in tools["search_tools"]["description"]


@pytest.mark.parametrize(("most", "is_on"), [(10, True), (11, False), (0, False)])
def test_a_number_counts_the_tools_of_the_caller(most, is_on) -> None:
    with override_settings(DRF_MCP={**SETTINGS, "TOOL_SEARCH": most}):
        assert (list(MCPClient().list_tools()) == THREE) is is_on
        staff = MCPClient(UserFactory(is_staff=True)).list_tools()
        assert (list(staff) == THREE) is (most > 0)  # they see one more


def test_what_a_name_calls_is_what_the_list_of_that_caller_has_under_it() -> None:
    """The catalog has more tools than the number, and this caller sees no more than it."""
    with override_settings(DRF_MCP={**SETTINGS, "TOOL_SEARCH": 11}):
        flat, staff = MCPClient(), MCPClient(UserFactory(is_staff=True))
        assert flat.list_tools()["search_tools"]["title"] != staff.list_tools()["search_tools"]["title"]
        assert flat.call("search_tools")["structuredContent"] == {"own": True}
        assert flat.call("call_read_tool", name="refuse_users_user")["structuredContent"] == {
            "called": "refuse_users_user"
        }
        assert "query" in staff.fail("search_tools")["message"]
        assert staff.call("call_read_tool", name="refuse_users_user")["structuredContent"]["status"] == 409
        # Under a name that is none of this caller's the three answer, listed or not: a list may have become shorter.
        narrowed = MCPClient(path="/mcp/?exclude_tools=search_tools,call_read_tool")
        assert not {*THREE} & {*narrowed.list_tools()}
        assert "create_users_user" in names_found(narrowed, query="create user")
        assert narrowed.call("call_read_tool", name="refuse_users_user")["structuredContent"]["status"] == 409


def test_where_only_reading_is_left_nothing_that_writes_is_listed() -> None:
    client = MCPClient(path="/mcp/?read_only=1&exclude_tools=preview_*")
    assert list(client.list_tools()) == THREE[:2]
    assert "create_users_user" not in names_found(client, query="create user", limit=20)
    assert list(MCPClient(path="/mcp/?tools=nothing").list_tools()) == []


@pytest.mark.parametrize("value", ["on", -1, 1.5, None])
def test_the_setting_is_a_truth_or_a_number(value) -> None:
    with (
        override_settings(DRF_MCP={"TOOL_SEARCH": value}),
        pytest.raises(ImproperlyConfigured, match="True, False or a number"),
    ):
        _ = mcp_settings.TOOL_SEARCH


# The search


def test_what_is_found_is_the_whole_definition_best_first_with_a_way_to_the_rest() -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True}):
        whole = MCPClient().list_tools()
    result = MCPClient().call("search_tools", query="add a new person", limit=2)
    found = result["structuredContent"]["tools"]
    assert found[0] == whole["create_users_user"]
    assert json.dumps(found[0], separators=(",", ":"), ensure_ascii=False) in text_of(result)
    assert result["structuredContent"]["left_out"].endswith("For them call again with offset=2.")
    seen = [tool["name"] for tool in found]
    for offset in range(2, 20, 2):
        seen += names_found(MCPClient(), query="add a new person", limit=2, offset=offset)
    assert sorted(seen) == sorted(whole)


def test_hidden_and_absent_tools_are_found_and_called_alike() -> None:
    staff = MCPClient(UserFactory(is_staff=True))
    assert names_found(staff, query="what everybody earns")[0] == "payroll_users_user"
    client = MCPClient(UserFactory())
    assert "payroll_users_user" not in names_found(client, query="what everybody earns payroll", limit=20)
    for caller in THREE[1:]:
        hidden = through(client, caller, "payroll_users_user")["error"]
        absent = through(client, caller, "nothing_users_user")["error"]
        assert hidden["code"] == absent["code"] == -32602
        assert hidden["message"].replace("payroll", "nothing") == absent["message"]


def test_a_search_without_a_hit_says_what_to_try() -> None:
    result = MCPClient().call("search_tools", query="xylophone")
    assert result["structuredContent"] == {"tools": []}
    assert text_of(result).startswith("No tool has any of these words.")


def test_an_answer_stays_within_the_budget_and_goes_on_where_it_ended() -> None:
    with override_settings(DRF_MCP={**SETTINGS, "MAX_DATA": 1500}):
        structured = MCPClient().call("search_tools", query="user", limit=20)["structuredContent"]
    assert 1 <= len(structured["tools"]) < 5
    assert f"offset={len(structured['tools'])}." in structured["left_out"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "query"),
        ({"query": " "}, "query"),
        ({"query": "x" * 1001}, "query"),
        ({"query": "a", "limit": 21}, "limit"),
        ({"query": "a", "limit": True}, "limit"),
        ({"query": "a", "offset": -1}, "offset"),
        ({"query": "a", "page": 2}, "page"),
    ],
)
def test_a_search_that_does_not_fit_is_refused_by_the_argument(arguments, named) -> None:
    assert MCPClient().fail("search_tools", **arguments)["data"]["argument"] == named


# The calls


def test_a_call_through_them_answers_what_the_call_itself_answers() -> None:
    user, client = UserFactory(), MCPClient()
    direct = client.send("tools/call", {"name": "retrieve_users_user", "arguments": {"id": str(user.pk)}})
    for caller in THREE[1:]:
        assert through(client, caller, "retrieve_users_user", id=str(user.pk)) == direct
    wrong = {"email": "no address"}
    direct = client.send("tools/call", {"name": "create_users_user", "arguments": wrong})
    assert through(client, "call_write_tool", "create_users_user", **wrong) == direct
    refused = through(client, "call_read_tool", "refuse_users_user")["result"]
    assert refused["isError"] is True
    assert refused == client.call("refuse_users_user")


@pytest.mark.parametrize("tool", ["destroy_users_user", "preview_users_user", "create_users_user"])
def test_the_reading_one_calls_nothing_but_gets_that_read(tool) -> None:
    user = UserFactory()
    error = through(MCPClient(user), "call_read_tool", tool, id=str(user.pk))["error"]
    assert error["message"].startswith(f"Unknown tool: {tool}. call_read_tool calls only what is read with GET")
    assert User.objects.count() == 1
    assert through(MCPClient(), "call_write_tool", "preview_users_user")["result"]["isError"] is False


def test_whoever_hears_of_a_call_hears_of_the_tool_itself(caplog) -> None:
    caplog.set_level(logging.INFO, "drf_mcp.calls")
    with override_settings(DRF_MCP={**SETTINGS, "RECORD_ARGUMENTS": True}):
        client = MCPClient(UserFactory())
        through(
            client, "call_write_tool", "create_users_user", username="ada", password="password123", email="a@x.test"
        )
        through(client, "call_read_tool", "destroy_users_user", id="1")
        client.call("search_tools", query="a user")
    rows = list(Call.objects.order_by("pk").values_list("name", "is_write", "outcome"))
    assert rows == [
        ("create_users_user", True, "ok"),
        ("destroy_users_user", False, "error"),
        ("search_tools", False, "ok"),
    ]
    assert [record.mcp_name for record in caplog.records] == [name for name, *_ in rows]
    arguments = json.loads(Call.objects.order_by("pk")[0].arguments)
    assert arguments == {"username": "ada", "password": "***", "email": "a@x.test"}


def test_a_confirmation_is_asked_for_and_given_through_them() -> None:
    user = UserFactory()
    with override_settings(DRF_MCP={**SETTINGS, "CONFIRM": "destroy"}):
        asked = through(MCPClient(), "call_write_tool", "destroy_users_user", id=str(user.pk))["result"]
        assert asked["structuredContent"]["code"] == "confirmation_required"
        code = asked["structuredContent"]["detail"].rpartition('": "')[2].rstrip('".')
        assert User.objects.count() == 1
        through(MCPClient(), "call_write_tool", "destroy_users_user", id=str(user.pk), confirmation_code=code)
    assert User.objects.count() == 0


def test_progress_goes_to_whom_called_through_them() -> None:
    client = StatelessClient(**{"wsgi.multithread": True, "HTTP_ACCEPT": "application/json, text/event-stream"})
    params = {"name": "call_write_tool", "arguments": {"name": "slow_users_user"}}
    response = client.ask("tools/call", params, meta={"progressToken": "t"})
    content = b"".join(response.streaming_content).decode()
    assert '"message":"half"' in content
    assert '"done":true' in content


def test_the_stateless_revision_mirrors_what_was_called_and_no_argument_that_the_client_cannot_know_of() -> None:
    told = StatelessClient().send(
        "tools/call",
        {"name": "call_write_tool", "arguments": {"name": "route_users_user", "arguments": {"region": "eu"}}},
    )
    assert told["result"]["structuredContent"] == {"region": "eu"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "name"),
        ({"name": 7}, "name"),
        ({"name": "list_users_user", "arguments": [1]}, "arguments"),
        ({"name": "retrieve_users_user", "id": "1"}, "id"),
    ],
)
def test_a_call_through_them_that_does_not_fit_is_refused_by_the_argument(arguments, named) -> None:
    assert MCPClient().fail("call_read_tool", **arguments)["data"]["argument"] == named


def test_they_do_not_call_themselves_but_a_tool_of_the_projects_that_is_named_like_one() -> None:
    client = MCPClient(UserFactory())
    assert "Unknown tool: call_write_tool" in client.fail("call_read_tool", name="call_write_tool")["message"]
    assert through(client, "call_write_tool", "search_tools")["result"]["structuredContent"] == {"own": True}


def test_arguments_may_be_a_text_of_json_and_a_direct_call_goes_on_to_work() -> None:
    user, client = UserFactory(), MCPClient()
    by_text = client.call("call_read_tool", name="retrieve_users_user", arguments=json.dumps({"id": str(user.pk)}))
    assert by_text == client.call("retrieve_users_user", id=str(user.pk))


def test_without_the_setting_there_are_no_such_tools() -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True}):
        # The other two are the project's own.
        assert MCPClient(UserFactory()).fail(THREE[2], query="a")["message"] == f"Unknown tool: {THREE[2]}"
