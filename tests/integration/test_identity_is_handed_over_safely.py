"""What other code around a view could do to the identity, tried with the real endpoint."""

from __future__ import annotations

import enum
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import include, path
from rest_framework import exceptions, permissions, serializers, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Device(BaseAuthentication):
    def authenticate(self, request: Any) -> None:
        raise exceptions.AuthenticationFailed("No device.")


class ServiceAccount(BaseAuthentication):
    """Knows a token and no person, and looks into the body, as some libraries do."""

    def authenticate(self, request: Any) -> Any:
        assert not request.POST
        return (AnonymousUser(), "service") if "HTTP_X_SERVICE" in request.META else None


class Reason(enum.Enum):
    BAD = "bad"


class WhoViewSet(viewsets.ViewSet):
    permission_classes = [permissions.AllowAny]

    def list(self, request: Any) -> Response:
        seen = vars(request.mcp.__class__)
        return Response(
            {"user": str(request.user), "public": [name for name in seen if name[0] != "_" and "http" in name]}
        )

    @action(detail=False, methods=["post"])
    def refuse(self, request: Any) -> Response:
        raise serializers.ValidationError({"a": ["bad"]}, code=Reason.BAD)


class DeviceViewSet(viewsets.ViewSet):
    def get_authenticators(self) -> list[Any]:
        return [Device()]

    def list(self, request: Any) -> Response:
        return Response({"user": str(request.user)})


router = SimpleRouter()
router.register("who", WhoViewSet, basename="who")
router.register("device", DeviceViewSet, basename="device")
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


def call(name: str, **headers: str) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name}}
    client = Client(raise_request_exception=False, headers=headers)
    return client.post("/mcp/", json.dumps(message), content_type="application/json").json()


def rude(get_response: Any) -> Any:
    """Middleware with ideas of its own about attributes of a request."""

    def middleware(request: Any) -> Any:
        request.identity = SimpleNamespace(user="evil", auth=None, authenticator=1)
        request.endpoint = request.error = request.error_id = request.url_kwargs = "x"
        return get_response(request)

    return middleware


@pytest.fixture
def credentials() -> dict[str, str]:
    return {"Authorization": f"Token {Token.objects.create(user=UserFactory(username='bob')).key}"}


def test_no_attribute_that_middleware_sets_changes_who_calls(settings: Any, credentials: dict[str, str]) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.rude"]
    assert call("list_who", **credentials)["result"]["structuredContent"]["user"] == "bob"


def test_a_view_that_chooses_its_authenticators_by_a_method_keeps_its_choice(credentials: dict[str, str]) -> None:
    answer = call("list_device", **credentials)
    assert answer["error"]["message"] == "Unknown tool: list_device"
    assert "bob" not in json.dumps(answer)


def test_the_outer_request_is_no_public_part_of_the_context(credentials: dict[str, str]) -> None:
    assert call("list_who", **credentials)["result"]["structuredContent"]["public"] == []


def test_a_proved_caller_without_a_person_is_let_in(settings: Any) -> None:
    settings.DRF_MCP = {"AUTHENTICATION_CLASSES": [ServiceAccount], "ACCEPT_IDENTITY_FOR": [ServiceAccount]}
    result = call("list_who", **{"X-Service": "1"})["result"]
    assert result["structuredContent"]["user"] == "AnonymousUser"


def test_an_error_code_that_is_no_text_is_still_an_answer(credentials: dict[str, str]) -> None:
    error = call("refuse_who", **credentials)["error"]
    assert error["code"] == -32602
    assert error["data"]["errors"]["a"][0]["message"] == "bad"
