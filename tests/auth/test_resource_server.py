"""Which tokens were issued for the endpoint that is called."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from django.urls import include, path
from rest_framework.authentication import BaseAuthentication

from drf_mcp.auth.resource_server import AudienceMixin, endpoint_paths, is_endpoint_url, names_this_endpoint, origin_of
from drf_mcp.views import MCPView
from tests.factories import MCPClient, UserFactory

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

urlpatterns = [
    path("deep/", include([path("mcp/", include("drf_mcp.urls"))])),
    path("<slug:tenant>/mcp/", include("drf_mcp.urls", namespace="tenant")),
    path("plain", MCPView.as_view()),
    path("api/", lambda request: None),
]


@pytest.fixture(autouse=True)
def _public_url(settings: Any) -> None:
    settings.DRF_MCP = {"PUBLIC_URL": "https://Shop.example:443/app/"}


@pytest.mark.parametrize("called", ["/mcp", "/mcp/"])
@pytest.mark.parametrize(
    ("audience", "is_named"),
    [
        ("https://shop.example/mcp", True),
        ("https://shop.example/mcp/", True),
        (["https://api.example", "https://shop.example/mcp"], True),
        (None, False),
        ("", False),
        ([], False),
        ([None, 1, {}], False),
        ("https://shop.example", False),
        ("https://shop.example/", False),
        ("https://shop.example/mcp2", False),
        ("https://shop.example/mcp?x", False),
        ("https://shop.example/api/", False),
        ("http://shop.example/mcp", False),
        ("https://shop.example.evil/mcp", False),
        ("https://testserver/mcp", False),
        ("/mcp", False),
        ("mcp", False),
    ],
)
def test_a_token_names_the_endpoint_or_it_is_for_something_else(called: str, audience: Any, is_named: bool) -> None:
    assert names_this_endpoint(RequestFactory().post(called), audience) is is_named


def test_without_a_public_address_no_token_is_for_this_endpoint(settings: Any) -> None:
    settings.DRF_MCP = {}
    request = RequestFactory().post("/mcp")
    assert not names_this_endpoint(request, "http://testserver/mcp")
    settings.DEBUG = True
    assert names_this_endpoint(request, "http://testserver/mcp")


class ByHeader(BaseAuthentication):
    """Believes what a header says."""

    def authenticate(self, request):
        audience = request.headers.get("X-Audience")
        return None if audience is None else (UserFactory(), {"aud": audience})


class ForMCP(AudienceMixin, ByHeader):
    """Believes it of its own audience."""


@pytest.mark.django_db
def test_the_mixin_refuses_what_was_issued_for_something_else() -> None:
    with override_settings(
        DRF_MCP={"AUTHENTICATION_CLASSES": [ForMCP], "PUBLIC_URL": "https://shop.example", "ANONYMOUS": True}
    ):
        assert MCPClient(HTTP_X_AUDIENCE="https://shop.example/mcp").post(PING).status_code == 200
        for audience in ("", "https://shop.example", "https://other.example/mcp"):
            assert MCPClient(HTTP_X_AUDIENCE=audience).post(PING).status_code == 401
        assert MCPClient().post(PING).status_code == 200


@pytest.mark.urls(__name__)
def test_endpoints_are_found_wherever_they_are_mounted() -> None:
    assert endpoint_paths() == ["/deep/mcp", "/plain"]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("url", "is_endpoint"),
    [
        ("https://shop.example/deep/mcp", True),
        ("https://shop.example/deep/mcp/", True),
        ("https://shop.example/acme/mcp", True),
        ("https://shop.example/plain", True),
        ("https://shop.example/plain/", False),
        ("https://shop.example/api/", False),
        ("https://shop.example/", False),
        ("https://shop.example", False),
        ("https://shop.example/plain?a", False),
        ("https://shop.example/plain#a", False),
        ("https://user@shop.example/plain", False),
        ("https://shop.example.evil/plain", False),
        ("http://shop.example/plain", False),
        ("urn:plain", False),
    ],
)
def test_an_address_is_that_of_an_endpoint_or_not(url: str, is_endpoint: bool) -> None:
    assert is_endpoint_url(url) is is_endpoint


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://example.com", "https://example.com"),
        ("HTTPS://EXAMPLE.com:443/x?y", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("https://example.com:8443/", "https://example.com:8443"),
        ("http://[::1]:8000/mcp", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
