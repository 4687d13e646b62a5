"""Files beside other arguments: each arrives as it was sent, or is refused by its name."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from rest_framework import parsers, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from tests.factories import MCPClient, mcp_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Picture(serializers.Serializer):
    file = serializers.FileField()
    caption = serializers.CharField()


class Album(serializers.Serializer):
    cover = serializers.FileField(required=False, allow_null=True)
    scan = serializers.FileField(required=False)
    meta = serializers.JSONField(required=False)
    limits = serializers.JSONField(required=False, allow_null=True)
    words = serializers.DictField(child=serializers.CharField(), required=False)
    counts = serializers.DictField(child=serializers.IntegerField(), required=False)
    anything = serializers.DictField(required=False)
    rows = serializers.ListField(child=serializers.ListField(), required=False)
    numbers = serializers.ListField(child=serializers.IntegerField(), required=False)
    note = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    year = serializers.IntegerField(required=False, allow_null=True)
    images = serializers.ListField(child=serializers.FileField(), required=False)
    picture = Picture(required=False)
    pictures = Picture(many=True, required=False)


def shown(value: Any) -> Any:
    """Values as JSON has them, files by name and content."""
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    return f"{value.name}: {value.read().decode()}" if hasattr(value, "read") else value


class Albums(GenericViewSet):
    serializer_class = Album

    def create(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"got": shown(serializer.validated_data)})

    @action(detail=False, methods=["post"], serializer_class=Picture)
    def bulk(self, request):
        serializer = self.get_serializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        return Response({"got": shown(serializer.validated_data)})

    @action(detail=False, methods=["post"], parser_classes=[parsers.MultiPartParser])
    def attach(self, request):
        return Response({"got": [request.FILES["doc"].name, *(f.name for f in request.FILES.getlist("more"))]})

    @action(detail=False, methods=["post"], parser_classes=[parsers.FileUploadParser])
    def raw(self, request):
        return Response({"got": {key: shown(value) for key, value in request.data.items()}})

    @action(detail=False, methods=["post"], parser_classes=[parsers.JSONParser, parsers.FileUploadParser])
    def either(self, request):
        return Response({"got": shown(dict(request.data.items())), "file": bool(request.FILES.get("file"))})


class Formed(Albums):
    parser_classes = [parsers.MultiPartParser]


router = SimpleRouter()
router.register("albums", Albums, basename="album")
router.register("formed", Formed, basename="formed")
urlpatterns = [*router.urls, *mcp_urls()]


def file(name: str, content: str = "hi") -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content.encode()).decode()}


def tool(start: str) -> dict[str, Any]:
    (found,) = (tool for name, tool in MCPClient().list_tools().items() if name.startswith(start))
    return found


def got(start: str, **arguments: Any) -> Any:
    return MCPClient().call(tool(start)["name"], **arguments)["structuredContent"]["got"]


def refused(start: str, **arguments: Any) -> str:
    client = MCPClient()
    params = {"name": tool(start)["name"], "arguments": arguments}
    error = client.send("tools/call", params)["error"]
    assert error["code"] == -32602
    return error["data"]["argument"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"meta": {"a": [1, {"b": None}]}},
        {"meta": [1, 2]},
        {"meta": []},
        {"meta": "text"},
        {"limits": None},
        {"words": {"a": "1", "b.c": "x"}},
        {"counts": {"a": 1}},
        {"anything": {"a": "1"}},
        {"numbers": [1, 2]},
        {"year": None},
    ],
)
def test_what_stands_beside_a_file_arrives_as_it_was_sent(arguments: dict[str, Any]) -> None:
    sent = got("create_album", **arguments, scan=file("a.txt"))
    assert sent == {**arguments, "scan": "a.txt: hi"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"meta": None},
        {"anything": {"a": 1}},
        {"anything": {"a": {"b": "c"}}},
        {"words": {"a": None}},
        {"words": {}},
        {"rows": [["a"]]},
        {"numbers": []},
        {"note": None},
    ],
)
def test_what_no_form_can_hold_is_refused_by_its_name_beside_a_file(arguments: dict[str, Any]) -> None:
    assert refused("create_album", **arguments, scan=file("a.txt")) == next(iter(arguments))


def test_null_takes_a_file_away() -> None:
    assert got("create_album", cover=None) == {"cover": None}
    assert got("create_album", cover=None, scan=file("a.txt")) == {"cover": None, "scan": "a.txt: hi"}
    assert got("create_formed", cover=None) == {"cover": None}
    assert refused("create_formed", scan=None) == "scan"


def test_files_arrive_in_lists_and_in_objects() -> None:
    assert got("create_album", images=[file("a.txt", "A"), file("b.txt", "B")]) == {"images": ["a.txt: A", "b.txt: B"]}
    picture = {"file": file("a.txt"), "caption": "x"}
    other = {"file": file("b.txt", "B"), "caption": "y"}
    assert got("create_album", picture=picture, pictures=[picture, other]) == {
        "picture": {"file": "a.txt: hi", "caption": "x"},
        "pictures": [{"file": "a.txt: hi", "caption": "x"}, {"file": "b.txt: B", "caption": "y"}],
    }


def test_files_arrive_in_a_list_that_is_the_whole_body() -> None:
    items = [{"file": file("a.txt"), "caption": "x"}, {"file": file("b.txt", "B"), "caption": "y"}]
    assert got("bulk_album", items=items) == [
        {"file": "a.txt: hi", "caption": "x"},
        {"file": "b.txt: B", "caption": "y"},
    ]


def test_a_file_in_a_list_that_is_none_is_refused_by_its_name() -> None:
    assert refused("create_album", images=[{"name": "a.txt", "content": "?"}]) == "images"


def test_what_is_looked_up_among_the_files_is_a_file() -> None:
    properties = tool("attach_album")["inputSchema"]["properties"]
    assert properties["doc"]["required"] == ["name", "content"]
    assert properties["more"] == {"type": "array", "items": properties["doc"]}
    assert got("attach_album", doc=file("a.txt")) == ["a.txt"]
    assert got("attach_album", doc=file("a.txt"), more=[file("b.txt"), file("c.txt")]) == ["a.txt", "b.txt", "c.txt"]


def test_a_view_that_reads_a_raw_file_gets_its_bytes_and_its_name() -> None:
    assert list(tool("raw_album")["inputSchema"]["properties"]) == ["file"]
    assert got("raw_album", file=file("ä b.txt", "raw")) == {"file": "ä b.txt: raw"}
    assert refused("raw_album", file=file("a.txt"), title="x") == "title"
    assert refused("raw_album", file=None) == "file"


def test_a_view_that_reads_json_or_a_raw_file_gets_either() -> None:
    assert got("either_album", title="x") == {"title": "x"}
    assert got("either_album", file=file("a.txt")) == {"file": "a.txt: hi"}
    assert refused("either_album", file=file("a.txt"), title="x") == "title"
