"""One endpoint: its handler, its view's hooks, and what the view is made of, read together."""

from __future__ import annotations

from collections.abc import Iterator

from rest_framework.filters import BaseFilterBackend

from drf_mcp.endpoints import Endpoint
from drf_mcp.schema.declared import classes_in

from .following import Entry
from .found import Reading
from .library import is_library_code, operands, own_methods
from .serializer import telling_methods

_REQUEST = ("view", "request")
_HOOKS = (("dispatch", _REQUEST), ("initial", _REQUEST))
_OF_PERMISSIONS = (
    ("has_permission", ("view", "request", "other")),
    ("has_object_permission", ("view", "request", "other")),
)
_OF_THROTTLES = (("allow_request", ("view", "request", "other")),)
_OF_FILTERS = (("filter_queryset", ("view", "request", None, "other")),)
_OF_PAGES = (("paginate_queryset", ("view", None, "request", "other")),)


def read_endpoint(endpoint: Endpoint) -> Reading:
    """Read what an endpoint takes from its request, beside the fields of its serializer.

    Args:
        endpoint: The endpoint.

    Returns:
        A reading of its own.
    """
    read = endpoint.shared.readings.read
    handlers = [endpoint.action] if endpoint.is_viewset else [endpoint.action, endpoint.method]
    if not hasattr(endpoint.viewset, endpoint.action):
        handlers = [endpoint.method]
    found = Reading()
    found.add(read(endpoint.viewset, *((name, _REQUEST) for name in handlers)))
    found.add(read(endpoint.viewset, *_HOOKS))
    if len(found.made_for) > 1:
        found.filled.add("")  # what one form requires the other has in its objects
    for cls, entries in _narrowing(endpoint, found):
        reading = read(cls, *entries)
        found.add_taken(reading)
        found.is_handed_on |= reading.is_handed_on
    # Permissions, throttles and serializers hand their request to helpers all the time, to ask for a right or to build
    # an address. Were that to open the tools, hardly one of a real project would stay closed.
    for cls, entries in _trusted(endpoint, found):
        found.add_taken(read(cls, *entries))
    return found


def _narrowing(endpoint: Endpoint, reading: Reading) -> Iterator[tuple[type, tuple[Entry, ...]]]:
    """What narrows a queryset, and the methods that get the request.

    What a project's own backend says of itself is taken at its word. A library's class under it knows nothing of what
    the project's methods read, and its own parameters are those of a list alone.
    """
    silent = BaseFilterBackend.get_schema_operation_parameters
    for cls in (endpoint.attribute("filter_backends") or ()) if reading.uses_filters or reading.finds_object else ():
        describe = getattr(cls, "get_schema_operation_parameters", silent)
        if describe is silent or (reading.uses_filters and is_library_code(describe)):
            yield cls, _OF_FILTERS
    if reading.uses_pages and (cls := endpoint.attribute("pagination_class")):
        yield cls, _OF_PAGES


def _filtersets(endpoint: Endpoint) -> Iterator[type]:
    """The FilterSets of django-filter's backends, as far as they are known without a queryset."""
    for backend in endpoint.attribute("filter_backends") or ():
        if hasattr(backend, "get_filterset_class"):
            find = backend().get_filterset_class
            chosen = endpoint.ask_view(lambda view, find=find: find(view), "the FilterSet")  # type: ignore[misc]
            yield from (cls for cls in (chosen or getattr(backend, "filterset_base", None),) if isinstance(cls, type))


def _trusted(endpoint: Endpoint, reading: Reading) -> Iterator[tuple[type, tuple[Entry, ...]]]:
    """What may hand its request on, and the methods that get it."""
    for cls in operands(endpoint.attribute("permission_classes")):
        yield cls, _OF_PERMISSIONS
    for cls in endpoint.attribute("throttle_classes") or ():
        yield cls, _OF_THROTTLES
    for cls in _filtersets(endpoint) if reading.uses_filters else ():
        if methods := own_methods(cls):
            yield cls, tuple((name, ("filterset",)) for name in methods)
    made = [endpoint.make_named(cls)[0] for cls in reading.named]
    if reading.makes_serializer:
        made.append(endpoint.serializer)
    for cls in dict.fromkeys(cls for serializer in made for cls in classes_in(serializer)):
        if names := telling_methods(cls):
            yield cls, tuple((name, ("serializer",)) for name in names)
