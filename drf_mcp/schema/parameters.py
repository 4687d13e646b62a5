"""What an endpoint takes besides its body: the kwargs of its URL and the parameters of its query."""

from __future__ import annotations

from typing import Any

from rest_framework import filters, pagination

from drf_mcp.reading.library import overriding

from .fields import Schema


class Folded(Schema):
    """The schema of a parameter that is taken and not listed, since another one's description names it."""


def path_parameter_schema(description: str) -> Schema:
    """A URL kwarg: always a string, since a URL holds nothing else."""
    return {"type": "string", "description": description}


def filter_parameters(view: Any) -> dict[str, Schema]:
    """The query parameters of a view's filter backends.

    Args:
        view: A view instance with the attributes of a generic view.

    Returns:
        A schema for each parameter, by name, in the order of the backends.
    """
    parameters: dict[str, Schema] = {}
    for backend_class in getattr(view, "filter_backends", None) or ():
        parameters |= backend_parameters(backend_class, view)
    return parameters


def backend_parameters(backend_class: Any, view: Any) -> dict[str, Schema]:
    """The query parameters of one filter backend, as ``filter_parameters`` gives them for all of a view's."""
    backend = backend_class()
    if isinstance(backend, filters.SearchFilter) and not backend.get_search_fields(view, view.request):
        return {}
    if isinstance(backend, filters.OrderingFilter):
        return _ordering(backend, view)
    if hasattr(backend, "get_filterset_class"):
        return _filterset(backend, view)
    return _described(backend, view)


def page_parameters(view: Any) -> dict[str, Schema]:
    """The query parameters of a view's paginator, with their limits.

    Args:
        view: A view instance with the attributes of a generic view.

    Returns:
        A schema for each parameter, by name; empty where the view does not page.
    """
    paginator: Any = getattr(view, "paginator", None)
    parameters = _described(paginator, view)
    is_numbered = isinstance(paginator, pagination.PageNumberPagination)
    if is_numbered and paginator.page_size is None and paginator.page_size_query_param is None:
        return {}
    for name, limit in (
        (getattr(paginator, "page_size_query_param", None), getattr(paginator, "max_page_size", None)),
        (getattr(paginator, "limit_query_param", None), getattr(paginator, "max_limit", None)),
    ):
        if name in parameters and parameters[name].get("type") == "integer":
            parameters[name]["minimum"] = 1
            if limit:  # REST takes more, too, and cuts it off
                about = [parameters[name].get("description", ""), f"At most {limit} come, whatever is asked for."]
                parameters[name]["description"] = " ".join(filter(None, about))
    return parameters


def _described(source: Any, view: Any) -> dict[str, Schema]:
    """What a filter backend or paginator says of itself, as DRF's schema generators ask it."""
    if not hasattr(source, "get_schema_operation_parameters"):
        return {}
    parameters = {}
    for parameter in source.get_schema_operation_parameters(view):
        schema = {
            key: value for key, value in (parameter.get("schema") or {"type": "string"}).items() if key != "nullable"
        }
        if schema.get("type") == "array":
            schema.setdefault("items", {})
        if parameter.get("description"):
            schema["description"] = str(parameter["description"])
        parameters[parameter["name"]] = schema
    return parameters


def _filterset(backend: Any, view: Any) -> dict[str, Schema]:
    """The filters of a django-filter backend; a view that has one has the library, too."""
    from drf_mcp.contrib.django_filters import filterset_parameters

    found, folded = filterset_parameters(backend, view, _queryset(view))
    return {name: Folded(schema) if name in folded else schema for name, schema in found.items()}


def _queryset(view: Any) -> Any:
    """What a view lists, by its class attribute where it will not tell without a real request."""
    try:
        return view.get_queryset()
    except Exception:  # noqa: BLE001  (a project's own get_queryset may want a user)
        return getattr(view, "queryset", None)


def _ordering(backend: filters.OrderingFilter, view: Any) -> dict[str, Schema]:
    """The ordering parameter with the names it takes, each also with a minus in front.

    A backend that reads the parameter in its own way may take other names.
    """
    if overriding(backend, ("remove_invalid_fields", "get_ordering", "filter_queryset")):
        return {str(backend.ordering_param): {"type": "string"}}
    queryset = _queryset(view)
    is_listed = isinstance(getattr(view, "ordering_fields", None), (list, tuple))
    fields = backend.get_valid_fields(queryset, view) if queryset is not None or is_listed else []
    names = [str(name) for name, _ in fields]
    schema: Schema = {"type": "string"}
    text = "Comma-separated, a minus in front for descending"
    schema["description"] = f"{text}: {', '.join(names)}" if names else text
    if names and len(names) <= 30:
        schema["pattern"] = f"^(-?({'|'.join(names)})(, ?|$))+$"
    return {str(backend.ordering_param): schema}
