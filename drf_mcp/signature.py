"""What a tool takes: the parts of an endpoint's URL, its query, headers and body as flat arguments.

What DRF's own handlers take is known from the serializer, the filter backends and the paginator. What
a project's own handler takes is read from its source; where that leaves something open, so is the tool.
"""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst
from rest_framework import serializers, versioning
from rest_framework.parsers import FileUploadParser

from .contrib.nested_routers import keys_from_url
from .decorators import ToolOptions
from .endpoints import WRITES, Endpoint
from .parameters import Location, Schema, Signature
from .reading.endpoint import read_endpoint
from .reading.found import Made, Reading
from .schema import (
    as_items,
    backend_parameters,
    file_schema,
    input_schema,
    page_parameters,
    path_parameter_schema,
)

Properties = dict[str, Any]

_PURPOSES = {"retrieve": "retrieve", "update": "update", "partial_update": "update", "destroy": "destroy"}
_ACRONYMS = {"pk": "ID", "id": "ID", "uuid": "UUID"}
_BODY_METHODS = ("post", "put", "patch", "delete")


def read_signature(endpoint: Endpoint, options: ToolOptions) -> Signature:
    """Find everything that an endpoint takes.

    Args:
        endpoint: The endpoint.
        options: What its author declared.

    Returns:
        The arguments.
    """
    signature = Signature(is_verbatim=isinstance(options.input, dict))
    reading = read_endpoint(endpoint)
    _add_path(signature, endpoint)
    for key, location, schema, is_required in options.parameters or ():
        signature.add("header" if location == "header" else "query", key, schema, is_required=is_required)
    _add_query(signature, endpoint, options, reading)
    for header in options.headers or ():
        signature.add("header", header, {"type": "string"}, name=header.lower().replace("-", "_"))
    _add_body(signature, endpoint, options, reading)
    key = _version_parameter(endpoint, versioning.AcceptHeaderVersioning)
    if key and not _has_one_version(endpoint):
        # Last, so that a filter or field of that name keeps it.
        name = f"accept_{key}" if key in signature.parameters else key
        signature.add("accept", key, _version_schema(endpoint), name=name)
    return _without_keys_of_url(endpoint, signature) if options.input is None else signature


def _without_keys_of_url(endpoint: Endpoint, signature: Signature) -> Signature:
    """Leave out what the view overwrites with what its URL says."""
    keys = endpoint.ask_view(keys_from_url, "what the URL fills in")
    if not keys:
        return signature
    return signature.placed(lambda p: None if p.key in keys and p.location in ("body", "query") else (p.key, p.schema))


def _add_path(signature: Signature, endpoint: Endpoint) -> None:
    version_kwarg = _version_parameter(endpoint, versioning.URLPathVersioning)
    for kwarg in endpoint.route.kwargs:
        if kwarg == version_kwarg:
            schema = _version_schema(endpoint)
            signature.add("path", kwarg, schema, is_required="default" not in schema)
            continue
        is_lookup = kwarg == endpoint.lookup_kwarg
        purpose = _PURPOSES.get(endpoint.action, "perform action on")
        label = _label(kwarg)
        description = f"{label} of the object to {purpose}" if is_lookup else label
        signature.add(
            "path",
            kwarg,
            path_parameter_schema(description),
            is_required=kwarg not in endpoint.route.optional_kwargs,
            name="id" if kwarg == "pk" else kwarg,
        )


def _label(kwarg: str) -> str:
    """A URL kwarg in words, such as ``Project slug``."""
    words = [_ACRONYMS.get(word, word) for word in kwarg.split("_") if word]
    return capfirst(" ".join(words))


def _version_parameter(endpoint: Endpoint, scheme: type) -> str:
    versioning_class = endpoint.attribute("versioning_class")
    if isinstance(versioning_class, type) and issubclass(versioning_class, scheme):
        return str(versioning_class.version_param)  # type: ignore[attr-defined]
    return ""


def _has_one_version(endpoint: Endpoint) -> bool:
    """Whether there is nothing to choose: one version, which is also the one that goes without saying."""
    schema = _version_schema(endpoint)
    return schema.get("enum") == [schema.get("default")]


def _version_schema(endpoint: Endpoint) -> Schema:
    versioning_class = endpoint.attribute("versioning_class")
    schema: dict[str, Any] = {"type": "string"}
    if versioning_class.allowed_versions:
        schema["enum"] = [str(version) for version in versioning_class.allowed_versions if version is not None]
    if versioning_class.default_version is not None:
        schema["default"] = str(versioning_class.default_version)
    return schema


def _add_query(signature: Signature, endpoint: Endpoint, options: ToolOptions, reading: Reading) -> None:
    is_list = endpoint.action == "list" and endpoint.method == "get"
    filters: Properties = {}
    is_told = True
    if is_list or reading.uses_filters:
        # Each alone, so that one that wants a real request does not cost the others.
        for backend in endpoint.attribute("filter_backends") or ():
            found = endpoint.ask_view(lambda view, backend=backend: backend_parameters(backend, view), "the filters")  # type: ignore[misc]
            is_told = is_told and found is not None
            filters |= found or {}
    if is_list or (reading.uses_pages and not _writes_beside_a_list(endpoint)):
        found = endpoint.ask_view(page_parameters, "the paginator")
        is_told = is_told and found is not None
        filters |= found or {}
    key = _version_parameter(endpoint, versioning.QueryParameterVersioning)
    if key and not _has_one_version(endpoint):
        filters[key] = _version_schema(endpoint)
    taken = signature.keys("query")
    for key, schema in filters.items():
        if key not in taken:
            signature.add("query", key, schema)
    if options.input is None or endpoint.method != "get":
        _add_query_keys(signature, reading)
    if not is_told and endpoint.method == "get":
        signature.open_location = "query"


def _writes_beside_a_list(endpoint: Endpoint) -> bool:
    """Whether one function lists under GET and writes under this method, which then has no pages."""
    return endpoint.method != "get" and endpoint.actions.get("get") == endpoint.action


def _add_query_keys(signature: Signature, reading: Reading) -> None:
    """The parameters that the project's own code reads by name, and whether there may be more."""
    for key in reading.query_keys:
        if key not in signature.keys("query"):
            signature.add("query", key, {"type": "string"})
    if reading.is_query_open:
        signature.open_location = "query"


def _add_body(signature: Signature, endpoint: Endpoint, options: ToolOptions, reading: Reading) -> None:
    if options.input is not None:
        _add_declared(signature, endpoint, options.input)
        return
    if endpoint.method not in _BODY_METHODS:
        return
    declares = "serializer_class" in endpoint.initkwargs or endpoint.action in WRITES
    takes_serializer = reading.uses_serializer or (declares and (reading.is_unread or not reading.reads_body))
    takes_serializer = takes_serializer and endpoint.method != "delete"
    is_open = reading.is_body_open
    may_be_list = endpoint.lookup_kwarg is None
    if (takes_serializer or reading.reads_body) and _reads_one_file(endpoint):
        signature.add("file", "file", file_schema())
        return
    if takes_serializer and endpoint.serializer is None:
        is_open = True
    elif takes_serializer:
        is_open = _add_serializer(signature, endpoint, endpoint.serializer, reading) or is_open
    elif reading.made_alone is not None:
        is_open = _add_made(signature, endpoint, reading.made_alone, reading) or is_open
        may_be_list = may_be_list and not signature.keys("body")
    _add_body_keys(signature, reading)
    if is_open:
        signature.open_body(endpoint.method)
    if takes_serializer and endpoint.serializer is not None:
        may_be_list = may_be_list and _may_be_split(reading)
    if ((is_open and may_be_list) or "many" in reading.made_for) and not signature.keys("items"):
        schema = {"type": "array", "items": {}, "description": "The whole body, as an array"}
        signature.add("items", "items", schema)


def _may_be_split(reading: Reading) -> bool:
    """Whether the view's serializer may get something else than the whole body, such as each row of a list."""
    return reading.is_unread or ("" in reading.filled and "body" in reading.opened)


def _add_declared(signature: Signature, endpoint: Endpoint, given: Any) -> None:
    """Add what the author says that it takes."""
    location: Location = "query" if endpoint.method == "get" else "body"
    declared = given() if isinstance(given, type) else given
    if isinstance(declared, serializers.ListSerializer) and location == "body":
        location = "items"
    schema = declared if signature.is_verbatim else input_schema(declared, _is_partial(endpoint))
    _add_properties(signature, location, schema, declared)
    is_open = schema.get("additionalProperties", True) is not False
    signature.open_location = ("query" if endpoint.method == "get" else "body") if is_open else None


def _reads_one_file(endpoint: Endpoint) -> bool:
    """Whether the whole body is a file, which DRF then calls ``file``."""
    parsers = endpoint.attribute("parser_classes")
    return bool(parsers) and all(issubclass(parser, FileUploadParser) for parser in parsers)


def _add_body_keys(signature: Signature, reading: Reading) -> None:
    """The fields that the code reads by name: files where it looks among the files, else anything."""
    for key in reading.body_keys:
        if key in signature.keys("body", "file"):
            continue
        if key in reading.file_keys:
            file = file_schema()
            signature.add("file", key, {"type": "array", "items": file} if reading.file_keys[key] else file)
        else:
            signature.add("body", key, {})


def _is_partial(endpoint: Endpoint) -> bool:
    return endpoint.method == "patch"


def _add_serializer(signature: Signature, endpoint: Endpoint, serializer: Any, reading: Reading) -> bool:
    """Add what the view's serializer takes, and say whether it, or the one of another call, may take more."""
    schema = endpoint.ask_view(lambda _view: input_schema(serializer, _is_partial(endpoint)), "the input")
    if schema is None:
        return True
    # Other callers may get another serializer, which may ask for less.
    is_loose = endpoint.differs_by_caller or reading.is_unread or reading.reshapes
    is_open = endpoint.differs or reading.reshapes
    if isinstance(serializer, serializers.ListSerializer) or not reading.uses_many:
        return _add_input(signature, schema, serializer, reading, is_loose=is_loose) or is_open
    _add_properties(signature, "items", _rows(schema, reading, is_loose=is_loose), None)
    return is_open


def _add_made(signature: Signature, endpoint: Endpoint, made: Made, reading: Reading) -> bool:
    """The same for a serializer that the code makes by the name of its class."""
    serializer, differs = endpoint.make_named(made.serializer, is_many=made.is_many and not reading.loops)
    differs = differs or reading.reshapes or not made.is_plain
    schema = endpoint.ask_view(lambda _view: input_schema(serializer, made.is_partial), "the input")
    if serializer is None or schema is None:
        return True
    if reading.loops:
        _add_properties(signature, "items", _rows(schema, reading, is_loose=differs), None)
        return False
    return _add_input(signature, schema, serializer, reading, is_loose=differs) or differs


def _add_input(signature: Signature, schema: Schema, serializer: Any, reading: Reading, *, is_loose: bool) -> bool:
    """Add what a serializer takes, whose other forms, if there are any, may ask for less."""
    if isinstance(serializer, serializers.ListSerializer):
        _add_properties(signature, "items", schema, serializer)
        return False
    # What the code fills in nobody need give.
    required = () if is_loose or "" in reading.filled else set(schema.get("required", ())) - reading.filled
    _add_properties(signature, "body", {**schema, "required": required}, serializer)
    return "additionalProperties" not in schema


def _rows(schema: Schema, reading: Reading, *, is_loose: bool) -> Schema:
    """A body that is an array of what a serializer takes, each with what else the code looks up in it."""
    inner = {key: value for key, value in schema.items() if key not in ("additionalProperties", "required")}
    inner["properties"] = {**{key: {} for key in reading.row_keys}, **inner["properties"]}
    is_loose = is_loose or (reading.loops and "" in reading.filled)
    if required := [] if is_loose else [key for key in schema.get("required", ()) if key not in reading.filled]:
        inner["required"] = required
    return as_items({"type": "array", "items": inner})


def _add_properties(signature: Signature, location: Location, schema: Schema, source: Any) -> None:
    fields = getattr(source, "fields", {})
    for key, property_schema in schema.get("properties", {}).items():
        is_file = isinstance(fields.get(key), serializers.FileField)
        place: Location = "file" if is_file else location
        signature.add(place, key, property_schema, is_required=key in schema.get("required", ()))
