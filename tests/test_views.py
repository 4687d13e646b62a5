"""The endpoint over HTTP, under friendly and hostile settings."""

from __future__ import annotations

import json
import logging
from io import BytesIO
from typing import Any

import pytest
from django.test import Client, override_settings
from rest_framework import exceptions, metadata, negotiation, parsers, renderers, throttling, versioning
from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_mcp.views import MCPView
from tests.factories import MCPClient, UserFactory, mcp_urls, routed

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Bells(ViewSet):
    permission_classes = []
    throttle_classes = []

    def list(self, request):
        return Response(["ding"])


urlpatterns = [*routed(Bells), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


def error_of(response) -> dict[str, Any]:
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)["error"]


# Hostile defaults


class Never(throttling.BaseThrottle):
    def allow_request(self, request, view):
        return False


class Nonsense(renderers.BaseRenderer):
    media_type, format = "application/xml", "xml"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        raise AssertionError("the project's renderer reached the endpoint")


class XMLParser(parsers.BaseParser):
    media_type = "application/xml"

    def parse(self, stream, media_type=None, parser_context=None):
        raise AssertionError("the project's parser reached the endpoint")


class Refusing(negotiation.DefaultContentNegotiation):
    def select_renderer(self, request, renderers, format_suffix=None):
        raise exceptions.NotAcceptable


class NoVersion(versioning.BaseVersioning):
    def determine_version(self, request, *args, **kwargs):
        raise exceptions.NotFound


class Metadata(metadata.BaseMetadata):
    def determine_metadata(self, request, view):
        raise AssertionError("the project's metadata reached the endpoint")


def handler(exc, context):
    raise AssertionError("the project's exception handler reached the endpoint")


HOSTILE = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissions"],
    "DEFAULT_THROTTLE_CLASSES": [f"{__name__}.Never"],
    "DEFAULT_RENDERER_CLASSES": [f"{__name__}.Nonsense"],
    "DEFAULT_PARSER_CLASSES": [f"{__name__}.XMLParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": f"{__name__}.Refusing",
    "DEFAULT_VERSIONING_CLASS": f"{__name__}.NoVersion",
    "DEFAULT_METADATA_CLASS": f"{__name__}.Metadata",
    "EXCEPTION_HANDLER": f"{__name__}.handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": "format",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
}


@pytest.mark.django_db
@override_settings(REST_FRAMEWORK=HOSTILE)
def test_no_default_of_the_project_but_authentication_reaches_the_endpoint() -> None:
    for client in (MCPClient(), MCPClient(UserFactory())):
        assert client.send("ping")["result"] == {}
        assert "list_thing" in client.list_tools()
        assert client.send("nothing")["error"]["code"] == -32601
        assert client.post(b"{").status_code == 400
    response = MCPClient(HTTP_ACCEPT="text/html").post(PING)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert Client().options("/mcp/").status_code == 405
    assert MCPClient(path="/mcp/?format=xml").post(PING).status_code == 200


def test_what_is_pinned_is_pinned_on_the_class() -> None:
    """DRF reads its defaults when a class is made, so a test of settings alone could not see all of them."""
    policies = {name for name in vars(APIView) if name.endswith(("_class", "_classes")) or name == "schema"}
    assert policies - {"authentication_classes"} <= set(vars(MCPView))


# Methods, types and sizes


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_the_endpoint_takes_posts_alone(method: str) -> None:
    response = Client().generic(method, "/mcp/", json.dumps(PING), content_type="application/json")
    assert response.status_code == 405
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_is_json(content_type: str) -> None:
    response = MCPClient().post(PING, CONTENT_TYPE=content_type)
    assert response.status_code == 415
    assert error_of(response)["code"] == 415


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_BODY_SIZE": 20}):
        assert MCPClient().post(PING).status_code == 413


def test_a_body_that_does_not_say_how_large_it_is_is_read_up_to_the_limit(rf) -> None:
    request = rf.generic("POST", "/mcp/", b"{}", "application/json", CONTENT_LENGTH="")
    request._stream = BytesIO(b" " * 1000)
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_BODY_SIZE": 20}):
        assert MCPView.as_view()(request).status_code == 413


@pytest.mark.parametrize("length", ["-1", "x", "1.5", "0x10"])
def test_a_length_is_a_number(length: str) -> None:
    assert MCPClient().post(PING, CONTENT_LENGTH=length).status_code == 400


def test_a_length_beyond_all_measure_is_too_large() -> None:
    assert MCPClient().post(PING, CONTENT_LENGTH="9" * 5000).status_code == 413


def test_a_body_that_ends_early_is_refused(rf) -> None:
    body = json.dumps(PING).encode()
    request = rf.generic("POST", "/mcp/", body, "application/json", CONTENT_LENGTH="1000")
    request._stream = BytesIO(body)
    assert MCPView.as_view()(request).status_code == 400


def test_a_connection_that_breaks_is_answered(rf) -> None:
    class Broken:
        def read(self, size=-1):
            raise OSError("gone")

    request = rf.post("/mcp/", PING, content_type="application/json")
    request._stream = Broken()
    with override_settings(DRF_MCP={"ANONYMOUS": True}):
        response = MCPView.as_view()(request)
    assert response.status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"jsonrpc":"2.0","id":null,"method":"ping"}', b"\xff"])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    response = MCPClient().post(body)
    assert response.status_code == 400
    assert json.loads(response.content)["id"] is None


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "nothing", "params": []},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": "a", "error": {"code": 1, "message": ""}},
    ],
)
def test_what_wants_no_answer_is_taken(message: dict[str, Any]) -> None:
    response = MCPClient().post(message)
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize("request_id", [1, 0, -7, "a", "", 2**60])
def test_the_id_comes_back_as_it_was_in_results_and_errors(request_id: Any) -> None:
    for method in ("ping", "nothing"):
        response = MCPClient().post({"jsonrpc": "2.0", "id": request_id, "method": method})
        assert response.status_code == 200
        assert json.loads(response.content)["id"] == request_id


def test_params_that_are_no_object_are_answered_under_the_id() -> None:
    response = MCPClient().post({"jsonrpc": "2.0", "id": 7, "method": "ping", "params": []})
    assert json.loads(response.content)["id"] == 7
    assert error_of(response)["code"] == -32602


def test_a_version_that_is_not_served_is_refused_with_those_that_are() -> None:
    response = MCPClient(version="1999-01-01").post(PING)
    assert response.status_code == 400
    assert "2025-11-25" in error_of(response)["data"]["supported"]


def test_answers_belong_to_one_caller() -> None:
    for body in (PING, {"jsonrpc": "2.0", "id": 1, "method": "nothing"}, b"{"):
        response = MCPClient().post(body)
        assert response["Cache-Control"] == "no-store"
        assert "Authorization" in response["Vary"]


# Origins and hosts


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver", "", "http://testserver:81"])
def test_pages_of_other_sites_are_refused(origin: str) -> None:
    response = MCPClient(HTTP_ORIGIN=origin).post(PING)
    assert response.status_code == 403
    assert "ALLOWED_ORIGINS" in error_of(response)["message"]


@pytest.mark.parametrize(
    ("setting", "origin"),
    [
        ({"ALLOWED_ORIGINS": ["https://chat.example"]}, "https://chat.example"),
        ({"PUBLIC_URL": "https://shop.example"}, "https://shop.example"),
        ({"PUBLIC_URL": "https://shop.example/app/"}, "https://shop.example"),
    ],
)
def test_pages_that_the_project_named_may_call(setting: dict[str, Any], origin: str) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, **setting}):
        assert MCPClient(HTTP_ORIGIN=origin).post(PING).status_code == 200
        assert MCPClient(HTTP_ORIGIN="https://evil.example").post(PING).status_code == 403


@override_settings(DEBUG=True)
def test_the_sites_own_pages_may_call_while_debug_is_on() -> None:
    assert MCPClient(HTTP_ORIGIN="http://testserver").post(PING).status_code == 200
    assert MCPClient(HTTP_ORIGIN="https://testserver").post(PING).status_code == 403


@override_settings(MIDDLEWARE=[])
def test_a_host_that_is_not_served_is_refused() -> None:
    response = MCPClient(HTTP_HOST="evil.example").post(PING)
    assert response.status_code == 400
    assert "ALLOWED_HOSTS" in error_of(response)["message"]


# The unexpected


class Crashing(BaseAuthentication):
    def authenticate(self, request):
        raise ZeroDivisionError("secret")


class Down(BaseAuthentication):
    def authenticate(self, request):
        raise exceptions.APIException("secret")


@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_foresaw_is_logged_with_an_id_and_answered_without_detail(debug: bool, caplog) -> None:
    setting = {"ANONYMOUS": True, "AUTHENTICATION_CLASSES": [Crashing]}
    with override_settings(DEBUG=debug, DRF_MCP=setting), caplog.at_level(logging.ERROR, "drf_mcp"):
        response = MCPClient().post(PING)
    error = error_of(response)
    assert (error["code"], error["message"]) == (-32603, "Internal error")
    (record,) = (record for record in caplog.records if record.name == "drf_mcp")
    assert error["data"]["error_id"] in record.getMessage()
    assert record.exc_info[0] is ZeroDivisionError
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    ("body", "request_id"),
    [
        (PING | {"id": "seven"}, "seven"),
        (PING | {"id": 7, "params": {"secret": "secret"}}, 7),
        (PING | {"id": None}, None),
        ([PING], None),
        (b"{", None),
    ],
    ids=["text", "number", "null", "batch", "no JSON"],
)
def test_a_failure_before_the_caller_is_proved_has_the_id_of_the_request(body: Any, request_id: Any) -> None:
    setting = {"ANONYMOUS": True, "AUTHENTICATION_CLASSES": [Crashing]}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with override_settings(DRF_MCP=setting):
        response = Client().post("/mcp/", data, content_type="application/json")
    assert (response.json()["id"], error_of(response)["code"]) == (request_id, -32603)
    assert b"secret" not in response.content


def test_an_authentication_class_that_refuses_is_a_401_without_its_words() -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "AUTHENTICATION_CLASSES": [Down]}):
        response = MCPClient().post(PING)
    assert response.status_code == 401
    assert b"secret" not in response.content


def test_the_endpoint_stands_outside_of_every_transaction() -> None:
    assert "default" in MCPView.as_view()._non_atomic_requests


def test_no_csrf_token_is_needed_since_no_cookie_counts() -> None:
    response = Client(enforce_csrf_checks=True).post("/mcp/", json.dumps(PING), content_type="application/json")
    assert response.status_code == 200
