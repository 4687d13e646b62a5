"""The resources of a URLconf: every routed list and retrieve, the files that these name, and what authors declare."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from itertools import groupby
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary
from zlib import crc32

from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst

from .catalog import ToolCatalog, get_catalog, offered_catalog
from .conf import mcp_settings
from .context import Context
from .declarations import registry
from .endpoints import Endpoint
from .files import file_fields
from .invocation import accepted_type
from .protocol.uri_templates import URITemplate
from .resource_kinds import AuthoredResource, FileResource, Resource, RoutedResource, path_names
from .tools import Tool

logger = logging.getLogger("drf_mcp")


class ResourceCatalog:
    """The resources of one URLconf.

    Args:
        resources: All of them, in any order.
        skipped: The tools that could have been one and are none, each with the reason.
    """

    def __init__(self, resources: Iterable[Resource], skipped: Iterable[tuple[Tool, str]] = ()) -> None:
        self.skipped = tuple(skipped)
        self.resources = sorted(resources, key=lambda resource: resource.template.text)
        self.direct = [resource for resource in self.resources if not resource.is_template]
        self.templates = [resource for resource in self.resources if resource.is_template]
        self.files = [resource for resource in self.resources if isinstance(resource, FileResource)]
        self._files_of: dict[Endpoint, list[FileResource]] = {}
        self.listed = {"resources/list": _alike(self.direct), "resources/templates/list": _alike(self.templates)}
        self._by_uri = {resource.template.text: resource for resource in self.direct}

    def candidates(self, uri: str) -> list[tuple[Resource, dict[str, str]]]:
        """The resources that a URI may mean, the one without variables first."""
        for text in (uri, uri.partition("?")[0], uri.removesuffix("/")):
            direct = self._by_uri.get(text)
            if direct is not None and direct.values_in(uri) is not None:
                return [(direct, {})]
        matches = ((template, template.values_in(uri)) for template in self.templates)
        return [(template, values) for template, values in matches if values is not None]

    def stand_in(self, uri: str) -> Resource | None:
        """Some resource for a URI that is none, always the same; None where there is no resource at all."""
        found = self.resources
        return found[crc32(uri.encode(errors="replace")) % len(found)] if found else None

    def files_of(self, endpoint: Endpoint) -> list[FileResource]:
        """The files of the objects that an endpoint answers with."""
        if endpoint not in self._files_of:
            self._files_of[endpoint] = [file for file in self.files if _is_sibling(file.tool.endpoint, endpoint)]
        return self._files_of[endpoint]


def _alike(resources: Iterable[Resource]) -> list[list[Resource]]:
    """Two routes that take different values at the same place are one template to a reader."""
    return [list(alike) for _, alike in groupby(resources, key=lambda resource: resource.template.text)]


def _is_sibling(retrieve: Endpoint, endpoint: Endpoint) -> bool:
    """Whether an endpoint answers with the objects of a ``retrieve``: the list above it, it, or what is below it."""
    above, below = sorted([str(retrieve.route), str(endpoint.route)], key=len)
    return (
        below.startswith(above)
        and retrieve.viewset is endpoint.viewset
        and retrieve.namespaces == endpoint.namespaces
        and retrieve.basename == endpoint.basename
        and {*endpoint.route.kwargs, retrieve.lookup_kwarg} - {None} == set(retrieve.route.kwargs)
    )


def declared_resources() -> list[AuthoredResource]:
    """The resources that the ``mcp.py`` modules declare.

    Raises:
        ImproperlyConfigured: A function takes what no URI can hold.
    """
    return [AuthoredResource.of(declared) for declared in registry.resources.values()]


def build_resources(tools: Iterable[Tool]) -> ResourceCatalog:
    """Make the resources of a URLconf's tools, and of what authors declared.

    Args:
        tools: The tools of the URLconf.

    Raises:
        ImproperlyConfigured: An author's function takes what no URI can hold.
    """
    found: list[Resource] = [*declared_resources()]
    skipped = []
    for tool in tools:
        if tool.endpoint.method == "get" and tool.endpoint.action in ("list", "retrieve"):
            try:
                found += _routed(tool)
            except Exception as error:  # one route that no URI can stand for must not cost the others
                logger.exception("%s is no resource.", tool.endpoint)
                skipped.append((tool, f"{type(error).__name__}: {error}"))
    return ResourceCatalog(found, skipped)


def _routed(tool: Tool) -> list[Resource]:
    endpoint, noun = tool.endpoint, tool.noun
    uri = f"{mcp_settings.RESOURCE_SCHEME}:///{endpoint.route.uri_template(path_names(tool))}"
    mime_type = accepted_type(endpoint)
    name = tool.name.removeprefix(f"{endpoint.action}_")
    title = capfirst(noun.plural if endpoint.action == "list" else noun.singular)
    query = [parameter.name for parameter in tool.parameters.values() if parameter.location == "query"]
    description = (
        f"{tool.description.rstrip('.')}. In the query of the URI: {', '.join(query)}" if query else tool.description
    )
    found: list[Resource] = [
        RoutedResource(URITemplate(uri), name, title, description, "" if "*" in mime_type else mime_type, tool)
    ]
    if endpoint.action == "retrieve" and mcp_settings.LINK_FILES:
        for field in endpoint.ask_view(lambda _view: file_fields(endpoint.serializer), "the files") or ():
            label = field.replace("_", " ")
            found.append(
                FileResource(
                    template=URITemplate(f"{uri}#{quote(field)}"),
                    name=f"{name}_{field}",
                    title=f"{title}: {label}",
                    description=f"The {label} of {uri}, up to {mcp_settings.MAX_FILE_SIZE} bytes",
                    mime_type="",
                    tool=tool,
                    field=field,
                )
            )
    return found


_catalogs: WeakKeyDictionary[ToolCatalog, tuple[tuple[Any, ...], ResourceCatalog]] = WeakKeyDictionary()
_building = threading.Lock()


def get_resources(context: Context) -> ResourceCatalog:
    """The resources of the URLconf that a caller sees, built on the first call in this process."""
    return _resources_of(offered_catalog(getattr(context._http_request, "urlconf", None)))


def resources_of(urlconf: Any = None) -> ResourceCatalog:
    """The resources of a URLconf, built on the first call in this process.

    Args:
        urlconf: None for ``ROOT_URLCONF``.
    """
    return _resources_of(get_catalog(urlconf))


def _resources_of(tools: ToolCatalog) -> ResourceCatalog:
    declared = tuple(registry.resources.values())
    known = _catalogs.get(tools)
    if known is None or known[0] != declared:
        with _building, translation.override(settings.LANGUAGE_CODE):
            known = _catalogs[tools] = (declared, build_resources(tools.tools))
    return known[1]
