"""What all the code behind an endpoint reads: the handler, its view's hooks, and what the view is made of."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from rest_framework.filters import BaseFilterBackend

from .aliases import QUERY
from .endpoints import Endpoint
from .handlers import Reading, is_known
from .overrides import is_library_class
from .schema.declared import parts_of

_HOOKS = ("dispatch", "initial")
_REQUEST = ("view", "request")
_OF_PERMISSIONS = (
    ("has_permission", ("view", "request", "other")),
    ("has_object_permission", ("view", "request", "other")),
)
_OF_THROTTLES = ("allow_request", ("view", "request", "other"))
_OF_FILTERS = ("filter_queryset", ("view", "request", None, "other"))
_OF_PAGES = ("paginate_queryset", ("view", None, "request", "other"))


def read_endpoint(endpoint: Endpoint) -> Reading:
    """Read what an endpoint takes from its request, beside the fields of its serializer.

    Args:
        endpoint: The endpoint.

    Returns:
        A reading of its own.
    """
    read = endpoint.shared.sources.read
    handlers = [endpoint.action] if endpoint.is_viewset else [endpoint.action, endpoint.method]
    if not hasattr(endpoint.viewset, endpoint.action):
        handlers = [endpoint.method]
    of_view = read(endpoint.viewset, *((name, _REQUEST) for name in handlers))
    of_hooks = read(endpoint.viewset, *((name, _REQUEST) for name in _HOOKS))
    found = Reading(
        makes_serializer=of_view.makes_serializer,
        uses_serializer=of_view.uses_serializer,
        uses_many=of_view.uses_many,
        uses_filters=of_view.uses_filters,
        uses_pages=of_view.uses_pages,
        is_unread=of_view.is_unread,
        filled=of_view.filled | of_hooks.filled,
    )
    found.add(of_view)
    found.add(of_hooks)
    found.is_handed_on = of_view.is_handed_on or of_hooks.is_handed_on
    # Permissions, throttles and serializers hand their request to helpers all the time, to ask for a right or to build
    # an address. Were that to open the tools, hardly one of a real project would stay closed.
    for cls, entries in _policies(endpoint):
        found.add(read(cls, *entries))
    for cls, entries in _narrowing(endpoint, of_view):
        reading = read(cls, *entries)
        found.add(reading)
        found.is_handed_on |= reading.is_handed_on
    if of_view.makes_serializer and endpoint.serializer is not None:
        telling = endpoint.shared.telling
        for cls in {type(part): None for part in parts_of(endpoint.serializer)}:
            if cls not in telling:
                telling[cls] = _reading_methods(cls)
            if telling[cls]:
                found.add(read(cls, *((name, ("serializer",)) for name in telling[cls])))
    return found


def _policies(endpoint: Endpoint) -> Iterator[tuple[type, tuple[Any, ...]]]:
    """What decides whether a request is let in, and the methods that get it."""
    for cls in _leaves(endpoint.attribute("permission_classes")):
        yield cls, _OF_PERMISSIONS
    for cls in endpoint.attribute("throttle_classes") or ():
        yield cls, (_OF_THROTTLES,)


def _narrowing(endpoint: Endpoint, reading: Reading) -> Iterator[tuple[type, tuple[Any, ...]]]:
    """What narrows a queryset, and does not describe itself, and the methods that get the request."""
    if reading.uses_filters or reading.finds_object:
        silent = BaseFilterBackend.get_schema_operation_parameters
        for cls in endpoint.attribute("filter_backends") or ():
            if getattr(cls, "get_schema_operation_parameters", silent) is silent:
                yield cls, (_OF_FILTERS,)
    if reading.uses_pages and (cls := endpoint.attribute("pagination_class")):
        yield cls, (_OF_PAGES,)


def _leaves(permissions: Any) -> Iterator[type]:
    """Permission classes, and those that ``A & ~B`` is made of."""
    for permission in permissions or ():
        if isinstance(permission, type):
            yield permission
        else:
            names = ("op1_class", "op2_class")
            yield from _leaves(getattr(permission, name) for name in names if hasattr(permission, name))


def _reading_methods(cls: type) -> list[str]:
    """The methods of a serializer or a field that look at what its fields do not tell."""
    if is_library_class(cls):
        return []
    names = [
        name
        for base in cls.__mro__
        for name, value in vars(base).items()
        if isinstance(value, FunctionType) and not is_known(value) and _words(value.__code__) & _TELLING
    ]
    return sorted(set(names))


_TELLING = {*QUERY, "initial_data", "data"}


def _words(code: CodeType) -> set[str]:
    words = set(code.co_names) | {value for value in code.co_consts if isinstance(value, str)}
    return words.union(*(_words(value) for value in code.co_consts if isinstance(value, CodeType)))
