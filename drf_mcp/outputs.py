"""What an endpoint answers, as JSON Schema, where that is certain.

Certain is what DRF's own handler prints with DRF's own pagination, negotiation and renderer, from a
serializer that is the same for every caller, over rows of the serializer's own model. An overridden
method promises nothing by itself, unless its source shows that it changes nothing of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Manager, QuerySet
from django.db.models.query import ModelIterable
from rest_framework import pagination
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from .endpoints import Endpoint
from .reading.library import is_library_class, overriding
from .reading.overrides import always_saves, gives_back
from .schema import leans_on_models, list_schema, output_schema
from .schema.alternatives import alternatives_of, flattened
from .wire_names import in_answer

Schema = Mapping[str, Any]

_ANY = (
    "dispatch",
    "finalize_response",
    "get_content_negotiator",
    "perform_content_negotiation",
    "get_serializer",
)
_USED = {
    "list": ("list", "paginator", "paginate_queryset", "get_paginated_response"),
    "retrieve": ("retrieve", "get_object"),
    "create": ("create",),
    "update": ("update", "get_object"),
    "partial_update": ("partial_update", "update", "get_object"),
}
"""The methods of the view that shape the answer of each of DRF's own actions."""

_SAVING = {"create": "create", "update": "update", "partial_update": "update"}
_PAGES = (pagination.PageNumberPagination, pagination.LimitOffsetPagination, pagination.CursorPagination)
_PAGING = (
    "paginate_queryset",
    "get_paginated_response",
    "get_page_size",
    "get_limit",
    "get_count",
    "get_next_link",
    "get_previous_link",
)


def answer_schema(endpoint: Endpoint) -> Schema | None:
    """What the structured content of an endpoint's answer always keeps.

    Args:
        endpoint: The endpoint.

    Returns:
        An object schema, None where the answer is not certain.
    """
    if not (_is_drfs(endpoint) and _prints_json(endpoint) and _prints_rows(endpoint)):
        return None
    if endpoint.action != "list":
        printed = _printed(endpoint, output_schema)
    else:
        items = _printed(endpoint, list_schema)
        printed = _page(endpoint, items) if items else None
    return as_object(in_answer(endpoint, printed))


def _printed(endpoint: Endpoint, describe: Callable[[Any], Schema]) -> Schema | None:
    """What the serializer prints; endpoints that share it share this, too."""
    serializer, known = endpoint.serializer, endpoint.shared.printed
    key = describe, id(serializer)  # not all serializers can be hashed
    if key not in known:
        found = endpoint.ask_view(lambda _view: describe(serializer), "the output")
        if found is None:  # each of them says so for itself
            return None
        known[key] = found, serializer  # so that its identity stays its own
    return known[key][0]


def as_object(schema: Schema | None) -> Schema | None:
    """The schema of an object; anything else stands under ``result``, as it does in the content."""
    found = flattened(dict(schema or {}))
    if not found or found.get("type") == "object":
        return found or None
    return {"type": "object", "properties": {"result": found}, "required": ["result"]}


def _is_drfs(endpoint: Endpoint) -> bool:
    """Whether the answer comes from DRF's own handler, and from a serializer that does not change."""
    return (
        endpoint.action in _USED
        and endpoint.is_drfs_own
        and endpoint.serializer is not None
        and not endpoint.differs
        and not overriding(endpoint.viewset, (*_ANY, *_USED[endpoint.action]), below=APIView)
    )


def _prints_json(endpoint: Endpoint) -> bool:
    negotiation = endpoint.attribute("content_negotiation_class")
    chosen_by = endpoint.shared.readings.read(endpoint.viewset, ("get_renderers", ("view",))).sees
    is_plain = negotiation is DefaultContentNegotiation and not chosen_by
    return is_plain and any(map(_writes_json, endpoint.renderer_classes[:1]))


def _writes_json(renderer: type) -> bool:
    """Whether a renderer writes each value as DRF's own does; under which name is found out by trying."""
    return issubclass(renderer, JSONRenderer) and is_library_class(renderer)


def _prints_rows(endpoint: Endpoint) -> bool:
    """Whether what the serializer prints are rows of its model, which is where types and nulls are known from."""
    serializer = endpoint.serializer
    parts = alternatives_of(serializer) or [serializer]
    models: list[Any] = [getattr(getattr(part, "Meta", None), "model", None) for part in parts]
    if endpoint.action in _SAVING and not all(map(partial(_saves_rows, endpoint), parts, models)):
        return False
    if endpoint.action == "create" or models == [None]:
        return True
    rows = _rows(endpoint)
    rows = rows.all() if isinstance(rows, Manager) else rows
    is_plain = isinstance(rows, QuerySet) and _iterates_rows(rows._iterable_class)
    return is_plain and (len(parts) > 1 or issubclass(rows.model, models[0]))


def _iterates_rows(iterable: type) -> bool:
    """Whether a queryset gives instances, of its own model or, as django-polymorphic's does, of one below it."""
    return issubclass(iterable, ModelIterable) and is_library_class(iterable)


def _rows(endpoint: Endpoint) -> Any:
    """The queryset that the view starts from, None where it takes a real request."""
    if overriding(endpoint.viewset, ("filter_queryset",), below=APIView):
        return endpoint.ask_view(lambda view: view.filter_queryset(view.get_queryset()), "filter_queryset")
    if overriding(endpoint.viewset, ("get_queryset",), below=APIView):
        return endpoint.ask("get_queryset")
    return endpoint.attribute("queryset")


def _saves_rows(endpoint: Endpoint, serializer: Any, model: Any) -> bool:
    """Whether a write prints the row that was saved.

    A serializer that did not save prints what was validated, which lacks what the database adds.
    """
    method = _SAVING[endpoint.action]
    hooks = overriding(endpoint.viewset, (f"perform_{method}",), below=APIView)
    hooks += overriding(serializer, ("save",), below=BaseSerializer)
    if not all(always_saves(hook) for hook in hooks):
        return False
    savers = overriding(serializer, (method,), below=BaseSerializer)
    return not leans_on_models(serializer) or (model is not None and all(gives_back(saver, model) for saver in savers))


def _page(endpoint: Endpoint, items: Schema) -> Schema | None:
    """What a list's paginator makes of its items, None where that is not certain."""
    paginator = endpoint.ask_view(lambda view: view.paginator, "the paginator")
    if paginator is None:
        return items if endpoint.attribute("pagination_class") is None else None
    size = getattr(paginator, "default_limit", None) or getattr(paginator, "page_size", None)
    is_drfs = isinstance(paginator, _PAGES) and not overriding(paginator, _PAGING)
    is_plain = getattr(paginator, "django_paginator_class", Paginator) is Paginator
    if not (is_drfs and is_plain and isinstance(size, int)):
        return None
    link = {"type": ["string", "null"]}
    properties: dict[str, Any] = {"next": link, "previous": link, "results": items}
    if not isinstance(paginator, pagination.CursorPagination):
        properties = {"count": {"type": "integer"}, **properties}
    return {"type": "object", "properties": properties, "required": list(properties)}
