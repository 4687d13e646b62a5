"""Tools: what an endpoint is to an MCP client."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from rest_framework.views import APIView

from .conf import mcp_settings
from .contrib.spectacular import extended_options
from .decorators import ToolOptions, tool_options
from .endpoints import WRITES, Endpoint
from .narrowing import Narrowing
from .outputs import answer_schema, as_object
from .parameters import Parameter, Signature
from .protocol.headers import PARAM_KEYWORD, mirrored_params
from .protocol.jsonrpc import RawJSON, dumps
from .reading.effects import only_reads
from .reading.library import overriding
from .schema import output_schema
from .selection import briefly, repeats, with_fields
from .signature import read_signature
from .wire_names import in_request, printed_name
from .words import Noun, description_of, noun_of, title_of

logger = logging.getLogger("drf_mcp")

CONFIRMATION = "confirmation_code"
"""The argument by which a call is confirmed where the client cannot ask its user, as far as it is free."""


@dataclass(frozen=True, eq=False)
class Tool:
    """One endpoint as a tool.

    Args:
        name: The name that clients call.
        endpoint: What is called.
        title: What a client shows to people.
        description: What the model reads.
        signature: The arguments.
        input_schema: The arguments as a JSON Schema object.
        output_schema: What ``structuredContent`` keeps, None where nothing is promised.
        annotations: Hints on what a call may do, under their wire names.
        options: What the author declared.
        noun: What its objects are called.
        labels: The labels of the fields that it prints, by field name.
        mirrored: The headers that mirror arguments, without their prefix, by the argument's path.
        confirmation: The argument that takes the code of a call that asks first, as ``CONFIRM`` has it; empty
            where none does.
        is_brief: Whether it answers with no more than what identifies the object that it wrote.
    """

    name: str
    endpoint: Endpoint
    title: str
    description: str
    signature: Signature
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None
    annotations: Mapping[str, Any]
    options: ToolOptions
    noun: Noun
    labels: Mapping[str, str]
    mirrored: Mapping[tuple[str, ...], str]
    confirmation: str = ""
    is_brief: bool = False

    @cached_property
    def encoded(self) -> RawJSON:
        """The tool as ``tools/list`` shows it, encoded once."""
        return RawJSON(dumps(self.to_wire()))

    @cached_property
    def known_as(self) -> tuple[str, ...]:
        """What patterns know it by: its name, ``view:`` with its class, ``app:`` with the app of its code or model."""
        config = apps.get_containing_app_config(self.endpoint.viewset.__module__)
        labels = {self.noun.place, "" if config is None else config.label} - {""}
        return (self.name, f"view:{self.endpoint.viewset.__name__}", *(f"app:{label}" for label in sorted(labels)))

    @cached_property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """What rules know it by: kinds and keys. An alias counts, so that a rule survives a new name."""
        names, viewset = (self.name, *(self.options.aliases or ())), self.endpoint.viewset
        labels = [("app", name.removeprefix("app:")) for name in self.known_as if name.startswith("app:")]
        return (*(("tool", name) for name in names), ("view", f"{viewset.__module__}.{viewset.__qualname__}"), *labels)

    @cached_property
    def takes_body(self) -> bool:
        """Whether a call has a body."""
        locations = {parameter.location for parameter in self.parameters.values()}
        return self.signature.open_location == "body" or not locations.isdisjoint(("body", "file"))

    @cached_property
    def path_defaults(self) -> Mapping[str, str]:
        """The URL kwargs that a call may leave out, with what they then are."""
        in_path = [parameter for parameter in self.parameters.values() if parameter.location == "path"]
        return {each.key: each.schema["default"] for each in in_path if "default" in each.schema}

    def with_confirmation(self) -> Tool:
        """The same tool, whose calls ask first."""
        if self.confirmation:
            return self
        name = CONFIRMATION
        while name in self.input_schema.get("properties", {}):  # one that the tool does not have
            name = f"mcp_{name}"
        return replace(self, input_schema=_with_confirmation(self.input_schema, name), confirmation=name)

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing, as its annotations say."""
        return self.annotations["readOnlyHint"] is True

    def is_left_by(self, narrowings: Iterable[Narrowing]) -> bool:
        """Whether all of these allow it."""
        return all(narrowing.allows(*self.known_as, only_reads=self.only_reads) for narrowing in narrowings)

    @property
    def asks(self) -> bool:
        """Whether a call may ask its caller before it has a result."""
        return bool(self.options.asks or self.confirmation)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The arguments by name."""
        return self.signature.parameters

    def to_wire(self) -> dict[str, Any]:
        """The tool as ``tools/list`` shows it.

        Spec: server/tools#tool
        """
        wire = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "annotations": self.annotations,
        }
        if self.output_schema is not None:
            wire["outputSchema"] = self.output_schema
        return wire


def declared_options(endpoint: Endpoint) -> ToolOptions:
    """What the author said of an endpoint's tool: to this package, else to a guest library.

    Args:
        endpoint: The endpoint.

    Returns:
        The options, with None for what nobody declared.
    """
    options = tool_options(endpoint.viewset, endpoint.action)
    extended = endpoint.ask_view(
        lambda view: extended_options(view, endpoint.handler, endpoint.method), "the @extend_schema"
    )
    if extended is None:
        return options
    return options.over(extended)


def build_tool(endpoint: Endpoint, name: str) -> Tool:
    """Read everything that a tool says of itself from its endpoint.

    Args:
        endpoint: The endpoint.
        name: Its tool name.

    Returns:
        The tool.

    Raises:
        ImproperlyConfigured: An argument is to be mirrored in a header that the tool does not have.
        ValueError: One that no header can hold.
    """
    options = declared_options(endpoint)
    noun = noun_of(endpoint)
    title = options.title or title_of(endpoint, noun, name)
    signature = in_request(endpoint, read_signature(endpoint, options))
    output = _output(endpoint, options, name)
    is_brief = mcp_settings.RESULT == "brief" and options.output is None and repeats(endpoint)
    if is_brief:
        output = briefly(endpoint, output)
    elif mcp_settings.FIELDS:
        output = with_fields(signature, endpoint, output)
    is_whole = signature.is_verbatim and signature.parameters.keys() == options.input.get("properties", {}).keys()
    schema = _with_headers(options.input if is_whole else signature.to_schema(), options.param_headers or {})
    hints = _hints(endpoint, options)
    tool = Tool(
        name=name,
        endpoint=endpoint,
        title=title,
        description=description_of(endpoint, noun, options),
        signature=signature,
        input_schema=schema,
        output_schema=output,
        annotations={"title": title, **hints},
        options=options,
        noun=noun,
        labels=_labels(endpoint),
        mirrored=mirrored_params(schema),
        is_brief=is_brief,
    )
    return tool.with_confirmation() if _needs_confirmation(endpoint, hints) else tool


def _needs_confirmation(endpoint: Endpoint, hints: Mapping[str, bool]) -> bool:
    deletes = endpoint.method == "delete"
    destroys = mcp_settings.CONFIRM == "destructive" and hints["destructiveHint"]
    return destroys or (mcp_settings.CONFIRM == "destroy" and deletes)


def _with_confirmation(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Let a call bring the code that its first answer had."""
    code = {
        "type": "string",
        "description": "Leave it out at first. The answer then says what would be done and has a code, to be sent "
        "here once the user has agreed.",
    }
    return {**schema, "properties": {**schema.get("properties", {}), name: code}}


def tell_apart(tools: Sequence[Tool]) -> list[Tool]:
    """Put the name behind each title that several tools would share; a declared title stays as it is."""
    count = Counter(tool.title for tool in tools)
    return [tool if count[tool.title] == 1 or tool.options.title else _named(tool) for tool in tools]


def _named(tool: Tool) -> Tool:
    title = f"{tool.title} [{tool.name}]"
    return replace(tool, title=title, annotations={**tool.annotations, "title": title})


def _with_headers(schema: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Any]:
    """Say of the arguments that are mirrored in headers that they are."""
    properties = dict(schema.get("properties", {}))
    for name, header in headers.items():
        if name not in properties:
            raise ImproperlyConfigured(f"param_headers names {name!r}, which is no argument of this tool.")
        properties[name] = {**properties[name], PARAM_KEYWORD: header}
    return {**schema, "properties": properties} if headers else schema


def _labels(endpoint: Endpoint) -> Mapping[str, str]:
    if endpoint.action not in (*WRITES, "list", "retrieve"):
        return {}
    serializer = endpoint.serializer
    fields = getattr(getattr(serializer, "child", serializer), "fields", {})
    told = [(name, str(field.label)) for name, field in fields.items() if field.label and not field.write_only]
    return {printed_name(endpoint, name): label for name, label in told}


def _hints(endpoint: Endpoint, options: ToolOptions) -> dict[str, bool]:
    """What a call may do; where that is not certain, the more careful word. Spec: server/tools#tool-annotations"""
    read_only = only_reads(endpoint)
    hints = {
        "readOnlyHint": (options.read_only, read_only),
        "destructiveHint": (options.destructive, not read_only and not _only_adds(endpoint)),
        "idempotentHint": (options.idempotent, read_only or _repeats(endpoint)),
        "openWorldHint": (options.open_world, False),
    }
    return {hint: default if declared is None else declared for hint, (declared, default) in hints.items()}


def _only_adds(endpoint: Endpoint) -> bool:
    return endpoint.action == "create" and endpoint.method == "post" and endpoint.is_drfs_own


def _repeats(endpoint: Endpoint) -> bool:
    """Whether the same call twice does no more than once: by HTTP for PUT, by DRF's own code for the others."""
    hooks = ("update", "perform_update", "perform_destroy")
    is_drfs = endpoint.is_drfs_own and not overriding(endpoint.viewset, hooks, below=APIView)
    return endpoint.method == "put" or (is_drfs and endpoint.action in ("update", "partial_update", "destroy"))


def _output(endpoint: Endpoint, options: ToolOptions, name: str) -> Mapping[str, Any] | None:
    """The shape of the structured content, where its author declared it or where it is certain."""
    declared = options.output
    if declared is None:
        try:
            return answer_schema(endpoint)
        except Exception:  # a tool whose answer cannot be described can be called all the same
            logger.exception("What the tool %s answers cannot be described and is not promised.", name)
            return None
    if isinstance(declared, dict):
        return as_object(declared)
    return as_object(output_schema(declared() if isinstance(declared, type) else declared))
