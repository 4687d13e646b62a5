"""What is decided of several tools at once, and how a change of a rule reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from drf_mcp.decisions import DEFAULTS
from drf_mcp.models import ToolRule, ToolRuleChange
from drf_mcp.rules import app_labels_of, view_path_of
from drf_mcp.tools import Tool


@dataclass(frozen=True)
class Action:
    """Something to do with several tools.

    Args:
        label: What it is called.
        values: What the rules say afterwards.
    """

    label: Any
    values: Mapping[str, Any]

    @property
    def wants_groups(self) -> bool:
        """Whether groups have to be chosen."""
        return bool(self.values.get("is_limited"))


ACTIONS = {
    "off": Action(_("Switch off"), {"is_enabled": False}),
    "on": Action(_("Switch on"), {"is_enabled": True}),
    "limit": Action(_("Limit to groups"), {"is_limited": True}),
    "unlimit": Action(_("Limit to no groups"), {"is_limited": False, "groups": []}),
    "ask": Action(_("Ask for confirmation"), {"asks": True}),
    "dont_ask": Action(_("Ask for no confirmation"), {"asks": False}),
}


class BulkForm(forms.Form):
    """For what exactly: the chosen tools, all tools of their ViewSets, or all of their apps.

    Args:
        tools: The chosen tools.
        action: What to do.
        data: What was sent, None for a form that nobody has seen yet.
    """

    scope = forms.ChoiceField(label=_("For"), widget=forms.RadioSelect)
    groups = forms.ModelMultipleChoiceField(
        Group.objects.all(), label=_("Groups"), widget=forms.CheckboxSelectMultiple, required=True
    )

    def __init__(self, tools: Sequence[Tool], action: Action, data: Any = None) -> None:
        super().__init__(data, initial={"scope": "tool"})
        self.action = action
        self.targets = {
            "tool": [tool.name for tool in tools],
            "view": list(dict.fromkeys(view_path_of(tool) for tool in tools)),
            "app": list(dict.fromkeys(label for tool in tools for label in app_labels_of(tool)[:1])),
        }
        labels = {
            "tool": _("the chosen tools"),
            "view": _("all tools of these ViewSets"),
            "app": _("all tools of these apps"),
        }
        scope: Any = self.fields["scope"]
        scope.choices = [
            (kind, f"{labels[kind]}: {', '.join(keys)}" if kind != "tool" else f"{labels[kind]} ({len(keys)})")
            for kind, keys in self.targets.items()
            if keys
        ]
        if not action.wants_groups:
            del self.fields["groups"]

    def decision(self) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        """What the rules are for, and what they say, once the form is valid."""
        scope = self.cleaned_data["scope"]
        values = dict(self.action.values)
        if self.action.wants_groups:
            values["groups"] = self.cleaned_data["groups"]
        return [(scope, key) for key in self.targets[scope]], values


def changed_lines(change: ToolRuleChange) -> list[tuple[str, str, str]]:
    """What is different after a change: the name of each field, what it said and what it says."""
    lines = []
    for name in DEFAULTS:  # not every database keeps the order of an object's keys
        before, after = change.before.get(name), change.after.get(name)
        if before != after:
            label = str(ToolRule._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            lines.append((label, _shown(before), _shown(after)))
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return ", ".join(value) if isinstance(value, list) else str(value or "")
