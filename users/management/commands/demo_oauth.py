"""``manage.py demo_oauth``: the demo where people sign in, and what to paste into a client."""

import json
import os
import urllib.error
import urllib.request
from typing import Any

from .demo import HOST
from .demo import Command as DemoCommand


class Command(DemoCommand):
    help = "Prepare the demo's database and serve it with sign-in; use config.oauth as settings."

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        # The server that is started reads its settings anew.
        os.environ.setdefault("DEMO_PUBLIC_URL", f"http://{HOST}:{port}")
        super().handle(*args, port=port, **options)

    def introduce(self, url: str) -> None:
        challenge = self.challenge(f"{url}/mcp")
        server = self.read(f"{url}/.well-known/oauth-authorization-server")
        url = server["issuer"]
        self.stdout.write(f"""
  MCP endpoint     {url}/mcp
  Sign in as       johndoe, password password123, or admin, password admin
  Known clients    {url}/admin/oauth2_provider/application/

Paste one of these. The client opens a browser, where you sign in and allow it.

  Claude Code      claude mcp add --transport http django-demo {url}/mcp
                   then /mcp, django-demo, Authenticate
  VS Code          code --add-mcp '{json.dumps({"name": "django-demo", "type": "http", "url": f"{url}/mcp"})}'
  Cursor           {json.dumps({"mcpServers": {"django-demo": {"url": f"{url}/mcp"}}})}
                   in .cursor/mcp.json
  MCP Inspector    npx @modelcontextprotocol/inspector, then {url}/mcp

Claude.ai and ChatGPT reach public addresses only: serve the demo behind one, and start it with
DEMO_PUBLIC_URL=https://<your address>.

Without a token the endpoint answers:
  {challenge}
and clients find out for themselves that people sign in at
  {server["authorization_endpoint"]}""")

    def read(self, url: str) -> Any:
        with urllib.request.urlopen(url, timeout=10) as response:
            return json.load(response)

    def challenge(self, url: str) -> str:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10):
                return "200"
        except urllib.error.HTTPError as error:
            with error:
                return f"{error.status} WWW-Authenticate: {error.headers['WWW-Authenticate']}"
