"""Structured content that is too long leaves out items, says so, and says what brings them."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
from django.test import override_settings
from rest_framework import pagination, serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_tool
from drf_mcp.catalog import get_catalog
from drf_mcp.conf import DEFAULTS
from drf_mcp.fitting import fit
from drf_mcp.protocol.jsonrpc import RawJSON, dumps
from tests.factories import MCPClient, UserFactory, mcp_urls, routed, text_of
from users.models import User
from users.serializers import UserSerializer

ROOM = 1000


class Offset(pagination.LimitOffsetPagination):
    default_limit = 20


class Ascii(JSONRenderer):
    """What all renderers are while ``UNICODE_JSON`` is off."""

    ensure_ascii = True


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
        return Response({"id": 7, "words": "wörd " * 1000, "inner": {"one": ["word " * 1000]}, "short": "word " * 100})

    @mcp_tool(
        output={
            "type": "object",
            "properties": {
                "words": {"type": ["string", "null"], "maxLength": 9000},
                "code": {"type": "string", "pattern": "^[0-9]+$"},
                "faces": {"type": "string", "maxLength": 262},
                "notes": {"type": "array", "minItems": 2, "items": {"type": "string"}},
            },
            "additionalProperties": False,
        }
    )
    @action(detail=False, pagination_class=None)
    def closed(self, request):
        notes = ["note " * 500, "short"]
        return Response({"words": "word " * 1000, "code": "7" * 2000, "faces": "😀" * 262, "notes": notes})

    @mcp_tool(
        output={
            "type": "object",
            "properties": {"body": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
        }
    )
    @action(detail=False, pagination_class=None)
    def tagged(self, request):
        body = "word " * int(request.query_params.get("words", 2000))
        return Response(
            {"body": body, "tags": [f"tag number {number}" for number in range(50)], "k" * 3000: "v" * 3000}
        )

    @action(detail=False, pagination_class=None, renderer_classes=[Ascii])
    def cyrillic(self, request):
        return Response({"rows": [{"name": "Пользователь " * 3} for _ in range(12)]})

    @action(detail=False, pagination_class=None)
    def numbers(self, request):
        return Response({f"key_{number}": number for number in range(500)})

    @action(detail=False, methods=["post"], pagination_class=None)
    def many(self, request):
        return Response([{"name": ["Wrong."]} if number % 2 else {} for number in range(request.data["count"])], 400)

    @action(detail=False, methods=["post"], pagination_class=None)
    def refused(self, request):
        return Response({"detail": "No. " * 1000, "taken": [*range(1000)]}, 409)


class Long(UserSerializer):
    about = serializers.SerializerMethodField()

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "about")

    def get_about(self, user) -> str:
        return "about " * 1000


class Documents(ModelViewSet):
    queryset = User.objects.order_by("pk")
    serializer_class = Long
    pagination_class = Offset


class Whole(Users):
    pagination_class = None


urlpatterns = [
    *routed(Users, prefix="users", basename="paged"),
    *routed(Whole, prefix="whole", basename="whole"),
    *routed(Documents, prefix="documents", basename="document"),
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


def size_of(data) -> int:
    return len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())


def test_the_default_is_below_what_clients_refuse() -> None:
    """They refuse results beyond 16,000 to 25,000 tokens, and a token of JSON has between two and four bytes."""
    assert 20_000 <= DEFAULTS["MAX_DATA"] <= 2.5 * 16_000


def test_following_what_is_said_misses_nobody(users) -> None:
    seen, arguments = [], {}
    for _ in range(30):
        page = brought("list_users_user_paged", **arguments)
        assert page["count"] == 50
        assert size_of(page["results"]) <= ROOM
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
    assert structured["left_out"].startswith(f"{left} more of its longest list did not fit.")


def test_what_has_no_place_to_say_so_and_no_string_to_cut_stays_whole() -> None:
    assert brought("exact_users_user_paged") == APIClient().get("/users/exact/").json()


def check_cut(short: str, whole: str) -> None:
    kept, _, said = short.rpartition("... (")
    assert whole.startswith(kept)
    assert len(kept) > 900
    assert int(said.removesuffix(" more characters)").replace(",", "")) == len(whole) - len(kept)


def test_without_a_list_to_shorten_the_longest_strings_are_cut_and_say_so() -> None:
    by_rest = APIClient().get("/users/words/").json()
    with override_settings(DRF_MCP={**SETTINGS, "MAX_DATA": 4000}):
        structured = brought("words_users_user_paged")
    check_cut(structured["words"], by_rest["words"])
    check_cut(structured["inner"]["one"][0], by_rest["inner"]["one"][0])
    assert (structured["id"], structured["short"]) == (7, by_rest["short"])
    said = structured.pop("left_out")
    assert said == "Cut, as the end of each says: some strings. Never write back what is cut."
    assert 3800 < size_of(structured) <= 4000


def test_a_closed_shape_keeps_to_itself_where_a_string_in_it_is_cut() -> None:
    by_rest = APIClient().get("/users/closed/").json()
    structured = brought("closed_users_user_paged")
    check_cut(structured["words"], by_rest["words"])
    check_cut(structured["notes"][0], by_rest["notes"][0])
    assert structured["code"] == by_rest["code"]
    assert structured["faces"] == by_rest["faces"]
    assert structured["notes"][1] == "short"


def test_one_long_object_and_one_among_others_are_cut_and_name_what_brings_less(users) -> None:
    with override_settings(DRF_MCP={**SETTINGS, "MAX_DATA": 3000, "FIELDS": True}):
        one = brought("retrieve_users_user_document", id=str(users[1].pk))
        page = brought("list_users_user_document")
    for row in (one, *page["results"]):
        check_cut(row["about"], "about " * 1000)
    assert one["id"] == users[1].pk
    assert one["email"] == users[1].email
    assert one["left_out"].endswith(" fields brings some fields alone.")
    assert len(page["results"]) == 1
    assert page["left_out"].startswith("19 more users did not fit. For the rest call again with limit=1, offset=1.")
    assert "'about'" in page["left_out"]


def test_where_nothing_can_be_shortened_and_nothing_is_promised_the_text_stands_alone() -> None:
    assert "outputSchema" not in MCPClient().list_tools()["numbers_users_user_paged"]
    result = MCPClient().call("numbers_users_user_paged")
    assert "structuredContent" not in result
    assert '"key_499": 499' in text_of(result)
    with override_settings(DRF_MCP={**SETTINGS, "MAX_TEXT": ROOM}):
        assert "more values)" in text_of(MCPClient().call("numbers_users_user_paged"))


@pytest.mark.parametrize("kind", ["error", "result"])
def test_the_errors_of_thousands_of_rows_are_told_as_far_as_they_fit_in_their_places(kind) -> None:
    with override_settings(DRF_MCP={**SETTINGS, "VALIDATION_ERRORS": kind}):
        few, many = (
            MCPClient().send("tools/call", {"name": "many_users_user_paged", "arguments": {"count": count}})
            for count in (4, 5000)
        )
    few, many = (
        told["error"]["data"] if kind == "error" else told["result"]["structuredContent"] for told in (few, many)
    )
    one = {"name": [{"message": "Wrong.", "code": "invalid"}]}
    assert few["errors"] == [{}, one, {}, one]
    shown = many["errors"]
    assert 20 < len(shown) < 50
    assert shown[:20] == [{}, one] * 10
    left = 2500 - sum(map(bool, shown))
    assert many["left_out"] == f"{left:,} more did not fit. A call with less in it has fewer."
    assert size_of(many) < ROOM + 100
    assert many.get("status") == few.get("status")


def test_a_refusal_is_bounded_as_well() -> None:
    result = MCPClient().call("refused_users_user_paged")
    structured = result["structuredContent"]
    assert (structured["status"], structured["code"]) == (409, "conflict")
    assert structured["detail"].startswith("No. No.")
    assert structured["detail"].endswith("more characters)")
    assert size_of(structured) < ROOM + 100
    left = 1000 - len(structured["data"]["taken"])
    assert 0 < left < 1000
    assert structured["left_out"] == f"{left} more did not fit. A call with less in it has fewer."


def test_nothing_is_left_out_where_there_is_no_limit(users) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_DATA": 0}):
        assert brought("list_users_user_paged") == APIClient().get("/users/").json()


def test_what_weighs_more_is_cut_first_and_the_rest_stays_whole_where_that_is_enough() -> None:
    """A key that no schema declares is not repeated: it may be anybody's words."""
    with override_settings(DRF_MCP={**SETTINGS, "MAX_DATA": 8000}):
        structured = brought("tagged_users_user_paged", words=20_000)
    assert len(structured["tags"]) == 50
    check_cut(structured["body"], "word " * 20_000)
    said = structured.pop("left_out")
    assert said == "Cut, as the end of each says: 'body' and others. Never write back what is cut."
    assert size_of(structured) <= 8000
    with override_settings(DRF_MCP={**SETTINGS, "MAX_DATA": 5500}):
        both = brought("tagged_users_user_paged")
    left = 50 - len(both["tags"])
    assert 0 < left < 50
    assert f" {left} more of 'tags' did not fit." in both["left_out"]
    assert "k" * 60 not in both["left_out"]


def test_what_is_too_long_only_with_its_escapes_stays_whole() -> None:
    """REST may answer in ASCII alone; the structured content is UTF-8."""
    with override_settings(DRF_MCP={**SETTINGS, "MAX_DATA": 1200}):
        body = APIClient().get("/users/cyrillic/")
        structured = brought("cyrillic_users_user_paged")
    assert len(body.content) > 2400 > 1200 >= size_of(structured)
    assert structured == body.json()


OPEN = {"type": "object", "properties": {"rows": {"type": "array"}, "text": {"type": "string"}}}


@pytest.mark.parametrize(
    "more",
    [
        {"additionalProperties": {"type": "array"}},
        {"additionalProperties": {"type": "integer"}},
        {"additionalProperties": {"type": "string", "maxLength": 5}},
        {"additionalProperties": False},
        {"allOf": [{"properties": {"rows": {}, "text": {}}, "additionalProperties": False}]},
        {"unevaluatedProperties": False},
        {"maxProperties": 2},
        {"properties": {**OPEN["properties"], "left_out": {"type": "integer"}}},
        {"properties": {"rows": {"allOf": [{"minItems": 400}]}, "text": {"type": "string"}}},
        {"properties": {"rows": {"type": "array", "minItems": 400}, "text": {"type": "string"}}},
        {},
    ],
)
def test_no_shape_is_broken_by_what_is_left_out(more) -> None:
    whole = {"rows": [*range(400)], "text": "word " * 600}
    tool = next(tool for tool in get_catalog().tools if tool.name == "closed_users_user_paged")
    schema = {**OPEN, **more}
    raw = fit(replace(tool, output_schema=schema), whole, RawJSON(dumps(whole)), {})
    shown = json.loads(raw)
    jsonschema.validate(shown, schema, cls=jsonschema.Draft202012Validator)
    assert (len(shown["rows"]) < 400) is (not more)
    if shown["text"] != whole["text"]:
        check_cut(shown["text"], whole["text"])
