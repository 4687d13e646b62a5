"""Null for a relation beside a file: a form has no null, and DRF reads its empty field as one."""

from __future__ import annotations

import base64
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from tests.factories import MCPClient, UserFactory
from tests.shop.models import Product

pytestmark = pytest.mark.django_db


class Attached(serializers.Serializer):
    product = serializers.SlugRelatedField(slug_field="sku", queryset=Product.objects.all(), allow_null=True)
    document = serializers.FileField()


class Attachments(ViewSet):
    @action(detail=False, methods=["post"])
    def attach(self, request):
        serializer = Attached(data=request.data)
        serializer.is_valid(raise_exception=True)
        product = serializer.validated_data["product"]
        return Response({"product": product and product.sku, "size": serializer.validated_data["document"].size})


@pytest.fixture
def client(settings):
    router = SimpleRouter()
    router.register("things", Attachments, basename="thing")
    module = type(sys)("tests.hard_cases.routed")
    module.urlpatterns = [path("mcp/", include("drf_mcp.urls")), *router.urls]
    settings.ROOT_URLCONF = module
    return MCPClient(UserFactory())


@pytest.mark.parametrize("product", [None, "a"])
def test_a_nullable_relation_beside_a_file_is_what_rest_makes_of_it(client, product) -> None:
    Product.objects.create(sku="a", name="A")
    document = {"name": "a.txt", "content": base64.b64encode(b"abc").decode()}
    (name,) = [name for name in client.list_tools() if name.startswith("attach_")]
    answer = client.call(name, product=product, document=document)
    form = {"product": product or "", "document": SimpleUploadedFile("a.txt", b"abc")}
    rest = Client().post("/things/attach/", form)
    assert rest.status_code == 200
    assert answer["structuredContent"] == rest.json() == {"product": product, "size": 3}
