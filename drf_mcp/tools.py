"""Tools: what an endpoint is to an MCP client, and where each argument belongs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from django.utils.text import camel_case_to_spaces, capfirst
from rest_framework.serializers import ListSerializer

from .decorators import ToolOptions, tool_options
from .endpoints import Endpoint
from .schema import input_schema, path_parameter_schema, query_parameters

Location = Literal["path", "query", "body", "items"]

_PURPOSES = {
    "retrieve": "retrieve",
    "update": "update",
    "partial_update": "update",
    "destroy": "destroy",
}
_BODY_METHODS = ("post", "put", "patch")
_BODY_ACTIONS = ("create", "update", "partial_update")


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where an argument goes in the request.

    Args:
        name: The argument's name in the tool.
        location: The part of the request; ``items`` is a body that is an array.
        key: Its name there.
        schema: What it may be.
    """

    name: str
    location: Location
    key: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Tool:
    """One endpoint as a tool.

    Args:
        name: The name that clients call.
        endpoint: What is called.
        title: What a client shows to people.
        description: What the model reads.
        input_schema: The arguments as a JSON Schema object.
        parameters: The arguments by name.
        annotations: Hints on what a call may do, under their wire names.
        options: What the author declared.
        is_open: True where the body's fields cannot be known, so that any argument is passed on.
    """

    name: str
    endpoint: Endpoint
    title: str
    description: str
    input_schema: Mapping[str, Any]
    parameters: Mapping[str, Parameter]
    annotations: Mapping[str, Any]
    options: ToolOptions
    is_open: bool

    def to_wire(self) -> dict[str, Any]:
        """The tool as ``tools/list`` shows it.

        Spec: server/tools#tool
        """
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "annotations": self.annotations,
        }

    @cached_property
    def noun(self) -> Noun:
        """What the tool's objects are called."""
        return noun_of(self.endpoint)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The labels of the fields that the endpoint's serializer prints, by field name."""
        fields = getattr(self.endpoint.serializer, "fields", {})
        return {name: str(field.label) for name, field in fields.items() if field.label and not field.write_only}


@dataclass(frozen=True, slots=True)
class Noun:
    """How people call the objects of an endpoint.

    Args:
        name: The model's or ViewSet's name as its code has it, such as ``User``.
        singular: In a sentence, such as ``user``.
        plural: In a sentence, such as ``users``.
        place: The app's label, empty where there is no model.
        pk: The name of the primary key field, such as ``id``.
    """

    name: str
    singular: str
    plural: str
    place: str
    pk: str


def noun_of(endpoint: Endpoint) -> Noun:
    """Find what an endpoint's objects are called, from the model or else from the ViewSet's name."""
    if endpoint.model is None:
        name = endpoint.viewset.__name__.removesuffix("ViewSet") or endpoint.viewset.__name__
        singular = camel_case_to_spaces(name)
        return Noun(name, singular, singular, "", "id")
    meta: Any = endpoint.model._meta
    return Noun(meta.object_name, str(meta.verbose_name), str(meta.verbose_name_plural), meta.app_label, meta.pk.name)


def build_tool(endpoint: Endpoint, name: str) -> Tool:
    """Read everything that a tool says of itself from its endpoint.

    Args:
        endpoint: The endpoint.
        name: Its tool name.

    Returns:
        The tool.
    """
    options = tool_options(endpoint.viewset, endpoint.action)
    noun = noun_of(endpoint)
    title = options.title or _title(endpoint, noun)
    is_open = _takes_body(endpoint) and options.input is None and endpoint.serializer is None
    parameters, required = _parameters(endpoint, options)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {parameter.name: parameter.schema for parameter in parameters.values()},
        "required": required,
        "additionalProperties": is_open,
    }
    if not required:
        del schema["required"]
    if isinstance(options.input, dict) and all(parameter.location == "body" for parameter in parameters.values()):
        schema = options.input
    return Tool(
        name=name,
        endpoint=endpoint,
        title=title,
        description=options.description or _description(endpoint, noun),
        input_schema=schema,
        parameters=parameters,
        annotations={"title": title, **_hints(endpoint, options)},
        options=options,
        is_open=is_open,
    )


def _title(endpoint: Endpoint, noun: Noun) -> str:
    verb = capfirst(endpoint.action.replace("partial_", "").replace("_", " "))
    return f"{verb} {noun.plural if endpoint.action == 'list' else noun.singular}"


def _description(endpoint: Endpoint, noun: Noun) -> str:
    """The action's own docstring, else the one sentence that holds for every action."""
    docstring = inspect.getdoc(endpoint.handler) if endpoint.is_extra_action else None
    if docstring:
        return docstring
    verb = capfirst(endpoint.action.replace("partial_", "").replace("_", " "))
    return f"{verb} {noun.name} in {noun.place}" if noun.place else f"{verb} {noun.name}"


def _hints(endpoint: Endpoint, options: ToolOptions) -> dict[str, bool]:
    """What a call may do. Spec: server/tools#tool-annotations"""
    standard_write = endpoint.action in (*_BODY_ACTIONS, "destroy")
    read_only = endpoint.method == "get" and not standard_write
    hints = {
        "readOnlyHint": (options.read_only, read_only),
        "destructiveHint": (options.destructive, not read_only and endpoint.action != "create"),
        "idempotentHint": (options.idempotent, endpoint.method != "post"),
        "openWorldHint": (options.open_world, False),
    }
    return {hint: default if declared is None else declared for hint, (declared, default) in hints.items()}


def _parameters(endpoint: Endpoint, options: ToolOptions) -> tuple[dict[str, Parameter], list[str]]:
    """All arguments by name, and the names of those that a call cannot do without.

    URL kwargs come first and keep their names. A query or body field of the same name is reached
    with ``new_`` in front: what names the object must never be what changes it.
    """
    parameters: dict[str, Parameter] = {}
    required: list[str] = []

    def add(location: Location, key: str, schema: Mapping[str, Any], *, is_required: bool, name: str = "") -> None:
        name = name or key
        while name in parameters:
            name = f"new_{name}"
        parameters[name] = Parameter(name, location, key, schema)
        if is_required:
            required.append(name)

    for kwarg in endpoint.route.kwargs:
        is_lookup = kwarg == endpoint.lookup_kwarg
        name = "id" if kwarg == "pk" else kwarg
        purpose = _PURPOSES.get(endpoint.action, "perform action on")
        description = f"ID of the object to {purpose}" if is_lookup else capfirst(kwarg.replace("_", " "))
        is_required = kwarg not in endpoint.route.optional_kwargs
        add("path", kwarg, path_parameter_schema(description), is_required=is_required, name=name)
    if endpoint.method == "get" and endpoint.action == "list":
        for key, schema in (endpoint.ask_with_view(query_parameters) or {}).items():
            add("query", key, schema, is_required=False)
    body = _body_schema(endpoint, options)
    location: Location = "query" if endpoint.method == "get" else "body"
    if location == "body" and options.input is None and isinstance(endpoint.serializer, ListSerializer):
        location = "items"
    for key, schema in body.get("properties", {}).items():
        add(location, key, schema, is_required=key in body.get("required", ()))
    return parameters, required


def _body_schema(endpoint: Endpoint, options: ToolOptions) -> Mapping[str, Any]:
    """What the action takes besides its URL and its filters, as far as anyone declares it."""
    if isinstance(options.input, dict):
        return options.input
    partial = endpoint.method == "patch"
    if options.input is not None:
        return input_schema(options.input(), partial=partial)
    if not _takes_body(endpoint) or endpoint.serializer is None:
        return {}
    return input_schema(endpoint.serializer, partial=partial)


def _takes_body(endpoint: Endpoint) -> bool:
    return endpoint.method in _BODY_METHODS and (
        endpoint.action in _BODY_ACTIONS or "serializer_class" in endpoint.initkwargs
    )
