"""``manage.py mcp_stdio``: the project's MCP server for a client on this machine."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from drf_mcp.local import Relay
from drf_mcp.management.callers import add_caller, local_endpoint
from drf_mcp.stdio import StdioServer


class Command(BaseCommand):
    """Serves one client over standard input and output."""

    help = (
        "Serve an MCP client on this machine over standard input and output, as a user. It is started by the client: "
        "manage.py mcp_config prints what to put into its configuration."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Who calls."""
        add_caller(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until the input ends."""
        server = StdioServer(Relay(local_endpoint(options)), _messages_only().write)
        with suppress(KeyboardInterrupt, BrokenPipeError):
            server.serve(sys.stdin.buffer)


def _messages_only() -> Any:
    """Keep standard output for messages: whatever else anybody prints in this process goes to standard error."""
    kept = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(kept, "wb", buffering=0)
