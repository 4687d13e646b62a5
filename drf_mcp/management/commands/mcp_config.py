"""``manage.py mcp_config``: what to put into a client's configuration."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.auth.tokens import AccessTokenAuthentication
from drf_mcp.client_configs import CLIENTS, TOKEN, Server, endpoint_address, server_name, token_scheme
from drf_mcp.conf import mcp_settings
from drf_mcp.local import find_mount
from drf_mcp.management.callers import BAD_USAGE, add_caller, check_path, find_caller
from drf_mcp.management.printing import PrintingCommand


class Command(PrintingCommand):
    """Prints the configuration for a client."""

    help = (
        "Print what to put into the configuration of an MCP client: for the endpoint over HTTP with a place for a "
        "token, or with --stdio for a client on this machine that starts the server by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The client, and how it reaches the server."""
        parser.add_argument("client", choices=CLIENTS, help="the client")
        add_caller(parser)
        parser.add_argument("--stdio", action="store_true", help="have the client start mcp_stdio, as the user of --as")
        parser.add_argument("--url", help="the site's address, PUBLIC_URL if that is set, as https://example.com")
        parser.add_argument("--name", help="what the client calls the server, from SERVER_INFO by default")

    def handle(self, *args: Any, client: str, **options: Any) -> None:
        """Print it; what a person should know goes to standard error, so that the rest can be a file."""
        if options["user"] and not options["stdio"]:
            raise CommandError("--as goes with --stdio: over HTTP, the token says who calls.", returncode=BAD_USAGE)
        user = find_caller(options["user"]) if options["stdio"] else None
        path = find_mount(check_path(options["path"])).path
        kind = CLIENTS[client]
        site = options["url"] or mcp_settings.PUBLIC_URL or "http://127.0.0.1:8000"
        server = Server(
            name=server_name(options["name"]),
            url=endpoint_address(site, path),
            scheme=token_scheme(),
            command=tuple(_command(options, user)) if options["stdio"] else (),
        )
        self.stderr.write(str(kind.where), self.style.NOTICE)
        self.stdout.write(text := kind.write(server))
        if server.scheme and not server.command:
            place = f"The variable {server.variable}" if server.variable in text else TOKEN
            asked = "What the editor asks for" if "promptString" in text else place
            own = AccessTokenAuthentication in endpoint_authentication_classes()
            made = " 'manage.py mcp_token create <username>' makes one." if own else ""
            self.stderr.write(f"{asked} is a token of the user whom the client acts for.{made}", self.style.NOTICE)


def _command(options: Mapping[str, Any], user: Any) -> list[str]:
    """What starts this project's ``mcp_stdio`` from any folder."""
    program = Path(sys.argv[0]).resolve()
    if program.name == "manage.py":
        command = [sys.executable, str(program), "mcp_stdio"]
        command += ["--settings", options["settings"]] if options["settings"] else []
    else:
        place = ["--settings", str(settings.SETTINGS_MODULE), "--pythonpath", str(Path.cwd())]
        command = [sys.executable, "-m", "django", "mcp_stdio", *place]
    command += ["--as", user.get_username()] if user is not None else []
    return command + (["--path", options["path"]] if options["path"] else [])
