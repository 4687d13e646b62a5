"""``manage.py mcp_call``: one tool call from the terminal."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from drf_mcp.local import LocalClient
from drf_mcp.management.callers import BAD_USAGE, add_caller, local_client, nearest
from drf_mcp.management.printing import PrintingCommand
from drf_mcp.protocol.heard import ResponseError, Result


class Command(PrintingCommand):
    """Calls a tool as a user and prints what a model would read."""

    help = (
        "Call an MCP tool as a user, as a client would, and print what a model would read. The exit code is 1 where "
        "the tool refused or failed, and 2 where the command was called wrongly."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The tool, its arguments, and who calls."""
        parser.add_argument("tool", help="the tool's name, as manage.py mcp_tools lists it")
        parser.add_argument(
            "arguments", nargs="?", default="{}", help="its arguments as a JSON object; - reads them from the input"
        )
        add_caller(parser)
        parser.add_argument("--json", action="store_true", help="print the structured content, or the error, as JSON")

    def handle(self, *args: Any, tool: str, **options: Any) -> None:
        """Call it.

        Raises:
            CommandError: It refused or failed, or the command was called wrongly.
        """
        client, arguments = local_client(options), _read(options["arguments"])
        try:
            result = client.call_tool(tool, **arguments)
        except ResponseError as error:
            self.explain(error, tool, client, as_json=options["json"])
            raise CommandError(_advice(error)) from None
        self.stdout.write(_as_json(_whole(result)) if options["json"] else result.text)
        if result.is_error:
            raise CommandError(f"{tool} refused the call.")

    def explain(self, error: ResponseError, tool: str, client: LocalClient, *, as_json: bool) -> None:
        """Tell a name that no tool has, and print an error that scripts read.

        Raises:
            CommandError: There is no such tool.
        """
        names = client.list_tools() if error.code in (-32602, -32601) else {tool: {}}
        if tool not in names and error.message.startswith("Unknown tool"):
            hint = nearest(tool, names) or " manage.py mcp_tools lists those that there are."
            raise CommandError(f"There is no tool {tool!r} for this caller.{hint}", returncode=BAD_USAGE)
        if as_json:
            data = {} if error.data is None else {"data": error.data}
            self.stdout.write(_as_json({"error": {"code": error.code, "message": error.message, **data}}))


def _read(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise CommandError(f"The arguments are no JSON: {error}", returncode=BAD_USAGE) from None
    if not isinstance(arguments, dict):
        raise CommandError("""The arguments are a JSON object, such as '{"id": 1}'.""", returncode=BAD_USAGE)
    return arguments


def _whole(result: Result) -> Any:
    return result.content if result.structured is None else result.structured


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _advice(error: ResponseError) -> str:
    if error.code == -32021:
        return f"{error.message} This tool asks its caller, which mcp_call cannot answer."
    if error.code == 401:
        return "This tool needs a signed-in caller: say who calls with --as USER."
    return error.message
