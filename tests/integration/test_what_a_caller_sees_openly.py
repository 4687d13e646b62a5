"""A URLconf where nothing is hidden from anybody, and where nothing is narrowed but by settings and clients."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp import mcp_exclude, mcp_tool
from drf_mcp.catalog import get_catalog
from drf_mcp.checks import check_offers
from drf_mcp.conf import ImproperlyConfigured
from drf_mcp.declarations import Registry, resource
from drf_mcp.narrowing import MAX_PATTERNS
from drf_mcp.views import MCPView
from tests.factories import MCPClient, StatelessClient, UserFactory, catalog_of, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Persons(ModelViewSet):
    queryset = User.objects.order_by("id")
    serializer_class = UserSerializer


class Bells(ViewSet):
    def list(self, request: Any) -> Response:
        return Response(["ding"])

    @action(detail=False, methods=["post"])
    def ring(self, request: Any) -> Response:
        return Response(["dong"])


urlpatterns = [
    *routed(Persons, prefix="persons", basename="person"),
    *routed(Bells, prefix="bells", basename="bell"),
    *mcp_urls(),
    path("reading/", MCPView.as_view(read_only=True)),
    path("bells/mcp/", MCPView.as_view(include=["*_bell"], exclude=["ring_*"])),
]

ALL = {
    "list_bell",
    "ring_bell",
    *(f"{verb}_users_user" for verb in ("list", "create", "retrieve", "update", "destroy")),
}
READ = {"list_bell", "list_users_user", "retrieve_users_user"}


def seen(path: str = "/mcp/", **headers: str) -> set[str]:
    return set(MCPClient(path=path, **headers).list_tools())


def test_without_a_narrowing_all_is_there() -> None:
    assert seen() == ALL


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"READ_ONLY": True}, READ),
        ({"INCLUDE": ["list_*"]}, {"list_bell", "list_users_user"}),
        ({"INCLUDE": []}, set()),
        ({"EXCLUDE": ["*_users_user"]}, {"list_bell", "ring_bell"}),
        (
            {"INCLUDE": ["app:users"], "EXCLUDE": ["destroy_*"]},
            {n for n in ALL if "user" in n} - {"destroy_users_user"},
        ),
        ({"INCLUDE": ["view:Bel*"]}, {"list_bell", "ring_bell"}),
        ({"READ_ONLY": True, "INCLUDE": ["ring_bell"]}, set()),
    ],
)
def test_settings_narrow_every_endpoint(settings: Any, values: dict[str, Any], left: set[str]) -> None:
    settings.DRF_MCP = {"ANONYMOUS": True, **values}
    assert seen() == left
    assert seen("/reading/") == left & READ


def test_an_endpoint_narrows_itself() -> None:
    assert seen("/reading/") == READ
    assert seen("/bells/mcp/") == {"list_bell"}
    error = MCPClient(path="/reading/").fail("create_users_user", username="x")
    assert error == {
        "code": -32602,
        "message": "Unknown tool: create_users_user",
        "data": {"name": "create_users_user"},
    }
    assert not User.objects.filter(username="x").exists()


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("read_only=1", READ),
        ("read_only=false", ALL),
        ("tools=list_*", {"list_bell", "list_users_user"}),
        ("tools=list_bell,ring_bell", {"list_bell", "ring_bell"}),
        ("tools=list_bell&tools=ring_bell", {"list_bell", "ring_bell"}),
        ("tools=app:users&exclude_tools=create_*,destroy_*&read_only=yes", {"list_users_user", "retrieve_users_user"}),
        ("tools=nothing_like_it", set()),
        ("read_only=0&read_only=1", READ),
    ],
)
def test_a_client_narrows_in_the_address(query: str, left: set[str]) -> None:
    assert seen(f"/mcp/?{query}") == left
    assert seen(f"/reading/?{query}") == left & READ


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"HTTP_X_MCP_READONLY": "TRUE"}, READ),
        ({"HTTP_X_MCP_TOOLS": "list_bell, ring_bell"}, {"list_bell", "ring_bell"}),
        (
            {"HTTP_X_MCP_EXCLUDE_TOOLS": "*_bell", "HTTP_X_MCP_READONLY": "on"},
            {"list_users_user", "retrieve_users_user"},
        ),
    ],
)
def test_a_client_narrows_in_headers(headers: dict[str, str], left: set[str]) -> None:
    assert seen(**headers) == left
    assert seen("/mcp/?tools=list_*", **headers) == {name for name in left if name.startswith("list_")}


@pytest.mark.parametrize("query", ["read_only=", "read_only=maybe", "tools=", "tools=a,,b", "tools=a%20b", "tools=%00"])
@pytest.mark.parametrize("client", [MCPClient, StatelessClient])
def test_a_value_that_says_nothing_is_refused(query: str, client: Any) -> None:
    caller = client()
    caller.path = f"/mcp/?{query}"
    for method, params in (("tools/list", {}), ("tools/call", {"name": "list_bell"})):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        response = caller.post(message)
        assert response.status_code == 400
        assert query.partition("=")[0] in response.json()["error"]["message"]


def test_a_header_that_says_nothing_and_too_many_patterns_are_refused() -> None:
    assert (
        MCPClient(HTTP_X_MCP_READONLY="").send("tools/list")["error"]["message"] == "X-MCP-Readonly is true or false."
    )
    many = ",".join(["a*"] * (MAX_PATTERNS + 1))
    assert MCPClient(HTTP_X_MCP_TOOLS=many).send("tools/list")["error"]["code"] == 400


PATTERNS = st.lists(
    st.sampled_from(["list_*", "*_bell", "create_users_user", "app:users", "view:B*", "*", "x"]), min_size=1
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), PATTERNS, PATTERNS, st.booleans(), PATTERNS, PATTERNS)
def test_no_client_ever_widens(read_only, include, exclude, asked_read_only, asked, asked_away) -> None:
    values = {"ANONYMOUS": True, "READ_ONLY": read_only, "INCLUDE": include, "EXCLUDE": exclude}
    with override_settings(DRF_MCP=values):
        without = seen()
        query = f"read_only={asked_read_only}&tools={','.join(asked)}&exclude_tools={','.join(asked_away)}"
        narrowed = seen(f"/mcp/?{query}")
        assert narrowed <= without <= ALL
        for name in ALL - narrowed:
            client = MCPClient(path=f"/mcp/?{query}")
            assert client.fail(name)["message"] == f"Unknown tool: {name}"


# What stands behind a tool


def test_the_resources_of_a_tool_go_with_it(declared: Registry) -> None:
    @resource("t://about")
    def about(request: Any) -> str:
        return "x"

    client = MCPClient(path="/mcp/?tools=*_users_user&exclude_tools=retrieve_*")
    listed = {entry["uri"] for entry in client.send("resources/list")["result"]["resources"]}
    assert listed == {"drf:///persons/", "t://about"}
    assert client.send("resources/templates/list")["result"]["resourceTemplates"] == []
    user = UserFactory()
    for uri, other in (
        ("drf:///bells/", "drf:///bellx/"),
        (f"drf:///persons/{user.pk}/", f"drf:///personx/{user.pk}/"),
    ):
        hidden, absent = (client.send("resources/read", {"uri": value})["error"] for value in (uri, other))
        assert {**hidden, "data": 0} == {**absent, "data": 0}
        assert MCPClient().send("resources/read", {"uri": uri})["result"]


def test_the_capabilities_are_what_is_left(declared: Registry) -> None:
    def capabilities(query: str) -> set[str]:
        client = StatelessClient()
        client.path = f"/mcp/?{query}"
        return set(client.send("server/discover")["result"]["capabilities"])

    assert capabilities("") == {"tools", "resources", "completions"}
    assert capabilities("tools=list_*") == {"tools", "resources"}
    assert capabilities("tools=ring_bell") == {"tools"}
    client = MCPClient(path="/mcp/?tools=ring_bell")
    assert client.send("resources/list")["error"]["code"] == -32601


def test_values_are_suggested_from_lists_that_are_left() -> None:
    UserFactory()
    ref = {"type": "ref/resource", "uri": "drf:///persons/{id}/"}

    def values(query: str) -> list[str]:
        client = MCPClient(path=f"/mcp/?{query}")
        answer = client.send("completion/complete", {"ref": ref, "argument": {"name": "id", "value": ""}})
        return list(answer["result"]["completion"]["values"])

    assert values("")
    assert values("exclude_tools=list_*") == []


# What is exposed


def test_only_what_is_marked_is_exposed() -> None:
    class Marked(Persons):
        mcp = True

    class Left(Persons):
        mcp = False

    class Partly(Bells):
        @mcp_tool()
        @action(detail=False, methods=["post"])
        def ring(self, request: Any) -> Response:
            return Response(["dong"])

    @mcp_tool("list")
    class Named(Bells):
        pass

    @mcp_exclude("destroy")
    class Kept(Marked):
        pass

    views = (Marked, Left, Partly, Named, Kept, Bells)
    with override_settings(DRF_MCP={"EXPOSE": "decorated"}):
        catalog = catalog_of(*routed(*views))
        exposed = {(tool.endpoint.viewset, tool.endpoint.action) for tool in catalog.tools}
        actions = {"list", "create", "retrieve", "partial_update", "destroy"}
        assert exposed == {
            *((Marked, action) for action in actions),
            *((Kept, action) for action in actions - {"destroy"}),
            (Partly, "ring"),
            (Named, "list"),
        }
        reasons = {skipped.view.rpartition(".<locals>.")[2]: skipped.reason for skipped in catalog.skipped}
        assert reasons["Left.list"] == "It has mcp = False."
        assert reasons["Kept.destroy"] == "Its author excluded it."
        assert "EXPOSE" in reasons["Partly.list"]
    everything = {tool.endpoint.viewset for tool in catalog_of(*routed(*views)).tools}
    assert everything == {*views} - {Left}


def test_an_attribute_of_another_meaning_says_nothing() -> None:
    class Other(Bells):
        mcp = "a name"

    assert len(catalog_of(*routed(Other)).tools) == 2


# What is refused at the start


@pytest.mark.parametrize("wrong", [{"include": "list_*"}, {"exclude": "list_*"}, {"include": [1]}])
def test_patterns_of_an_endpoint_are_a_list(wrong: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="is a list of patterns"):
        MCPView.as_view(**wrong)


@pytest.mark.parametrize("name", ["INCLUDE", "EXCLUDE"])
def test_patterns_in_the_settings_are_a_list(name: str) -> None:
    from drf_mcp.conf import mcp_settings

    with override_settings(DRF_MCP={name: "list_*"}), pytest.raises(ImproperlyConfigured, match=name):
        mcp_settings.load()


# What the check says


def found(**values: Any) -> dict[str, str]:
    with override_settings(DRF_MCP=values):
        return {message.id: message.msg for message in check_offers(None)}


def test_a_check_names_what_anybody_may_change() -> None:
    message = found(ANONYMOUS=True)["drf_mcp.W010"]
    assert all(name in message for name in ALL - READ)
    assert not any(name in message for name in READ)
    assert found(ANONYMOUS=False) == found(ANONYMOUS=True, READ_ONLY=True) == {}
    assert found(ANONYMOUS=True, INCLUDE=["list_*", "ring_*"])["drf_mcp.W010"].endswith("something: ring_bell.")
    with override_settings(DEBUG=True):
        assert found(ANONYMOUS=True) == {}


@pytest.mark.urls("tests.integration.test_what_a_caller_sees")
def test_a_check_knows_whom_permissions_keep_out() -> None:
    message = found(ANONYMOUS=True)["drf_mcp.W010"]
    assert "vault" in message
    assert "destroy" not in message
    assert "person" not in message


def test_a_check_names_patterns_that_match_nothing() -> None:
    assert found(INCLUDE=["list_*", "lits_*"])["drf_mcp.W011"] == "The pattern 'lits_*' matches no tool."
    assert found(EXCLUDE=["app:users", "view:Bells"]) == {}
    assert get_catalog().tools
