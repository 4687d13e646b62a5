"""Statistics: the recorded calls of a period, counted in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, Max, Q, QuerySet
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .catalog import get_catalog
from .models import Call
from .protocol.errors import InvalidParamsError, MethodNotFoundError
from .times import local, midnight

RANKED = 10
"""How many tools and users a ranking has."""

MAX_TOOLS = 1_000
"""How many tools are looked at, those with the most calls: clients may call any name."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time to look back on, in steps.

    Args:
        name: As the address of a page has it.
        label: As people read it.
        steps: How many there are; the last one is still going on.
        is_hourly: Whether a step is an hour; else it is a day of the current time zone.
    """

    name: str
    label: str | Promise
    steps: int
    is_hourly: bool = False

    def starts(self, now: datetime) -> list[datetime]:
        """When each step begins.

        Args:
            now: A time within the last one.
        """
        if self.is_hourly:
            # Of UTC, where none comes twice when clocks go back.
            hour = (now.astimezone(UTC) if settings.USE_TZ else now).replace(minute=0, second=0, microsecond=0)
            return [local(hour - timedelta(hours=back)) for back in reversed(range(self.steps))]
        today = local(now).date()
        days = (today - timedelta(days=back) for back in reversed(range(self.steps)))
        return [midnight(day) for day in days]


PERIODS = {
    period.name: period
    for period in (
        Period("day", _("Last 24 hours"), 24, is_hourly=True),
        Period("week", _("Last 7 days"), 7),
        Period("month", _("Last 30 days"), 30),
    )
}


@dataclass(slots=True)
class Step:
    """One step of a period.

    Args:
        start: When it begins.
        counts: How many calls ended in each outcome.
    """

    start: datetime
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All its calls."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one tool or one user.

    Args:
        key: The tool's name, or the user's primary key.
        label: What it is called; empty for callers without a name.
        total: How many calls there were.
        failures: How many of them were refused or failed.
        mean_ms: How long one took on average.
        longest_ms: How long the longest took.
    """

    key: Any
    label: str
    total: int
    failures: int
    mean_ms: float = 0
    longest_ms: float = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """What became of the calls of a period.

    Args:
        steps: The calls over time.
        tools: By tool, the most called first.
        unknown: How many calls were of names that no tool has, of those names that were looked at.
        users: By user, the busiest first.
    """

    steps: Sequence[Step]
    tools: Sequence[Group]
    unknown: int
    users: Sequence[Group]

    @property
    def total(self) -> int:
        """All calls."""
        return sum(step.total for step in self.steps)

    @property
    def failures(self) -> int:
        """Those that were refused or failed."""
        return sum(step.counts.get(outcome, 0) for step in self.steps for outcome in Call.FAILURES)

    @property
    def most_called(self) -> Sequence[Group]:
        """The tools with the most calls."""
        return self.tools[:RANKED]

    @property
    def most_failing(self) -> Sequence[Group]:
        """The tools with the most calls that were refused or failed."""
        failing = [tool for tool in self.tools if tool.failures]
        return sorted(failing, key=lambda tool: -tool.failures)[:RANKED]

    @property
    def slowest(self) -> Sequence[Group]:
        """The tools that take the longest on average."""
        return sorted(self.tools, key=lambda tool: -tool.mean_ms)[:RANKED]


def statistics_of(period: Period, now: datetime | None = None) -> Statistics:
    """Count the calls of a period, in three queries.

    Args:
        period: Which.
        now: When it ends; now, if it is left out.
    """
    now = now or timezone.now()
    starts = period.starts(now)
    calls = Call.objects.filter(at__gte=starts[0], at__lte=now).order_by()
    return Statistics(_steps(calls, period, starts), *_tools(calls), _users(calls))


_TAKEN = Count("pk", filter=~Q(error_code__in=(InvalidParamsError.code, MethodNotFoundError.code), status=None))
"""The calls that nothing refused before a view was asked. Names of tools have some, unless the arguments never fit."""

_FAILURES = Count("pk", filter=Q(outcome__in=Call.FAILURES))


def _steps(calls: QuerySet[Call], period: Period, starts: list[datetime]) -> list[Step]:
    trunc = TruncHour("at", tzinfo=UTC) if period.is_hourly else TruncDay("at")
    steps = {start.astimezone(UTC): Step(start) for start in starts}
    for start, outcome, count in calls.values_list(trunc, "outcome").annotate(count=Count("pk")):
        steps[start.astimezone(UTC)].counts[outcome] = count
    return list(steps.values())


def _tools(calls: QuerySet[Call]) -> tuple[list[Group], int]:
    """The tools, and how many calls were of other names: none that the code has, and each call refused as such."""
    rows: Any = calls.filter(method=Call.Method.TOOL).values_list("name").annotate(taken=_TAKEN, total=Count("pk"))
    rows = rows.annotate(failures=_FAILURES, mean=Avg("duration_ms"), longest=Max("duration_ms"))
    found = list(rows.order_by("-taken", "-total", "name")[:MAX_TOOLS])
    known = {tool.name for tool in get_catalog().tools}
    tools = [Group(row[0], row[0], *row[2:]) for row in found if row[1] or row[0] in known]
    unknown = sum(row[2] for row in found) - sum(tool.total for tool in tools)
    return sorted(tools, key=lambda tool: (-tool.total, tool.label)), unknown


def _users(calls: QuerySet[Call]) -> list[Group]:
    rows = calls.values_list("user_id", "username").annotate(total=Count("pk"), failures=_FAILURES)
    busiest = rows.order_by("-total", "username", "user_id")[:RANKED]
    return [Group(key, name, total, failures) for key, name, total, failures in busiest]
