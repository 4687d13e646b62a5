"""One class: what its methods lead to, followed as it would run."""

from __future__ import annotations

from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType
from typing import Any

from .found import CONSTANT, UNIFORM, Call, Kinds, Reading, kinds_of
from .function import read_function
from .library import COMPUTED, computing, is_library_class, is_library_code, is_serializer_class, named, written

Entry = tuple[str, tuple[str | None, ...]]
"""The name of a method to start from, and what its arguments stand for, the object itself first."""

_CLOSED_BEHIND = ("finalize_response", "handle_exception", "raise_uncaught_exception", "options")
_CONFIGURATION = {
    *("queryset", "serializer_class", "permission_classes", "authentication_classes", "throttle_classes"),
    *("filter_backends", "filterset_class", "filterset_fields", "search_fields", "ordering_fields", "ordering"),
    *(
        "pagination_class",
        "parser_classes",
        "renderer_classes",
        "http_method_names",
        "throttle_scope",
        "versioning_class",
    ),
}
"""What a view sets that no code takes as the name of a key."""


class Readings:
    """What was read while one catalog is built: each class once from where it starts."""

    def __init__(self) -> None:
        self._known: dict[Any, Reading] = {}
        self._codes: dict[type, tuple[type, ...]] = {}

    def read(self, cls: type, *entries: Entry, without: tuple[str, ...] = ()) -> Reading:
        """Read what a class's methods take from the request, with all that they lead to.

        Args:
            cls: The class of a view, a permission, a filter backend, a serializer or the like.
            entries: Where to start; the class need not have all of these methods.
            without: Methods that are not followed.

        Returns:
            What they read; it is shared, so it must not be changed.
        """
        if cls not in self._codes:
            # Classes that only configure the same code are read alike.
            self._codes[cls] = tuple(base for base in cls.__mro__ if not _only_configures(base))
        key = self._codes[cls], entries, without
        if key not in self._known:
            self._known[key] = read_class(cls, *entries, without=without)
        return self._known[key]


def read_class(cls: type, *entries: Entry, without: tuple[str, ...] = ()) -> Reading:
    """The same without remembering it."""
    follower = _Follower(cls, without)
    for name, words in entries:
        follower.start(name, kinds_of(words))
    return follower.reading


def _only_configures(cls: type) -> bool:
    """Whether a class writes down nothing that its methods do or that names a key."""
    return not is_library_class(cls) and not any(
        hasattr(type(value), "__get__") or not (value is None or name in _CONFIGURATION or name.startswith("__"))
        for name, value in vars(cls).items()
    )


class _Follower:
    """One way through the methods of a class.

    Args:
        cls: The class.
        without: Methods that are not followed.
    """

    def __init__(self, cls: type, without: Iterable[str]) -> None:
        self.cls = cls
        self.without = {*without, *_CLOSED_BEHIND}
        self.reading = Reading()
        self.seen: set[Any] = set()
        self.itself: Kinds = frozenset()
        self.is_finding = False

    def start(self, name: str, positional: tuple[Kinds, ...]) -> None:
        self.itself = positional[0]
        owner, value = self.find(name)
        if owner is not object and not isinstance(value, type) and value is not None:
            self.follow(computing(value), owner, positional)

    def find(self, name: str, below: type | None = None) -> tuple[type, Any]:
        """The class that wrote an attribute down, and what it wrote; ``object`` and None where nobody did."""
        return next(written(self.cls, name, below), (object, None))

    def follow(
        self, value: Any, owner: type, positional: tuple[Kinds, ...], keywords: tuple[tuple[str, Kinds], ...] = ()
    ) -> None:
        """Read a function as it is called, through what is wrapped around it."""
        if isinstance(value, staticmethod):
            value, positional = value.__func__, positional[1:]
        elif isinstance(value, classmethod):
            value, positional = value.__func__, (frozenset(), *positional[1:])
        if not isinstance(value, FunctionType):
            self.reading.hand_on(frozenset({"request"}))
            return
        key = value, positional, keywords, self.is_finding
        if key in self.seen:
            return
        self.seen.add(key)
        if is_library_code(value):
            self.lead_through(value, owner, positional, keywords)
            return
        found = read_function(value, positional, keywords)
        if found is None:
            self.reading.is_unread = True
            self.reading.hand_on(frozenset({"request"}))
            return
        self.reading.add(found.reading)
        for call in found.calls:
            self.call(call, value, owner)

    def lead_through(
        self,
        function: FunctionType,
        owner: type,
        positional: tuple[Kinds, ...],
        keywords: tuple[tuple[str, Kinds], ...],
    ) -> None:
        """Go through a library's code: to what it wraps, and to the methods that it calls on the object."""
        self.note_use(function.__code__.co_name.removeprefix("a"))
        if inner := _wrapped_by(function):
            # What ``@api_view`` makes of a function hands it the request without the view.
            is_plain = function.__globals__["__name__"] == "rest_framework.decorators"
            for value in inner:
                self.follow(value, owner, positional[1:] if is_plain else positional, keywords)
            for decorator in _applied_by(function):
                self.follow(decorator, owner, kinds_of(("decorated",)))
        elif positional[:1] != (self.itself,):
            parts = frozenset({"body", "files", "query", "row"})
            self.reading.hand_on(*(kinds & parts for kinds in (*positional, *(k for _, k in keywords))))
        elif found := read_function(function, positional, keywords):
            self.reading.add_uses(found.reading)
            for call in found.calls:
                if call.to in ("itself", "super"):
                    self.call(call, function, owner)

    def note_use(self, name: str) -> None:
        """What a generic view's own methods are for."""
        self.reading.finds_object |= name == "filter_queryset" and self.is_finding
        self.reading.uses_filters |= name == "filter_queryset" and not self.is_finding
        self.reading.uses_pages |= name == "paginate_queryset"

    def call(self, call: Call, function: FunctionType, owner: type) -> None:
        """Go where a function leads."""
        if call.to == "function":
            value = named(function, call.name)
            if isinstance(value, FunctionType):
                self.follow(value, owner, call.positional, call.keywords)
            else:
                self.reading.hand_on(*call.handed)
        elif call.to in ("body", "files", "query", "row"):
            key = getattr(self.cls, call.name, None)
            if isinstance(key, str):
                self.reading.add_key(call.to, key)
            else:
                self.reading.hand_on(frozenset({call.to}))
        elif call.to == "attribute":
            self.look_at(call.name)
        elif call.name not in self.without:
            self.call_method(call, *self.find(call.name, owner if call.to == "super" else None))

    def look_at(self, name: str) -> None:
        owner, value = self.find(name)
        if isinstance(value, (FunctionType, *COMPUTED)):
            self.follow(computing(value), owner, (self.itself,))
        elif name in CONSTANT or (owner is object and value is None):
            is_its_own = "serializer" in self.itself and name not in CONSTANT | UNIFORM
            self.reading.sees.add(f"self.{name}" if is_its_own else name)

    def call_method(self, call: Call, owner: type, value: Any) -> None:
        was_finding = self.is_finding
        self.is_finding |= call.name in ("get_object", "aget_object")
        if isinstance(value, COMPUTED):
            self.follow(computing(value), owner, (self.itself,))
        elif owner is object and value is None:
            self.reading.hand_on(frozenset({"request"}))
        elif call.given and is_serializer_class(value):
            self.reading.make(value, call.given)
        elif value is None or isinstance(value, (type, BuiltinFunctionType)):
            self.reading.hand_on(*call.handed)  # it is called without the object
        else:
            self.follow(value, owner, (self.itself, *call.positional), call.keywords)
        self.is_finding = was_finding


def _wrapped_by(function: FunctionType) -> list[Any]:
    """What a library's wrapper leads to: what it says that it wraps, else each function that it knows."""
    if hasattr(function, "__wrapped__"):
        return [function.__wrapped__]
    return [value for value in _closure(function) if isinstance(value, FunctionType)]


def _applied_by(function: FunctionType) -> list[FunctionType]:
    """The project's decorators that a library's wrapper applies at each call, as ``method_decorator`` does."""
    lists = [value for value in _closure(function) if isinstance(value, (list, tuple))]
    return [v for values in lists for v in values if isinstance(v, FunctionType) and not is_library_code(v)]


def _closure(function: FunctionType) -> list[Any]:
    return [cell.cell_contents for cell in function.__closure__ or ()]
