"""Rules that are changed while servers run: they hold in every process, and clients that listen are told."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from urllib.request import Request, urlopen

import pytest

from tests.servers import ROOT, Server, demo_environment

pytestmark = pytest.mark.live


def tools_of(server: Server) -> set[str]:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", "MCP-Protocol-Version": "2025-06-18"}
    with urlopen(Request(f"{server.url}/mcp/", body, headers)) as response:
        return {tool["name"] for tool in json.load(response)["result"]["tools"]}


def switch_off(server: Server, name: str) -> None:
    """Write a rule past every model and signal."""
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute(
            "INSERT INTO drf_mcp_toolrule (kind, key, is_enabled, is_limited, asks, title, description) "
            "VALUES ('tool', ?, 0, 0, 0, '', '')",
            [name],
        )


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn-workers"])
def test_a_rule_holds_in_every_process_within_two_seconds(serve: Callable[..., Server], kind) -> None:
    server = serve(kind)
    assert all("list_users_user" in tools_of(server) for _ in range(10))

    switch_off(server, "list_users_user")
    time.sleep(1.1)
    assert not any("list_users_user" in tools_of(server) for _ in range(20))


def test_clients_that_listen_are_told_once_the_rule_holds(speaking: Callable[..., Server]) -> None:
    server = speaking("uvicorn-workers")
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscriptions/listen",
        "params": {
            "notifications": {"toolsListChanged": True},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    }
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "subscriptions/listen",
    }
    name = next(iter(sorted(tools_of(server))))
    with urlopen(Request(f"{server.url}/mcp/", json.dumps(body).encode(), headers), timeout=20) as stream:
        assert b"acknowledged" in stream.readline() + stream.readline() + stream.readline()
        code = (
            f"from drf_mcp.models import ToolRule as R; R.objects.create(kind='tool', key={name!r}, is_enabled=False)"
        )
        environment = demo_environment(server.database, "tests.speaking.settings")
        environment["SPEAKING_CACHE"] = str(server.log.parent.parent / "cache")
        subprocess.run([sys.executable, "manage.py", "shell", "-v0", "-c", code], cwd=ROOT, env=environment, check=True)
        for line in stream:
            if b"tools/list_changed" in line:
                break
        assert not any(name in tools_of(server) for _ in range(10))
