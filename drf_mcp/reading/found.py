"""What a reading finds, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Kinds = frozenset[Any]
"""What an expression may stand for, an empty set for anything else.

``"view"`` (the object whose class is read), ``"other"`` (another object with a request), ``"serializer"``,
``"filterset"`` (one of django-filter), ``"context"`` (a serializer's), ``"holder"`` (a dict that the code puts its
request in), ``"options"`` (the keyword arguments of a serializer), ``"maker"`` (the view's serializer class),
``"made"`` (a serializer that was made from the body), ``"decorated"`` (what a decorator gets), ``"request"``, its
``"meta"``, ``"body"``, ``"files"`` (those of the body), ``"query"``, ``"row"`` (what a loop over the body gives),
``"super"``, ``"else"``, a serializer class itself, and a tuple of kinds for ``*args``.
"""

NOTHING: Kinds = frozenset()
ELSE: Kinds = frozenset({"else"})

QUERY = ("query_params", "GET")
ADDRESS = ("get_full_path", "build_absolute_uri")
"""The methods whose text has the whole query in it, where they get no argument."""
BODY = ("data", "POST", "FILES", "body", "stream", "read")

ATTRIBUTES = {
    ("view", "request"): "request",
    ("view", "serializer_class"): "maker",
    ("other", "request"): "request",
    ("request", "_request"): "request",
    ("request", "META"): "meta",
    ("serializer", "context"): "context",
    ("serializer", "_context"): "context",
    ("serializer", "initial_data"): "body",
    ("serializer", "parent"): "serializer",
    ("serializer", "root"): "serializer",
    ("made", "child"): "made",
    ("filterset", "request"): "request",
    ("filterset", "data"): "query",
    **{("request", name): "query" for name in QUERY},
    **{("request", name): "body" for name in BODY},
    ("request", "FILES"): "files",
}
"""What an attribute of something stands for."""

ITEMS = {
    ("context", "request"): "request",
    ("context", "view"): "other",
    ("holder", "request"): "request",
    ("holder", "view"): "other",
    ("meta", "QUERY_STRING"): "query",
    ("options", "context"): "context",
    ("options", "data"): "body",
}
"""What stands under a key of a context and the like."""

CONSTANT = {
    *("action", "action_map", "args", "basename", "description", "detail", "format_kwarg", "name", "suffix"),
    *("request", "swagger_fake_view", "partial", "fields", "field_name", "parent", "root", "context", "initial_data"),
    *("read_only", "write_only", "source", "source_attrs", "_context", "_kwargs", "_args", "method", "http_method"),
}
"""What can be looked at and is the same for every call of an endpoint."""
UNIFORM = {
    *("query_params", "GET", "data", "user", "auth", "session", "headers", "COOKIES", "instance", "swagger_fake_view"),
    *("request", "partial", "fields", "field_name", "parent", "root", "context", "initial_data", "read_only"),
    *("write_only", "source", "source_attrs", "_context", "_kwargs", "_args"),
}
"""What is the same in every question that endpoints are asked while a catalog is built."""


class Given(NamedTuple):
    """What a serializer is made with.

    Args:
        data: What its data stands for.
        has_data: Whether it gets any.
        many: Whether it is for a list, None where that is computed.
        partial: Whether it is partial, None where that is computed.
        is_plain: Whether it gets nothing that DRF's own serializers do not know.
        is_sure: Whether the function always comes there.
        rest: What else it is given.
    """

    data: Kinds
    has_data: bool
    many: bool | None
    partial: bool | None
    is_plain: bool
    is_sure: bool
    rest: tuple[Kinds, ...]

    @property
    def made(self) -> Kinds:
        """What the serializer itself stands for."""
        return frozenset({"made"}) if self.has_data else NOTHING


class Made(NamedTuple):
    """A serializer that the code makes from the body by the name of its class."""

    serializer: type
    is_many: bool
    is_partial: bool
    is_plain: bool


class Call(NamedTuple):
    """What a function leads to, told without the class that it will run in.

    Args:
        to: A method or attribute of the object ``itself`` or behind ``super()``, an ``attribute`` that is only
            looked at, or a ``function`` that has a name there; ``body``, ``files``, ``query`` or ``row`` for a key that
            an attribute holds.
        name: Its name.
        positional: What is handed to it, without the object itself.
        keywords: What is handed to it by name.
        given: The same for an attribute of the object ``itself`` that may be a serializer class.
    """

    to: Literal["itself", "super", "attribute", "function", "body", "files", "query", "row"]
    name: str
    positional: tuple[Kinds, ...] = ()
    keywords: tuple[tuple[str, Kinds], ...] = ()
    given: Given | None = None

    @property
    def handed(self) -> list[Kinds]:
        """Everything that is handed over."""
        return [*self.positional, *(kinds for _, kinds in self.keywords)]


@dataclass(slots=True)
class Reading:
    """What is read of a request.

    Args:
        body_keys: Names that are taken from the body, in the order in which they occur.
        file_keys: Those among them that are files, with True where all files of that name are taken.
        query_keys: Names that are taken from the query string.
        row_keys: Names that are taken from each object of a body that is looped over.
        loops: True where the body is looped over.
        opened: The parts, ``body`` and ``query``, that are read in other ways than by such a name.
        is_handed_on: True where the request goes to code that is not seen.
        makes_serializer: True where the view's serializer is made at all.
        made_for: Whether it is made from the body for ``one`` object or for ``many``.
        named: Serializer classes that the code makes by name.
        made: Those that it makes from the body.
        uses_filters: True where the view's filter backends are applied to a list.
        finds_object: True where they are applied on the way to one object.
        uses_pages: True where the view's paginator is applied.
        is_unread: True where a method has no source.
        reshapes: True where the code changes a serializer that it made, or makes it with options of its own.
        filled: Names of the body that the code sets by itself; an empty one for names that are not known.
        sees: What is looked at: attributes of the request and the view, with ``self.`` before them those that a
            serializer keeps, ``context`` for an unknown entry of its context, ``caller`` for what may be anything.
    """

    body_keys: dict[str, None] = field(default_factory=dict)
    file_keys: dict[str, bool] = field(default_factory=dict)
    query_keys: dict[str, None] = field(default_factory=dict)
    row_keys: dict[str, None] = field(default_factory=dict)
    loops: bool = False
    opened: set[str] = field(default_factory=set)
    is_handed_on: bool = False
    makes_serializer: bool = False
    made_for: set[str] = field(default_factory=set)
    named: dict[type, None] = field(default_factory=dict)
    made: dict[Made, None] = field(default_factory=dict)
    uses_filters: bool = False
    finds_object: bool = False
    uses_pages: bool = False
    is_unread: bool = False
    reshapes: bool = False
    filled: set[str] = field(default_factory=set)
    sees: set[str] = field(default_factory=set)

    @property
    def is_body_open(self) -> bool:
        """Whether more of the body may be read than the names and the fields of one serializer."""
        return self.is_handed_on or "body" in self.opened or self._is_split

    @property
    def _is_split(self) -> bool:
        """Whether several serializers share the body, or code that goes through it by itself."""
        is_looked_through = self.loops and not (self.uses_many or any(made.is_many for made in self.made))
        return is_looked_through or len(self.made) + bool(self.made_for) > 1

    @property
    def is_query_open(self) -> bool:
        """Whether more of the query string may be read than the names."""
        return self.is_handed_on or "query" in self.opened

    @property
    def reads_body(self) -> bool:
        """Whether anything of the body is read beside the view's serializer."""
        return self.is_body_open or bool(self.body_keys or self.made)

    @property
    def uses_serializer(self) -> bool:
        """Whether the view's serializer is made from the body."""
        return bool(self.made_for)

    @property
    def uses_many(self) -> bool:
        """Whether it is made for a list of objects, always."""
        return self.made_for == {"many"}

    @property
    def made_alone(self) -> Made | None:
        """The only serializer that the body goes to, where that is not the view's own."""
        return None if self._is_split or "body" in self.opened else next(iter(self.made), None)

    def make(self, serializer: type, given: Given) -> None:
        """Note a serializer that is made by its name."""
        self.named[serializer] = None
        parts = given.data & {"body", "files", "row"}
        if parts and given.many is not None:
            is_many = given.many or "row" in parts
            self.made[Made(serializer, is_many, given.partial is not False, given.is_plain)] = None
            if not given.is_sure or given.data & ELSE:
                self.filled.add("")
        self.hand_on(given.data if given.many is None else given.data - parts, *given.rest)

    def add_key(self, part: str, key: str) -> None:
        """Note a key of the body or the query."""
        {"query": self.query_keys, "row": self.row_keys}.get(part, self.body_keys)[key] = None
        if part == "files":
            self.file_keys.setdefault(key, False)
        self.sees.add("query_params" if part == "query" else "data")

    def hand_on(self, *handed: Kinds) -> None:
        """Note that something goes to code that is not seen."""
        for kind in frozenset().union(*handed):
            if kind in ("body", "files", "query", "row"):
                self.opened.add("query" if kind == "query" else "body")
                self.sees.add("query_params" if kind == "query" else "data")
            elif kind in ("view", "request", "super", "holder"):
                self.is_handed_on = True
                self.sees.add("caller")
            elif kind == "context":
                self.sees.add("context")
            elif isinstance(kind, tuple):
                self.hand_on(*kind)

    def add(self, other: Reading) -> None:
        """Note all that another reading has found."""
        self.add_taken(other)
        self.add_uses(other)
        self.filled |= other.filled
        self.is_handed_on |= other.is_handed_on
        self.is_unread |= other.is_unread
        self.reshapes |= other.reshapes

    def add_taken(self, other: Reading) -> None:
        """Note what another reading takes by itself, but not what it hands on."""
        self.body_keys |= other.body_keys
        self.file_keys |= other.file_keys
        self.query_keys |= other.query_keys
        self.row_keys |= other.row_keys
        self.loops |= other.loops
        self.opened |= other.opened
        self.sees |= other.sees

    def add_uses(self, other: Reading) -> None:
        """Note which of a generic view's own ways another reading goes."""
        self.makes_serializer |= other.makes_serializer
        self.made_for |= other.made_for
        self.named |= other.named
        self.made |= other.made
        self.uses_filters |= other.uses_filters
        self.finds_object |= other.finds_object
        self.uses_pages |= other.uses_pages


def kinds_of(words: Iterable[str | None]) -> tuple[Kinds, ...]:
    """One kind for each argument, None for one that is something else."""
    return tuple(frozenset({word}) if word else NOTHING for word in words)
