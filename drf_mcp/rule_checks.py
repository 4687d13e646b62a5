"""System checks of the administrators' rules: whether they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, register
from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from .catalog import get_catalog
from .rules import has_table, read_rules


@register("drf_mcp", deploy=True)
def check_rules(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether the rules of administrators hold, for ``check --deploy``.

    ``drf_mcp.W018`` where they cannot be read, or where one is for what the code no longer has.

    Args:
        app_configs: Unused; the table is this app's own.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings; none in a project without a database.
    """
    try:
        rules = read_rules()
    except ImproperlyConfigured:
        return []
    except Error as error:
        if has_table():
            hint = "A process that is running goes on with what it knew; one that begins offers nothing until they can."
            message = f"The rules of administrators cannot be read: {type(error).__name__}."
            return [checks.Warning(message, hint=hint, id="drf_mcp.W018")]
        hint = "Run 'manage.py migrate'. Until then the code's own tools are served and nothing can be switched off."
        return [checks.Warning("The table of the administrators' rules is missing.", hint=hint, id="drf_mcp.W018")]
    known = {target for tool in get_catalog().tools for target in tool.targets}
    hint = "Look whether it has another name now, which the rule does not hold for, and clear the rule in Django admin."
    gone = [rule.label for rule in rules if (rule.kind, rule.key) not in known]
    said = [f"A rule is for the {label}, which the code does not have." for label in gone]
    return [checks.Warning(message, hint=hint, id="drf_mcp.W018") for message in said]
