"""What to put into a client's configuration: for ``manage.py mcp_config`` and for the pages of Django admin."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.urls import get_script_prefix
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.conf import mcp_settings

TOKEN = "YOUR_TOKEN"  # noqa: S105  (a place for one)


@dataclass(frozen=True, slots=True)
class Server:
    """What a client must know of this server.

    Args:
        name: What the client calls it.
        url: Its address.
        scheme: The word before the token in the Authorization header; empty where no token is needed.
        command: What starts it over standard input and output, empty for HTTP.
        token: The token itself, for somebody who was just given one; empty for a place where it goes.
    """

    name: str
    url: str
    scheme: str = ""
    command: tuple[str, ...] = ()
    token: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that holds the token."""
        return f"{re.sub(r'[^A-Z0-9]+', '_', self.name.upper())}_TOKEN"

    def headers(self, place: str = TOKEN) -> dict[str, str]:
        """The header that proves who calls.

        Args:
            place: What stands for the token where that is not known.
        """
        return {"Authorization": f"{self.scheme} {self.token or place}"} if self.scheme else {}

    def as_entry(self, place: str = TOKEN, **more: Any) -> dict[str, Any]:
        """The server as most clients have it in JSON."""
        if self.command:
            return {"command": self.command[0], "args": list(self.command[1:])}
        headers = self.headers(place)
        return {**more, "url": self.url, **({"headers": headers} if headers else {})}


def claude_code(server: Server) -> str:
    """A command."""
    if server.command:
        return f"claude mcp add {server.name} -- {shlex.join(server.command)}"
    # One line in double quotes, which every shell takes, also those of Windows.
    header = "".join(f' --header "{name}: {value}"' for name, value in server.headers().items())
    return f"claude mcp add --transport http {server.name} {shlex.quote(server.url)}{header}"


def claude_desktop(server: Server) -> str:
    """Its file starts programs; mcp-remote is one that speaks HTTP."""
    if server.command:
        return _json({"mcpServers": {server.name: server.as_entry()}})
    header = [part for name, value in server.headers().items() for part in ("--header", f"{name}: {value}")]
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
    return _json({"inputs": [asked], **servers} if server.scheme and not server.token else servers)


def codex(server: Server) -> str:
    """TOML, with the token from the environment."""
    lines = [f"[mcp_servers.{server.name}]"]
    if server.command:
        lines += [f"command = {json.dumps(server.command[0])}", f"args = {json.dumps(server.command[1:])}"]
    else:
        lines += [f"url = {json.dumps(server.url)}"]
    if not server.command and server.scheme == "Bearer" and not server.token:
        lines += [f"bearer_token_env_var = {json.dumps(server.variable)}"]
    elif not server.command and server.scheme:
        lines += [f'http_headers = {{ "Authorization" = {json.dumps(server.headers()["Authorization"])} }}']
    return "\n".join(lines)


def inspector(server: Server) -> str:
    """A command that lists the tools; without --cli and what follows it opens in a browser."""
    program = "npx @modelcontextprotocol/inspector --cli"
    if server.command:
        return f"{program} {shlex.join(server.command)} --method tools/list"
    header = "".join(f" \\\n    --header {shlex.quote(f'{n}: {v}')}" for n, v in server.headers().items())
    return f"{program} {shlex.quote(server.url)} --transport http --method tools/list{header}"


def generic(server: Server) -> str:
    """What most other clients read."""
    return _json({"mcpServers": {server.name: server.as_entry(**({} if server.command else {"type": "http"}))}})


def _json(value: Any) -> str:
    return json.dumps(value, indent=2)


@dataclass(frozen=True, slots=True)
class ClientKind:
    """A client that can be configured.

    Args:
        title: Its name.
        write: Writes what it reads, or the command that adds the server to it.
        where: What to do with that.
    """

    title: str | Promise
    write: Callable[[Server], str]
    where: str | Promise


CLIENTS: Mapping[str, ClientKind] = {
    "claude-code": ClientKind(
        "Claude Code", claude_code, _("Run this command in the folder of the project that you work on:")
    ),
    "claude-desktop": ClientKind(
        "Claude Desktop",
        claude_desktop,
        _("Put this into claude_desktop_config.json (Settings, Developer, Edit Config):"),
    ),
    "cursor": ClientKind(
        "Cursor", cursor, _("Put this into .cursor/mcp.json, or into ~/.cursor/mcp.json for all projects:")
    ),
    "vscode": ClientKind("VS Code", vs_code, _("Put this into .vscode/mcp.json:")),
    "codex": ClientKind("Codex", codex, _("Put this into ~/.codex/config.toml:")),
    "inspector": ClientKind("MCP Inspector", inspector, _("Run this command:")),
    "generic": ClientKind(_("Any other client"), generic, _("Most clients read something like this:")),
}
"""How each client is configured, and where."""


def server_name(given: str | None = None) -> str:
    """What a client calls this server: the name of ``SERVER_INFO``, in letters that every client takes.

    Args:
        given: Another name.
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", given or mcp_settings.SERVER_INFO["name"]).strip("-") or "mcp"


def endpoint_address(site: str, path: str) -> str:
    """An endpoint's address to paste, without the slash at its end: some clients know no other.

    Args:
        site: The site's address; one that has a path already is the endpoint's own.
        path: The endpoint's path below the script's name.
    """
    if urlsplit(site).path.strip("/"):
        return site
    return f"{site.rstrip('/')}{get_script_prefix().rstrip('/')}{path.rstrip('/')}"


def token_scheme() -> str:
    """What stands before the token, by the first class that proves callers; empty where nobody needs one."""
    classes = [] if mcp_settings.ANONYMOUS else endpoint_authentication_classes()
    return str(getattr(classes[0], "keyword", None) or "Bearer") if classes else ""
