"""Resources: what a client lists, reads and completes of the ``resource_catalog``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from .auth.challenge import UnauthorizedError
from .context import Context
from .protocol.errors import InvalidParamsError, MCPError, MethodNotFoundError, ResourceNotFoundError
from .protocol.pagination import page_of
from .resource_catalog import ResourceCatalog, get_resources
from .resource_kinds import Resource, RoutedResource, not_found
from .time_limit import OutOfTimeError, in_time
from .visibility import Viewer

T = TypeVar("T")

MAX_URI_LENGTH = 2048
"""How many characters a URI has at most."""


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
        key=lambda alike: alike[0].template.text,
        sees=sees,
        marks=viewer,
    )
    listed: dict[str, Any] = {key: [shown[alike[0].template.text].to_wire() for alike in page]}
    return listed if cursor is None else {**listed, "nextCursor": cursor}
