"""Objects of several types behind one address, with django-polymorphic and django-rest-polymorphic."""

from __future__ import annotations

import json

import jsonschema
import pytest
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.pagination import PageNumberPagination
from rest_framework.routers import SimpleRouter
from rest_polymorphic.serializers import PolymorphicSerializer

from drf_mcp.schema import input_schema, output_schema
from drf_mcp.test import ResponseError

from .models import Artwork, Painting, Sculpture

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class ArtworkSerializer(serializers.ModelSerializer):
    class Meta:
        model = Artwork
        fields = ["id", "topic"]


class PaintingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Painting
        fields = ["id", "topic", "artist", "size"]


class SculptureSerializer(serializers.ModelSerializer):
    class Meta:
        model = Sculpture
        fields = ["id", "topic", "size", "material"]


class AnyArtworkSerializer(PolymorphicSerializer):
    model_serializer_mapping = {
        Artwork: ArtworkSerializer,
        Painting: PaintingSerializer,
        Sculpture: SculptureSerializer,
    }


class Pages(PageNumberPagination):
    page_size = 10


class ArtworkViewSet(viewsets.ModelViewSet):
    queryset = Artwork.objects.order_by("pk")
    serializer_class = AnyArtworkSerializer
    pagination_class = Pages


class TopicViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Artwork.objects.order_by("pk")
    serializer_class = ArtworkSerializer


class Exhibition(serializers.Serializer):
    works = AnyArtworkSerializer(many=True)


class ShapedByCaller(SculptureSerializer):
    def get_fields(self):
        fields = super().get_fields()
        if not self.context["request"].user.is_staff:
            del fields["material"]
        return fields


class ShapedArtworkSerializer(PolymorphicSerializer):
    model_serializer_mapping = {Painting: PaintingSerializer, Sculpture: ShapedByCaller}


class ShapedViewSet(ArtworkViewSet):
    serializer_class = ShapedArtworkSerializer


class SeriesSerializer(ArtworkSerializer):
    def get_fields(self):
        return {**super().get_fields(), "parts": AnySeriesSerializer(many=True, required=False)}


class AnySeriesSerializer(PolymorphicSerializer):
    model_serializer_mapping = {Artwork: SeriesSerializer}


class FewArtworkSerializer(PolymorphicSerializer):
    model_serializer_mapping = {Artwork: ArtworkSerializer, Painting: PaintingSerializer}


router = SimpleRouter()
router.register("artworks", ArtworkViewSet)
router.register("topics", TopicViewSet, basename="topic")
router.register("shaped", ShapedViewSet, basename="shaped")
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


@pytest.fixture
def works():
    painting = Painting.objects.create(topic="Sea", artist="Ada", size="large")
    return [painting, Sculpture.objects.create(topic="Horse", size=120, material="clay")]


def test_the_arguments_are_those_of_all_types_and_say_where_they_belong(mcp_client):
    schema = mcp_client.list_tools()["create_guests_artwork_artwork"]["inputSchema"]

    assert schema["required"] == ["resourcetype", "topic"]
    properties = schema["properties"]
    assert properties["resourcetype"] == {"type": "string", "enum": ["Artwork", "Painting", "Sculpture"]}
    assert properties["artist"]["description"] == "Artist (of Painting, required)"
    assert properties["material"]["description"] == "Material (of Sculpture)"
    assert [branch["type"] for branch in properties["size"]["anyOf"]] == ["string", "integer"]
    assert properties["size"]["description"] == "Size; In centimetres (of Painting, Sculpture, required)"


def test_each_type_is_made_listed_and_changed_as_over_rest(mcp_client, client):
    wanted = {"resourcetype": "Sculpture", "topic": "Horse", "size": 120}
    made = mcp_client.call_tool("create_guests_artwork_artwork", **wanted).structured
    assert Sculpture.objects.get().size == 120

    changed = mcp_client.call_tool("update_guests_artwork_artwork", id=str(made["id"]), material="clay").structured

    rest = client.get(f"/artworks/{made['id']}/").json()
    assert changed == rest == {**made, "material": "clay"}
    assert rest["resourcetype"] == "Sculpture"


def test_what_one_type_requires_is_asked_for_by_its_serializer(mcp_client):
    with pytest.raises(ResponseError) as refused:
        mcp_client.call_tool("create_guests_artwork_artwork", resourcetype="Painting", topic="Sea")
    assert set(refused.value.data["errors"]) == {"artist", "size"}


def test_a_list_promises_a_shape_for_each_type_and_one_object_all_of_them(mcp_client, client, works):
    tools = mcp_client.list_tools()
    listed = tools["list_guests_artwork_artwork"]["outputSchema"]
    shapes = listed["properties"]["results"]["items"]["anyOf"]
    assert [shape["properties"]["resourcetype"]["enum"] for shape in shapes] == [
        ["Artwork"],
        ["Painting"],
        ["Sculpture"],
    ]
    assert shapes[2]["required"] == ["resourcetype", "id", "topic", "size", "material"]

    answer = mcp_client.call_tool("list_guests_artwork_artwork").structured

    assert answer == client.get("/artworks/").json()
    jsonschema.validate(answer, listed)
    one = tools["retrieve_guests_artwork_artwork"]["outputSchema"]
    assert (one["type"], one["required"]) == ("object", ["resourcetype", "id", "topic"])
    for work in works:
        answer = mcp_client.call_tool("retrieve_guests_artwork_artwork", id=str(work.pk)).structured
        jsonschema.validate(answer, one)


def test_a_plain_serializer_over_polymorphic_rows_is_promised_too(mcp_client, works):
    schema = mcp_client.list_tools()["list_guests_artwork_topic"]["outputSchema"]

    jsonschema.validate(mcp_client.call_tool("list_guests_artwork_topic").structured, schema)


def test_several_shapes_inside_an_object_are_branches():
    taken = input_schema(Exhibition())["properties"]["works"]["items"]["anyOf"]
    assert [shape["properties"]["resourcetype"]["enum"] for shape in taken] == [
        ["Artwork"],
        ["Painting"],
        ["Sculpture"],
    ]
    assert taken[1]["required"] == ["resourcetype", "topic", "artist", "size"]
    assert len(output_schema(Exhibition())["properties"]["works"]["items"]["anyOf"]) == 3


def test_a_type_without_a_serializer_is_printed_by_the_nearest_one_under_its_own_name():
    shapes = output_schema(FewArtworkSerializer())["anyOf"]

    assert [shape["properties"]["resourcetype"]["enum"] for shape in shapes] == [["Artwork", "Sculpture"], ["Painting"]]
    work = Sculpture.objects.create(topic="Horse", size=120)
    jsonschema.validate(json.loads(json.dumps(FewArtworkSerializer(work).data)), {"anyOf": shapes})


def test_a_type_whose_fields_depend_on_the_caller_promises_nothing(mcp_client):
    tools = mcp_client.list_tools()

    assert "outputSchema" not in tools["retrieve_guests_artwork_shaped"]
    assert tools["create_guests_artwork_shaped"]["inputSchema"]["additionalProperties"] is True


def test_types_that_contain_each_other_end_somewhere():
    parts = input_schema(AnySeriesSerializer())["properties"]["parts"]["items"]

    assert (
        parts == output_schema(AnySeriesSerializer())["anyOf"][0]["properties"]["parts"]["items"] == {"type": "object"}
    )
