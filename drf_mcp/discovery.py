"""Discovery: one walk through a URLconf that finds every endpoint, and says why a view is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.settings import api_settings
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from .endpoints import METHODS, Endpoint
from .questions import Shared
from .routes import Finder, Route, address_of

GENERIC_ACTIONS = {
    "get": ("list", "retrieve"),
    "post": ("create",),
    "put": ("update",),
    "patch": ("partial_update",),
    "delete": ("destroy",),
}
"""What a generic view's HTTP method does, if the view has a method of that name."""


_LOOKED_AT = 50
"""How many objects are looked through for a view that something hides."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A routed view that is no endpoint, and why.

    Args:
        path: Its route.
        view: The class's dotted path.
        reason: A sentence.
    """

    path: str
    view: str
    reason: str


def discover_endpoints(urlconf: Any = None, *, api_views: bool = False) -> tuple[list[Endpoint], list[Skipped]]:
    """Find every action that a URLconf routes.

    A route's ``update`` stands aside where the same route has ``partial_update``, which does the
    same and asks for less. The routes that only add a format suffix, and the actions that would
    answer 405, are no endpoints and are not named.

    Args:
        urlconf: A URLconf as Django takes it, None for the active one.
        api_views: Whether generic views and ``APIView`` count, too.

    Returns:
        The endpoints in the order of the URLconf, and what was left out for another reason.
    """
    root = get_resolver(urlconf)
    found = list(_Walk(root, api_views).through(root, (), ()))
    return [e for e in found if isinstance(e, Endpoint)], [s for s in found if isinstance(s, Skipped)]


class _Walk:
    """One walk through a URLconf.

    Args:
        root: The URLconf.
        api_views: Whether generic views and ``APIView`` count, too.
    """

    def __init__(self, root: URLResolver, api_views: bool) -> None:
        self.finder = Finder(root)
        self.api_views = api_views
        self.reached: dict[str, Any] = {}
        self.shared = Shared()

    def through(
        self, resolver: URLResolver, above: tuple[Any, ...], namespaces: tuple[str, ...]
    ) -> Iterator[Endpoint | Skipped]:
        seen: list[Any] = []
        for pattern in resolver.url_patterns:
            patterns = (*above, pattern.pattern)
            if isinstance(pattern, URLResolver):
                deeper = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
                yield from self.through(pattern, patterns, deeper)
                continue
            # The resolver stops at the first route that matches, so of two alike only one is reached.
            address = address_of(patterns)
            first = self.reached.get(address)
            self.reached.setdefault(address, pattern.callback)
            if not _has_format_suffix(pattern) and (cls := _hidden_view(pattern.callback, self.api_views)):
                reason = "A decorator hides it. With functools.wraps, it would be seen and the decorator kept."
                yield Skipped(f"/{Route(patterns)}", f"{cls.__module__}.{cls.__qualname__}", reason)
                continue
            if not _is_view(pattern, self.api_views) or (pattern.callback in seen and _has_format_suffix(pattern)):
                continue
            seen.append(pattern.callback)
            route = Route(patterns)
            if first is not None and first is not pattern.callback:
                yield _skipped(pattern, route, "Another route has the same path and comes first.")
            elif first is None and self.is_shadowed(pattern, route):
                yield _skipped(pattern, route, "Another route answers at its path and comes first.")
            elif first is None:
                yield from _endpoints_of(pattern, route, namespaces, self.shared)

    def is_shadowed(self, pattern: URLPattern, route: Route) -> bool:
        """Whether a path without arguments leads to another view, as ``tasks/`` does behind ``<pk>/``."""
        if route.kwargs or not route.is_buildable:
            return False
        try:
            found = self.finder.callback_at(route.build_path({}))
        except KeyError:
            return False
        return found is not None and found is not pattern.callback


def _skipped(pattern: URLPattern, route: Route, reason: str) -> Skipped:
    cls: Any = getattr(pattern.callback, "cls", None)
    return Skipped(f"/{route}", f"{cls.__module__}.{cls.__qualname__}", reason)


def _is_view(pattern: URLPattern, api_views: bool) -> bool:
    cls = getattr(pattern.callback, "cls", None)
    if not isinstance(cls, type):
        return False
    if issubclass(cls, ViewSetMixin):
        return hasattr(pattern.callback, "actions")
    return (
        api_views
        and issubclass(cls, APIView)
        and getattr(pattern.callback, "initkwargs", {}).get("schema", cls.schema) is not None
    )


def _hidden_view(callback: Any, api_views: bool) -> Any:
    """The class of a view that a wrapper without ``functools.wraps`` holds, None where none can be found.

    What the wrapper keeps in its closure, its defaults, its attributes or a partial's arguments can be seen;
    what it looks up when it is called, by a name or in a registry, cannot.
    """
    if isinstance(getattr(callback, "cls", None), type):
        return None
    waiting, seen = _held_by(callback), {id(callback)}
    while waiting and len(seen) < _LOOKED_AT:
        holder = waiting.pop(0)
        if id(holder) in seen or isinstance(holder, type):
            continue
        seen.add(id(holder))
        attributes = getattr(holder, "__dict__", {})
        cls = attributes.get("cls")
        if isinstance(cls, type) and issubclass(cls, APIView):
            return cls if (api_views or "actions" in attributes) else None
        waiting += _held_by(holder)
    return None


def _held_by(holder: Any) -> list[Any]:
    """What an object keeps, without running any of its code."""
    if isinstance(holder, (list, tuple)):
        return list(holder)
    if isinstance(holder, dict):
        return list(holder.values())
    if isinstance(holder, partial):
        return [holder.func, *holder.args, *holder.keywords.values()]
    if isinstance(holder, MethodType):
        return [holder.__func__, holder.__self__]
    held = list(getattr(holder, "__dict__", {}).values())
    if isinstance(holder, FunctionType):
        for cell in holder.__closure__ or ():
            with suppress(ValueError):  # a cell that nothing was put into yet
                held.append(cell.cell_contents)
        held += [*(holder.__defaults__ or ()), *(holder.__kwdefaults__ or {}).values()]
    return held


def _has_format_suffix(pattern: URLPattern) -> bool:
    names: Any = pattern.pattern.regex.groupindex
    return api_settings.FORMAT_SUFFIX_KWARG in names


def _endpoints_of(
    pattern: URLPattern, route: Route, namespaces: tuple[str, ...], shared: Shared
) -> Iterator[Endpoint | Skipped]:
    callback: Any = pattern.callback
    cls, initkwargs = callback.cls, getattr(callback, "initkwargs", {})
    actions = _actions_of(callback)
    routed = [method for method in METHODS if method in actions and _is_there(cls, method, actions[method])]
    endpoints = [
        Endpoint(callback, cls, actions, initkwargs, method, actions[method], route, namespaces, pattern.name, shared)
        for method in routed
    ]
    legible = [endpoint for endpoint in endpoints if not endpoint.renders_only_html]
    if endpoints and not legible:
        yield _skipped(pattern, route, "It can only render HTML.")
        return
    if not route.is_buildable:
        yield _skipped(pattern, route, "Its path has alternatives, so that no address can be built for it.")
        return
    for endpoint in legible:
        allowed = endpoint.attribute("http_method_names") or ()
        is_twice = actions.get("patch") == "partial_update" and endpoint.action == "update" and "patch" in allowed
        if endpoint.method in allowed and not is_twice:
            yield endpoint


def _is_there(cls: Any, method: str, action: str) -> bool:
    return hasattr(cls, action) or hasattr(cls, method)


def _actions_of(callback: Any) -> Mapping[str, str]:
    """A ViewSet's table from its route; for another view, what each of its HTTP methods does."""
    actions: Mapping[str, str] | None = getattr(callback, "actions", None)
    if actions is not None:
        return actions
    cls = callback.cls
    return {
        method: next((action for action in GENERIC_ACTIONS[method] if hasattr(cls, action)), method)
        for method in METHODS
        if hasattr(cls, method)
    }
