"""Readiness: the project's API as a model will read it, and what its author can do for the model.

Each rule is a function that finds what makes tools hard to use although nothing is wrong with them. They are
``manage.py mcp_doctor --api`` and, under the same ids, system checks that run when their tag is asked for.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import groupby
from typing import Any, get_type_hints

from django.core import checks
from django.core.checks import CheckMessage, register
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.response import Response

from .catalog import ToolCatalog, get_catalog
from .endpoints import WRITES
from .findings import Finding, of_class, of_tool
from .naming import MAX_LENGTH
from .reading.library import is_library_class
from .schema import field_schema, printed_schema
from .searching import is_on
from .tools import Tool

TAG = "mcp_api"
"""Under which the rules run as system checks: ``manage.py check --tag mcp_api``."""

MAX_TOOL_BYTES = 8_000
"""How large a definition may be before it is found too large: about 2,000 tokens of it."""

MAX_LIST_TOKENS = 20_000
"""How many tokens ``tools/list`` may cost: clients that keep every definition pay them with every message."""

BYTES_PER_TOKEN = 4
"""About how many bytes of a definition are one token of a model."""


class API:
    """What the rules look at.

    Args:
        catalog: The tools.
    """

    def __init__(self, catalog: ToolCatalog) -> None:
        self.tools = catalog.tools

    @cached_property
    def serializers(self) -> list[Any]:
        """One instance of each of the project's serializer classes that a tool reads or prints."""
        found: dict[type, Any] = {}
        for tool in self.tools:
            declared = [cls for cls in (tool.options.input, tool.options.output) if isinstance(cls, type)]
            for part in [tool.endpoint.serializer, *declared]:
                with suppress(Exception):  # what cannot be made without a request is said by drf_mcp.W001
                    _collect(part() if isinstance(part, type) else part, found)
        return list(found.values())

    @property
    def tokens(self) -> int:
        """About how many tokens a model pays for ``tools/list``."""
        return sum(len(tool.encoded) for tool in self.tools) // BYTES_PER_TOKEN


def _collect(serializer: Any, found: dict[type, Any]) -> None:
    serializer = getattr(serializer, "child", serializer)
    cls = type(serializer)
    if not isinstance(serializer, serializers.Serializer) or cls in found or is_library_class(cls):
        return
    fields = serializer.fields.values()
    found[cls] = serializer
    for field in fields:
        _collect(field, found)


# The rules

_WITHOUT_WORDS = (serializers.HiddenField, serializers.BaseSerializer)
"""Fields that are no argument, or that other fields describe."""


def undescribed_fields(api: API) -> Iterator[Finding]:
    """Fields that say nothing but their name."""
    for serializer in api.serializers:
        names = [
            name
            for name, field in serializer.fields.items()
            if not field.help_text and not isinstance(field, _WITHOUT_WORDS) and name not in ("id", "pk")
        ]
        if names:
            yield of_class(
                "drf_mcp.W030",
                type(serializer),
                f"{_counted(len(names), 'field has', 'fields have')} no help_text: {', '.join(names)}.",
                "Give help_text= to the field of the model or of the serializer: what it means, in which unit, and "
                "when to leave it out.",
            )


def untyped_fields(api: API) -> Iterator[Finding]:
    """Fields that may hold or print anything."""
    for serializer in api.serializers:
        names = [
            name
            for name, field in serializer.fields.items()
            if not isinstance(field, _WITHOUT_WORDS) and _is_open(_schema_of(field))
        ]
        if names:
            yield of_class(
                "drf_mcp.W031",
                type(serializer),
                f"{_counted(len(names), 'field says', 'fields say')} nothing of what is in "
                f"{'it' if len(names) == 1 else 'them'}: {', '.join(names)}.",
                "Use a nested serializer instead of a JSONField, give child= to lists and dicts, and annotate what "
                "the method of a SerializerMethodField returns.",
            )


def _schema_of(field: Any) -> Mapping[str, Any]:
    try:
        return printed_schema(field) if field.read_only else field_schema(field)
    except Exception:  # noqa: BLE001  (a project's own field may want a request)
        return {"type": "string"}


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Whether a schema allows anything, or a container of anything."""
    if not schema.keys() - {"description", "title", "default"}:
        return True
    options = schema.get("anyOf", ())
    if {option.get("type") for option in options} >= {"array", "object", "string"}:
        return True
    if schema.get("type") == "array":
        return _is_open(schema.get("items", {}))
    inner = schema.get("additionalProperties", {})
    return schema.get("type") == "object" and not schema.get("properties") and (inner is True or _is_open(inner or {}))


def unpaged_lists(api: API) -> Iterator[Finding]:
    """Lists that answer with all there is."""
    for tool in api.tools:
        endpoint = tool.endpoint
        if endpoint.action == "list" and endpoint.method == "get" and endpoint.is_drfs_own and not _pages(endpoint):
            yield of_tool(
                "drf_mcp.W032",
                tool,
                f"{tool.name} has no pages, so that it reads all rows for each call.",
                "Set pagination_class on the ViewSet, and PAGE_SIZE in REST_FRAMEWORK or page_size on the paginator.",
            )


def _pages(endpoint: Any) -> bool:
    paginator = endpoint.attribute("pagination_class")
    sizes = [getattr(paginator, name) for name in ("page_size", "default_limit") if hasattr(paginator, name)]
    return paginator is not None and (not sizes or any(size is not None for size in sizes))


def undeclared_input(api: API) -> Iterator[Finding]:
    """Actions that take what no schema tells."""
    for tool in api.tools:
        if tool.signature.open_location is not None:
            yield of_tool(
                "drf_mcp.W033",
                tool,
                f"{tool.name} takes arguments that it does not name.",
                "Give the action a serializer: @mcp_tool(input=YourSerializer), or serializer_class= in @action.",
            )


def undeclared_output(api: API) -> Iterator[Finding]:
    """Actions whose answer no schema tells."""
    for tool in api.tools:
        if tool.output_schema is None and not tool.endpoint.is_drfs_own and not _answers_other_than_data(tool):
            yield of_tool(
                "drf_mcp.W034",
                tool,
                f"{tool.name} does not say what it answers.",
                "Declare the serializer of its answer with @mcp_tool(output=YourSerializer).",
            )


def _answers_other_than_data(tool: Tool) -> bool:
    """Whether its author says that it answers a file, a page or a stream."""
    with suppress(Exception):
        answer = get_type_hints(inspect.unwrap(tool.endpoint.handler)).get("return")
        return isinstance(answer, type) and issubclass(answer, HttpResponseBase) and not issubclass(answer, Response)
    return False


def shortened_names(api: API) -> Iterator[Finding]:
    """Names that end in a digest because the whole was too long."""
    for tool in api.tools:
        if tool.options.name is None and re.search(r"_[0-9a-f]{8}$", tool.name):
            yield of_tool(
                "drf_mcp.W035",
                tool,
                f"{tool.name} had to be cut to {MAX_LENGTH} characters.",
                "Choose a name with @mcp_tool(name=...).",
            )


def repeated_names(api: API) -> Iterator[Finding]:
    """Descriptions that say no more than the name: one finding for a ViewSet, and one for each extra action."""
    routine = [tool for tool in api.tools if tool.endpoint.action in _ROUTINE and _repeats_name(tool)]
    for cls, tools in groupby(routine, lambda tool: tool.endpoint.viewset):
        names = [tool.name for tool in tools]
        yield of_class(
            "drf_mcp.W036",
            cls,
            f"{_counted(len(names), 'tool says', 'tools say')} no more than the name: {', '.join(names)}.",
            "Write a docstring for the ViewSet: what these objects are, and when to look here.",
        )
    for tool in api.tools:
        is_silent = not tool.options.description and not inspect.getdoc(tool.endpoint.handler)
        if tool.endpoint.action not in _ROUTINE and is_silent:
            yield of_tool(
                "drf_mcp.W036",
                tool,
                f"{tool.name} says no more than its name.",
                "Write a docstring for the action: what it does, when to use it, and what it changes.",
            )


def _repeats_name(tool: Tool) -> bool:
    return _words(tool.description) <= _words(f"{tool.name} {tool.title}") | _FILLING


_ROUTINE = (*WRITES, "list", "retrieve", "destroy")
_FILLING = {"in", "a", "an", "the", "of"}


def _words(text: str) -> set[str]:
    """The words of a text in the singular, as far as an ``s`` makes the plural."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    return {word.removesuffix("s") for word in words}


def large_definitions(api: API) -> Iterator[Finding]:
    """Tools that cost a model more than they should."""
    for tool in api.tools:
        size = len(tool.encoded)
        if size > MAX_TOOL_BYTES:
            yield of_tool(
                "drf_mcp.W037",
                tool,
                f"The definition of {tool.name} has {size:,} bytes, about {size // BYTES_PER_TOKEN:,} tokens.",
                "Give the action a serializer with the fields that it needs, flatten what is nested, and declare a "
                "smaller output=.",
            )


def large_list(api: API) -> Iterator[Finding]:
    """A list of tools that fills a model's context by itself."""
    if api.tokens > MAX_LIST_TOKENS and not is_on(len(api.tools)):
        yield Finding(
            "drf_mcp.W038",
            "tools/list",
            "",
            f"tools/list has {len(api.tools)} tools, about {api.tokens:,} tokens.",
            "Leave out what no model needs with @mcp_exclude, or let tools be searched with DRF_MCP['TOOL_SEARCH'].",
        )


RULES: Sequence[Callable[[API], Iterator[Finding]]] = (
    undescribed_fields,
    untyped_fields,
    unpaged_lists,
    undeclared_input,
    undeclared_output,
    shortened_names,
    repeated_names,
    large_definitions,
    large_list,
)
"""The rules in the order of their ids, ``drf_mcp.W030`` to ``drf_mcp.W038``."""


def read_api(catalog: ToolCatalog) -> list[Finding]:
    """Everything that the rules find, each thing once.

    Args:
        catalog: The tools.
    """
    api = API(catalog)
    return list(dict.fromkeys(finding for rule in RULES for finding in rule(api)))


@register(TAG)
def check_api(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The rules as warnings, ``drf_mcp.W030`` to ``drf_mcp.W038``, for ``check --tag mcp_api`` alone.

    Args:
        app_configs: Unused; the catalog belongs to the URLconf.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings, none where nobody asked for them by their tag.
    """
    # Django tells a check nothing of the tags that it was found by, and these would drown all others.
    if TAG not in (sys._getframe(1).f_locals.get("tags") or ()):
        return []
    return [
        checks.Warning(finding.message, hint=finding.fix, obj=_place(finding), id=finding.id)
        for finding in read_api(get_catalog())
    ]


def _place(finding: Finding) -> str:
    return f"{finding.where} ({finding.line})" if finding.line else finding.where


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
