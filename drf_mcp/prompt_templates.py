"""The language of the prompts that administrators write: Django's, without anything that loads, includes or loops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import VariableNode
from django.template.defaultfilters import register as django_filters
from django.template.defaulttags import IfNode, TemplateLiteral
from django.template.defaulttags import register as django_tags
from django.template.library import Library

TAGS = ("comment", "if", "verbatim")
FILTERS = (
    "capfirst",
    "cut",
    "default",
    "length",
    "lower",
    "title",
    "truncatechars",
    "truncatewords",
    "upper",
    "wordcount",
)

_SUFFIX = " Did you forget to register or load this tag?"
"""What Django adds to an unknown tag; here there is nothing to load."""

_TOO_DEEP = "Its tags are nested too deeply."

_CONSTANTS = ("True", "False", "None")
"""What Django's engine knows by itself in every template."""

register = Library()
register.tags = {name: django_tags.tags[name] for name in TAGS}
register.filters = {name: django_filters.filters[name] for name in FILTERS}


class PromptEngine(Engine):
    """Django's engine with this module's tags and filters alone: it finds no template and no library."""

    default_builtins = [__name__]


@cache
def engine() -> PromptEngine:
    """The one engine of this process."""
    return PromptEngine(loaders=[], autoescape=False)


def compile_template(source: str) -> Template:
    """Read a template.

    Args:
        source: What an administrator wrote.

    Raises:
        TemplateSyntaxError: It uses what prompts have no use for, or is no template.
    """
    try:
        return engine().from_string(source)
    except RecursionError:
        raise TemplateSyntaxError(_TOO_DEEP) from None
    except TemplateSyntaxError as error:
        reason = str(error).removesuffix(_SUFFIX)
        raise TemplateSyntaxError(
            f"{reason.rstrip('.')}. A prompt has the tags {', '.join(TAGS)} and the filters {', '.join(FILTERS)}."
        ) from error


def render_template(source: str, values: dict[str, Any]) -> str:
    """Render a template as plain text.

    Args:
        source: What an administrator wrote.
        values: The arguments, which are strings.

    Raises:
        TemplateSyntaxError: It cannot be read.
        Exception: Whatever a filter raises.
    """
    rendered = compile_template(source).render(Context(values, autoescape=False))
    return str.__str__(rendered)  # a plain string: Django marks it as safe markup, which it is not


def variables_of(source: str) -> list[str]:
    """The names of the arguments that a template uses, in order.

    Args:
        source: A template that can be read.

    Raises:
        TemplateSyntaxError: It cannot.
    """
    try:
        return list(_variables(compile_template(source).nodelist))
    except RecursionError:
        raise TemplateSyntaxError(_TOO_DEEP) from None


def _variables(nodelist: Any) -> dict[str, None]:
    printed: Any = nodelist.get_nodes_by_type(VariableNode)
    branches: Any = nodelist.get_nodes_by_type(IfNode)
    expressions = [node.filter_expression for node in printed]
    expressions += [
        found for node in branches for condition, _ in node.conditions_nodelists for found in _of(condition)
    ]
    variables = [expression.var for expression in expressions]
    variables += [arg for expression in expressions for _, args in expression.filters for is_var, arg in args if is_var]
    names = (var.lookups[0] for var in variables if getattr(var, "lookups", None))
    return {name: None for name in names if name not in _CONSTANTS}


def _of(condition: Any) -> Iterator[Any]:
    """The expressions that a condition compares."""
    if condition is not None:
        yield from [condition.value] if isinstance(condition, TemplateLiteral) else []
        yield from _of(getattr(condition, "first", None))
        yield from _of(getattr(condition, "second", None))
