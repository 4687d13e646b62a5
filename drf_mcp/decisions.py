"""What administrators decide of tools, written down with who did and what held before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db import router, transaction
from django.db.models import QuerySet

from .models import ToolRule, ToolRuleChange

DEFAULTS: Mapping[str, Any] = {
    "is_enabled": True,
    "is_limited": False,
    "groups": [],
    "asks": False,
    "title": "",
    "description": "",
}
"""What holds where there is no rule."""


def values_of(rule: ToolRule | None) -> dict[str, Any]:
    """What a rule says, with the names of its groups; what holds without one, where there is none."""
    if rule is None or rule.pk is None:
        return dict(DEFAULTS)
    groups = sorted(rule.groups.values_list("name", flat=True))
    return {name: groups if name == "groups" else getattr(rule, name) for name in DEFAULTS}


def decide(kind: str, key: str, by: Any, *, groups: Iterable[Group] | None = None, **values: Any) -> bool:
    """Change the rule for a thing; one that says nothing any more is taken away.

    Args:
        kind: What it is for, as ``ToolRule.Kind`` has it.
        key: The tool's name, the ViewSet's path or the app's label.
        by: The user who decides.
        groups: Whom it is limited to, None to leave that as it is.
        values: What it says now, by the names of its fields; what is left out stays.

    Returns:
        Whether anything is different now.
    """
    alias = router.db_for_write(ToolRule)
    with transaction.atomic(using=alias):
        rules = ToolRule.objects.using(alias)
        rules.get_or_create(kind=kind, key=key)
        rule = rules.select_for_update().get(kind=kind, key=key)
        before = values_of(rule)
        for name, value in values.items():
            setattr(rule, name, value)
        rule.save()
        if groups is not None:
            rule.groups.set(groups)
        after = values_of(rule)
        if after == DEFAULTS:
            rule.delete()
        if after != before:
            _write_down(alias, kind, key, by, before, after)
    return after != before


def forget(rule: ToolRule, by: Any) -> None:
    """Take a rule away, for example one for what the code no longer has.

    Args:
        rule: Which.
        by: The user who does.
    """
    decide(rule.kind, rule.key, by, **{**DEFAULTS, "groups": []})


def history_of(kind: str, key: str) -> QuerySet[ToolRuleChange]:
    """The changes of a rule, the newest first."""
    return ToolRuleChange.objects.filter(kind=kind, key=key)


def _write_down(alias: str, kind: str, key: str, by: Any, before: Any, after: Any) -> None:
    ToolRuleChange.objects.using(alias).create(
        kind=kind, key=key, user_pk=str(by.pk), username=by.get_username()[:255], before=before, after=after
    )
