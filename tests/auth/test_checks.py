"""What ``manage.py check`` says of the way to sign in."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework_simplejwt.authentication import JWTAuthentication

from drf_mcp.auth.checks import check_resource_server
from drf_mcp.auth.resource_server import AudienceMixin

GOOD = {"PUBLIC_URL": "https://shop.example", "AUTHORIZATION_SERVERS": ["https://login.example/realms/shop"]}


class JWTForMCP(AudienceMixin, JWTAuthentication):
    """simplejwt's class, made to look at the audience."""


@pytest.fixture(autouse=True)
def _routes(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.auth.test_metadata"


def found(settings: Any, **changed: Any) -> list[str]:
    settings.DRF_MCP = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return [str(message.id) for message in check_resource_server(None)]


def test_a_good_configuration_has_no_findings(settings: Any) -> None:
    assert found(settings) == []
    assert found(settings, PUBLIC_URL="http://127.0.0.1:8000") == []


def test_a_project_where_nobody_signs_in_has_none(settings: Any) -> None:
    assert found(settings, AUTHORIZATION_SERVERS=None, PUBLIC_URL=None) == []
    assert found(settings, ANONYMUS=True) == []


def test_the_public_address_has_to_be_known(settings: Any) -> None:
    assert found(settings, PUBLIC_URL=None) == ["drf_mcp.E020"]
    settings.DEBUG = True
    assert found(settings, PUBLIC_URL=None) == []


@pytest.mark.parametrize("url", ["http://shop.example", "shop.example", "ftp://shop.example", ""])
def test_addresses_are_https(settings: Any, url: str) -> None:
    assert found(settings, AUTHORIZATION_SERVERS=[url]) == ["drf_mcp.E021"]
    if url:
        assert found(settings, PUBLIC_URL=url) == ["drf_mcp.E021"]


def test_the_document_has_a_route_at_the_root(settings: Any) -> None:
    settings.ROOT_URLCONF = "config.urls"
    assert found(settings) == ["drf_mcp.E022"]


def test_a_prefix_is_pointed_out(settings: Any) -> None:
    settings.FORCE_SCRIPT_NAME = "/app"
    assert set(found(settings)) == {"drf_mcp.W021"}


def test_a_class_that_looks_at_no_audience_is_named(settings: Any) -> None:
    assert found(settings, AUTHENTICATION_CLASSES=[JWTAuthentication]) == ["drf_mcp.W020"]
    assert found(settings, AUTHENTICATION_CLASSES=[JWTForMCP]) == []
