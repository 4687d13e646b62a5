"""Headers that a view needs: preconditions as arguments, tenants from the project's own headers."""

from __future__ import annotations

import pytest
from django.test import override_settings
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from drf_mcp import mcp_tool
from tests.factories import MCPClient, mcp_urls, routed
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Stale(APIException):
    status_code = 412
    default_detail = "The product has changed."


class Products(GenericViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    @mcp_tool(headers=["If-Match"])
    def destroy(self, request, pk=None):
        product = self.get_object()
        if request.headers.get("If-Match") != f'"{product.stock}"':
            raise Stale
        product.delete()
        return Response(status=204)

    def list(self, request):
        names = ("X-Tenant", "Authorization", "Cookie", "Proxy-Authorization", "If-Match")
        return Response({name: request.headers.get(name) for name in names})


urlpatterns = [*routed(Products, prefix="products", basename="product"), *mcp_urls()]


def test_a_precondition_is_an_argument() -> None:
    product = Product.objects.create(sku="a", name="a", stock=3)
    client = MCPClient()
    schema = client.list_tools()["destroy_shop_product"]["inputSchema"]
    assert schema["properties"]["if_match"]["type"] == "string"
    assert schema["required"] == ["id"]
    for wrong in ({}, {"if_match": '"2"'}, {"if_match": "3"}):
        refused = client.call("destroy_shop_product", id=str(product.pk), **wrong)
        assert refused["structuredContent"]["status"] == 412
    # The condition of the request to the endpoint is not the one of the view.
    assert MCPClient(HTTP_IF_MATCH='"3"').call("destroy_shop_product", id=str(product.pk))["isError"]
    assert Product.objects.exists()
    assert not client.call("destroy_shop_product", id=str(product.pk), if_match='"3"').get("isError")
    assert not Product.objects.exists()


@pytest.mark.parametrize("value", ['"3"\r\nAuthorization: Token x', '"3"\n', "\x00", "", ["a"], {"a": 1}])
def test_a_header_holds_one_line(value) -> None:
    product = Product.objects.create(sku="a", name="a", stock=3)
    error = MCPClient().fail("destroy_shop_product", id=str(product.pk), if_match=value)
    assert error["code"] == -32602
    assert error["data"]["argument"] == "if_match"


def test_a_header_that_is_forwarded_arrives_and_credentials_never_do() -> None:
    names = ["X-Tenant", "Authorization", "Cookie", "Proxy-Authorization"]
    sent = {"HTTP_X_TENANT": "acme", "HTTP_PROXY_AUTHORIZATION": "Basic secret", "HTTP_COOKIE": "a=secret"}
    with override_settings(DRF_MCP={"ANONYMOUS": True, "FORWARD_HEADERS": names}):
        seen = MCPClient(**sent, HTTP_IF_MATCH='"3"').call("list_shop_product")["structuredContent"]
    assert seen == dict.fromkeys(["Authorization", "Cookie", "Proxy-Authorization", "If-Match"]) | {"X-Tenant": "acme"}


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Cookie", "Host", "authorization", "X-Forwarded-For", "Content-Length", "Proxy-Authorization"],
)
def test_no_argument_fills_what_says_who_calls(name) -> None:
    with pytest.raises(Exception, match="an argument cannot fill this header"):
        mcp_tool(headers=[name])
