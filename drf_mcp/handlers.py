"""What the code behind an endpoint takes from its request: which keys of body and query, and whether more.

A handler is followed through the methods of its class, as it would run: overridden hooks, ``super()``,
decorators, properties and helper functions. Django's and DRF's own code is known and only led through.
What cannot be followed may read anything.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType
from typing import Any

from django.utils import functional

from .aliases import CONSTANT, Kind
from .sources import read_source
from .steps import Step

Entry = tuple[str, tuple[Kind, ...]]
"""The name of a method to start from, and what its arguments stand for."""

KNOWN = ("django", "rest_framework", "django_filters", "adrf", "contextlib")
"""The libraries whose own reading is described elsewhere, by serializers, filters and paginators."""

COMPUTED = (property, functools.cached_property, functional.cached_property)
"""What computes an attribute of an instance."""

_CLOSED_BEHIND = ("finalize_response", "handle_exception", "raise_uncaught_exception", "options")


@dataclass(slots=True)
class Reading:
    """What is read of a request.

    Args:
        body_keys: Names that are taken from the body, in the order in which they occur.
        query_keys: Names that are taken from the query string.
        opened: The parts, ``body`` and ``query``, that are read in other ways than by such a name.
        is_handed_on: True where the request goes to code that is not seen.
        makes_serializer: True where the view's serializer is made at all.
        uses_serializer: True where it is made from the body.
        uses_many: True where it is made for a list of objects.
        uses_filters: True where the view's filter backends are applied to a list.
        finds_object: True where they are applied on the way to one object.
        uses_pages: True where the view's paginator is applied.
        is_unread: True where a method to start from has no source.
        filled: Names of the body that the code sets by itself; an empty one for names that are not known.
        sees: What else of the call is looked at: attributes of the request, of the view and the context.
    """

    body_keys: list[str] = field(default_factory=list)
    query_keys: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    is_handed_on: bool = False
    makes_serializer: bool = False
    uses_serializer: bool = False
    uses_many: bool = False
    uses_filters: bool = False
    finds_object: bool = False
    uses_pages: bool = False
    is_unread: bool = False
    filled: set[str] = field(default_factory=set)
    sees: set[str] = field(default_factory=set)

    @property
    def is_body_open(self) -> bool:
        """Whether more of the body may be read than the names."""
        return self.is_handed_on or "body" in self.opened

    @property
    def is_query_open(self) -> bool:
        """Whether more of the query string may be read than the names."""
        return self.is_handed_on or "query" in self.opened

    @property
    def reads_body(self) -> bool:
        """Whether anything of the body is read beside the serializer."""
        return self.is_body_open or bool(self.body_keys)

    def add_key(self, part: str, key: str) -> None:
        """Note a key of the body or the query."""
        keys = self.body_keys if part == "body" else self.query_keys
        if key not in keys:
            keys.append(key)
        self.sees.add("data" if part == "body" else "query_params")

    def open(self, part: str) -> None:
        """Note that any key of the body or the query may be read."""
        self.opened.add(part)
        self.sees.add("data" if part == "body" else "query_params")

    def hand_on(self, kinds: Iterable[Kind] = ("request",)) -> None:
        """Note that something goes to code that is not seen."""
        for kind in kinds:
            if kind in ("body", "query"):
                self.open(kind)
            elif kind in ("view", "request", "super"):
                self.is_handed_on = True
                self.sees.add("caller")
            elif kind == "context":
                self.sees.add("context")

    def add(self, other: Reading) -> None:
        """Note what another reading has read, but neither what it uses nor what it hands on."""
        for key in other.body_keys:
            self.add_key("body", key)
        for key in other.query_keys:
            self.add_key("query", key)
        self.opened |= other.opened
        self.sees |= other.sees


_known_steps: dict[Any, tuple[Step, ...] | None] = {}
"""The libraries' own functions as steps: they stay for as long as the process does, and so may these."""


class Sources:
    """What was read while one catalog is built: each function once, and each class once from where it starts."""

    def __init__(self) -> None:
        self._steps: dict[Any, tuple[Step, ...] | None] = {}
        self._readings: dict[Any, Reading] = {}

    def read(self, cls: type, *entries: Entry, without: tuple[str, ...] = ()) -> Reading:
        """Read what a class's methods take from the request, with all that they lead to.

        Args:
            cls: The class of a view, a permission, a filter backend, a serializer or the like.
            entries: Where to start; the class need not have all of these methods.
            without: Methods that are not followed.

        Returns:
            What they read; it is shared, so it must not be changed.
        """
        key = cls, entries, without
        if key not in self._readings:
            follower = _Follower(self, cls, without)
            for name, positional in entries:
                follower.start(name, positional)
            self._readings[key] = follower.reading
        return self._readings[key]

    def steps(
        self, function: FunctionType, positional: tuple[Kind, ...], keywords: tuple[tuple[str, Kind], ...]
    ) -> tuple[Step, ...] | None:
        """A function's source as steps, None where there is none."""
        steps = _known_steps if is_known(function) else self._steps
        key = function, positional, keywords
        if key not in steps:
            steps[key] = read_source(function, positional, keywords)
        return steps[key]


class _Follower:
    """One way through the methods of a class.

    Args:
        sources: What was read before.
        cls: The class.
        without: Methods that are not followed.
    """

    def __init__(self, sources: Sources, cls: type, without: tuple[str, ...]) -> None:
        self.sources = sources
        self.cls = cls
        self.without = (*without, *_CLOSED_BEHIND)
        self.reading = Reading()
        self.seen: set[Any] = set()
        self.itself: Kind = "view"
        self.is_finding = False

    def start(self, name: str, positional: tuple[Kind, ...]) -> None:
        self.itself = positional[0] if positional else None
        value, owner = self.find(name)
        if isinstance(value, COMPUTED):
            value = _computing(value)
        if owner is not None and owner is not object and not isinstance(value, type):
            self.follow(value, owner, positional)

    def find(self, name: str, below: type | None = None) -> tuple[Any, type | None]:
        """A method or attribute of the class as it is written down, and the class that wrote it."""
        mro = self.cls.__mro__
        start = mro.index(below) + 1 if below in mro else 0
        owner = next((cls for cls in mro[start:] if name in vars(cls)), None)
        return (vars(owner)[name] if owner is not None else None), owner

    def follow(
        self, value: Any, owner: type, positional: Sequence[Kind], keywords: tuple[tuple[str, Kind], ...] = ()
    ) -> None:
        """Read a function as it is called, through what is wrapped around it."""
        positional = tuple(positional)
        if isinstance(value, staticmethod):
            value, positional = value.__func__, positional[1:]
        elif isinstance(value, classmethod):
            value, positional = value.__func__, (None, *positional[1:])
        if not isinstance(value, FunctionType):
            self.reading.hand_on()
            return
        self.note_use(value)
        key = value, positional, keywords, self.is_finding
        if key in self.seen:
            return
        self.seen.add(key)
        if is_known(value):
            self.follow_known(value, owner, positional, keywords)
            return
        steps = self.sources.steps(value, positional, keywords)
        if steps is None:
            self.reading.is_unread = True
            self.reading.hand_on()
        for step in steps or ():
            self.take(step, owner)

    def note_use(self, function: FunctionType) -> None:
        """What a generic view's own methods are for."""
        if not is_known(function):
            return
        name = function.__code__.co_name.removeprefix("a")
        if name == "filter_queryset" and self.is_finding:
            self.reading.finds_object = True
        elif name == "filter_queryset":
            self.reading.uses_filters = True
        elif name == "paginate_queryset":
            self.reading.uses_pages = True

    def follow_known(
        self, function: FunctionType, owner: type, positional: tuple[Kind, ...], keywords: tuple[tuple[str, Kind], ...]
    ) -> None:
        """Lead through a library's code: to what it wraps, and to the methods that it calls on the object."""
        inner = wrapped_by(function)
        if inner:
            # What ``@api_view`` makes of a function hands it the request without the view.
            is_plain = function.__globals__["__name__"] == "rest_framework.decorators"
            for value in inner:
                self.follow(value, owner, positional[1:] if is_plain else positional, keywords)
            for decorator in applied_by(function):
                self.follow(decorator, owner, ("decorated",))
            return
        if not positional or positional[0] != self.itself:
            return
        for step in self.sources.steps(function, positional, keywords) or ():
            if step.what in ("call", "super", "serializer"):
                self.take(step, owner)

    def take(self, step: Step, owner: type) -> None:
        """Note a step, or go where it leads."""
        getattr(self, f"take_{step.what}", self.take_read)(step, owner)

    def take_read(self, step: Step, owner: type) -> None:
        reading = self.reading
        if step.what == "key":
            reading.add_key(step.name, step.detail)
        elif step.what == "open":
            reading.open(step.name)
        elif step.what == "fills":
            reading.filled.add(step.name)
        elif step.what == "sees":
            reading.sees.add(step.name)
        else:
            self.reading.hand_on()

    def take_key_of(self, step: Step, owner: type) -> None:
        key = getattr(self.cls, step.detail, None)
        if isinstance(key, str):
            self.reading.add_key(step.name, key)
        else:
            self.reading.open(step.name)

    def take_serializer(self, step: Step, owner: type) -> None:
        self.reading.makes_serializer = True
        if not step.name:
            return
        self.reading.uses_serializer = True
        self.reading.uses_many |= step.detail
        if step.name == "part":
            self.reading.filled.add("")

    def take_attribute(self, step: Step, owner: type) -> None:
        value, found = self.find(step.name)
        if isinstance(value, COMPUTED):
            value = _computing(value)
        elif found is None and step.name not in CONSTANT:
            self.reading.sees.add(step.name)
        if found is not None and isinstance(value, FunctionType):
            self.follow(value, found, (self.itself,))

    def take_call(self, step: Step, owner: type) -> None:
        self.call(*self.find(step.name), step)

    def take_super(self, step: Step, owner: type) -> None:
        self.call(*self.find(step.name, owner), step)

    def call(self, value: Any, owner: type | None, step: Step) -> None:
        if step.name in self.without:
            return
        was_finding = self.is_finding
        self.is_finding |= step.name in ("get_object", "aget_object")
        positional = (self.itself, *step.positional[1:])
        if isinstance(value, COMPUTED):
            self.follow(_computing(value), owner or self.cls, (self.itself,))
        elif owner is None:
            self.reading.hand_on()
        elif value is None or isinstance(value, (type, BuiltinFunctionType)):
            # It is called without the view.
            self.reading.hand_on((*step.positional[1:], *(kind for _, kind in step.keywords)))
        else:
            self.follow(value, owner, positional, step.keywords)
        self.is_finding = was_finding

    def take_function(self, step: Step, owner: type) -> None:
        if isinstance(step.name, FunctionType):
            self.follow(step.name, owner, step.positional, step.keywords)
        else:
            self.reading.hand_on((*step.positional, *(kind for _, kind in step.keywords)))


def is_known(function: Any) -> bool:
    """Whether a function is a library's own, whatever ``functools.wraps`` made it look like."""
    module = str(getattr(function, "__globals__", {}).get("__name__", ""))
    return module.partition(".")[0] in KNOWN


def _computing(value: Any) -> Any:
    return value.fget if isinstance(value, property) else value.func


def wrapped_by(function: FunctionType) -> list[Any]:
    """What a library's wrapper leads to: what it says that it wraps, else each function that it knows."""
    if hasattr(function, "__wrapped__"):
        return [function.__wrapped__]
    return [value for value in _closure(function) if isinstance(value, FunctionType)]


def applied_by(function: FunctionType) -> list[Any]:
    """The project's decorators that a library's wrapper applies at each call, as ``method_decorator`` does."""
    lists = [value for value in _closure(function) if isinstance(value, (list, tuple))]
    return [value for values in lists for value in values if isinstance(value, FunctionType) and not is_known(value)]


def _closure(function: FunctionType) -> list[Any]:
    return [cell.cell_contents for cell in function.__closure__ or ()]
