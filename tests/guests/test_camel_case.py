"""Names in camel case on the wire, with djangorestframework-camel-case."""

from __future__ import annotations

import base64
import json

import jsonschema
import pytest
from django.urls import include, path
from django_filters.rest_framework import DjangoFilterBackend
from djangorestframework_camel_case.parser import CamelCaseFormParser, CamelCaseJSONParser, CamelCaseMultiPartParser
from djangorestframework_camel_case.render import CamelCaseJSONRenderer
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from drf_mcp import mcp_tool
from drf_mcp.models import Call
from drf_mcp.test import ResponseError
from tests.factories import routed, tools_of

from .models import Author

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "first_name", "birth_date", "line_1", "line2"]


class Place(serializers.Serializer):
    street_name = serializers.CharField()
    house_numbers = serializers.ListField(child=serializers.IntegerField(), default=list)


class Friend(serializers.Serializer):
    pet_name = serializers.CharField(write_only=True)


class Order(serializers.Serializer):
    ordered_by = serializers.CharField()
    sent_to = Place()
    order_lines = Place(many=True)
    free_form = serializers.JSONField(required=False)


class Photo(serializers.Serializer):
    taken_by = serializers.CharField()
    the_file = serializers.FileField()


class Pages(PageNumberPagination):
    page_size = 1
    page_size_query_param = "page_size"


class Camel:
    parser_classes = [CamelCaseJSONParser, CamelCaseFormParser, CamelCaseMultiPartParser]
    renderer_classes = [CamelCaseJSONRenderer]


class AuthorViewSet(Camel, viewsets.ModelViewSet):
    queryset = Author.objects.order_by("pk")
    serializer_class = AuthorSerializer
    pagination_class = Pages
    filter_backends = [DjangoFilterBackend]
    filterset_fields = {"first_name": ["exact"], "birth_date": ["gte"], "line2": ["exact"]}


@mcp_tool("list", name="list_by_name")
@mcp_tool("retrieve", name="retrieve_by_name")
class ByFirstName(Camel, viewsets.ReadOnlyModelViewSet):
    queryset = Author.objects.order_by("pk")
    serializer_class = AuthorSerializer
    lookup_field = "first_name"


class OrderViewSet(Camel, viewsets.GenericViewSet):
    serializer_class = Order

    def create(self, request):
        order = self.get_serializer(data=request.data)
        order.is_valid(raise_exception=True)
        return Response({"read_as": order.validated_data}, status=201)

    @action(detail=False, methods=["post"], serializer_class=Friend)
    def befriend(self, request):
        self.get_serializer(data=request.data).is_valid(raise_exception=True)
        return Response({})

    @action(detail=False, methods=["post"], serializer_class=Photo)
    def photo(self, request):
        photo = self.get_serializer(data=request.data)
        photo.is_valid(raise_exception=True)
        return Response({"read_as": photo.validated_data["taken_by"], "size": photo.validated_data["the_file"].size})


router = SimpleRouter()
router.register("authors", AuthorViewSet)
router.register("by-name", ByFirstName, basename="by-name")
router.register("orders", OrderViewSet, basename="order")
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


def test_arguments_and_answers_have_the_names_that_rest_has(mcp_client, client):
    tool = mcp_client.list_tools()["create_guests_author"]
    assert {"firstName", "birthDate"} <= tool["inputSchema"]["properties"].keys()
    assert tool["inputSchema"]["required"] == ["firstName"]

    made = mcp_client.call_tool("create_guests_author", firstName="Ada", birthDate="1815-12-10", line1="Ockham")

    assert made.structured == client.get(f"/authors/{made.structured['id']}/").json()
    assert made.structured["firstName"] == "Ada"
    assert "- First name: Ada" in made.text
    jsonschema.validate(made.structured, {**tool["outputSchema"], "additionalProperties": False})


def test_a_name_that_the_parser_never_gives_to_the_view_is_no_argument(mcp_client, client):
    assert "line2" not in mcp_client.list_tools()["create_guests_author"]["inputSchema"]["properties"]

    rest = client.post("/authors/", json.dumps({"firstName": "Ada", "line2": "x"}), content_type="application/json")

    assert rest.json()["line2"] == ""


def test_pages_and_their_items_are_promised_under_their_names(mcp_client):
    for name in ("Ada", "Grace"):
        Author.objects.create(first_name=name)
    schema = mcp_client.list_tools()["list_guests_author"]["outputSchema"]

    page = mcp_client.call_tool("list_guests_author", page_size=2)

    assert schema["properties"]["results"]["items"]["required"] == ["id", "firstName", "birthDate", "line1", "line2"]
    jsonschema.validate(page.structured, schema)
    assert "Found 2 authors:" in page.text
    assert "- First name: Grace" in page.text


def test_nested_names_are_renamed_and_read_as_over_rest(mcp_client, client):
    schema = mcp_client.list_tools()["create_order"]["inputSchema"]
    place = schema["properties"]["sentTo"]
    assert (list(place["properties"]), place["required"]) == (["streetName", "houseNumbers"], ["streetName"])
    assert list(schema["properties"]["orderLines"]["items"]["properties"]) == ["streetName", "houseNumbers"]
    there = {"streetName": "Main", "houseNumbers": [1]}
    order = {"orderedBy": "Ada", "sentTo": there, "orderLines": [there], "freeForm": {"aKey": 1}}

    answer = mcp_client.call_tool("create_order", **order).structured

    assert answer["readAs"] == order
    assert answer == client.post("/orders/", json.dumps(order), content_type="application/json").json()


def test_errors_name_the_arguments_and_keep_their_codes(mcp_client):
    with pytest.raises(ResponseError) as refused:
        mcp_client.call_tool("create_order", orderedBy="Ada", sentTo={"houseNumbers": [1]}, orderLines=[])

    assert refused.value.code == -32602
    (error,) = refused.value.data["errors"]["sentTo"]["streetName"]
    assert error["code"] == "required"


def test_files_and_what_stands_beside_them_are_renamed_too(mcp_client):
    content = base64.b64encode(b"pixels").decode()

    answer = mcp_client.call_tool("photo_order", takenBy="Ada", theFile={"name": "a.png", "content": content})

    assert answer.structured == {"readAs": "Ada", "size": 6}


def test_what_no_answer_shows_is_masked_under_its_name_on_the_wire(mcp_client, settings):
    settings.DRF_MCP = {"ANONYMOUS": True, "RECORD": "all", "RECORD_ARGUMENTS": True}

    mcp_client.call_tool("befriend_order", petName="Bunny")

    assert Call.objects.get(method=Call.Method.TOOL).arguments == '{"petName": "***"}'


def test_query_parameters_are_renamed_where_the_middleware_is(mcp_client, client, settings):
    assert "first_name" in tools_of(*routed(AuthorViewSet))["list"].input_schema["properties"]
    middleware = "djangorestframework_camel_case.middleware.CamelCaseMiddleWare"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]
    for name in ("Ada", "Grace"):
        Author.objects.create(first_name=name, birth_date="1815-12-10")

    names = list(tools_of(*routed(AuthorViewSet))["list"].input_schema["properties"])
    page = mcp_client.call_tool("list_guests_author", firstName="Ada", birthDate__gte="1800-01-01").structured

    assert names == ["firstName", "birthDate__gte", "page", "pageSize"]
    assert page == client.get("/authors/?firstName=Ada&birthDate__gte=1800-01-01").json()
    assert page["count"] == 1


class KeepsNumbers(CamelCaseJSONParser):
    json_underscoreize = {"no_underscore_before_number": True, "ignore_fields": ("sent_to",)}


class KeepingRenderer(CamelCaseJSONRenderer):
    json_underscoreize = KeepsNumbers.json_underscoreize


class Kept(viewsets.ModelViewSet):
    parser_classes, renderer_classes = [KeepsNumbers], [CamelCaseJSONRenderer]
    queryset = Author.objects.all()
    serializer_class = AuthorSerializer


class KeptOrder(OrderViewSet):
    parser_classes, renderer_classes = [KeepsNumbers], [KeepingRenderer]


class ParsesOnly(Kept):
    parser_classes, renderer_classes = [CamelCaseJSONParser], [JSONRenderer]


class RendersOnly(Kept):
    parser_classes, renderer_classes = [JSONParser], [CamelCaseJSONRenderer]


class MixedPhoto(OrderViewSet):
    parser_classes = [CamelCaseJSONParser, MultiPartParser]


class Nesting(MultiPartParser):
    """As a parser that makes objects of dotted names."""

    def parse(self, *args, **kwargs):
        read = super().parse(*args, **kwargs)
        name, _, inner = next(iter(read.data)).partition(".")
        return {name: {inner: ""}}


class NestedForm(OrderViewSet):
    parser_classes, renderer_classes = [Nesting], [JSONRenderer]


class Envelope(CamelCaseJSONParser):
    def parse(self, *args, **kwargs):
        return super().parse(*args, **kwargs)["data"]


class Enveloping(CamelCaseJSONRenderer):
    def render(self, data, *args, **kwargs):
        return super().render({"data": data}, *args, **kwargs)


class InEnvelopes(Kept):
    parser_classes, renderer_classes = [Envelope], [Enveloping]


@pytest.mark.parametrize(
    ("view", "taken", "printed"),
    [
        (Kept, ["firstName", "birthDate", "line_1", "line2"], ["id", "firstName", "birthDate", "line1", "line2"]),
        (ParsesOnly, ["first_name", "birth_date", "line_1"], ["id", "first_name", "birth_date", "line_1", "line2"]),
        (
            RendersOnly,
            ["first_name", "birth_date", "line_1", "line2"],
            ["id", "firstName", "birthDate", "line1", "line2"],
        ),
        (InEnvelopes, ["first_name", "birth_date", "line_1", "line2"], None),
    ],
)
def test_the_names_follow_from_the_parser_and_the_renderer_that_a_view_has(view, taken, printed):
    tool = tools_of(*routed(view))["create"]

    assert list(tool.input_schema["properties"]) == taken
    assert (tool.output_schema and list(tool.output_schema["properties"])) == printed


def test_names_below_an_ignored_field_stay_as_they_are():
    properties = tools_of(*routed(KeptOrder))["create"].input_schema["properties"]

    assert list(properties["sentTo"]["properties"]) == ["street_name", "house_numbers"]
    assert list(properties["orderLines"]["items"]["properties"]) == ["streetName", "houseNumbers"]


def test_what_a_parser_makes_other_shapes_of_keeps_its_name():
    properties = tools_of(*routed(NestedForm))["create"].input_schema["properties"]

    assert list(properties) == ["ordered_by", "sent_to", "order_lines", "free_form"]
    assert list(properties["sent_to"]["properties"]) == ["street_name", "house_numbers"]


def test_where_a_form_is_read_in_another_way_than_json_the_name_is_one_that_both_read():
    properties = tools_of(*routed(MixedPhoto))

    assert list(properties["photo"].input_schema["properties"]) == ["taken_by", "the_file"]
    assert "orderedBy" in properties["create"].input_schema["properties"]


def test_fields_are_chosen_by_the_names_that_rest_prints_and_identity_is_kept_under_them(mcp_client, settings):
    settings.DRF_MCP = {**settings.DRF_MCP, "FIELDS": True}
    author = Author.objects.create(first_name="Ada", birth_date="1815-12-10")
    for name, arguments in (("list_by_name", {}), ("retrieve_by_name", {"first_name": "Ada"})):
        fields = mcp_client.list_tools()[name]["inputSchema"]["properties"]["fields"]
        assert fields["items"]["enum"] == ["id", "firstName", "birthDate", "line1", "line2"]
        assert fields["description"] == "Only these fields, and id, firstName"
        structured = mcp_client.call_tool(name, **arguments, fields=["birthDate"]).structured
        row = structured["result"][0] if "result" in structured else structured
        assert row == {"id": author.pk, "firstName": "Ada", "birthDate": "1815-12-10"}
