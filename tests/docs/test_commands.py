"""The pages on the commands, the test client and readiness say what the code does."""

from __future__ import annotations

import inspect
import io
import json
import unittest
from dataclasses import fields
from typing import Any

from django.core.management import call_command

from drf_mcp import pytest_plugin, readiness, stdio
from drf_mcp.client_configs import CLIENTS
from drf_mcp.protocol.heard import Result
from drf_mcp.test import AsyncMCPClient, MCPClient
from users.models import User

from .pages import DOCS, blocks_of, code, prose_of, table, text_is_like

COMMANDS = DOCS / "reference/commands.md"
CHECKS = DOCS / "reference/checks.md"
CLIENT = DOCS / "reference/test-client.md"
TESTING = DOCS / "how-to/test-your-tools.md"
LOCAL = DOCS / "how-to/use-a-local-client.md"


def test_each_rule_of_readiness_is_documented():
    rows = [code(number) for number, _, _ in table(CHECKS, "id", "what is found", "what to do")]
    source = inspect.getsource(readiness)

    assert rows == [f"drf_mcp.W{30 + number:03}" for number in range(len(readiness.RULES))]
    assert all(f'"{number}"' in source for number in rows)
    assert f"{readiness.MAX_TOOL_BYTES:,} bytes" in CHECKS.read_text()
    assert f"{readiness.MAX_LIST_TOKENS:,} tokens" in CHECKS.read_text()


def test_the_clients_that_are_named_are_the_ones_that_can_be_configured():
    prose = " ".join(prose_of(COMMANDS).split())

    assert all(f"`{client}`" in prose for client in CLIENTS)
    assert f"at most {stdio.MAX_CALLS} at once" in prose


def public(cls: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(cls, inspect.isfunction) if name[0] != "_"} - {"exchange", "run"}


def test_each_method_of_the_test_client_is_documented():
    rows = [code(name) for name, _ in table(CLIENT, "method of MCPClient", "what it does")]

    assert set(rows) == public(MCPClient) == public(AsyncMCPClient)


def test_each_argument_of_the_test_client_is_documented_in_order():
    rows = [code(name) for name, _ in table(CLIENT, "argument of MCPClient", "what it says")]

    assert rows == list(inspect.signature(MCPClient).parameters) == list(inspect.signature(AsyncMCPClient).parameters)


def test_each_attribute_of_a_result_is_documented():
    rows = [code(name) for name, _ in table(CLIENT, "attribute of a result", "what it is")]

    properties = [name for name, value in vars(Result).items() if isinstance(value, property)]
    assert rows == [*(field.name for field in fields(Result)), *properties]


def test_each_fixture_is_documented():
    rows = [code(name) for name, _ in table(CLIENT, "fixture", "what it is")]

    assert rows == [name for name, value in vars(pytest_plugin).items() if "Fixture" in type(value).__name__]


def test_the_tests_of_the_guide_pass(load_page: Any, demo_data: None, tmp_path: Any, monkeypatch: Any) -> None:
    page = load_page(TESTING)
    loaded = unittest.defaultTestLoader.loadTestsFromTestCase(page.UserTools)
    ran = unittest.TextTestRunner(stream=io.StringIO()).run(loaded)
    assert (ran.testsRun, ran.errors, ran.failures) == (3, [], [])

    page.test_a_user_is_activated(MCPClient())
    page.test_a_token_lets_its_user_in(MCPClient())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRF_MCP_WRITE_SNAPSHOTS", "1")
    page.test_the_tools_are_the_ones_that_were_reviewed()
    monkeypatch.delenv("DRF_MCP_WRITE_SNAPSHOTS")
    page.test_the_tools_are_the_ones_that_were_reviewed()
    call_command("mcp_tools", "--diff", "tools.json", stdout=io.StringIO())


def test_what_the_guide_prints_is_printed(demo_data: None) -> None:
    printed = io.StringIO()

    call_command("mcp_call", "retrieve_users_user", '{"id": 1}', "--as", "admin", stdout=printed)

    assert text_is_like(printed.getvalue(), blocks_of(TESTING, "text")[0].text)


def test_the_configuration_of_the_guide_is_printed_but_for_its_paths(demo_data: None) -> None:
    printed = io.StringIO()
    call_command("mcp_config", "claude-desktop", "--stdio", "--as", "admin", stdout=printed, stderr=io.StringIO())
    (server,) = json.loads(printed.getvalue())["mcpServers"].values()
    ((name, shown),) = json.loads(blocks_of(LOCAL, "json")[0].text)["mcpServers"].items()

    assert server.keys() == shown.keys()
    assert server["args"][-2:] == shown["args"][-2:]
    assert name in json.loads(printed.getvalue())["mcpServers"]


def test_the_line_of_the_guide_is_answered(demo_data: None) -> None:
    user = User.objects.get(username="admin")
    message = json.loads(blocks_of(LOCAL, "json")[1].text)

    assert MCPClient(user).request(message["method"], message["params"])["isError"] is False
