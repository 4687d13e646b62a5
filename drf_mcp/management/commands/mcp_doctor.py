"""``manage.py mcp_doctor``: what is wrong with the set-up, or with the API as a model reads it, and what to do."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import caches
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.catalog import get_catalog
from drf_mcp.conf import mcp_settings
from drf_mcp.engines import is_private_cache
from drf_mcp.local import find_mounts
from drf_mcp.readiness import API, read_api

LEVELS = {"ERROR": checks.ERROR, "WARNING": checks.WARNING, "INFO": checks.INFO}
SECTIONS = ("Configuration", "Authentication", "Exposure", "Schemas", "Deployment")
OF_SECTION = {
    "Authentication": ("E002", "E005", "W002", "W004", "W013", "W014", "W015"),
    "Exposure": ("W006", "W007", "I001", "I002"),
    "Schemas": ("W001", "W003"),
    "Deployment": ("W005", "W008", "W009"),
}
"""Where the system checks belong; all others belong to the configuration."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One line of the report.

    Args:
        section: Which part of the set-up it is about.
        level: ``OK`` for a fact, else the level of a system check.
        message: What was found.
        fix: What to do about it, empty where there is nothing to do.
        where: The class or action, empty where it is none.
        id: The check's id, empty where it is none.
        line: The file and line of the class or action, empty where they are not known.
    """

    section: str
    level: str
    message: str
    fix: str = ""
    where: str = ""
    id: str = ""
    line: str = ""

    @property
    def place(self) -> str:
        """Where to look, without the module where the file says it."""
        return f"{self.line}  {re.sub(r'^[a-z_0-9.]+[.](?=[A-Z])', '', self.where)}" if self.line else self.where


class Command(BaseCommand):
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
        symptoms = list(_of_api() if options["api"] else _of_set_up())
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


def _of_set_up() -> Iterator[Symptom]:
    """The facts of each section, and the system checks that belong there."""
    try:
        mcp_settings.load()
    except ImproperlyConfigured as error:
        yield Symptom("Configuration", "ERROR", str(error), "See the reference of the settings.", "", "drf_mcp.E001")
        return
    messages = [
        message
        for message in registry.run_checks(include_deployment_checks=True)
        if str(message.id).startswith("drf_mcp.") and not message.is_silenced()
    ]
    facts = {
        "Configuration": _configuration,
        "Authentication": _authentication,
        "Exposure": _exposure,
        "Schemas": _schemas,
        "Deployment": _deployment,
    }
    for section in SECTIONS:
        yield from facts[section]()
        for message in sorted(messages, key=lambda message: (-message.level, str(message.id))):
            if _section_of(str(message.id)) == section:
                level = next(name for name, level in LEVELS.items() if message.level >= level or name == "INFO")
                yield Symptom(section, level, message.msg, message.hint or "", str(message.obj or ""), str(message.id))


def _section_of(check_id: str) -> str:
    number = check_id.removeprefix("drf_mcp.")
    return next((section for section, ids in OF_SECTION.items() if number in ids), "Configuration")


def _configuration() -> Iterator[Symptom]:
    mounts = find_mounts()
    if mounts:
        yield Symptom("Configuration", "OK", f"The endpoint is at {', '.join(mount.path for mount in mounts)}.")
    else:
        fix = 'Add path("mcp/", include("drf_mcp.urls")) to the URLconf. Only mcp_stdio and mcp_call work without it.'
        yield Symptom("Configuration", "ERROR", "No route leads to the MCP endpoint.", fix)
    if mcp_settings.SERVER_INFO["name"] == "drf-viewset-mcp":
        fix = 'Name it, so that people with several servers can tell them apart: DRF_MCP = {"SERVER_INFO": {...}}.'
        yield Symptom("Configuration", "INFO", "The server introduces itself by the package's own name.", fix)
    else:
        yield Symptom("Configuration", "OK", f"The server introduces itself as {mcp_settings.SERVER_INFO['name']}.")


def _authentication() -> Iterator[Symptom]:
    if names := [cls.__name__ for cls in endpoint_authentication_classes()]:
        yield Symptom("Authentication", "OK", f"Callers are proved by {', '.join(names)}.")
    if not mcp_settings.ANONYMOUS:
        yield Symptom("Authentication", "OK", "Callers without credentials are refused.")
    elif settings.DEBUG:
        yield Symptom("Authentication", "OK", "Callers without credentials are served, while DEBUG is on.")
    else:
        fix = "Set it to False, unless the permissions of every ViewSet are meant for the whole world."
        message = 'DRF_MCP["ANONYMOUS"] serves callers without credentials, and DEBUG is off.'
        yield Symptom("Authentication", "WARNING", message, fix)


def _exposure() -> Iterator[Symptom]:
    catalog = get_catalog()
    if not catalog.tools:
        fix = "Route a ViewSet with a router, and see manage.py mcp_tools --skipped for what is left out."
        yield Symptom("Exposure", "WARNING", "There are no tools.", fix)
        return
    reads = sum(tool.annotations["readOnlyHint"] for tool in catalog.tools)
    writes = len(catalog.tools) - reads
    yield Symptom("Exposure", "OK", f"{len(catalog.tools)} tools: {reads} only read, {writes} may write.")


def _schemas() -> Iterator[Symptom]:
    api = API(get_catalog())
    typed = sum(tool.output_schema is not None for tool in api.tools)
    yield Symptom("Schemas", "OK", f"{typed} of {len(api.tools)} tools say what they answer.")
    yield Symptom("Schemas", "OK", f"tools/list costs a model about {api.tokens:,} tokens. More with --api.")


def _deployment() -> Iterator[Symptom]:
    if settings.DEBUG:
        yield Symptom("Deployment", "INFO", "DEBUG is on: this is what a developer's machine looks like.")
    elif mcp_settings.PUBLIC_URL is None:
        fix = 'Set DRF_MCP["PUBLIC_URL"], such as "https://example.com", where such clients are used.'
        message = "Clients that run in a browser are refused: the site's own address is not known."
        yield Symptom("Deployment", "INFO", message, fix)
    kind = type(caches["default"]).__name__
    if is_private_cache():
        fix = "Point CACHES['default'] at Redis, Memcached, the database or files, unless there is one process only."
        message = f"CACHES['default'] is a {kind}: sessions and streams stay in one process."
        yield Symptom("Deployment", "INFO", message, fix)
    else:
        yield Symptom("Deployment", "OK", f"CACHES['default'] is a {kind}, which processes share.")
