"""Objects written together with those below them, with drf-writable-nested."""

from __future__ import annotations

import json

import pytest
from django.urls import include, path
from drf_writable_nested import WritableNestedModelSerializer
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from .models import Link, Profile

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class LinkSerializer(serializers.ModelSerializer):
    class Meta:
        model = Link
        fields = ["id", "url"]


class ProfileSerializer(WritableNestedModelSerializer):
    links = LinkSerializer(many=True, help_text="Where to read more")

    class Meta:
        model = Profile
        fields = ["id", "nickname", "links"]


class ProfileViewSet(viewsets.ModelViewSet):
    queryset = Profile.objects.all()
    serializer_class = ProfileSerializer


router = SimpleRouter()
router.register("profiles", ProfileViewSet)
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


def test_the_key_of_a_nested_object_is_listed_and_what_an_update_removes_is_said(mcp_client):
    tools = mcp_client.list_tools()

    links = tools["update_guests_profile"]["inputSchema"]["properties"]["links"]
    assert links["description"] == "Where to read more. An update removes those that are not among them"
    assert links["items"]["properties"]["id"] == {
        "type": "integer",
        "description": "Names the link to change; without it, one is made",
    }
    assert tools["update_guests_profile"]["inputSchema"]["additionalProperties"] is False
    assert "outputSchema" in tools["create_guests_profile"]


def test_nested_objects_are_made_changed_and_removed_as_over_rest(mcp_client, client):
    links = [{"url": "https://one.example"}, {"url": "https://two.example"}]
    made = mcp_client.call_tool("create_guests_profile", nickname="ada", links=links).structured
    first, second = made["links"]

    kept = [{"id": first["id"], "url": "https://uno.example"}, {"url": "https://three.example"}]
    changed = mcp_client.call_tool("update_guests_profile", id=str(made["id"]), links=kept).structured

    assert changed["links"][0] == {"id": first["id"], "url": "https://uno.example"}
    assert not Link.objects.filter(pk=second["id"]).exists()
    body = json.dumps({"links": changed["links"]})
    rest = client.patch(f"/profiles/{made['id']}/", body, content_type="application/json").json()
    assert rest == changed
