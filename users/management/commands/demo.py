"""``manage.py demo``: from nothing to a first answered tool call."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Prepare the demo's database, serve it, and show a first tools/list and tools/call."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--once", action="store_true", help="stop after the first calls")

    def handle(self, *args: Any, port: int, once: bool, **options: Any) -> None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                raise CommandError(f"Something already listens on port {port}. Try: manage.py demo --port {port + 1}")
        call_command("migrate", verbosity=0)
        call_command("demo_data", stdout=self.stdout)
        url = f"http://{HOST}:{port}"
        with tempfile.TemporaryFile() as log:
            server = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"{HOST}:{port}"],
                cwd=settings.BASE_DIR,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
            # A plain `kill` stops the server, too.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            try:
                if not self.answers(server, port):
                    log.seek(0)
                    raise CommandError(f"The server did not start:\n{log.read().decode()}")
                self.introduce(url)
                if not once:
                    self.stdout.write(f"\nServing on {url}. Stop with Ctrl-C.")
                    server.wait()
            except KeyboardInterrupt:
                self.stdout.write("")
            finally:
                server.terminate()
                server.wait()

    def answers(self, server: "subprocess.Popen[bytes]", port: int) -> bool:
        for _ in range(150):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    return server.poll() is None
            if server.poll() is not None:
                return False
            time.sleep(0.1)
        return False

    def introduce(self, url: str) -> None:
        self.stdout.write(f"""
  MCP endpoint   {url}/mcp
  REST API       {url}/api/
  Admin          {url}/admin/   log in as admin, password admin

  Claude Code    claude mcp add --transport http django-demo {url}/mcp

The demo serves anonymous callers, because DEBUG is on. Other projects answer 401 by default.
""")
        tools = self.call(url, "tools/list")["tools"]
        self.stdout.write("\ntools/list answers:")
        width = max(len(tool["name"]) for tool in tools)
        for tool in tools:
            self.stdout.write(f"  {tool['name']:{width}}  {tool['description']}")
        self.stdout.write("\nresources/list and resources/templates/list answer:")
        for method, key, uri in [
            ("resources/list", "resources", "uri"),
            ("resources/templates/list", "resourceTemplates", "uriTemplate"),
        ]:
            for resource in self.call(url, method)[key]:
                self.stdout.write(f"  {resource[uri]}")
        self.stdout.write("\nprompts/list answers:")
        for prompt in self.call(url, "prompts/list")["prompts"]:
            arguments = ", ".join(argument["name"] for argument in prompt["arguments"])
            self.stdout.write(f"  {prompt['name']}({arguments})  {prompt['description']}")
        result = self.call(url, "tools/call", {"name": "list_users_user", "arguments": {}})
        self.stdout.write("\ntools/call list_users_user answers:")
        for line in result["content"][0]["text"].splitlines():
            self.stdout.write(f"  {line}")

    def call(self, url: str, method: str, params: dict[str, Any] | None = None) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
        request = urllib.request.Request(f"{url}/mcp", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["result"]
