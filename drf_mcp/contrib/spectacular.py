"""drf-spectacular: what ``@extend_schema`` says of an action holds for its tool, too.

Active when drf-spectacular is installed and the action or its view is decorated.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.serializers import BaseSerializer, Serializer

from drf_mcp.decorators import UNDECLARED, ToolOptions, is_reserved_header
from drf_mcp.schema import field_schema, input_schema
from drf_mcp.schema.alternatives import branch

from .spectacular_fields import basic_schema, plain_schema

_NOTHING: Any = object()


def extended_options(view: Any, handler: Any, method: str) -> ToolOptions:
    """Read an action's ``@extend_schema``.

    Args:
        view: An instance of the view, in the state of a request to the action.
        handler: The action's function.
        method: Its HTTP method, in lower case.

    Returns:
        The request as ``input``, the description, the query and header parameters, and whether the operation
        is excluded; nothing where the library is missing. The responses are left alone: they document, nobody
        checks them, and a promise that one answer breaks makes strict clients drop that answer.
    """
    declared = getattr(handler, "kwargs", {}).get("schema") or type(view.schema)
    undecorated = next(cls for cls in declared.__mro__ if cls.__module__ != "drf_spectacular.utils")
    if undecorated is declared:
        return UNDECLARED

    class Declared(declared, _silent(undecorated)):  # type: ignore[misc, valid-type]
        """Answers from the decorator alone: below it stands silence instead of the library's guesses."""

    schema: Any = Declared()
    schema.view, schema.method, schema.path, schema.path_regex = view, method.upper(), "", ""
    if schema.is_excluded():
        return ToolOptions(excluded=True)
    operation = schema.get_operation("", "", "", method, None)
    description = schema.get_description() or schema.get_summary()
    description = str(description or operation.get("description") or operation.get("summary") or "")
    if schema.is_deprecated() or operation.get("deprecated"):
        description = f"Deprecated. {description or inspect.getdoc(handler) or ''}".rstrip()
    request = schema.get_request_serializer()
    if request is _NOTHING and "requestBody" in operation:
        request = {kind: body.get("schema") for kind, body in operation["requestBody"].get("content", {}).items()}
    parameters = [*schema.get_override_parameters(), *operation.get("parameters", ())]
    return ToolOptions(
        input=_input(request) if _has_body(handler, method) else None,
        description=description or None,
        parameters=tuple(found for parameter in parameters for found in _parameters(parameter)) or None,
    )


def _has_body(handler: Any, method: str) -> bool:
    """Whether the declared request is this method's: the library itself reads it for POST, PUT and PATCH.

    It stands for DELETE, too, where the action has no other method that it could be meant for.
    """
    others = set(getattr(handler, "mapping", ())) & {"post", "put", "patch"}
    return method in ("post", "put", "patch") or (method == "delete" and not others)


def _input(request: Any) -> Any:
    return Serializer if request is None else _serializer(request)


def _silent(base: type) -> type:
    """What stands between the decorator and the library's own reading of the view."""

    class Silent(base):  # type: ignore[misc]
        def get_operation(self, *args: Any) -> dict[str, Any]:
            return {}

        def get_request_serializer(self) -> Any:
            return _NOTHING

        def get_description(self) -> str:
            return ""

        def get_summary(self) -> str:
            return ""

        def get_override_parameters(self) -> list[Any]:
            return []

        def is_excluded(self) -> bool:
            return False

        def is_deprecated(self) -> bool:
            return False

    return Silent


def _serializer(value: Any) -> Any:
    """A serializer class or instance, or an object schema; None for a media type's own forms and anything else."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in value if "json" in str(key)), None)
    value = getattr(value, "request", value)
    if isinstance(value, Mapping):
        schema = plain_schema(dict(value))
        return schema if schema.get("type") == "object" and "properties" in schema else None
    if hasattr(value, "resource_type_field_name"):
        return _proxy(value)
    is_class = isinstance(value, type) and issubclass(value, BaseSerializer)
    return value if is_class or isinstance(value, BaseSerializer) else None


def _proxy(value: Any) -> Any:
    """A ``PolymorphicProxySerializer``, which only documents; None for one that does not name its types."""
    from drf_spectacular.utils import PolymorphicProxySerializer

    if not isinstance(value, PolymorphicProxySerializer):
        return value  # a real one
    if not (value.resource_type_field_name and isinstance(value.serializers, Mapping)):
        return None
    if field_schema.dispatch(PolymorphicProxySerializer) is not _shapes:
        field_schema.register(PolymorphicProxySerializer, _shapes)
    return value


def _shapes(proxy: Any) -> dict[str, Any]:
    """What each of its types takes."""
    made = {kind: cls() if isinstance(cls, type) else cls for kind, cls in proxy.serializers.items()}
    key = proxy.resource_type_field_name
    return {"anyOf": [branch(input_schema(one, proxy.partial), key, [str(kind)]) for kind, one in made.items()]}


def _parameters(declared: Any) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """Name, location, schema and whether it is required, of a declared parameter in query or header.

    Args:
        declared: An ``OpenApiParameter``, a serializer each of whose fields is one, or a parameter of OpenAPI.
    """
    from drf_spectacular.utils import OpenApiParameter

    if isinstance(declared, Mapping):
        schema = plain_schema(declared.get("schema"))
        if declared.get("description"):
            schema["description"] = str(declared["description"])
        found = [(str(declared.get("name")), str(declared.get("in")), schema, bool(declared.get("required")))]
    elif isinstance(declared, OpenApiParameter):
        found = [] if declared.exclude else [_parameter(declared)]
    else:
        serializer = _serializer(declared)
        whole = input_schema(serializer() if isinstance(serializer, type) else serializer) if serializer else {}
        required = whole.get("required", ())
        found = [(name, "query", inner, name in required) for name, inner in whole.get("properties", {}).items()]
    for name, location, schema, is_required in found:
        if location == "query" or (location == "header" and not is_reserved_header(name)):
            yield name, location, schema, is_required


def _parameter(parameter: Any) -> tuple[str, str, dict[str, Any], bool]:
    declared = parameter.type if isinstance(parameter.type, dict) else None
    schema = plain_schema(declared) if declared else basic_schema(parameter.type)
    if parameter.enum:
        schema["enum"] = list(parameter.enum)
    if parameter.pattern and schema.get("type") == "string":
        schema["pattern"] = parameter.pattern
    if parameter.many:
        schema = {"type": "array", "items": schema}
    notes = [str(parameter.description)] if parameter.description else []
    if schema.get("type") == "array" and parameter.explode is False:
        schema = {"type": "string"}
        notes.append("Comma-separated")
    if parameter.default is not None:
        schema["default"] = parameter.default
    if parameter.deprecated:
        notes.append("Deprecated")
    if notes:
        schema["description"] = ". ".join(note.rstrip(".") for note in notes) if len(notes) > 1 else notes[0]
    return parameter.name, parameter.location, schema, bool(parameter.required)
