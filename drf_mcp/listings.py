"""What one call of a routed list has to suggest: values of the rows that it prints, read where it prints them."""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import FieldError
from django.db.models import Q, QuerySet
from rest_framework.filters import SearchFilter
from rest_framework.generics import GenericAPIView

from .files import Printed, lookup_value, printed_objects

MAX_VALUES = 100
"""How many values a completion has at most. Spec: server/utilities/completion#completion-results"""

MAX_TYPED = 200
"""How many typed characters are looked at; nothing begins with more."""

MAX_ROWS = 1000
"""How many rows are looked through where the database cannot narrow them."""


class Found(NamedTuple):
    """The first values that fit, and how many do, None where that cannot be known."""

    values: list[str]
    total: int | None


NOTHING = Found([], 0)


class Listing:
    """One call of a routed list: narrowed before anything is printed, and read after that.

    The view lists what it always lists, as if it had one more filter. Whether a row is given out, and its
    value, is decided by what the list prints of it: what a serializer masks or a page drops, nobody learns.

    Args:
        viewset: The class of the list.
        lookup: Which value of a row is wanted.
        typed: What was typed.
        within: The rows that count; all, where it is None.
    """

    def __init__(self, viewset: Any, lookup: str, typed: str, within: QuerySet[Any] | None) -> None:
        self.viewset = viewset
        self.lookup = lookup
        self.typed = typed
        self.within = within
        self.found = NOTHING
        self._narrowed: QuerySet[Any] | None = None
        self._has_all_pages = False

    def prepare(self, view: Any) -> None:
        """Let the view that was made for this call, and no other, narrow its rows after its own filters."""
        if view.__class__ is self.viewset:
            own = view.filter_queryset
            view.filter_queryset = lambda rows: self._narrow(view, own(rows))

    def look(self, response: Any) -> None:
        """Read the values that a response prints."""
        printed = list(islice(printed_objects(response), MAX_ROWS))
        values = [self._shown(entry) for entry in printed]
        shown = [value for value in values if value is not None]
        if self._narrowed is None:
            if printed and self.within is None and self._fits:
                typed = self.typed.casefold()
                fitting = sorted({value for value in shown if value.casefold().startswith(typed)})
                is_whole = self._has_all_pages and len(printed) < MAX_ROWS
                self.found = Found(fitting[:MAX_VALUES], len(fitting) if is_whole else None)
            return
        distinct = list(dict.fromkeys(shown))
        if not distinct:
            return
        total: int | None = len(distinct) if self._has_all_pages else None
        if len(printed) >= MAX_VALUES:  # there may be more, to be counted if each of these may be seen
            is_open = self._has_all_pages and len(shown) == len(printed)
            total = self._narrowed.values(self.lookup).distinct().count() if is_open else None
        self.found = Found(distinct, total)

    def _shown(self, printed: Printed) -> str | None:
        """The value of a row, if the list prints that very value."""
        value = lookup_value(printed.instance, self.lookup)
        names = {self.lookup}
        if self.lookup == "pk":
            names.add(printed.instance._meta.pk.name)
        is_printed = value is not None and any(
            field.source.replace(".", "__") in names and str(printed.data.get(name, "")) == str(value)
            for name, field in printed.serializer.fields.items()
        )
        return str(value) if is_printed else None

    @property
    def _fits(self) -> bool:
        """Whether anything can begin with what was typed."""
        return len(self.typed) <= MAX_TYPED and (not self.typed or self.typed.isprintable())

    def _narrow(self, view: Any, rows: Any) -> Any:
        if not isinstance(rows, QuerySet) or not self._fits:
            return []
        if _pages_as_drf_does(view):
            view._paginator = None  # the first of each page are not the first that fit
            self._has_all_pages = view.paginator is None
        if rows.query.is_sliced or rows.query.combinator or rows.query.distinct_fields:
            return rows[:MAX_ROWS] if self.within is None else rows.none()
        try:
            self._narrowed = self._matching(view, rows).order_by(self.lookup)
        except FieldError:  # a lookup that the database does not know, or a relation, which begins with nothing
            return rows.none()
        keys = self._narrowed.values_list("pk", flat=True).distinct()[:MAX_VALUES]
        return self._narrowed.filter(pk__in=list(keys))

    def _matching(self, view: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that begin with what was typed, or that a search for it finds."""
        fits = Q(**{f"{self.lookup}__istartswith": self.typed}) if self.typed else Q()
        for backend_class in view.filter_backends if self.typed else ():
            if issubclass(backend_class, SearchFilter) and backend_class().get_search_fields(view, view.request):
                backend: Any = backend_class()
                backend.get_search_terms = lambda _request: [self.typed]
                fits |= Q(pk__in=backend.filter_queryset(view.request, rows, view).order_by().values("pk"))
        if self.within is not None:
            rows = rows.filter(pk__in=self.within.order_by().values("pk"))
        return rows.filter(fits)


def _pages_as_drf_does(view: Any) -> bool:
    """Whether nothing of the project's own decides which rows of a page are printed."""
    is_drfs_own = type(view).paginate_queryset is GenericAPIView.paginate_queryset
    return is_drfs_own and (
        view.paginator is None or type(view.paginator).paginate_queryset.__module__ == "rest_framework.pagination"
    )
