"""``manage.py mcp_config``."""

from __future__ import annotations

import io
import json
import shlex
import tomllib
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authentication import TokenAuthentication

from drf_mcp.client_configs import CLIENTS
from tests.factories import UserFactory


class BearerAuthentication(TokenAuthentication):
    keyword = "Bearer"


def mcp_config(*options: str) -> tuple[str, str]:
    printed, said = io.StringIO(), io.StringIO()
    call_command("mcp_config", *options, stdout=printed, stderr=said)
    return printed.getvalue(), said.getvalue()


@pytest.fixture
def closed(settings: Any) -> None:
    settings.DRF_MCP = {
        "SERVER_INFO": {"name": "My shop"},
        "PUBLIC_URL": "https://example.com",
        "AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    }


def read(client: str, text: str) -> Any:
    if client == "codex":
        return tomllib.loads(text)
    return shlex.split(text.replace("\\\n", "")) if client in ("claude-code", "inspector") else json.loads(text)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_gets_the_address_and_a_place_for_the_token(client: str, closed: None) -> None:
    printed, said = mcp_config(client)

    configuration = json.dumps(read(client, printed))
    assert '"https://example.com/mcp"' in configuration
    assert "My-shop" in configuration or client == "inspector"
    assert "Token YOUR_TOKEN" in configuration or "Token ${" in configuration
    assert "is a token of the user" in said
    assert "mcp_token" not in said


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.django_db
def test_each_client_starts_the_server_by_itself(client: str) -> None:
    UserFactory(username="ann")

    printed, _ = mcp_config(client, "--stdio", "--as", "ann")

    words = json.dumps(read(client, printed))
    assert '"mcp_stdio", ' in words
    assert '"--as", "ann"' in words
    assert "http" not in words


def test_where_nobody_needs_a_token_none_is_asked_for() -> None:
    printed, said = mcp_config("generic")

    (server,) = json.loads(printed)["mcpServers"].values()
    assert server == {"type": "http", "url": "http://127.0.0.1:8000/mcp"}
    assert "token" not in said


def test_how_to_make_a_token_is_said_where_the_endpoint_takes_this_packages_own(settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": False}

    assert "'manage.py mcp_token create <username>' makes one." in mcp_config("claude-code")[1]


def test_a_bearer_token_comes_from_the_environment_of_codex(settings: Any, closed: None) -> None:
    settings.DRF_MCP = {
        **settings.DRF_MCP,
        "AUTHENTICATION_CLASSES": ["tests.management.test_mcp_config.BearerAuthentication"],
    }

    (server,) = tomllib.loads(mcp_config("codex", "--name", "shop")[0])["mcp_servers"].values()

    assert server == {"url": "https://example.com/mcp", "bearer_token_env_var": "SHOP_TOKEN"}


def test_the_address_is_the_one_that_is_given(closed: None) -> None:
    assert "http://localhost:9000/mcp" in mcp_config("generic", "--url", "http://localhost:9000/")[0]
    assert "http://localhost/other" in mcp_config("generic", "--url", "http://localhost/other")[0]


def test_a_user_without_stdio_is_refused() -> None:
    with pytest.raises(CommandError, match="--stdio") as refused:
        mcp_config("generic", "--as", "ann")

    assert refused.value.returncode == 2
