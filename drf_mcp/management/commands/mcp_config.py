"""``manage.py mcp_config``: what to put into a client's configuration."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.conf import mcp_settings
from drf_mcp.local import find_mount
from drf_mcp.management.callers import BAD_USAGE, add_caller, check_path, find_caller

TOKEN = "YOUR_TOKEN"  # noqa: S105  (a place for one)


@dataclass(frozen=True, slots=True)
class Server:
    """What a client must know of this server.

    Args:
        name: What the client calls it.
        url: Its address.
        scheme: The word before the token in the Authorization header; empty where no token is needed.
        command: What starts it over standard input and output, empty for HTTP.
    """

    name: str
    url: str
    scheme: str
    command: list[str]

    @property
    def variable(self) -> str:
        """The environment variable that holds the token."""
        return f"{re.sub(r'[^A-Z0-9]+', '_', self.name.upper())}_TOKEN"

    def headers(self, token: str) -> dict[str, str]:
        """The header that proves who calls."""
        return {"Authorization": f"{self.scheme} {token}"} if self.scheme else {}

    def as_entry(self, token: str = TOKEN, **more: Any) -> dict[str, Any]:
        """The server as most clients have it in JSON."""
        if self.command:
            return {"command": self.command[0], "args": self.command[1:]}
        headers = self.headers(token)
        return {**more, "url": self.url, **({"headers": headers} if headers else {})}


def claude_code(server: Server) -> str:
    """A command."""
    if server.command:
        return f"claude mcp add {server.name} -- {shlex.join(server.command)}"
    header = [f"{name}: {value}" for name, value in server.headers(TOKEN).items()]
    options = "".join(f" \\\n    --header {shlex.quote(value)}" for value in header)
    return f"claude mcp add --transport http {server.name} {shlex.quote(server.url)}{options}"


def claude_desktop(server: Server) -> str:
    """Its file starts programs; mcp-remote is one that speaks HTTP."""
    if server.command:
        return _json({"mcpServers": {server.name: server.as_entry()}})
    header = [part for name, value in server.headers(TOKEN).items() for part in ("--header", f"{name}: {value}")]
    return _json({"mcpServers": {server.name: {"command": "npx", "args": ["-y", "mcp-remote", server.url, *header]}}})


def cursor(server: Server) -> str:
    """With the token from the environment."""
    return _json({"mcpServers": {server.name: server.as_entry(f"${{env:{server.variable}}}")}})


def vs_code(server: Server) -> str:
    """With a token that the editor asks for, once."""
    if server.command:
        return _json({"servers": {server.name: {"type": "stdio", **server.as_entry()}}})
    asked = {"type": "promptString", "id": "token", "description": f"Token for {server.name}", "password": True}
    servers = {"servers": {server.name: server.as_entry("${input:token}", type="http")}}
    return _json({"inputs": [asked], **servers} if server.scheme else servers)


def codex(server: Server) -> str:
    """TOML, with the token from the environment."""
    lines = [f"[mcp_servers.{server.name}]"]
    if server.command:
        lines += [f"command = {json.dumps(server.command[0])}", f"args = {json.dumps(server.command[1:])}"]
    else:
        lines += [f"url = {json.dumps(server.url)}"]
    if not server.command and server.scheme == "Bearer":
        lines += [f"bearer_token_env_var = {json.dumps(server.variable)}"]
    elif not server.command and server.scheme:
        lines += [f'http_headers = {{ "Authorization" = {json.dumps(f"{server.scheme} {TOKEN}")} }}']
    return "\n".join(lines)


def inspector(server: Server) -> str:
    """A command that lists the tools; without --cli and what follows it opens in a browser."""
    program = "npx @modelcontextprotocol/inspector --cli"
    if server.command:
        return f"{program} {shlex.join(server.command)} --method tools/list"
    header = "".join(f" \\\n    --header {shlex.quote(f'{n}: {v}')}" for n, v in server.headers(TOKEN).items())
    return f"{program} {shlex.quote(server.url)} --transport http --method tools/list{header}"


def generic(server: Server) -> str:
    """What most other clients read."""
    return _json({"mcpServers": {server.name: server.as_entry(**({} if server.command else {"type": "http"}))}})


def _json(value: Any) -> str:
    return json.dumps(value, indent=2)


CLIENTS: Mapping[str, tuple[Callable[[Server], str], str]] = {
    "claude-code": (claude_code, "Run this command in the folder of the project that you work on:"),
    "claude-desktop": (claude_desktop, "Put this into claude_desktop_config.json (Settings, Developer, Edit Config):"),
    "cursor": (cursor, "Put this into .cursor/mcp.json, or into ~/.cursor/mcp.json for all projects:"),
    "vscode": (vs_code, "Put this into .vscode/mcp.json:"),
    "codex": (codex, "Put this into ~/.codex/config.toml:"),
    "inspector": (inspector, "Run this command:"),
    "generic": (generic, "Most clients read something like this:"),
}
"""How each client is configured, and where."""


class Command(BaseCommand):
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
        write, where = CLIENTS[client]
        server = Server(
            name=re.sub(r"[^A-Za-z0-9_-]+", "-", options["name"] or mcp_settings.SERVER_INFO["name"]),
            url=_url(options["url"], path),
            scheme=_scheme(),
            command=_command(options, user) if options["stdio"] else [],
        )
        self.stderr.write(where, self.style.NOTICE)
        self.stdout.write(text := write(server))
        if server.scheme and not server.command:
            place = f"The variable {server.variable}" if server.variable in text else TOKEN
            asked = "What the editor asks for" if "promptString" in text else place
            self.stderr.write(f"{asked} is a token of the user whom the client acts for.", self.style.NOTICE)


def _url(given: str | None, path: str) -> str:
    """The address to paste, without the slash at its end: some clients know no other."""
    address = given or mcp_settings.PUBLIC_URL or "http://127.0.0.1:8000"
    if urlsplit(address).path.strip("/"):
        return address
    return f"{address.rstrip('/')}{(settings.FORCE_SCRIPT_NAME or '').rstrip('/')}{path.rstrip('/')}"


def _scheme() -> str:
    """What stands before the token, by the first class that proves callers; empty where nobody needs one."""
    classes = [] if mcp_settings.ANONYMOUS else endpoint_authentication_classes()
    return str(getattr(classes[0], "keyword", None) or "Bearer") if classes else ""


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
