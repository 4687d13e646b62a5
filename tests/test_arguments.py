"""Arguments of a call: where each lands, and which are refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.test import override_settings
from django.urls import path, re_path
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import filters, serializers, versioning
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.arguments import BoundArguments, Upload, bind_arguments
from drf_mcp.catalog import get_catalog
from drf_mcp.protocol.errors import InvalidParamsError, MCPError
from drf_mcp.protocol.jsonrpc import dumps
from tests.factories import routed, tools_of
from tests.protocol import JSON, steady
from users.models import User
from users.serializers import UserSerializer


class Everything(serializers.Serializer):
    name = serializers.CharField(required=False, allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    options = serializers.DictField(required=False, allow_null=True)
    anything = serializers.JSONField(required=False)
    picture = serializers.FileField(required=False)


class Things(GenericViewSet):
    """An action for each place that an argument can go to."""

    serializer_class = Everything
    queryset = User.objects.all()
    filter_backends = [filters.SearchFilter]
    search_fields = ["username"]

    def list(self, request):
        return Response(self.filter_queryset(self.get_queryset()))

    def create(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)

    @action(detail=True, methods=["post"])
    def touch(self, request, pk=None):
        return Response()

    @action(detail=False, methods=["post"])
    def bulk(self, request):
        return Response(self.get_serializer(data=request.data, many=True).initial_data)

    @action(detail=False, methods=["post"])
    def free(self, request):
        return Response(request.data)

    @action(detail=False)
    def find(self, request):
        return Response(request.query_params)

    @mcp_tool(headers=["If-Match"])
    @action(detail=False)
    def match(self, request):
        return Response()

    @mcp_tool(
        input={
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": ["integer", "null"]}, "c": {}},
            "required": ["a"],
        }
    )
    @action(detail=False, methods=["post"])
    def add(self, request):
        return Response()


TOOLS = tools_of(*routed(Things))


def bind(action_name: str, **arguments: Any) -> BoundArguments:
    return bind_arguments(TOOLS[action_name], arguments)


def refused(action_name: str, **arguments: Any) -> InvalidParamsError:
    with pytest.raises(InvalidParamsError) as caught:
        bind(action_name, **arguments)
    dumps(caught.value.to_wire())
    return caught.value


# Where arguments land


def test_each_argument_lands_in_its_part_of_the_request() -> None:
    assert bind("create", name="a").body == {"name": "a"}
    assert bind("list", search="a").query == {"search": ["a"]}
    assert bind("touch", id="7").kwargs == {"pk": "7"}
    assert bind("match", if_match='"1"').headers == {"If-Match": '"1"'}
    assert bind("bulk", items=[{"name": "a"}]).body == [{"name": "a"}]


def test_a_tool_without_a_body_sends_none_and_one_with_a_body_sends_an_empty_one() -> None:
    assert bind("list").body is None
    assert bind("touch", id="7").body is None
    assert bind("create").body == {}


def test_null_in_a_body_is_apart_from_absent() -> None:
    assert bind("create", name=None).body == {"name": None}


def test_null_outside_of_a_body_says_nothing() -> None:
    assert bind("list", search=None).query == {}
    assert bind("match", if_match=None).headers == {}
    assert bind("create", picture=None).files == {}


def test_an_open_tool_takes_what_it_does_not_name() -> None:
    assert bind("free", a=1, b=[2]).body == {"a": 1, "b": [2]}
    assert bind("find", a=1, b=["x", True]).query == {"a": ["1"], "b": ["x", "true"]}


def test_a_query_value_is_written_as_urls_write_it() -> None:
    assert bind("find", yes=True, no=False, number=1.5, text="ä", many=[1, "b"]).query == {
        "yes": ["true"],
        "no": ["false"],
        "number": ["1.5"],
        "text": ["ä"],
        "many": ["1", "b"],
    }


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], [None], [{"a": 1}]])
def test_a_query_holds_no_nested_values(value: Any) -> None:
    assert refused("find", where=value).data["argument"] == "where"


def test_an_integer_stands_for_a_string_id() -> None:
    assert bind("touch", id=7).kwargs == {"pk": "7"}


@pytest.mark.parametrize("value", [True, False, 1.5, 1.0, [1], {"id": 1}])
def test_nothing_else_stands_for_an_id(value: Any) -> None:
    error = refused("touch", id=value)
    assert error.data == {"argument": "id", "type": "string"}
    assert "'id' must be of type string" in error.message


@pytest.mark.parametrize("value", ["", "a\nb", "a\x00", "\x7f"])
def test_an_address_or_a_header_holds_no_control_characters(value: str) -> None:
    assert refused("touch", id=value).data == {"argument": "id"}
    assert refused("match", if_match=value).data == {"argument": "if_match"}


@pytest.mark.parametrize("arguments", [{}, {"id": None}])
def test_a_missing_id_is_named_with_its_meaning(arguments: dict[str, Any]) -> None:
    error = refused("touch", **arguments)
    assert error.message == "Missing argument 'id': ID of the object to perform action on"
    assert error.data == {"argument": "id"}


def test_missing_items_are_named() -> None:
    assert refused("bulk").message == "Missing argument 'items'."


def test_a_body_field_that_is_missing_is_left_to_the_serializer() -> None:
    class Users(ModelViewSet):
        queryset = User.objects.all()
        serializer_class = UserSerializer

    assert bind_arguments(tools_of(*routed(Users))["create"], {"username": "a"}).body == {"username": "a"}


# Unknown names


def test_an_unknown_argument_is_refused_with_the_nearest_legal_one() -> None:
    error = refused("list", serach="a")
    assert error.message == "Unknown argument 'serach'. Did you mean 'search'?"
    assert error.data == {"argument": "serach", "nearest": ["search"], "arguments": ["search"]}


def test_an_unknown_argument_like_no_other_is_refused_with_all_of_them() -> None:
    assert refused("create", zzz=1).message == (
        "Unknown argument 'zzz'. This tool takes name, tags, options, anything, picture."
    )


def test_a_tool_without_arguments_says_so() -> None:
    class Bells(ViewSet):
        def list(self, request):
            return Response([])

    with pytest.raises(InvalidParamsError, match=r"This tool takes no arguments\."):
        bind_arguments(tools_of(*routed(Bells))["list"], {"a": 1})


def test_a_long_unknown_name_is_not_repeated_whole() -> None:
    error = refused("list", **{"x" * 10_000: 1})
    assert len(error.message) < 200
    assert len(error.data["argument"]) < 200


# JSON in a string


def test_json_in_a_string_is_read_where_only_an_object_or_an_array_is_meant() -> None:
    assert bind("create", tags='["a"]').body == {"tags": ["a"]}
    assert bind("create", options='{"a": 1}').body == {"options": {"a": 1}}
    assert bind("bulk", items='[{"name": "a"}]').body == [{"name": "a"}]


@pytest.mark.parametrize("value", ["[", '{"a": 1}', "a", "1", "", "[" * 100_000, "NaN"])
def test_a_string_that_is_no_such_json_goes_to_the_serializer_as_it_is(value: str) -> None:
    assert bind("create", tags=value).body == {"tags": value}


@pytest.mark.parametrize("value", ['["a"]', '{"a": 1}', "null", "1"])
def test_a_string_stays_a_string_where_a_string_may_be_meant(value: str) -> None:
    assert bind("create", name=value, anything=value).body == {"name": value, "anything": value}


@pytest.mark.parametrize("value", ["[NaN]", "[Infinity]", "[1e999]", '["\\ud800"]', "[" * 900 + "]" * 900])
def test_json_in_a_string_is_read_as_strictly_as_the_message_around_it(value: str) -> None:
    """What the message itself may not hold could not be sent on."""
    dumps(bind("create", tags=value).body)


# Declared schemas, which nobody else checks


@pytest.mark.parametrize("arguments", [{"a": 1}, {"a": 1.5, "b": None}, {"a": 1, "b": 2, "c": [True]}])
def test_what_fits_a_declared_schema_is_taken(arguments: dict[str, Any]) -> None:
    assert bind("add", **arguments).body == arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Missing argument 'a'."),
        ({"b": 1}, "Missing argument 'a'."),
        ({"a": "1"}, "Argument 'a' must be of type number."),
        ({"a": True}, "Argument 'a' must be of type number."),
        ({"a": None}, "Argument 'a' must be of type number."),
        ({"a": 1, "b": 1.5}, "Argument 'b' must be of type integer or null."),
    ],
)
def test_what_does_not_fit_a_declared_schema_is_refused(arguments: dict[str, Any], message: str) -> None:
    assert refused("add", **arguments).message == message


def test_a_declared_schema_that_is_open_takes_more() -> None:
    @mcp_tool(input={"type": "object", "properties": {}, "additionalProperties": True})
    def take(self, request):
        return Response()

    viewset = type("Taking", (ViewSet,), {"take": action(detail=False, methods=["post"])(take)})
    assert bind_arguments(tools_of(*routed(viewset))["take"], {"a": 1}).body == {"a": 1}


def test_an_empty_declared_schema_takes_anything() -> None:
    """JSON Schema lets every name through that ``additionalProperties`` does not forbid."""

    @mcp_tool(input={"type": "object"})
    def take(self, request):
        return Response()

    viewset = type("Taking", (ViewSet,), {"take": action(detail=False, methods=["post"])(take)})
    assert bind_arguments(tools_of(*routed(viewset))["take"], {"a": 1}).body == {"a": 1}


# Versions


def test_a_default_version_stands_in_the_path_where_none_is_given() -> None:
    class Versions(versioning.URLPathVersioning):
        default_version = "v2"

    view = Things.as_view({"get": "list"}, versioning_class=Versions)
    tool = tools_of(path("<str:version>/x/", view))["list"]
    assert bind_arguments(tool, {}).kwargs == {"version": "v2"}
    assert bind_arguments(tool, {"version": "v1"}).kwargs == {"version": "v1"}


def test_a_version_of_the_accept_header_lands_there() -> None:
    view = Things.as_view({"get": "list"}, versioning_class=versioning.AcceptHeaderVersioning)
    tool = tools_of(path("x/", view))["list"]
    assert bind_arguments(tool, {"version": "v1"}).accept == {"version": "v1"}


def test_an_optional_part_of_the_url_may_be_missing() -> None:
    tool = tools_of(re_path(r"^x/(?:(?P<page>\d+)/)?$", Things.as_view({"get": "list"})))["list"]
    assert bind_arguments(tool, {}).kwargs == {}
    assert bind_arguments(tool, {"page": 1}).kwargs == {"page": "1"}


# Files


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def upload(name: str, content: str) -> Upload:
    return bind("create", picture={"name": name, "content": content}).files["picture"]


def test_a_file_is_base64_with_a_name() -> None:
    assert upload("a.png", b64(b"\x89PNG")) == Upload("a.png", "image/png", b"\x89PNG")
    assert upload("a", "") == Upload("a", "application/octet-stream", b"")


def test_a_file_may_be_a_data_uri_that_names_its_type() -> None:
    assert upload("a.png", f"data:text/plain;base64,{b64(b'hi')}") == Upload("a.png", "text/plain", b"hi")
    assert upload("a.png", f"data:;base64,{b64(b'hi')}") == Upload("a.png", "image/png", b"hi")
    assert upload("a", f"data:text/plain;charset=utf-8;base64,{b64(b'hi')}") == Upload("a", "text/plain", b"hi")


@pytest.mark.parametrize("name", ["/etc/passwd", "..\\..\\passwd", "a/b\\passwd", "passwd"])
def test_a_file_name_loses_its_path(name: str) -> None:
    assert upload(name, "").name == "passwd"


def test_a_file_in_a_json_string_is_read() -> None:
    assert bind("create", picture='{"name": "a", "content": ""}').files["picture"].name == "a"


@pytest.mark.parametrize(
    "value",
    ["text", 1, [], {}, {"name": "a"}, {"content": ""}, {"name": 1, "content": ""}, {"name": "a", "content": 1}],
)
def test_what_is_no_file_is_refused(value: Any) -> None:
    assert refused("create", picture=value).data["argument"] == "picture"


@pytest.mark.parametrize("name", ["", "/", "a\nb", "a/\x00"])
def test_a_file_needs_a_plain_name(name: str) -> None:
    assert "plain name" in refused("create", picture={"name": name, "content": ""}).message


@pytest.mark.parametrize("content", ["***", "a", "YQ==\n", "ä", "data:text/plain,hi"])
def test_content_that_is_not_base64_is_refused(content: str) -> None:
    assert "not Base64" in refused("create", picture={"name": "a", "content": content}).message


def test_a_file_has_at_most_the_bytes_that_the_setting_allows() -> None:
    with override_settings(DRF_MCP={"MAX_FILE_SIZE": 3}):
        assert upload("a", b64(b"123")).content == b"123"
        error = refused("create", picture={"name": "a", "content": b64(b"1234")})
    assert error.data == {"argument": "picture", "limit": 3}


@pytest.mark.parametrize("name", ["ä.txt", "日本.png", "a b.txt", 'a"b.txt', "100%.csv"])
def test_a_file_name_may_have_any_printable_character(name: str) -> None:
    assert upload(name, "").name == name


# Whatever a client sends

DEMO = {tool.name: tool for tool in get_catalog("config.urls").tools}
NAMES = sorted({name for tool in DEMO.values() for name in tool.parameters})


@steady
@given(st.data())
def test_whatever_a_client_sends_to_any_tool_is_bound_or_refused(data: st.DataObject) -> None:
    tool = DEMO[data.draw(st.sampled_from(sorted(DEMO)))]
    arguments = data.draw(st.dictionaries(st.sampled_from([*tool.parameters, *NAMES]) | st.text(), JSON))
    try:
        bound = bind_arguments(tool, arguments)
    except MCPError as error:
        dumps(error.to_wire())
    else:
        assert set(bound.kwargs) <= set(tool.endpoint.route.kwargs)
        assert all(isinstance(value, str) for value in bound.kwargs.values())
