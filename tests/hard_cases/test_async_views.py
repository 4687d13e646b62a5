"""ViewSets with async actions, from adrf's real release, under WSGI and ASGI."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from adrf.viewsets import ViewSet
from django.test import AsyncClient, Client
from django.urls import include, path
from rest_framework import permissions, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


class Word(serializers.Serializer[Any]):
    word = serializers.CharField(max_length=5)


class EchoViewSet(ViewSet):
    serializer_class = Word

    async def list(self, request: Any) -> Response:
        await asyncio.sleep(0)
        return Response([{"user": str(request.user), "has_context": request.mcp is not None}])

    @action(detail=False, methods=["post"], serializer_class=Word)
    async def say(self, request: Any) -> Response:
        word = Word(data=request.data)
        word.is_valid(raise_exception=True)
        return Response(word.data)

    @action(detail=False, permission_classes=[permissions.IsAdminUser])
    async def secret(self, request: Any) -> Response:
        return Response({})

    @action(detail=False)
    async def broken(self, request: Any) -> Response:
        raise RuntimeError("never to be seen")


router = SimpleRouter()
router.register("echo", EchoViewSet, basename="echo")
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


def message(name: str, arguments: dict[str, Any]) -> str:
    return json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    )


def call_over_wsgi(name: str, **arguments: Any) -> Any:
    client = Client(raise_request_exception=False)
    return client.post("/mcp/", message(name, arguments), content_type="application/json").json()


def call_over_asgi(name: str, **arguments: Any) -> Any:
    async def call() -> Any:
        client = AsyncClient(raise_request_exception=False)
        return (await client.post("/mcp/", message(name, arguments), content_type="application/json")).json()

    return asyncio.run(call())


@pytest.fixture(params=[call_over_wsgi, call_over_asgi])
def call(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_an_async_action_is_called(call: Any) -> None:
    result = call("list_echo")["result"]
    assert result["structuredContent"] == {"result": [{"user": "AnonymousUser", "has_context": True}]}


def test_its_serializer_takes_and_refuses(call: Any) -> None:
    assert call("say_echo", word="hello")["result"]["structuredContent"] == {"word": "hello"}
    assert call("say_echo", word="too long")["error"]["data"]["errors"]["word"][0]["code"] == "max_length"


def test_its_permissions_hold(call: Any) -> None:
    assert call("secret_echo")["error"]["code"] == 401


def test_its_exception_is_an_internal_error_without_detail(call: Any) -> None:
    error = call("broken_echo")["error"]
    assert error["code"] == -32603
    assert "never to be seen" not in json.dumps(error)
