"""What keeps a page of Django admin quick over a million rows: nothing here reads them all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Max, Min, Model, QuerySet

from drf_mcp.times import local, midnight

if TYPE_CHECKING:
    PaginatorBase = Paginator[Model]
    QuerySetBase = QuerySet[Any]
else:
    PaginatorBase, QuerySetBase = Paginator, QuerySet

MAX_COUNT = 10_000
"""How far a list is counted, and paged."""

RECENT = 2_000
"""How many of the newest rows are looked at for the choices of a filter."""


class BoundedPaginator(PaginatorBase):
    """Pages over the first rows only, counted no further than that."""

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MAX_COUNT + 1].count())

    @property
    def count(self) -> int:
        """How many rows can be reached."""
        return min(self._counted, MAX_COUNT)

    @property
    def has_more(self) -> bool:
        """Whether there are rows that no page reaches."""
        return self._counted > MAX_COUNT


class BoundedChangeList(ChangeList):
    """A list that offers dates only where these leave out anything."""

    def get_results(self, request: Any) -> None:
        """Find the rows. Of a search that found little, the first and last date are as dear as all the rows."""
        super().get_results(request)
        is_narrowed = bool(self.query) or self.has_active_filters
        has_date = any(name.startswith(f"{self.date_hierarchy}__") for name in self.params)
        if is_narrowed and not has_date and not self.multi_page:
            self.date_hierarchy = None


class IndexedQuerySet(QuerySetBase):
    """Finds the days, months and years of its rows by one look into the index for each."""

    def datetimes(self, field_name: str, kind: str, order: str = "ASC", tzinfo: Any = None) -> Any:
        """When the days, months or years begin that have any row, in the current time zone."""
        rows = self.order_by()
        ends = rows.aggregate(first=Min(field_name), last=Max(field_name))
        if ends["first"] is None:
            return []
        starts = _starts(local(ends["first"]).date(), local(ends["last"]).date(), kind)
        bounds = [midnight(day) for day in starts]
        # Asked for in the index's order: PostgreSQL looks for any row from wherever it has read last.
        ordered = rows.order_by(field_name).values_list(field_name)
        return [
            start
            for start, end in pairwise(bounds)
            if ordered.filter(**{f"{field_name}__gte": start, f"{field_name}__lt": end})[:1]
        ]


def _starts(first: date, last: date, kind: str) -> Iterator[date]:
    """The first day of each period from one day to another, and of the period after that."""
    start = {"year": first.replace(month=1, day=1), "month": first.replace(day=1)}.get(kind, first)
    while start <= last:
        yield start
        if kind == "day":
            start += timedelta(days=1)
        else:
            later = start + timedelta(days=366 if kind == "year" else 31)
            start = later.replace(month=1, day=1) if kind == "year" else later.replace(day=1)
    yield start


class RecentFilter(admin.SimpleListFilter):
    """A filter whose choices are the values of the newest rows, and the one that is chosen."""

    field: str
    shown = 15

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[Any, str]]:
        """The values, in the order of their names."""
        recent = model_admin.model._default_manager.order_by(*model_admin.ordering)
        counts: dict[str, int] = {}
        for value in recent.values_list(self.field, flat=True)[:RECENT]:
            if value:
                counts[value] = counts.get(value, 0) + 1
        often = sorted(counts, key=lambda value: -counts[value])[: self.shown]
        return [(value, value) for value in sorted({*often, *filter(None, [self.value()])})]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the value that is chosen."""
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset
