"""``manage.py mcp_tools``: what the endpoint offers, and what it leaves out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from drf_mcp.catalog import get_catalog
from drf_mcp.management.callers import BAD_USAGE, add_caller, local_client
from drf_mcp.management.printing import PrintingCommand
from drf_mcp.protocol.heard import ResponseError
from drf_mcp.snapshots import catalog_definitions, differences, read_snapshot, write_snapshot


class Command(PrintingCommand):
    """Lists the tools of the project's URLconf, as a table or as JSON."""

    help = (
        "List the MCP tools of this project, or with --skipped the routed views that are none. With --diff, the exit "
        "code is 1 where the tools differ from those of a file that --write wrote."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        add_caller(parser)
        kinds = parser.add_mutually_exclusive_group()
        kinds.add_argument("--json", action="store_true", help="print the definitions as tools/list does")
        kinds.add_argument("--skipped", action="store_true", help="list what is routed and left out, and why")
        kinds.add_argument("--diff", metavar="FILE", help="print what has changed since FILE was written")
        kinds.add_argument("--write", metavar="FILE", help="write the definitions to FILE, to be committed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was asked for."""
        if options["skipped"]:
            self.print_skipped()
            return
        tools = self.tools(options)
        if options["json"]:
            self.stdout.write(json.dumps(list(tools.values()), indent=2, ensure_ascii=False))
        elif options["write"]:
            try:
                write_snapshot(options["write"], tools)
            except OSError as error:
                raise CommandError(str(error), returncode=BAD_USAGE) from None
            self.stdout.write(f"Wrote {_counted(len(tools), 'tool')} to {options['write']}.")
        elif options["diff"]:
            self.print_differences(options["diff"], tools)
        else:
            self.print_table(tools)

    def tools(self, options: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The definitions of all tools, or of those that a user sees."""
        if options["user"] is None and options["path"] is None:
            return catalog_definitions()
        try:
            return local_client(options).list_tools()
        except ResponseError as error:
            raise CommandError(str(error)) from None

    def print_skipped(self) -> None:
        """Print what is no tool."""
        catalog = get_catalog()
        for skipped in catalog.skipped:
            self.stdout.write(f"{skipped.path}\n    {skipped.view}\n    {skipped.reason}")
        if not catalog.skipped:
            self.stdout.write("Every routed ViewSet is a tool.")

    def print_differences(self, path: str, tools: dict[str, dict[str, Any]]) -> None:
        """Print what has changed.

        Raises:
            CommandError: Something has, or there is nothing to compare with.
        """
        try:
            before = read_snapshot(path)
        except (OSError, ValueError) as error:
            hint = f"Write it with: manage.py mcp_tools --write {path}"
            raise CommandError(f"The snapshot cannot be read: {error}\n{hint}", returncode=BAD_USAGE) from None
        lines = differences(before, tools)
        styles: Mapping[str, Any] = {"-": self.style.ERROR, "+": self.style.SUCCESS, "~": self.style.WARNING}
        for line in lines:
            self.stdout.write(styles.get(line[0], str)(line))
        if lines:
            raise CommandError(f"The tools differ from {path}. If that is right: manage.py mcp_tools --write {path}")
        self.stdout.write(f"{_counted(len(tools), 'tool')}, as in {path}.")

    def print_table(self, tools: Mapping[str, Any]) -> None:
        """Print a line for each tool."""
        catalog = get_catalog()
        width = max(map(len, tools), default=0)
        for tool in catalog.tools:
            if tool.name in tools:
                endpoint = tool.endpoint
                # As the client sees it: an author or an administrator may have the last word.
                kind = "reads " if tools[tool.name]["annotations"]["readOnlyHint"] else "writes"
                self.stdout.write(f"{tool.name:{width}}  {kind}  {endpoint.method.upper():6} /{endpoint.route}")
        unseen = len(catalog.tools) - len(tools)
        hidden = f"{unseen} that this caller does not see, " if unseen > 0 else ""
        self.stdout.write(f"{_counted(len(tools), 'tool')}, {hidden}{_counted(len(catalog.skipped), 'view')} left out.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
