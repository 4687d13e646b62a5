"""Endpoints: every action of a ViewSet that the project's URLconf routes, and the way to it.

An endpoint is read from the route alone: its callback, actions and initkwargs are the ones that a
REST call meets. Nothing here knows what a tool is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import product
from operator import methodcaller
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.handlers.wsgi import WSGIRequest
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern
from django.utils.regex_helper import normalize
from rest_framework.renderers import BrowsableAPIRenderer, StaticHTMLRenderer, TemplateHTMLRenderer
from rest_framework.settings import api_settings
from rest_framework.viewsets import ViewSetMixin

T = TypeVar("T")

logger = logging.getLogger("drf_mcp")

HTML_RENDERERS = (BrowsableAPIRenderer, TemplateHTMLRenderer, StaticHTMLRenderer)
METHODS = ("get", "post", "put", "patch", "delete")
"""The HTTP methods that a tool can stand for; ``head`` and ``options`` say nothing of their own."""


class Route:
    """The chain of URL patterns that leads to a callback, and the paths that it can build.

    Args:
        patterns: The pattern objects from the root of the URLconf down to the endpoint.
    """

    def __init__(self, patterns: tuple[Any, ...]) -> None:
        self._patterns = patterns
        self.converters: dict[str, Any] = {}
        for pattern in patterns:
            self.converters.update(pattern.converters)
        forms = product(*(self._forms(pattern) for pattern in patterns))
        self._forms_by_kwargs = {
            frozenset(name for _, names in form for name in names): tuple(text for text, _ in form) for form in forms
        }
        longest = max(self._forms_by_kwargs, key=len)
        order = [name for pattern in patterns for name in pattern.regex.groupindex]
        self.kwargs = tuple(dict.fromkeys(name for name in order if name in longest))
        self.optional_kwargs = longest - min(self._forms_by_kwargs, key=len)

    @staticmethod
    def _forms(pattern: Any) -> list[tuple[str, list[str]]]:
        if isinstance(pattern, LocalePrefixPattern):
            return [("", [])]
        return list(normalize(pattern.regex.pattern))

    def __str__(self) -> str:
        """The route as its author wrote it, without a regex's anchors."""
        return "".join(
            str(pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z") for pattern in self._patterns
        )

    def build_path(self, kwargs: Mapping[str, Any]) -> str:
        """The path below the script name that leads to the callback with these kwargs.

        Args:
            kwargs: A value for each URL kwarg; optional ones may be missing.

        Returns:
            The path, unquoted, with a leading slash.

        Raises:
            KeyError: No form of the route takes exactly these kwargs.
            ValueError: A converter refuses its value.
        """
        form = self._forms_by_kwargs[frozenset(kwargs)]
        values = {
            name: self.converters[name].to_url(value) if name in self.converters else str(value)
            for name, value in kwargs.items()
        }
        parts = (
            pattern.language_prefix if isinstance(pattern, LocalePrefixPattern) else text % values
            for pattern, text in zip(self._patterns, form, strict=True)
        )
        return "/" + "".join(parts)


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One routed action.

    Args:
        callback: What the URL resolver returns for the route, decorators included.
        viewset: The project's class, as it stands.
        actions: The route's table of HTTP methods (in lower case) and actions; never changed here.
        initkwargs: What the route gives to the class.
        method: The HTTP method, in lower case.
        action: The method of the ViewSet that it runs.
        route: How to get there.
        namespaces: The URL namespaces on the way, outermost first.
    """

    callback: Any
    viewset: Any
    actions: Mapping[str, str]
    initkwargs: Mapping[str, Any]
    method: str
    action: str
    route: Route
    namespaces: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.method.upper()} /{self.route} ({self.viewset.__module__}.{self.viewset.__qualname__}.{self.action})"
        )

    def attribute(self, name: str) -> Any:
        """An attribute as the routed view will have it: the route's own word, else the class's."""
        return self.initkwargs.get(name, getattr(self.viewset, name, None))

    @property
    def handler(self) -> Any:
        """The function that runs, unbound."""
        return getattr(self.viewset, self.action)

    @property
    def is_extra_action(self) -> bool:
        """True for a method marked with ``@action``, False for a router's standard ones."""
        return hasattr(self.handler, "mapping")

    @cached_property
    def lookup_kwarg(self) -> str | None:
        """The URL kwarg that names the object, None on a list route."""
        name = self.attribute("lookup_url_kwarg") or self.attribute("lookup_field")
        return name if name in self.route.kwargs else None

    @cached_property
    def basename(self) -> str:
        """The router's basename, or the class's name without ``ViewSet``."""
        name = self.initkwargs.get("basename") or self.viewset.__name__.removesuffix("ViewSet")
        return str(name) or self.viewset.__name__

    @cached_property
    def view(self) -> Any:
        """An instance of the ViewSet in the state of an anonymous request to this endpoint, for questions only.

        It is marked with ``swagger_fake_view``, which ViewSets that are made for schema generators
        look at. It never handles a request.
        """
        view = self.viewset(**self.initkwargs)
        view.action_map = dict(self.actions)
        view.action = self.action
        view.args, view.kwargs, view.format_kwarg = (), {}, None
        view.swagger_fake_view = True
        request = WSGIRequest(
            {
                "REQUEST_METHOD": self.method.upper(),
                "PATH_INFO": "/",
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "wsgi.url_scheme": "http",
                "wsgi.input": BytesIO(),
            }
        )
        request.user = AnonymousUser()
        view.request = request
        view.request = view.initialize_request(request)
        return view

    @cached_property
    def model(self) -> type[Model] | None:
        """The model of the ViewSet's queryset, else of its serializer, None where neither tells."""
        queryset = self.attribute("queryset")
        if queryset is None:
            queryset = self.ask("get_queryset")
        model = getattr(queryset, "model", None)
        if model is None:
            model = getattr(getattr(self.serializer_class, "Meta", None), "model", None)
        return model if isinstance(model, type) and issubclass(model, Model) else None

    @cached_property
    def serializer_class(self) -> Any:
        """The serializer class that the ViewSet names for this action, None where it names none."""
        declared = self.attribute("serializer_class")
        return self.ask("get_serializer_class") or declared

    @cached_property
    def serializer(self) -> Any:
        """A serializer instance as the view would make it for this action, None where it makes none."""
        if self.serializer_class is None:
            return None
        serializer = self.ask("get_serializer")
        if serializer is None:
            try:
                serializer = self.serializer_class(context={"request": self.view.request, "view": self.view})
            except Exception as error:  # noqa: BLE001  (a project's own constructor may raise anything)
                self._report("the serializer", error)
        return serializer

    def ask(self, method: str) -> Any:
        """Call a method of the view that takes nothing; None where there is none or it needs a real request."""
        if not hasattr(self.viewset, method):
            return None
        return self.ask_with_view(methodcaller(method))

    def ask_with_view(self, question: Callable[[Any], T]) -> T | None:
        """Put a question to the view that stands for this endpoint; None where it needs a real request."""
        try:
            return question(self.view)
        except Exception as error:  # noqa: BLE001  (a project's own code may raise anything)
            self._report(repr(question), error)
            return None

    def _report(self, what: str, error: Exception) -> None:
        logger.debug("%s: %s cannot be read without a request: %s: %s", self, what, type(error).__name__, error)


def discover_endpoints(urlconf: Any = None) -> list[Endpoint]:
    """Find every ViewSet action that a URLconf routes.

    A route's ``update`` stands aside where the same route has ``partial_update``, which does the
    same and asks for less. The routes that only add a format suffix, and the actions that would
    answer 405 or can only render HTML, are no endpoints.

    Args:
        urlconf: A URLconf as Django takes it, None for the active one.

    Returns:
        The endpoints in the order of the URLconf.
    """
    return list(_walk(get_resolver(urlconf), (), ()))


def _walk(resolver: URLResolver, above: tuple[Any, ...], namespaces: tuple[str, ...]) -> Iterator[Endpoint]:
    seen: list[Any] = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            deeper = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, (*above, pattern.pattern), deeper)
        elif _is_viewset(pattern) and not (pattern.callback in seen and _has_format_suffix(pattern)):
            seen.append(pattern.callback)
            yield from _endpoints_of(pattern, (*above, pattern.pattern), namespaces)


def _is_viewset(pattern: URLPattern) -> bool:
    cls = getattr(pattern.callback, "cls", None)
    return isinstance(cls, type) and issubclass(cls, ViewSetMixin) and hasattr(pattern.callback, "actions")


def _has_format_suffix(pattern: URLPattern) -> bool:
    names: Any = pattern.pattern.regex.groupindex
    return api_settings.FORMAT_SUFFIX_KWARG in names


def _endpoints_of(pattern: URLPattern, patterns: tuple[Any, ...], namespaces: tuple[str, ...]) -> Iterator[Endpoint]:
    callback: Any = pattern.callback
    cls, actions, initkwargs = callback.cls, callback.actions, callback.initkwargs
    renderers = initkwargs.get("renderer_classes", cls.renderer_classes)
    if renderers and all(issubclass(renderer, HTML_RENDERERS) for renderer in renderers):
        return
    allowed = initkwargs.get("http_method_names", cls.http_method_names)
    route = Route(patterns)
    for method in METHODS:
        action = actions.get(method)
        if action is None or method not in allowed or not hasattr(cls, action):
            continue
        if action == "update" and actions.get("patch") == "partial_update" and "patch" in allowed:
            continue
        yield Endpoint(callback, cls, actions, initkwargs, method, action, route, namespaces)
