"""Queries that a list answers to, read off the view and not off the tool."""

from typing import Any

from rest_framework import filters

from .objects import Objects
from .routed import Routed

MOST = 3


def queries_of(route: Routed, view: Any, item: dict[str, Any] | None) -> list[dict[str, Any]]:
    """A few query strings for a list: filters by what its first item holds, ordering, search and a page.

    Args:
        route: A list route.
        view: An instance of its view.
        item: The first item of the list, None where it is empty.

    Returns:
        Parameters with their values.
    """
    found = []
    names = filter_names(view)
    if item is not None:
        scalars = [n for n in names if isinstance(item.get(n), (str, int)) and item[n] not in ("", None)]
        found += [{name: item[name]} for name in scalars[:MOST]]
    backends = [b for b in getattr(view, "filter_backends", ()) if isinstance(b, type)]
    if any(issubclass(b, filters.SearchFilter) for b in backends) and getattr(view, "search_fields", None):
        found.append({next(b for b in backends if issubclass(b, filters.SearchFilter)).search_param: "a"})
    orderings = [b for b in backends if issubclass(b, filters.OrderingFilter)]
    if orderings and item and (name := _ordered_by(view, item)):
        found.append({orderings[0].ordering_param: f"-{name}"})
    paginator = getattr(view, "paginator", None)
    for name in ("limit_query_param", "page_size_query_param"):
        if getattr(paginator, name, None):
            found.append({getattr(paginator, name): 1})
    return found


def _ordered_by(view: Any, item: dict[str, Any]) -> str:
    """A name that the list can be ordered by: one that the view declares, or else the ID."""
    declared = getattr(view, "ordering_fields", None)
    if declared in (None, "__all__"):
        return "id" if "id" in item else ""
    return next((name for name in declared if isinstance(name, str)), "")


def filter_names(view: Any) -> list[str]:
    """The names of all parameters that the view's django-filter FilterSet takes."""
    cls = getattr(view, "filterset_class", None) or getattr(view, "filter_class", None)
    if cls is not None and hasattr(cls, "base_filters"):
        return list(cls.base_filters)
    declared = getattr(view, "filterset_fields", None) or ()
    if isinstance(declared, dict):
        return [name if how == "exact" else f"{name}__{how}" for name, hows in declared.items() for how in hows]
    return list(declared) if isinstance(declared, (list, tuple)) else []


def bulk_items(route: Routed, objects: Objects, kwargs: dict[str, str]) -> list[dict[str, Any]] | None:
    """An array with one object for a bulk action on a list route, None where it is none or there is no object."""
    if not route.action.startswith("bulk_") or route.method not in ("put", "patch", "delete"):
        return None
    item = objects.first_at(route.path, kwargs)
    if item is None or "id" not in item:
        return None
    if route.method == "put":
        return [{key: value for key, value in item.items() if not isinstance(value, (dict, list))}]
    return [{"id": item["id"]}]
