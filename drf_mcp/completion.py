"""Completions: values for a prompt's argument or a template's variable, of those that the caller may list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import QuerySet
from rest_framework import relations, serializers

from .arguments import bind_arguments
from .catalog import get_catalog
from .context import Context
from .endpoints import Endpoint
from .functions import call
from .invocation import invoke, release
from .listings import MAX_TYPED, MAX_VALUES, NOTHING, Found, Listing
from .prompts import find_prompt, has_prompts
from .protocol.errors import InvalidParamsError, MethodNotFoundError, ResourceNotFoundError
from .protocol.uri_templates import shape_of
from .resource_catalog import get_resources
from .resource_kinds import AuthoredResource, Resource, RoutedResource, path_names
from .resources import has_templates, unknown
from .tools import Tool
from .visibility import Viewer, may_read, request_for


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
        ``completion`` with at most 100 ``values`` and, where these can be known, their ``total`` and ``hasMore``.

    Raises:
        InvalidParamsError: The params do not fit, or there is no such prompt or argument for this caller.
        ResourceNotFoundError: There is no such template for this caller.
        UnauthorizedError: The same, for a caller without credentials where these could bring more.
        MethodNotFoundError: This server has neither prompts nor templates.

    Spec: server/utilities/completion#requesting-completions
    """
    try:
        found = _found(params, context)
    except (InvalidParamsError, ResourceNotFoundError):
        if has_templates(context) or has_prompts():
            raise
        raise MethodNotFoundError("This server has nothing to complete.") from None
    values = found.values[:MAX_VALUES]
    if found.total is None:
        return {"completion": {"values": values}}
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
    viewer = Viewer(asked.context)
    templates = (t for t in get_resources(asked.context).templates if t.template.text == uri)
    resource = next(filter(lambda template: template.is_visible(viewer), templates), None)
    if resource is None:
        raise unknown(uri[:MAX_TYPED], viewer)
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
    """What an author's function suggests, as it stands: one text is one value, and None is none."""
    given = {"value": asked.value, "arguments": dict(asked.arguments)}
    suggested = call(function, request_for(asked.context), given)
    values = [suggested] if isinstance(suggested, str) else [str(value) for value in suggested or ()]
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
    kwarg = next(key for key, name in path_names(resource.tool).items() if name == asked.name)
    for tool in _lists(asked.context):
        route, own_names = tool.endpoint.route, path_names(tool)
        if shape_of(f"/{route.uri_template(own_names)}") == shape_of(before):
            lookup = _lookup_for(kwarg, tool.endpoint)
            if lookup is None or any(name not in asked.arguments for name in names):
                return NOTHING
            values = (asked.arguments[name] for name in names)
            given = dict(zip(map(own_names.__getitem__, route.kwargs), values, strict=True))
            return _of_list(tool, given, lookup, asked) or NOTHING
    return NOTHING


def _lookup_for(kwarg: str, endpoint: Endpoint) -> str | None:
    """Which value of a listed object a URL kwarg takes, as its name says it; None where it does not."""
    field = str(endpoint.attribute("lookup_field"))
    own = str(endpoint.attribute("lookup_url_kwarg") or field)
    if kwarg == own or kwarg.endswith(f"_{own}"):
        return field
    return "pk" if kwarg in ("pk", "id") or kwarg.endswith(("_pk", "_id")) else None


def _lists(context: Context) -> list[Tool]:
    tools = get_catalog(getattr(context._http_request, "urlconf", None)).tools
    lists = (tool for tool in tools if tool.endpoint.action == "list" and tool.endpoint.method == "get")
    return [tool for tool in lists if may_read(tool, context)]


def _of_list(
    tool: Tool, given: dict[str, Any], lookup: str, asked: Asked, within: QuerySet[Any] | None = None
) -> Found | None:
    """Call a routed list as the caller, for no more rows than an answer has values, and read what it prints.

    Args:
        tool: The list's tool. Where its handler is not DRF's own, nobody can say what it lists.
        given: The URL's arguments.
        lookup: Which value of a row is wanted; only one that the list prints is given out.
        asked: What was typed.
        within: The rows that count; all, where it is None.

    Returns:
        None where the caller gets no list.
    """
    if not tool.endpoint.is_drfs_own:
        return None
    listing = Listing(tool.endpoint.viewset, lookup, asked.value, within)
    try:
        bound = bind_arguments(tool, given)
        _, response = invoke(tool.endpoint, bound, asked.context, listing.look, listing.prepare)
    except InvalidParamsError:
        return None
    release(response)
    return listing.found if response.status_code < 300 else None
