"""Completions: values for a prompt's argument or a template's variable, of those that the caller may list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import FieldError
from django.db.models import Q, QuerySet
from rest_framework import relations, serializers
from rest_framework.filters import SearchFilter

from .arguments import bind_arguments
from .catalog import get_catalog
from .context import Context
from .files import Printed, printed_objects
from .functions import call
from .invocation import invoke, release
from .prompts import find_prompt, has_prompts
from .protocol.errors import InvalidParamsError, MethodNotFoundError, ResourceNotFoundError
from .resource_kinds import AuthoredResource, Resource, RoutedResource, not_found
from .resources import get_resources
from .tools import Tool
from .visibility import request_for

MAX_VALUES = 100
"""How many values a completion has at most. Spec: server/utilities/completion#completion-results"""

MAX_TYPED = 200
"""How many typed characters are looked at; nothing begins with more."""


class Found(NamedTuple):
    """The first values that fit, and how many do."""

    values: list[str]
    total: int


NOTHING = Found([], 0)


class Asked(NamedTuple):
    """What a client wants completed.

    Args:
        name: The argument or variable.
        value: What was typed so far.
        arguments: What the others have already.
        context: Who asks.
    """

    name: str
    value: str
    arguments: Mapping[str, str]
    context: Context


def completion_complete(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Suggest values.

    Args:
        params: ``ref`` names a prompt or a resource template, ``argument`` has a ``name`` and the
            ``value`` so far, ``context.arguments`` may have what the others have already.
        context: Who asks.

    Returns:
        ``completion`` with at most 100 ``values``, their ``total``, and ``hasMore``.

    Raises:
        InvalidParamsError: The params do not fit, or there is no such prompt or argument for this caller.
        ResourceNotFoundError: There is no such template for this caller.
        MethodNotFoundError: This server has neither prompts nor templates.

    Spec: server/utilities/completion#requesting-completions
    """
    try:
        found = _found(params, context)
    except (InvalidParamsError, ResourceNotFoundError):
        if get_resources(context).templates or has_prompts():
            raise
        raise MethodNotFoundError("This server has nothing to complete.") from None
    values = found.values[:MAX_VALUES]
    return {"completion": {"values": values, "total": found.total, "hasMore": found.total > len(values)}}


def _found(params: dict[str, Any], context: Context) -> Found:
    asked = _asked(params, context)
    ref = params.get("ref")
    ref = ref if isinstance(ref, dict) else {}
    if ref.get("type") == "ref/prompt":
        return _of_prompt(ref.get("name"), asked)
    if ref.get("type") == "ref/resource":
        return _of_template(ref.get("uri"), asked)
    raise InvalidParamsError('The ref is of type "ref/prompt" or "ref/resource".', data={"argument": "ref"})


def _asked(params: dict[str, Any], context: Context) -> Asked:
    argument = params.get("argument")
    argument = argument if isinstance(argument, dict) else {}
    for key in ("name", "value"):
        if not isinstance(argument.get(key), str):
            raise InvalidParamsError(
                f"The argument has a {key}, which is a string.", data={"argument": f"argument.{key}"}
            )
    given = params.get("context")
    given = given.get("arguments") if isinstance(given, dict) else None
    arguments = {k: v for k, v in given.items() if isinstance(v, str)} if isinstance(given, dict) else {}
    return Asked(argument["name"], argument["value"], arguments, context)


def _of_prompt(name: Any, asked: Asked) -> Found:
    prompt = find_prompt(name, asked.context)
    request = request_for(asked.context)
    fields = prompt.fields(request)
    if asked.name not in fields:
        raise _unknown_argument(asked, fields)
    if asked.name in prompt.completions:
        return _of_function(prompt.completions[asked.name], asked)
    return _of_field(fields[asked.name], asked)


def _of_template(uri: Any, asked: Asked) -> Found:
    if not isinstance(uri, str):
        raise InvalidParamsError("A resource template has a URI, which is a string.", data={"argument": "ref.uri"})
    resource = next((t for t in get_resources(asked.context).templates if t.template.text == uri), None)
    if resource is None or not resource.is_visible(asked.context):
        raise not_found(uri[:MAX_TYPED], asked.context)
    if asked.name not in resource.template.variables:
        raise _unknown_argument(asked, resource.template.variables)
    if isinstance(resource, RoutedResource):
        return _of_route(resource, asked)
    return _of_authored(resource, asked)


def _of_authored(resource: Resource, asked: Asked) -> Found:
    if not isinstance(resource, AuthoredResource):
        return NOTHING
    if asked.name in resource.declared.completions:
        return _of_function(resource.declared.completions[asked.name], asked)
    return _of_field(resource.serializer_class().fields[asked.name], asked)


def _unknown_argument(asked: Asked, known: Iterable[str]) -> InvalidParamsError:
    shown = asked.name[:100]
    return InvalidParamsError(f"Unknown argument {shown!r}. There are {', '.join(known)}.", data={"argument": shown})


def _of_function(function: Any, asked: Asked) -> Found:
    """What an author's function suggests, as it stands."""
    given = {"value": asked.value, "arguments": dict(asked.arguments)}
    values = [str(value) for value in call(function, request_for(asked.context), given)]
    return Found(values[:MAX_VALUES], len(values))


def _of_field(field: Any, asked: Asked) -> Found:
    if isinstance(field, serializers.ChoiceField):
        return _of_choices(field.choices, asked)
    if isinstance(field, serializers.BooleanField):
        return _of_choices({"true": "", "false": ""}, asked)
    field = getattr(field, "child_relation", field)
    if isinstance(field, (relations.PrimaryKeyRelatedField, relations.SlugRelatedField)):
        return _of_relation(field, asked)
    return NOTHING


def _of_choices(choices: Mapping[Any, Any], asked: Asked) -> Found:
    """The choices whose value or label begins with what was typed."""
    typed = asked.value.casefold()
    values = [
        str(value)
        for value, label in choices.items()
        if any(str(text).casefold().startswith(typed) for text in (value, label))
    ]
    return Found(values, len(values))


def _of_relation(field: Any, asked: Asked) -> Found:
    """The rows that a relation takes, of those that the caller may list through a routed list of their model."""
    rows = field.get_queryset()
    for tool in _lists(asked.context):
        if tool.endpoint.model is rows.model and not tool.endpoint.route.kwargs:
            found = _of_list(tool, {}, getattr(field, "slug_field", "pk"), asked, rows)
            if found is not None:
                return found
    return NOTHING


def _of_route(resource: RoutedResource, asked: Asked) -> Found:
    """The objects of the list whose route leads up to the variable."""
    template = resource.template
    before = template.text.partition(f"{{{asked.name}}}")[0].partition("://")[2]
    names = template.variables[: template.variables.index(asked.name)]
    for tool in _lists(asked.context):
        route = tool.endpoint.route
        own_names = {p.key: p.name for p in tool.parameters.values() if p.location == "path"}
        if _shape(f"/{route.uri_template(own_names)}") == _shape(before):
            if any(name not in asked.arguments for name in names):
                return NOTHING
            values = (asked.arguments[name] for name in names)
            given = dict(zip(map(own_names.__getitem__, route.kwargs), values, strict=True))
            return _of_list(tool, given, str(tool.endpoint.attribute("lookup_field")), asked) or NOTHING
    return NOTHING


def _lists(context: Context) -> list[Tool]:
    tools = get_catalog(getattr(context._http_request, "urlconf", None)).tools
    return [tool for tool in tools if tool.endpoint.action == "list" and tool.endpoint.method == "get"]


def _shape(path: str) -> str:
    """A path whatever its variables are called."""
    return re.sub(r"\{\w+\}", "{}", path)


def _of_list(
    tool: Tool, given: dict[str, Any], lookup: str, asked: Asked, within: QuerySet[Any] | None = None
) -> Found | None:
    """Call a routed list as the caller, and look through what it lists before anything around the view is left.

    Args:
        tool: The list's tool. Where its handler is not DRF's own, nobody can say what it lists.
        given: The URL's arguments.
        lookup: Which value of a row is wanted; only one that the list prints is given out.
        asked: What was typed.
        within: The rows that count; all, where it is None.

    Returns:
        None where the caller gets no list.
    """
    found: list[Found] = []

    def look(response: Any) -> None:
        view = getattr(response, "renderer_context", {}).get("view")
        printed = next(printed_objects(response), None)
        if view is not None and printed is not None and _is_printed(printed, lookup):
            found.append(_matching(view, lookup, asked.value, within))

    if not tool.endpoint.is_drfs_own:
        return None
    try:
        _, response = invoke(tool.endpoint, bind_arguments(tool, given), asked.context, look)
    except InvalidParamsError:
        return None
    release(response)
    return found[0] if found else NOTHING if response.status_code < 300 else None


def _is_printed(printed: Printed, lookup: str) -> bool:
    key = printed.instance._meta.pk.name if lookup == "pk" else lookup
    return any(
        field.source.replace(".", "__") in (key, "pk" if lookup == "pk" else key) and name in printed.data
        for name, field in printed.serializer.fields.items()
    )


def _matching(view: Any, lookup: str, typed: str, within: QuerySet[Any] | None) -> Found:
    """The values of the rows that a view lists: those that begin with what was typed, or that a search finds."""
    rows = view.filter_queryset(view.get_queryset())
    if not isinstance(rows, QuerySet) or len(typed) > MAX_TYPED or not typed.isprintable():
        return NOTHING
    fits = Q(**{f"{lookup}__istartswith": typed}) if typed else Q()
    for backend_class in view.filter_backends if typed else ():
        if issubclass(backend_class, SearchFilter) and backend_class().get_search_fields(view, view.request):
            backend = backend_class()
            backend.get_search_terms = lambda _request: [typed]
            fits |= Q(pk__in=backend.filter_queryset(view.request, rows, view).order_by().values("pk"))
    if within is not None:
        rows = rows.filter(pk__in=within.order_by().values("pk"))
    try:
        values = rows.filter(fits).order_by(lookup).values_list(lookup, flat=True).distinct()
        return Found([str(value) for value in values[:MAX_VALUES]], values.count())
    except FieldError:  # a key that is itself a relation begins with nothing
        return NOTHING
