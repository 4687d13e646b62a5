"""Fixtures for pytest: ``pytest_plugins = ["drf_mcp.pytest_plugin"]`` in the project's ``conftest.py``.

It is no entry point, so that it costs nothing in projects and environments that do not ask for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # at run time only when they are asked for, since the settings may not be there before
    from .test import AsyncMCPClient, MCPClient


@pytest.fixture
def mcp_client() -> MCPClient:
    """A client of the project's MCP endpoint, which calls as nobody until the test says who."""
    from .test import MCPClient

    return MCPClient()


@pytest.fixture
def async_mcp_client() -> AsyncMCPClient:
    """The same for tests that are coroutines."""
    from .test import AsyncMCPClient

    return AsyncMCPClient()
