"""The tools of the project as rows of a list: what they are, what the rules say, and what became of their calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from drf_mcp.catalog import get_catalog
from drf_mcp.models import Call, ToolRule
from drf_mcp.rules import Rule, Rules, app_labels_of, view_path_of
from drf_mcp.tools import Tool

from .permission_words import who_may_call

KINDS = {"read": _("only reads"), "write": _("writes"), "destructive": _("may destroy")}
STATES = {
    "on": _("on"),
    "off": _("off"),
    "limited": _("for groups"),
    "asks": _("asks first"),
    "changed": _("in other words"),
}


@dataclass(frozen=True)
class Row:
    """A tool in the list.

    Args:
        tool: As the code has it.
        rules: The rules for it, for its ViewSet and for its apps.
        calls: How many calls there were in the last week.
        failures: How many of them were refused or failed.
        group_names: The names of all groups that rules name, by their keys.
    """

    tool: Tool
    rules: Sequence[Rule]
    calls: int
    failures: int
    group_names: Mapping[Any, str]

    @property
    def app(self) -> str:
        """The app of its code, or of its model."""
        return next(iter(app_labels_of(self.tool)), "")

    @property
    def view_path(self) -> str:
        """The path of its class."""
        return view_path_of(self.tool)

    @property
    def view(self) -> str:
        """The name of its class."""
        return str(self.tool.endpoint.viewset.__name__)

    @property
    def kind(self) -> str:
        """What a call may do: a key of ``KINDS``."""
        if self.tool.only_reads:
            return "read"
        return "destructive" if self.tool.annotations["destructiveHint"] else "write"

    @property
    def kind_label(self) -> Any:
        """The same in words."""
        return KINDS[self.kind]

    @property
    def path(self) -> str:
        """Where it is in the REST API."""
        return f"/{self.tool.endpoint.route}"

    @property
    def name_parts(self) -> list[str]:
        """Its name in parts between which a line may end."""
        return re.findall(r"[^_.-]*[_.-]|[^_.-]+", self.tool.name)

    @property
    def path_parts(self) -> list[str]:
        """The path in such parts."""
        return re.findall(r"[^/]*/|[^/]+", self.path)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.tool.endpoint.method.upper()

    @cached_property
    def who(self) -> str:
        """Who may call it, in words."""
        return who_may_call(self.tool)

    @property
    def groups(self) -> list[str]:
        """For whom the rules leave it: one entry for each rule that names groups."""
        shown = []
        for rule in self.rules:
            if rule.groups is not None:
                names = sorted(self.group_names.get(pk, f"{pk}") for pk in rule.groups)
                shown.append(", ".join(names) or str(_("nobody")))
        return shown

    @cached_property
    def states(self) -> list[str]:
        """What the rules make of it: keys of ``STATES``."""
        found = ["on" if all(rule.is_enabled for rule in self.rules) else "off"]
        found += ["limited"] if any(rule.groups is not None for rule in self.rules) else []
        found += ["asks"] if any(rule.asks for rule in self.rules) or self.tool.confirmation else []
        found += ["changed"] if any(rule.title or rule.description for rule in self.rules) else []
        return found

    @property
    def switched_off_by(self) -> list[str]:
        """What the rules that switch it off are for: the tool itself, its ViewSet or an app."""
        return [str(ToolRule.Kind(rule.kind).label) for rule in self.rules if not rule.is_enabled]

    @property
    def title(self) -> str:
        """What people see."""
        return next((rule.title for rule in self.rules if rule.title), str(self.tool.title))

    def matches(self, words: Iterable[str]) -> bool:
        """Whether all words stand somewhere in what is shown of it."""
        shown = f"{self.tool.name} {self.title} {view_path_of(self.tool)} {self.path} {self.app}".casefold()
        return all(word in shown for word in words)


def rows_of(rules: Rules, *, counts: bool) -> list[Row]:
    """All tools of the project.

    Args:
        rules: The rules now.
        counts: Whether their calls are counted, in one query.
    """
    counted = calls_of_a_week() if counts else {}
    keys = {pk for rule in rules for pk in rule.groups or ()}
    names: dict[Any, str] = dict(Group.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    return [
        Row(tool, rules.rules_for(tool), *counted.get(tool.name, (0, 0)), names)
        for tool in sorted(get_catalog().tools, key=_place)
    ]


def _place(tool: Tool) -> tuple[Any, ...]:
    return app_labels_of(tool)[:1], view_path_of(tool), tool.name


def calls_of_a_week(name: str | None = None) -> dict[str, tuple[int, int]]:
    """How many calls each tool had in the last week, and how many failed or were refused.

    Args:
        name: The one tool that is wanted; all, where it is None.
    """
    calls = Call.objects.filter(method=Call.Method.TOOL, at__gte=timezone.now() - timedelta(days=7)).order_by()
    if name is not None:
        calls = calls.filter(name=name)
    counted = calls.values_list("name").annotate(n=Count("pk"), failed=Count("pk", Q(outcome__in=Call.FAILURES)))
    return {found: (total, failed) for found, total, failed in counted}


def vanished(rules: Iterable[Rule]) -> list[Rule]:
    """The rules for what the code no longer has."""
    known = {target for tool in get_catalog().tools for target in tool.targets}
    return [rule for rule in rules if (rule.kind, rule.key) not in known]


@dataclass(frozen=True)
class Filter:
    """One filter beside the list.

    Args:
        name: Its parameter in the address.
        title: What stands above it.
        labels: What can be chosen, by value.
        values: What a row has of it.
    """

    name: str
    title: Any
    labels: Mapping[str, Any]
    values: Callable[[Row], Sequence[str]]

    def choices(self, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
        """The links, of which one is chosen."""
        others = {name: value for name, value in chosen.items() if name not in (self.name, "p")}
        labels = {"": _("All"), **self.labels}
        return [
            {
                "label": label,
                "selected": chosen.get(self.name, "") == value,
                "query": f"?{urlencode({**others, **({self.name: value} if value else {})})}",
            }
            for value, label in labels.items()
        ]


def filters_of(rows: Sequence[Row]) -> list[Filter]:
    """The filters of a list."""
    apps = sorted({label for row in rows for label in app_labels_of(row.tool)})
    return [
        Filter("state", _("state"), STATES, lambda row: row.states),
        Filter("kind", _("what a call may do"), KINDS, lambda row: [row.kind]),
        Filter("app", _("app"), dict(zip(apps, apps, strict=True)), lambda row: app_labels_of(row.tool)),
    ]


def chosen_rows(rows: Sequence[Row], filters: Sequence[Filter], query: Mapping[str, str]) -> list[Row]:
    """The rows that a search and filters leave.

    Args:
        rows: All rows.
        filters: From ``filters_of``.
        query: The parameters of the address.
    """
    words = query.get("q", "").casefold().split()
    found = [row for row in rows if row.matches(words)]
    for each in filters:
        if value := query.get(each.name):
            found = [row for row in found if value in each.values(row)]
    return found
