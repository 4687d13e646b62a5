"""``manage.py mcp_tools``: what the endpoint offers, and what it leaves out."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from drf_mcp.catalog import get_catalog


class Command(BaseCommand):
    """Lists the tools of the project's URLconf, as a table or as JSON."""

    help = "List the MCP tools of this project, or with --skipped the routed views that are none."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument("--json", action="store_true", help="print the definitions as tools/list does")
        parser.add_argument("--skipped", action="store_true", help="list what is routed and left out, and why")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was asked for."""
        catalog = get_catalog()
        if options["skipped"]:
            for skipped in catalog.skipped:
                self.stdout.write(f"{skipped.path}\n    {skipped.view}\n    {skipped.reason}")
            if not catalog.skipped:
                self.stdout.write("Every routed ViewSet is a tool.")
        elif options["json"]:
            self.stdout.write(json.dumps([tool.to_wire() for tool in catalog.tools], indent=2, ensure_ascii=False))
        else:
            width = max((len(tool.name) for tool in catalog.tools), default=0)
            for tool in catalog.tools:
                endpoint = tool.endpoint
                kind = "reads " if tool.annotations["readOnlyHint"] else "writes"
                self.stdout.write(f"{tool.name:{width}}  {kind}  {endpoint.method.upper():6} /{endpoint.route}")
            self.stdout.write(f"{len(catalog.tools)} tools, {len(catalog.skipped)} views left out.")
