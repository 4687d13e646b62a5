"""What is wrong with the set-up and what to do: for ``manage.py mcp_doctor`` and for the page of Django admin.

The facts stand here, what is wrong in the system checks; both are sorted into the same sections.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core import checks
from django.core.cache import caches
from django.core.checks import CheckMessage
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from .auth.identity import endpoint_authentication_classes
from .catalog import get_catalog
from .conf import mcp_settings
from .engines import is_private_cache
from .local import find_mounts
from .readiness import API

logger = logging.getLogger("drf_mcp")

LEVELS = {"ERROR": checks.ERROR, "WARNING": checks.WARNING, "INFO": checks.INFO}
SECTIONS = ("Configuration", "Authentication", "Exposure", "Schemas", "Deployment")
OF_SECTION = {
    "Authentication": ("E002", "E005", "W002", "W004", "W013", "W014", "W015"),
    "Exposure": ("W006", "W007", "I001", "I002"),
    "Schemas": ("W001", "W003"),
    "Deployment": ("W005", "W009", "I004"),
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


def symptoms_of_set_up() -> Iterator[Symptom]:
    """The facts of each section, and the system checks that belong there."""
    try:
        mcp_settings.load()
    except ImproperlyConfigured as error:
        yield Symptom("Configuration", "ERROR", str(error), "See the reference of the settings.", "", "drf_mcp.E001")
        return
    messages = list(_checked())
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
            if _section_of(str(message.id or "")) == section:
                level = next(name for name, level in LEVELS.items() if message.level >= level or name == "INFO")
                yield Symptom(
                    section, level, message.msg, message.hint or "", str(message.obj or ""), str(message.id or "")
                )


def _checked() -> Iterator[CheckMessage]:
    """What this package's own checks find; one that cannot look says so and costs no other."""
    found: list[CheckMessage]
    for check in registry.get_checks(include_deployment_checks=True):
        name = getattr(check, "__name__", "")
        if check.__module__.partition(".")[0] != __package__:
            continue
        try:
            found = list(check(app_configs=None, databases=None))
        except Exception:
            logger.exception("%s could not look.", name)
            hint = "The log of the server says why."
            found = [checks.Error(f"The check {name} could not look.", hint=hint)]
        yield from (message for message in found if not message.is_silenced())


def _section_of(check_id: str) -> str:
    number = check_id.removeprefix("drf_mcp.")
    return next((section for section, ids in OF_SECTION.items() if number in ids), "Configuration")


def _configuration() -> Iterator[Symptom]:
    mounts = find_mounts()
    if mounts:
        yield Symptom(
            "Configuration",
            "OK",
            _("The endpoint is at {paths}.").format(paths=", ".join(mount.path for mount in mounts)),
        )
    else:
        fix = _(
            'Add path("mcp/", include("drf_mcp.urls")) to the URLconf. Only mcp_stdio and mcp_call work without it.'
        )
        yield Symptom("Configuration", "ERROR", _("No route leads to the MCP endpoint."), fix)
    if mcp_settings.SERVER_INFO["name"] == "drf-viewset-mcp":
        fix = _(
            "Name it, so that people with several servers can tell them apart: "
            'DRF_MCP = {"SERVER_INFO": {"name": "bookshop"}}.'
        )
        yield Symptom("Configuration", "INFO", _("The server introduces itself by the package's own name."), fix)
    else:
        yield Symptom(
            "Configuration",
            "OK",
            _("The server introduces itself as {name}.").format(name=mcp_settings.SERVER_INFO["name"]),
        )


def _authentication() -> Iterator[Symptom]:
    if names := [cls.__name__ for cls in endpoint_authentication_classes()]:
        yield Symptom("Authentication", "OK", _("Callers are proved by {names}.").format(names=", ".join(names)))
    if not mcp_settings.ANONYMOUS:
        yield Symptom("Authentication", "OK", _("Callers without credentials are refused."))
    elif settings.DEBUG:
        yield Symptom("Authentication", "OK", _("Callers without credentials are served, while DEBUG is on."))
    else:
        fix = _("Set it to False, unless the permissions of every ViewSet are meant for the whole world.")
        message = _('DRF_MCP["ANONYMOUS"] serves callers without credentials, and DEBUG is off.')
        yield Symptom("Authentication", "WARNING", message, fix)


def _exposure() -> Iterator[Symptom]:
    catalog = get_catalog()
    if not catalog.tools:
        fix = _("Route a ViewSet with a router, and see manage.py mcp_tools --skipped for what is left out.")
        yield Symptom("Exposure", "WARNING", _("There are no tools."), fix)
        return
    reads = sum(tool.annotations["readOnlyHint"] for tool in catalog.tools)
    writes = len(catalog.tools) - reads
    yield Symptom(
        "Exposure",
        "OK",
        _("{count} tools: {reads} only read, {writes} may write.").format(
            count=len(catalog.tools), reads=reads, writes=writes
        ),
    )


def _schemas() -> Iterator[Symptom]:
    api = API(get_catalog())
    typed = sum(tool.output_schema is not None for tool in api.tools)
    yield Symptom(
        "Schemas", "OK", _("{typed} of {count} tools say what they answer.").format(typed=typed, count=len(api.tools))
    )
    yield Symptom(
        "Schemas",
        "OK",
        _("tools/list costs a model about {tokens} tokens. More with manage.py mcp_doctor --api.").format(
            tokens=f"{api.tokens:,}"
        ),
    )


def _deployment() -> Iterator[Symptom]:
    if settings.DEBUG:
        yield Symptom("Deployment", "INFO", _("DEBUG is on: this is what a developer's machine looks like."))
    elif mcp_settings.PUBLIC_URL is None:
        fix = _('Set DRF_MCP["PUBLIC_URL"], such as "https://example.com", where such clients are used.')
        message = _("Clients that run in a browser are refused: the site's own address is not known.")
        yield Symptom("Deployment", "INFO", message, fix)
    kind = type(caches["default"]).__name__
    if is_private_cache():
        fix = _("Point CACHES['default'] at Redis, Memcached, the database or files, unless there is one process only.")
        message = _("CACHES['default'] is a {kind}: sessions and streams stay in one process.").format(kind=kind)
        yield Symptom("Deployment", "INFO", message, fix)
    else:
        yield Symptom("Deployment", "OK", _("CACHES['default'] is a {kind}, which processes share.").format(kind=kind))
