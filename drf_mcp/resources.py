"""Resources: every routed list and retrieve, the files that these name, and what authors declare."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from typing import Any, TypeVar
from urllib.parse import quote
from weakref import WeakKeyDictionary
from zlib import crc32

from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst

from .auth.challenge import UnauthorizedError
from .catalog import ToolCatalog, get_catalog, offered_catalog
from .conf import mcp_settings
from .context import Context
from .declarations import registry
from .endpoints import Endpoint
from .files import file_fields
from .invocation import accepted_type
from .protocol.errors import InvalidParamsError, MCPError, MethodNotFoundError, ResourceNotFoundError
from .protocol.pagination import page_of
from .protocol.uri_templates import URITemplate
from .resource_kinds import AuthoredResource, FileResource, Resource, RoutedResource, not_found, path_names
from .time_limit import OutOfTimeError, in_time
from .tools import Tool
from .visibility import Viewer

logger = logging.getLogger("drf_mcp")

T = TypeVar("T")

MAX_URI_LENGTH = 2048
"""How many characters a URI has at most."""


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


def resources_list(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """List the resources that the caller may see.

    Args:
        params: May hold a ``cursor``.
        context: Who asks.

    Returns:
        ``resources`` and, where there are more, ``nextCursor``.

    Raises:
        InvalidParamsError: The cursor is none of this list's.
        MethodNotFoundError: This server has no resources.

    Spec: server/resources#listing-resources
    """
    return _listed("resources/list", "resources", params, context)


def resources_templates_list(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """List the resource templates that the caller may see.

    Args:
        params: May hold a ``cursor``.
        context: Who asks.

    Returns:
        ``resourceTemplates`` and, where there are more, ``nextCursor``.

    Raises:
        InvalidParamsError: The cursor is none of this list's.
        MethodNotFoundError: This server has no resources.

    Spec: server/resources#resource-templates
    """
    return _listed("resources/templates/list", "resourceTemplates", params, context)


def resources_read(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Read a resource.

    Args:
        params: The ``uri``.
        context: Who asks.

    Returns:
        ``contents`` with one entry.

    Raises:
        InvalidParamsError: The URI is no string or too long, or its query does not fit.
        ResourceNotFoundError: There is no such resource, or none for this caller.
        MethodNotFoundError: This server has no resources.
        MCPError: The view refuses for another reason.

    Spec: server/resources#reading-resources
    """
    uri = checked_uri(params, "resources/read", context)

    def read(resource: Resource, values: dict[str, str]) -> dict[str, Any]:
        return {"contents": [read_in_time(resource, uri, partial(resource.read, uri, values, context))]}

    return first_found(uri, context, read)


def read_in_time(resource: Resource, uri: str, read: Callable[[], T]) -> T:
    """Read a resource within its time limit, which is that of the tool it stands for.

    Args:
        resource: What is read.
        uri: As the client names it.
        read: Reads it.

    Raises:
        RefusedError: It takes too long.
        MCPError: Whatever ``read`` raises.
    """
    seconds = resource.tool.options.time_limit if isinstance(resource, RoutedResource) else None
    try:
        return in_time(f"The resource {resource.template.text}", seconds, read)
    except OutOfTimeError as error:
        raise error.refuse("resource", uri=uri) from None


def checked_uri(params: dict[str, Any], method: str, context: Context) -> str:
    """The URI that a method is called with.

    Raises:
        InvalidParamsError: It is no string, or too long.
        MethodNotFoundError: This server has no resources.
    """
    _existing(context)
    uri = params.get("uri")
    if not isinstance(uri, str):
        raise InvalidParamsError(f"{method} needs a URI, as a string.", data={"argument": "uri"})
    if len(uri) > MAX_URI_LENGTH:
        raise InvalidParamsError(f"A URI has at most {MAX_URI_LENGTH} characters here.", data={"argument": "uri"})
    return uri


def first_found(uri: str, context: Context, ask: Callable[[Resource, dict[str, str]], T]) -> T:
    """Ask the resources that a URI may mean, until one is there.

    Args:
        uri: From ``checked_uri``.
        context: Who asks.
        ask: Gets a resource and the values that the URI has for its variables.

    Returns:
        What ``ask`` gave.

    Raises:
        ResourceNotFoundError: None is there for this caller.
        UnauthorizedError: The same, for a caller without credentials where these could bring more.
        MCPError: Whatever else ``ask`` raises.
    """
    catalog, viewer, refused = get_resources(context), Viewer(context), None
    candidates = catalog.candidates(uri)
    if not candidates and (other := catalog.stand_in(uri)):
        other.is_visible(viewer)  # so that what is not there takes as long as what is hidden
    for resource, values in candidates:
        if not resource.is_visible(viewer):
            continue
        context._call.found(resource.template.text)
        try:  # several templates may match, as several routes may
            return ask(resource, values)
        except (ResourceNotFoundError, UnauthorizedError) as error:
            refused = error if isinstance(error, UnauthorizedError) or refused is None else refused
    raise refused or unknown(uri, viewer)


def unknown(uri: str, viewer: Viewer) -> MCPError:
    """The error for a URI or template that is none, or none for this caller.

    Without credentials it is a 401 where these could bring more resources: only so can a client start its login.
    """
    context = viewer.context
    if context.identity.is_anonymous and any(entry.is_missed(viewer) for entry in get_resources(context).resources):
        return UnauthorizedError("This resource needs a signed-in caller, or there is none of this URI.")
    return not_found(uri, context)


def has_resources(context: Context) -> bool:
    """Whether there is any resource, whoever may see it, that nothing takes away from this caller."""
    return any(resource.is_left(context) for resource in get_resources(context).resources)


def has_templates(context: Context) -> bool:
    """Whether there is any resource template, in the same way."""
    return any(template.is_left(context) for template in get_resources(context).templates)


def _existing(context: Context) -> ResourceCatalog:
    if not has_resources(context):
        raise MethodNotFoundError("This server has no resources.")
    return get_resources(context)


def _listed(method: str, key: str, params: dict[str, Any], context: Context) -> dict[str, Any]:
    viewer, shown = Viewer(context), dict[str, Resource]()

    def sees(alike: list[Resource]) -> bool:
        shown.update((resource.template.text, resource) for resource in alike if resource.is_visible(viewer))
        return alike[0].template.text in shown

    page, cursor = page_of(
        _existing(context).listed[method],
        params.get("cursor"),
        method=method,
        key=lambda alike: viewer.mark(alike[0].template.text),
        sees=sees,
    )
    listed: dict[str, Any] = {key: [shown[alike[0].template.text].to_wire() for alike in page]}
    return listed if cursor is None else {**listed, "nextCursor": cursor}
