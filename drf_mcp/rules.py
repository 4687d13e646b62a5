"""The rules of administrators: what they take away from the tools, and what they say instead of the code.

The rules of a process are a snapshot, read again once a second at most and only while calls come in. So a
change holds everywhere within that time, however it came into the table, and a call mostly costs a look at
the clock. A database that fails leaves the last snapshot in force: what is switched off stays so. A process that
begins just then takes the one that others have left in the cache.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connections, router, transaction
from django.db.models import Model, prefetch_related_objects
from django.db.models.signals import m2m_changed, post_delete, post_save

from .changes import hub
from .models import ToolRule
from .presence import has_rows
from .tools import Tool

logger = logging.getLogger("drf_mcp")

POLL_SECONDS = 1.0
"""How old the snapshot of a process may be."""

CACHE_KEY = "drf_mcp:rules"
"""Where the cache has the rules that a process has read last, by schema."""

MISSING_SECONDS = 10.0
"""The same where the table is not there, as before ``manage.py migrate``."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as it was read.

    Args:
        kind: What it is for, as ``ToolRule.Kind`` has it.
        key: The tool's name, the ViewSet's path or the app's label.
        is_enabled: Whether that is on.
        groups: The keys of the groups whose members it is for, None for everybody.
        asks: Whether calls ask first.
        title: What it is called instead, empty for the code's own title.
        description: What is said of it instead, empty for the code's own description.
    """

    kind: str
    key: str
    is_enabled: bool
    groups: frozenset[Any] | None
    asks: bool
    title: str
    description: str

    @property
    def label(self) -> str:
        """What it is for, in words."""
        return f"{ToolRule.Kind(self.kind).label} {self.key}"

    def refuses(self, user: Any) -> bool:
        """Whether it keeps this user away."""
        return not self.is_enabled or (self.groups is not None and not self.groups & groups_of(user))


class Rules:
    """All rules at one moment.

    Args:
        rules: The rules.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = {(rule.kind, rule.key): rule for rule in rules}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rules) and self._rules == other._rules

    __hash__ = object.__hash__

    def __iter__(self) -> Any:
        return iter(self._rules.values())

    def rules_for(self, tool: Tool) -> list[Rule]:
        """The rules for a tool, for its ViewSet and for its apps."""
        if not self._rules:
            return []
        return [self._rules[target] for target in tool.targets if target in self._rules]

    def refusing(self, tool: Tool, user: Any) -> Rule | None:
        """The rule that keeps a user away from a tool, None where none does."""
        return next((rule for rule in self.rules_for(tool) if rule.refuses(user)), None)

    def refusing_function(self, function: Callable[..., Any], user: Any) -> Rule | None:
        """The rule of an app that keeps a user away from what a function of it offers, None where none does."""
        config = apps.get_containing_app_config(function.__module__) if self._rules else None
        rule = None if config is None else self._rules.get((ToolRule.Kind.APP, config.label))
        return rule if rule is not None and rule.refuses(user) else None

    def is_on(self, tool: Tool) -> bool:
        """Whether a tool is on, whoever it is for."""
        return all(rule.is_enabled for rule in self.rules_for(tool))

    def asks(self, tool: Tool) -> bool:
        """Whether a rule wants calls of a tool to ask first."""
        return any(rule.asks for rule in self.rules_for(tool))

    def changed(self, tool: Tool) -> Tool:
        """The tool as the rules have it: in other words, or with a question before each call."""
        rules = self.rules_for(tool)
        own = next((rule for rule in rules if rule.kind == ToolRule.Kind.TOOL), None)
        if own is not None and own.title:
            tool = replace(tool, title=own.title, annotations={**tool.annotations, "title": own.title})
        if own is not None and own.description:
            tool = replace(tool, description=own.description)
        return tool.with_confirmation() if any(rule.asks for rule in rules) else tool


NO_RULES = Rules()


class _OfSchema:
    """The rules of one schema as this process knows them; its name is empty where there are none."""

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self._known: Rules | None = None
        self._due = 0.0
        self._has_failed = False
        self._lock = threading.Lock()

    def current(self) -> Rules:
        """As ``Snapshot.current``."""
        if time.monotonic() < self._due and self._known is not None:
            return self._known
        if self._lock.acquire(blocking=self._known is None):  # one asks; others go on with what is known
            try:
                if time.monotonic() >= self._due or self._known is None:
                    self._read()
            finally:
                self._lock.release()
        return self._known or NO_RULES

    def expire(self) -> None:
        """Read the rules again with the next call."""
        self._due = 0.0

    def _read(self) -> None:
        self._due = time.monotonic() + POLL_SECONDS  # before the look: what changes meanwhile is seen with the next one
        try:
            found = read_rules()
        except Error:
            if not has_table():
                self._due = time.monotonic() + MISSING_SECONDS
                self._known = NO_RULES
                return
            if not self._has_failed:
                logger.exception("The rules of administrators cannot be read; the last ones go on to hold.")
            self._has_failed = True
            self._known = self._known or recall(self._schema)
            if self._known is None:
                raise
        except ImproperlyConfigured:  # a project without a database has no rules
            self._known = self._known or NO_RULES
        except Exception:  # a router's own, or no database may be asked here, as in an event loop
            self._due = 0.0
            if self._known is None:
                raise
            logger.debug("The rules cannot be read here.", exc_info=True)
        else:
            self._has_failed = False
            if found != self._known:  # the same ones are the same object, by which catalogs are kept
                self._known = found
                leave(found, self._schema)


class Snapshot:
    """The rules as this process knows them, for each schema apart: with one for each tenant, each has its own."""

    def __init__(self) -> None:
        self._of: dict[str, _OfSchema] = {}
        self._held: Rules | None = None

    def current(self) -> Rules:
        """The rules where the connection is now, read again where they may be too old.

        Raises:
            django.db.Error: The database fails, and has failed since this process began, and no process has left its
                rules in the cache: what is switched off is not known, so nothing can be offered.
        """
        if self._held is not None:
            return self._held
        schema = str(getattr(connections[router.db_for_write(ToolRule)], "schema_name", ""))
        known = self._of.get(schema) or self._of.setdefault(schema, _OfSchema(schema))
        return known.current()

    def expire(self) -> None:
        """Read the rules again with the next call."""
        for known in list(self._of.values()):
            known.expire()

    def hold(self, rules: Rules) -> None:
        """Take these for the rules and read none, for tests of something else."""
        self._held = rules

    def forget(self) -> None:
        """Know nothing, as a process that begins."""
        self._of, self._held = {}, None


snapshot = Snapshot()


def read_rules() -> Rules:
    """The rules that are in the table now, in one query where there are none and in two where there are some.

    Raises:
        django.db.Error: They cannot be read.
    """
    alias = router.db_for_write(ToolRule)  # a copy of the database may be behind
    in_block = connections[alias].in_atomic_block
    groups: dict[tuple[Any, ...], set[Any]] = {}
    with transaction.atomic(using=alias) if in_block else nullcontext():
        names = ("kind", "key", "is_enabled", "is_limited", "asks", "title", "description", "groups")
        found = ToolRule.objects.using(alias).order_by().values_list(*names) if has_rows(ToolRule, alias) else ()
        for *values, group in found:
            groups.setdefault(tuple(values), set()).add(group)
    if not groups:
        return NO_RULES
    return Rules(
        Rule(kind, key, is_enabled, frozenset(members - {None}) if is_limited else None, asks, title, description)
        for (kind, key, is_enabled, is_limited, asks, title, description), members in groups.items()
    )


def leave(rules: Rules, schema: str) -> None:
    """Leave rules in the cache for processes that begin while the database fails; a cache may fail, too."""
    try:
        cache.set(f"{CACHE_KEY}:{schema}", list(rules), None)
    except Exception:
        logger.debug("The rules cannot be left in the cache.", exc_info=True)


def recall(schema: str) -> Rules | None:
    """The rules that a process has left in the cache, None where there are none."""
    try:
        found = cache.get(f"{CACHE_KEY}:{schema}")
    except Exception:  # noqa: BLE001  (the same)
        return None
    return None if found is None else Rules(found)


def view_path_of(tool: Tool) -> str:
    """The path of the class that a tool calls, as rules have it."""
    return next(key for kind, key in tool.targets if kind == ToolRule.Kind.VIEW)


def app_labels_of(tool: Tool) -> list[str]:
    """The apps of a tool's code and of its model, as rules have them."""
    return [key for kind, key in tool.targets if kind == ToolRule.Kind.APP]


def has_table() -> bool:
    """Whether the table of the rules is there; True also where no database answers, since then nobody can tell."""
    try:
        connection = connections[router.db_for_write(ToolRule)]
        return ToolRule._meta.db_table in connection.introspection.table_names()
    except Error:
        return True


def groups_of(user: Any) -> set[Any]:
    """The keys of a user's groups, looked up once for a user; none where ``groups`` are of another model."""
    fields = user._meta.get_fields() if isinstance(user, Model) else ()
    if not any(field.name == "groups" and field.many_to_many and field.related_model is Group for field in fields):
        return set()
    prefetch_related_objects([user], "groups")
    return {group.pk for group in user.groups.all()}


# Changes


class Teller:
    """Tells who listens once every process has the change: a client that hears of it lists at once."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def tell(self) -> None:
        """Tell them after the last of several changes."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(POLL_SECONDS + 0.1, _tell)
        self._timer.start()


teller = Teller()


def _tell() -> None:
    try:
        hub.tell({"tools": False, "resources": False})
    finally:
        connections.close_all()


def _committed() -> None:
    snapshot.expire()
    teller.tell()


def _rule_changed(using: str | None = None, action: str = "post_", **kwargs: Any) -> None:
    if action.startswith("post_"):
        snapshot.expire()
        transaction.on_commit(_committed, using=using, robust=True)


def connect_rules() -> None:
    """Hear of rules that this process changes."""
    for signal in (post_save, post_delete):
        signal.connect(_rule_changed, sender=ToolRule, dispatch_uid="drf_mcp.rules")
    m2m_changed.connect(_rule_changed, sender=ToolRule.groups.through, dispatch_uid="drf_mcp.rules")
