"""The catalog: every tool of a URLconf, built on first use and encoded once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary
from zlib import crc32

from django.conf import settings
from django.core.signals import setting_changed
from django.utils import translation

from .admission import what_decides
from .auth.identity import without_ambient
from .conf import mcp_settings
from .discovery import Skipped, discover_endpoints
from .endpoints import Endpoint
from .naming import name_tools
from .reading.library import reading_once
from .rules import NO_RULES, Rules, snapshot
from .tools import Tool, build_tool, declared_options, tell_apart

logger = logging.getLogger("drf_mcp")


class ToolCatalog:
    """The tools of one URLconf.

    Args:
        tools: The tools in the order in which they are listed.
        skipped: The routed views that are no tools.
    """

    def __init__(self, tools: Iterable[Tool], skipped: Iterable[Skipped] = ()) -> None:
        self.tools = tuple(tools)
        self.skipped = tuple(skipped)
        self._by_name = {alias: tool for tool in self.tools for alias in tool.options.aliases or ()}
        self._by_name.update({tool.name: tool for tool in self.tools})

    def get_tool(self, name: Any) -> Tool | None:
        """The tool of exactly this name or alias, None where there is none."""
        return self._by_name.get(name) if isinstance(name, str) else None

    @cached_property
    def places(self) -> dict[str, int]:
        """Where the tool of each name stands, counted from 1."""
        return {tool.name: number for number, tool in enumerate(self.tools, 1)}

    @cached_property
    def authentication_classes(self) -> list[Any]:
        """What the views of the tools name, each class once, without those that a browser satisfies by itself."""
        return without_ambient(cls for tool in self.tools for cls in tool.endpoint.authentication_classes or ())

    def stand_in(self, name: str) -> Tool | None:
        """Some tool for a name that is none, always the same; None where there is no tool at all."""
        return self.tools[crc32(name.encode(errors="replace")) % len(self.tools)] if self.tools else None


_catalogs: dict[Any, ToolCatalog] = {}
_building = threading.Lock()


def get_catalog(urlconf: Any = None) -> ToolCatalog:
    """The catalog of a URLconf, built on the first call in this process.

    Definitions are built under ``LANGUAGE_CODE``, so that they are the same for every caller.

    Args:
        urlconf: What a middleware set as ``request.urlconf``, None for ``ROOT_URLCONF``.

    Returns:
        The one catalog of that URLconf.
    """
    urlconf = urlconf or settings.ROOT_URLCONF
    key = tuple(urlconf) if isinstance(urlconf, list) else urlconf
    if key not in _catalogs:
        with _building:
            if key not in _catalogs:
                with translation.override(settings.LANGUAGE_CODE):
                    _catalogs[key] = build_catalog(urlconf)
    return _catalogs[key]


_offered: WeakKeyDictionary[ToolCatalog, WeakKeyDictionary[Rules, ToolCatalog | None]] = WeakKeyDictionary()


def offered_catalog(urlconf: Any = None) -> ToolCatalog:
    """The catalog of a URLconf in the words of the administrators' rules; what these take away is still in it.

    Args:
        urlconf: As for ``get_catalog``.
    """
    catalog, rules = get_catalog(urlconf), snapshot.current()
    if rules is NO_RULES:
        return catalog
    known = _offered.setdefault(catalog, WeakKeyDictionary())  # tenants have rules of their own
    if rules not in known:
        known[rules] = _changed(catalog, rules)
    return known[rules] or catalog


def _changed(catalog: ToolCatalog, rules: Rules) -> ToolCatalog | None:
    """The catalog in the rules' words, None where they have none."""
    tools = [rules.changed(tool) for tool in catalog.tools]
    return None if tools == [*catalog.tools] else ToolCatalog(tools, catalog.skipped)


@reading_once()
def build_catalog(urlconf: Any) -> ToolCatalog:
    """Find, name and build the tools of a URLconf, and say of every other routed view why it is none."""
    endpoints, skipped = discover_endpoints(urlconf, api_views=mcp_settings.API_VIEWS)
    reasons = {endpoint: _why_not(endpoint) for endpoint in endpoints}
    exposed = [endpoint for endpoint, reason in reasons.items() if reason is None]
    left_out = [*skipped, *(_skipped(endpoint, reason) for endpoint, reason in reasons.items() if reason)]
    tools = []
    for endpoint, name in name_tools(exposed).items():
        try:
            tool = build_tool(endpoint, name)
            _ = tool.encoded  # what cannot be encoded cannot be listed
            what_decides(endpoint)  # while the sources are at hand
        except Exception as error:  # one view that cannot be described must not cost the others
            logger.exception("The tool %s cannot be described and is left out.", name)
            left_out.append(_skipped(endpoint, f"It cannot be described: {type(error).__name__}: {error}"))
        else:
            tools.append(tool)
        for asked in ("view", "permissive_view"):  # each with its request; who asks again gets new ones
            vars(endpoint).pop(asked, None)
    return ToolCatalog(tell_apart(tools), left_out)


def _why_not(endpoint: Endpoint) -> str | None:
    """Why an endpoint is no tool, as the project's authors have it; None where it is one."""
    options, mark = declared_options(endpoint), endpoint.attribute("mcp")
    if options.excluded:
        return "Its author excluded it."
    if mark is False:
        return "It has mcp = False."
    if mcp_settings.EXPOSE == "decorated" and not (options.marked or mark is True):
        return 'It is not marked for MCP, and EXPOSE is "decorated".'
    return None


def _skipped(endpoint: Endpoint, reason: str) -> Skipped:
    view = f"{endpoint.viewset.__module__}.{endpoint.viewset.__qualname__}.{endpoint.action}"
    return Skipped(f"/{endpoint.route}", view, reason)


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("ROOT_URLCONF", "DRF_MCP", "REST_FRAMEWORK", "MIDDLEWARE", "LANGUAGE_CODE"):
        _catalogs.clear()


setting_changed.connect(_forget, dispatch_uid="drf_mcp.catalog")
