"""Lists with a django-filter backend, with the library's real release."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import viewsets
from rest_framework.authentication import TokenAuthentication
from rest_framework.routers import SimpleRouter

from drf_mcp.catalog import get_catalog
from tests.factories import UserFactory
from users.models import User
from users.serializers import UserSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class UserViewSet(viewsets.ReadOnlyModelViewSet[User]):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_fields = {"username": ["exact", "startswith"], "is_active": ["exact"]}

    @property
    def authentication_classes(self) -> Any:
        return [TokenAuthentication]


router = SimpleRouter()
router.register("users", UserViewSet)
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


def call(**arguments: Any) -> Any:
    params = {"name": "list_users_user", "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return Client().post("/mcp/", json.dumps(message), content_type="application/json").json()


def test_each_filter_is_an_argument() -> None:
    tool = get_catalog().get_tool("list_users_user")
    assert tool is not None
    assert list(tool.parameters) == ["username", "username__startswith", "is_active"]


def test_the_filters_filter_and_a_misspelt_one_is_refused() -> None:
    UserFactory(username="anna")
    UserFactory(username="anton")
    UserFactory(username="bert")
    found = call(username__startswith="an")["result"]["structuredContent"]["result"]
    assert [user["username"] for user in found] == ["anna", "anton"]
    assert "username__startswith" in call(username_startswith="an")["error"]["message"]


def test_authentication_classes_may_be_a_property() -> None:
    assert call()["result"]["isError"] is False
