"""Structured content that is too long leaves out items, says so, and says what brings them."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
from django.test import override_settings
from rest_framework import pagination
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_tool
from drf_mcp.conf import DEFAULTS
from tests.factories import MCPClient, UserFactory, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer

ROOM = 1000


class Offset(pagination.LimitOffsetPagination):
    default_limit = 20


class Users(ModelViewSet):
    queryset = User.objects.order_by("pk")
    serializer_class = UserSerializer
    pagination_class = Offset

    @action(detail=False, pagination_class=None)
    def lines(self, request):
        return Response({"id": 1, "short": [1, 2], "lines": [{"sku": f"sku-{n}"} for n in range(500)]})

    @mcp_tool(output={"type": "object", "properties": {"lines": {"type": "array"}}, "additionalProperties": False})
    @action(detail=False, pagination_class=None)
    def exact(self, request):
        return Response({"lines": list(range(1000))})

    @action(detail=False, pagination_class=None)
    def words(self, request):
        return Response({"words": "word " * 1000, "one": ["word " * 1000]})


class Whole(Users):
    pagination_class = None


urlpatterns = [
    *routed(Users, prefix="users", basename="paged"),
    *routed(Whole, prefix="whole", basename="whole"),
    *mcp_urls(),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]
SETTINGS = {"ANONYMOUS": True, "MAX_DATA": ROOM}


@pytest.fixture(autouse=True)
def little_room():
    with override_settings(DRF_MCP=SETTINGS):
        yield


@pytest.fixture
def users(db):
    return [UserFactory() for _ in range(50)]


def brought(tool: str, **arguments):
    structured = MCPClient().call(tool, **arguments)["structuredContent"]
    schema = MCPClient().list_tools()[tool].get("outputSchema", {})
    jsonschema.validate(structured, schema)
    return structured


def test_the_default_is_below_what_clients_refuse() -> None:
    """They refuse results beyond 16,000 to 25,000 tokens, and a token of JSON has between two and four bytes."""
    assert 20_000 <= DEFAULTS["MAX_DATA"] <= 2.5 * 16_000


def test_following_what_is_said_misses_nobody(users) -> None:
    seen, arguments = [], {}
    for _ in range(30):
        page = brought("list_users_user_paged", **arguments)
        assert page["count"] == 50
        assert len(json.dumps(page["results"], separators=(",", ":"))) <= ROOM
        seen += [row["id"] for row in page["results"]]
        said = page.get("left_out", "")
        if said:
            assert "users did not fit. For " in said
            assert "retrieve_users_user_paged brings one that is known." in said
            hint = said.partition("call again with ")[2].partition(". ")[0]
            arguments = {name: int(value) for name, _, value in (pair.partition("=") for pair in hint.split(", "))}
        elif page["next"] is None:
            break
        else:
            arguments = {name: int(value) for name, value in parse_qsl(urlsplit(page["next"]).query)}
    assert seen == [user.pk for user in users]


def test_a_list_without_pages_tells_its_whole_length_too(users) -> None:
    with override_settings(DRF_MCP={**SETTINGS, "MAX_ITEMS": 40, "FIELDS": True}):
        structured = brought("list_users_user_whole")
        less = brought("list_users_user_whole", fields=["id"])
    shown = len(structured["result"])
    assert structured["total"] == 50
    assert structured["left_out"].startswith(f"{40 - shown} more users did not fit. More fit with fields")
    assert len(less["result"]) == 40
    assert "left_out" not in less


def test_the_longest_list_of_any_answer_is_what_is_shortened() -> None:
    structured = brought("lines_users_user_paged")
    assert structured["short"] == [1, 2]
    left = 500 - len(structured["lines"])
    assert 0 < left < 500
    assert structured["left_out"].startswith(f"{left} more of 'lines' did not fit.")


@pytest.mark.parametrize("name", ["exact", "words"])
def test_what_has_no_place_to_say_so_or_no_list_to_shorten_stays_whole(name) -> None:
    assert brought(f"{name}_users_user_paged") == APIClient().get(f"/users/{name}/").json()


def test_nothing_is_left_out_where_there_is_no_limit(users) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_DATA": 0}):
        assert brought("list_users_user_paged") == APIClient().get("/users/").json()
