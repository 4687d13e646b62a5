"""Every action that a project's URLconf routes, found without any help from drf_mcp.

The paths come from DRF's own schema generator, so that a mistake of drf_mcp cannot hide in both sides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLResolver, get_resolver
from rest_framework.renderers import AdminRenderer, BrowsableAPIRenderer, StaticHTMLRenderer, TemplateHTMLRenderer
from rest_framework.schemas.generators import EndpointEnumerator
from rest_framework.settings import api_settings
from rest_framework.viewsets import ViewSetMixin

METHODS = ("get", "post", "put", "patch", "delete")
PAGES = (AdminRenderer, BrowsableAPIRenderer, StaticHTMLRenderer, TemplateHTMLRenderer)


@dataclass(frozen=True, eq=False)
class Routed:
    """One action under one method of one route.

    Args:
        path: The route with each kwarg in braces.
        method: In lower case.
        action: The name of the action.
        callback: What the resolver returns.
        cls: The ViewSet.
        actions: The route's table, copied when the URLconf was loaded.
    """

    path: str
    method: str
    action: str
    callback: Any
    cls: Any
    actions: dict[str, str]

    @property
    def kwargs(self) -> list[str]:
        """The URL kwargs, in the order of the path."""
        return list(dict.fromkeys(re.findall(r"{(\w+)}", self.path)))

    @property
    def lookup(self) -> tuple[str, str]:
        """The field and the URL kwarg by which the ViewSet finds an object."""
        field = getattr(self.cls, "lookup_field", None) or "pk"
        return field, getattr(self.cls, "lookup_url_kwarg", None) or field

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path} ({self.cls.__module__}.{self.cls.__qualname__}.{self.action})"


def routed_actions(urlconf: Any = None) -> list[Routed]:
    """All of them, in the order in which Django tries the routes."""
    found = []
    for path, callback in _walk(get_resolver(urlconf).url_patterns, ""):
        actions = dict(callback.actions)
        found += [Routed(path, m, actions[m], callback, callback.cls, actions) for m in METHODS if m in actions]
    return found


def _walk(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    enumerator = EndpointEnumerator(patterns=[])
    for pattern in patterns:
        regex = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, regex)
            continue
        callback = pattern.callback
        is_viewset = isinstance(getattr(callback, "cls", None), type) and issubclass(callback.cls, ViewSetMixin)
        if is_viewset and hasattr(callback, "actions") and f"<{api_settings.FORMAT_SUFFIX_KWARG}" not in regex:
            yield enumerator.get_path_from_regex(regex), callback


def reason_for_absence(routed: Routed) -> str:
    """Why an action should be no tool, empty where it should be one."""
    initkwargs = getattr(routed.callback, "initkwargs", {})
    allowed = initkwargs.get("http_method_names", routed.cls.http_method_names)
    renderers = initkwargs.get("renderer_classes", routed.cls.renderer_classes)
    if routed.method not in allowed:
        return "405 under REST (http_method_names)"
    if not hasattr(routed.cls, routed.action):
        return "405 under REST (no such method)"
    if routed.action == "update" and routed.actions.get("patch") == "partial_update" and "patch" in allowed:
        return "PUT beside PATCH: one update tool"
    if renderers and all(issubclass(renderer, PAGES) for renderer in renderers):
        return "can only render HTML"
    return ""
