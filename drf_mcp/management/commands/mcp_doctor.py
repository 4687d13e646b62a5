"""``manage.py mcp_doctor``: what is wrong with the set-up, or with the API as a model reads it, and what to do."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from drf_mcp.catalog import get_catalog
from drf_mcp.diagnosis import LEVELS, Symptom, symptoms_of_set_up
from drf_mcp.management.printing import PrintingCommand
from drf_mcp.readiness import API, read_api


class Command(PrintingCommand):
    """Looks at the set-up and says what to do."""

    help = (
        "Look at the configuration, the tools, their schemas, who gets in and the deployment, and say what to do. "
        "With --api, read the project's API as a model will. The exit code is 1 where something is found of the "
        "level of --fail-level."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument("--api", action="store_true", help="say what in the API makes it hard for a model to use")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument(
            "--fail-level", choices=LEVELS, default="ERROR", help="from which level on the exit code is 1"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report.

        Raises:
            CommandError: Something of the level of ``--fail-level`` was found.
        """
        symptoms = list(_of_api() if options["api"] else symptoms_of_set_up())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(symptom) for symptom in symptoms], indent=2, ensure_ascii=False))
        else:
            self.print_report(symptoms)
        least = LEVELS[options["fail_level"]]
        failed = [symptom for symptom in symptoms if LEVELS.get(symptom.level, 0) >= least]
        if failed:
            raise CommandError(f"{len(failed)} of these need your attention.")

    def print_report(self, symptoms: list[Symptom]) -> None:
        """Print the sections, wrapped to the terminal, with what is found several times said once."""
        styles: dict[str, Any] = {
            "OK": self.style.SUCCESS,
            "INFO": self.style.NOTICE,
            "WARNING": self.style.WARNING,
            "ERROR": self.style.ERROR,
        }
        for section, of_section in groupby(symptoms, lambda symptom: symptom.section):
            self.stdout.write(self.style.MIGRATE_HEADING(section))
            for (level, fix), alike in groupby(of_section, lambda symptom: (symptom.level, symptom.fix)):
                for symptom in alike:
                    mark = styles[level](f"{level.lower():8}")
                    rule = f" ({symptom.id})" if symptom.id else ""
                    self.stdout.write(f"  {mark}{_wrapped(f'{symptom.message}{rule}')}")
                    if symptom.place:
                        self.stdout.write(" " * 10 + symptom.place)
                if fix:
                    self.stdout.write(" " * 10 + _wrapped(f"-> {fix}", "   "))
            self.stdout.write("")
        count = Counter(symptom.level for symptom in symptoms)
        found = [
            f"{count[level]} {level.lower()}{'s' if count[level] != 1 else ''}" for level in LEVELS if count[level]
        ]
        self.stdout.write(f"{', '.join(found)}." if found else "Nothing to do.")


def _wrapped(text: str, indent: str = "") -> str:
    width = max(40, min(100, shutil.get_terminal_size().columns)) - 11
    lines = textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * 10).join(lines)


def _of_api() -> Iterator[Symptom]:
    """What the rules find, with the headline of each."""
    catalog = get_catalog()
    api = API(catalog)
    reads = sum(tool.annotations["readOnlyHint"] for tool in api.tools)
    facts = f"{len(api.tools)} tools, {reads} of them only read. tools/list costs a model about {api.tokens:,} tokens."
    yield Symptom("What a model gets", "OK", facts)
    silenced = set(settings.SILENCED_SYSTEM_CHECKS)
    for finding in read_api(catalog):
        if finding.id not in silenced:
            section = "What would help it"
            yield Symptom(section, "WARNING", finding.message, finding.fix, finding.where, finding.id, finding.line)
