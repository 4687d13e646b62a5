"""Endpoints: one routed action each, and what its view says when it is asked.

An endpoint is read from the route alone: its callback, actions and initkwargs are the ones that a
REST call meets. Nothing here knows what a tool is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter, methodcaller
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from rest_framework.serializers import Serializer
from rest_framework.viewsets import ViewSetMixin

from .questions import HTML_RENDERERS, Shared, make_request
from .reading.found import CONSTANT, UNIFORM
from .reading.library import COMPUTED, is_library_class, remembered, written
from .routes import Route
from .schema.declared import SHAPING, classes_in, read_fields, without_shaping

T = TypeVar("T")

logger = logging.getLogger("drf_mcp")

METHODS = ("get", "post", "put", "patch", "delete")
"""The HTTP methods that a tool can stand for; ``head`` and ``options`` say nothing of their own."""
WRITES = ("create", "update", "partial_update")
"""The actions of DRF's own that take a serializer's input."""


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One routed action.

    Args:
        callback: What the URL resolver returns for the route, decorators included.
        viewset: The project's class, as it stands.
        actions: The route's table of HTTP methods (in lower case) and actions; never changed here.
        initkwargs: What the route gives to the class.
        method: The HTTP method, in lower case.
        action: What it does: the action of a ViewSet or the like of a generic view.
        route: How to get there.
        namespaces: The URL namespaces on the way, outermost first.
        url_name: The route's name, None where it has none.
        shared: What the endpoints of its catalog share.
        problems: What the view would not tell without a real request, as far as it was asked.
    """

    callback: Any
    viewset: Any
    actions: Mapping[str, str]
    initkwargs: Mapping[str, Any]
    method: str
    action: str
    route: Route
    namespaces: tuple[str, ...]
    url_name: str | None = None
    shared: Shared = field(default_factory=Shared)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.method.upper()} /{self.route} ({self.viewset.__module__}.{self.viewset.__qualname__}.{self.action})"
        )

    def attribute(self, name: str) -> Any:
        """An attribute as the routed view will have it: the route's own word, else the class's."""
        value = self.initkwargs.get(name, getattr(self.viewset, name, None))
        # Some classes compute what others write down.
        return self.ask_view(attrgetter(name), name) if isinstance(value, COMPUTED) else value

    @property
    def is_viewset(self) -> bool:
        """False for a generic view or a plain ``APIView``."""
        return issubclass(self.viewset, ViewSetMixin)

    @property
    def handler(self) -> Any:
        """The function that runs, unbound."""
        return getattr(self.viewset, self.action if hasattr(self.viewset, self.action) else self.method)

    @cached_property
    def is_drfs_own(self) -> bool:
        """Whether the handler is DRF's, so that its answer is known: not overridden, not an extra action."""
        names = [self.action] if self.is_viewset else [self.action, self.method]
        authors = [next(written(self.viewset, name), (object, None))[0] for name in names]
        modules = ("rest_framework.mixins", "rest_framework.generics")
        return all(cls.__module__ in modules and is_library_class(cls) for cls in authors)

    @cached_property
    def lookup_kwarg(self) -> str | None:
        """The URL kwarg that names the object, None on a list route."""
        name = self.attribute("lookup_url_kwarg") or self.attribute("lookup_field")
        if name in self.route.kwargs:
            return str(name)
        return "pk" if "pk" in self.route.kwargs else None

    @cached_property
    def authentication_classes(self) -> list[Any] | None:
        """The classes that the view authenticates with, None where only a real request could choose them."""
        if not _is_overridden(self.viewset, "get_authenticators"):
            return list(self.attribute("authentication_classes") or ())
        chosen = self.ask("get_authenticators")
        return None if chosen is None else [type(authenticator) for authenticator in chosen]

    @cached_property
    def basename(self) -> str:
        """The router's basename, else the route's name for a plain view, else the class's name."""
        name = self.initkwargs.get("basename") or (None if self.is_viewset else self.url_name)
        return str(name or self.viewset.__name__.removesuffix("ViewSet") or self.viewset.__name__)

    @cached_property
    def renderer_classes(self) -> list[Any]:
        """The renderers that write data, without the ones that write pages."""
        return [renderer for renderer in self._all_renderers if not issubclass(renderer, HTML_RENDERERS)]

    @property
    def renders_only_html(self) -> bool:
        """Whether all answers are pages for people."""
        return bool(self._all_renderers) and not self.renderer_classes

    @cached_property
    def _all_renderers(self) -> list[Any]:
        if _is_overridden(self.viewset, "get_renderers"):
            return [type(renderer) for renderer in self.ask("get_renderers") or ()]
        return list(self.attribute("renderer_classes") or ())

    @cached_property
    def view(self) -> Any:
        """An instance of the view in the state of an anonymous request to this endpoint, for questions only.

        It is marked with ``swagger_fake_view``, which views that are made for schema generators look
        at. It never handles a request.
        """
        return self._view_for(AnonymousUser(), {})

    @cached_property
    def permissive_view(self) -> Any:
        """The same for a user who may do everything, with a value for each URL kwarg."""
        return self._view_for(self.shared.user, dict.fromkeys(self.route.kwargs, "1"))

    def _view_for(self, user: Any, kwargs: dict[str, str]) -> Any:
        view = self.viewset(**self.initkwargs)
        if self.is_viewset:
            view.action_map = dict(self.actions)
            view.action = self.action
        view.args, view.kwargs, view.format_kwarg = (), kwargs, None
        view.swagger_fake_view = True
        make_request(view, self.method, user)
        if _is_overridden(self.viewset, "get_queryset"):
            view.get_queryset = self._asked_once(view.get_queryset, user)
        return view

    def _asked_once(self, get_queryset: Callable[..., Any], user: Any) -> Callable[..., Any]:
        """A view's ``get_queryset`` that runs once, also for other endpoints where these cannot be told apart in it."""
        own: dict[Any, Any] = {}

        def ask(*args: Any, **kwargs: Any) -> Any:
            if args or kwargs:
                return get_queryset(*args, **kwargs)
            seen = self.shared.readings.read(self.viewset, ("get_queryset", ("view",))).sees
            known = self.shared.querysets if self._is_uniform(seen) else own
            key = self.viewset, type(user)
            if key not in known:
                known[key] = get_queryset()
            return known[key]

        return ask

    def _is_uniform(self, seen: set[str]) -> bool:
        """Whether code that looks at these answers alike for the other endpoints of the ViewSet."""
        # What a serializer keeps in itself it has from who makes it and from its own code, which both are read.
        is_alike = all(name in UNIFORM or name.startswith("self.") for name in seen)
        return is_alike and self.initkwargs.keys() <= _ROUTERS_OWN

    @cached_property
    def model(self) -> type[Model] | None:
        """The model of the view's queryset, else of its serializer, None where neither tells."""
        queryset = self.ask("get_queryset") if _is_overridden(self.viewset, "get_queryset") else None
        if queryset is None:
            queryset = self.attribute("queryset")
        model = getattr(queryset, "model", None)
        if model is None:
            model = getattr(getattr(self.serializer_class, "Meta", None), "model", None)
        return model if isinstance(model, type) and issubclass(model, Model) else None

    @cached_property
    def serializer_class(self) -> Any:
        """The serializer class that the view names for this action, None where it names none."""
        declared = self.attribute("serializer_class")
        if declared is None and not _is_overridden(self.viewset, "get_serializer_class"):
            return None
        if _is_overridden(self.viewset, "get_serializer_class"):
            # Where it will not tell, the class attribute would be a guess.
            return self.ask("get_serializer_class")
        return declared

    @property
    def serializer(self) -> Any:
        """A serializer instance as the view would make it for this action, None where it makes none."""
        return self._made[0]

    @property
    def is_declared_only(self) -> bool:
        """Whether the serializer has just what its class declares, since the rest needs a real request."""
        return self._made[1]

    @cached_property
    def _made(self) -> tuple[Any, bool]:
        cls, known = self.serializer_class, self.shared.serializers
        is_plain = not any(_is_overridden(self.viewset, name) for name in ("get_serializer", "get_serializer_context"))
        of_viewset = self.viewset, cls
        if cls is not None and is_plain and cls in known:
            return known[cls], False
        if cls is not None and of_viewset in known and self._is_uniform(set()):
            return known[of_viewset], False
        serializer, is_declared_only = self._make_serializer(cls)
        if cls is not None and serializer is not None and not is_declared_only:
            # What nothing shapes tells for all; what nothing of one endpoint shapes for the others of its ViewSet.
            if is_plain and not any(map(_is_shaped, classes_in(serializer))):
                known[cls] = serializer
            elif self._is_uniform(self._looked_at(serializer, "get_serializer")):
                known[of_viewset] = serializer
        return serializer, is_declared_only

    def _make_serializer(self, cls: Any) -> tuple[Any, bool]:
        """Ask the view, then the class; where neither tells without a real request, take what is declared."""
        ways: list[Callable[[Any], Any]] = []
        if hasattr(self.viewset, "get_serializer") and (cls or _is_overridden(self.viewset, "get_serializer")):
            ways.append(lambda view: view.get_serializer())
        if cls is not None:
            ways.append(lambda view: cls(context=_context_of(view)))
        return self._made_by(ways, cls)

    def _made_by(self, ways: list[Callable[[Any], Any]], cls: Any) -> tuple[Any, bool]:
        made: list[Any] = []
        for way in ways:
            serializer = self.ask_view(lambda view, way=way: read_fields(way(view), made))  # type: ignore[misc]
            if serializer is not None:
                return serializer, False
        if made:
            # It can be made, but something in it wants a real request.
            return self.ask_view(lambda _view: read_fields(made[0], is_repaired=True)), True
        if isinstance(cls, type) and issubclass(cls, Serializer):  # others have no fields
            if cls not in (known := self.shared.declared):
                bare = without_shaping(cls)
                known[cls] = self.ask_view(lambda view: read_fields(bare(context=_context_of(view)), is_repaired=True))
            return known[cls], True
        return None, False

    def make_named(self, cls: type, *, is_many: bool = False) -> tuple[Any, bool]:
        """A serializer that the code makes by name.

        Args:
            cls: Its class.
            is_many: Whether it is for a list.

        Returns:
            An instance, None where it takes a real request, and whether another call may find other fields in it.
        """
        key = self.viewset, cls, is_many
        if key not in self.shared.named:
            ways = [lambda view: cls(context=_context_of(view), **({"many": True} if is_many else {}))]
            serializer, is_declared_only = self._made_by(ways, cls)
            differs = is_declared_only or bool(self._looked_at(serializer))
            self.shared.named[key] = serializer, differs
        return self.shared.named[key]

    @cached_property
    def shaped_by(self) -> set[str]:
        """What of a call decides on the serializer or its fields: attributes of the request, view and context."""
        seen = self._looked_at(self.serializer, "get_serializer_class", "get_serializer")
        if self.method == "post":
            seen.discard("instance")  # there is none yet
        return seen - CONSTANT

    def _looked_at(self, serializer: Any, *methods: str) -> set[str]:
        """What these methods of the view and the shaping methods of a serializer's parts look at."""
        read = self.shared.readings.read
        without = {"get_serializer_class", "get_serializer", "get_serializer_context"} - {*methods}
        seen = set(read(self.viewset, *((name, ("view",)) for name in methods), without=tuple(sorted(without))).sees)
        for cls in classes_in(serializer):
            if _is_shaped(cls):
                seen |= read(cls, *((name, ("serializer",)) for name in SHAPING)).sees
        if "context" in seen:
            seen |= read(self.viewset, ("get_serializer_context", ("view",))).sees
        return seen

    @property
    def differs(self) -> bool:
        """Whether another call may have another serializer, or other fields."""
        return self.is_declared_only or bool(self.shaped_by)

    @property
    def differs_by_caller(self) -> bool:
        """The same for two calls with the same query string."""
        return self.is_declared_only or bool(self.shaped_by - {"query_params", "GET"})

    def ask(self, method: str) -> Any:
        """Call a method of the view that takes nothing; None where there is none or it needs a real request."""
        return self.ask_view(methodcaller(method), method) if hasattr(self.viewset, method) else None

    def ask_view(self, question: Callable[[Any], T], what: str = "the serializer") -> T | None:
        """Put a question to the view as schema generators do: as nobody, then as somebody who may do everything.

        Args:
            question: What to ask; it gets the view.
            what: What is asked for, as a problem would call it.

        Returns:
            The answer, None where it takes a real request; ``problems`` then says why.
        """
        problem = ""
        for name in ("view", "permissive_view"):
            try:
                answer = question(getattr(self, name))
            except Exception as error:  # noqa: BLE001  (a project's own code may raise anything)
                problem = problem or f"{what} cannot be read without a request: {type(error).__name__}: {error}"
            else:
                if answer is not None:
                    return answer
        if problem and problem not in self.problems:
            self.problems.append(problem)
            logger.debug("%s: %s", self, problem)
        return None


_ROUTERS_OWN = {"basename", "detail", "suffix", "name", "description"}
"""What routers give to a class that no queryset and no serializer is made from."""


@remembered
def _is_shaped(cls: type) -> bool:
    """Whether a class outside of DRF and Django has a say in what the fields are, or how they are made."""
    return any(_is_overridden(cls, name) for name in SHAPING)


def _context_of(view: Any) -> dict[str, Any]:
    return {"request": view.request, "view": view, "format": None}


@remembered
def _is_overridden(cls: type, method: str) -> bool:
    return any(not is_library_class(owner) for owner, _ in written(cls, method))
