"""The document that tells a client where to sign in, and the challenge that leads there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import include, path, set_script_prefix

from drf_mcp.catalog import get_catalog
from drf_mcp.views import MCPView
from tests.factories import MCPClient

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
WELL_KNOWN = "/.well-known/oauth-protected-resource"
SETTINGS = {"PUBLIC_URL": "https://shop.example", "AUTHORIZATION_SERVERS": ["https://login.example"]}

urlpatterns = [
    path("", include("drf_mcp.auth.urls")),
    path("mcp/", include("drf_mcp.urls")),
    path("<slug:tenant>/mcp/", include("drf_mcp.urls", namespace="tenant")),
    path("plain", MCPView.as_view()),
    path("api/", lambda request: None),
]
pytestmark = [pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def _sign_in(settings: Any) -> None:
    settings.DRF_MCP = SETTINGS


def document(address: str, **headers: str) -> dict[str, Any]:
    response = Client().get(address, **headers)
    assert response.status_code == 200, address
    assert response["Access-Control-Allow-Origin"] == "*"
    return dict(response.json())


@pytest.mark.parametrize(
    ("asked", "resource"),
    [
        ("", "/mcp"),
        ("/mcp", "/mcp"),
        ("/mcp/", "/mcp/"),
        ("/acme/mcp", "/acme/mcp"),
        ("/acme/mcp/", "/acme/mcp/"),
        ("/plain", "/plain"),
    ],
)
def test_the_resource_is_spelled_as_it_was_asked_for(asked: str, resource: str) -> None:
    assert document(f"{WELL_KNOWN}{asked}") == {
        "resource": f"https://shop.example{resource}",
        "authorization_servers": ["https://login.example"],
        "scopes_supported": ["mcp"],
        "bearer_methods_supported": ["header"],
        "resource_name": "drf-viewset-mcp",
    }


@pytest.mark.parametrize("asked", ["/", "/api", "/mcp//", "/mcp2", "/plain/", "/https://evil.example/mcp", "/%00"])
def test_there_is_no_document_for_what_is_no_endpoint(asked: str) -> None:
    assert Client().get(f"{WELL_KNOWN}{asked}").status_code == 404


@pytest.mark.parametrize("missing", ["PUBLIC_URL", "AUTHORIZATION_SERVERS"])
def test_there_is_none_where_nobody_signs_in_or_nobody_knows_the_address(missing: str, settings: Any) -> None:
    settings.DRF_MCP = {name: value for name, value in SETTINGS.items() if name != missing}
    assert Client().get(f"{WELL_KNOWN}/mcp").status_code == 404
    assert MCPClient().post(PING)["WWW-Authenticate"] == 'Bearer realm="mcp"'


def test_the_host_of_the_request_will_do_while_debug_is_on(settings: Any) -> None:
    settings.DRF_MCP = {"AUTHORIZATION_SERVERS": ["http://127.0.0.1:9000"]}
    settings.DEBUG = True
    assert document(f"{WELL_KNOWN}/mcp")["resource"] == "http://testserver/mcp"


def test_the_title_names_the_resource(settings: Any) -> None:
    settings.DRF_MCP = {**SETTINGS, "SERVER_INFO": {"name": "shop", "title": "The shop"}}
    assert document(f"{WELL_KNOWN}/mcp")["resource_name"] == "The shop"


def test_a_page_of_any_site_may_read_it() -> None:
    response = Client().options(f"{WELL_KNOWN}/mcp", HTTP_ORIGIN="https://inspector.example")
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "MCP-Protocol-Version" in response["Access-Control-Allow-Headers"]
    assert Client().post(f"{WELL_KNOWN}/mcp").status_code == 405


@override_settings(
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
)
def test_it_is_read_before_anybody_signs_in() -> None:
    assert document(f"{WELL_KNOWN}/mcp")["resource"] == "https://shop.example/mcp"


def test_a_site_below_a_prefix_has_its_endpoint_there(settings: Any) -> None:
    settings.FORCE_SCRIPT_NAME = "/app"
    try:
        set_script_prefix("/app/")
        assert document(f"{WELL_KNOWN}/app/mcp")["resource"] == "https://shop.example/app/mcp"
        assert document(WELL_KNOWN)["resource"] == "https://shop.example/app/mcp"
        assert Client().get(f"{WELL_KNOWN}/mcp").status_code == 404
        challenge = MCPClient().post(PING)["WWW-Authenticate"]
        assert f'resource_metadata="https://shop.example{WELL_KNOWN}/app/mcp/"' in challenge
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize("address", ["/mcp", "/mcp/", "/acme/mcp", "/plain"])
def test_the_challenge_leads_to_the_document_of_the_endpoint_that_was_called(address: str) -> None:
    response = MCPClient(path=address).post(PING)
    assert response.status_code == 401
    url = f"https://shop.example{WELL_KNOWN}{address}"
    assert response["WWW-Authenticate"] == f'Bearer realm="mcp", scope="mcp", resource_metadata="{url}"'
    assert document(url.removeprefix("https://shop.example"))["resource"] == f"https://shop.example{address}"


def test_a_refused_token_leads_there_too() -> None:
    response = MCPClient(HTTP_AUTHORIZATION="Bearer nobodys").post(PING)
    assert response["WWW-Authenticate"].startswith('Bearer realm="mcp", error="invalid_token", scope="mcp", resource')


@pytest.mark.parametrize("headers", [{"HTTP_HOST": "evil.example"}, {"HTTP_X_FORWARDED_HOST": "evil.example"}])
@override_settings(ALLOWED_HOSTS=["*"], USE_X_FORWARDED_HOST=True)
def test_no_header_says_where_the_site_is(headers: dict[str, str]) -> None:
    assert "evil" not in json.dumps(document(f"{WELL_KNOWN}/mcp", **headers))
    assert "evil" not in str(MCPClient(**headers).post(PING).headers)


def test_a_host_that_is_not_served_gets_nothing(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert Client().get(f"{WELL_KNOWN}/mcp", HTTP_HOST="evil.example").status_code == 400


def test_the_anonymous_are_led_there_by_what_only_the_signed_in_have(settings: Any) -> None:
    settings.DRF_MCP = {**SETTINGS, "ANONYMOUS": True}
    settings.ROOT_URLCONF = "tests.auth.closed_urls"
    (name,) = (tool.name for tool in get_catalog().tools)
    response = MCPClient().post({**PING, "method": "tools/call", "params": {"name": name}})
    assert response.status_code == 401
    assert "resource_metadata" in response["WWW-Authenticate"]
