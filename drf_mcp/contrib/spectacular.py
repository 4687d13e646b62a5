"""drf-spectacular: what ``@extend_schema`` says of an action holds for its tool, too.

Active when drf-spectacular is installed and the action or its view is decorated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.serializers import BaseSerializer, Serializer

from drf_mcp.decorators import ToolOptions, is_reserved_header

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
        return ToolOptions()

    class Declared(declared, _silent(undecorated)):  # type: ignore[misc, valid-type]
        """Answers from the decorator alone: below it stands silence instead of the library's guesses."""

    schema: Any = Declared()
    schema.view, schema.method, schema.path, schema.path_regex = view, method.upper(), "", ""
    return ToolOptions(
        input=_input(schema.get_request_serializer()) if _has_body(handler, method) else None,
        description=str(schema.get_description() or schema.get_summary() or "") or None,
        parameters=_parameters(schema.get_override_parameters()),
        excluded=schema.is_excluded() or None,
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

    return Silent


def _serializer(value: Any) -> Any:
    """A serializer class or instance; None for a media type's own forms, raw types and anything else."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in value if "json" in str(key)), None)
    value = getattr(value, "request", value)
    is_class = isinstance(value, type) and issubclass(value, BaseSerializer)
    return value if is_class or isinstance(value, BaseSerializer) else None


def _parameters(declared: list[Any]) -> tuple[tuple[str, str, dict[str, Any], bool], ...] | None:
    """Name, location, schema and whether it is required, of query and header parameters."""
    from drf_spectacular.plumbing import build_basic_type
    from drf_spectacular.utils import OpenApiParameter

    found = []
    for parameter in declared:
        if not isinstance(parameter, OpenApiParameter) or parameter.location not in ("query", "header"):
            continue
        if parameter.location == "header" and is_reserved_header(parameter.name):
            continue
        schema = _plain(parameter.type if isinstance(parameter.type, dict) else build_basic_type(parameter.type))  # type: ignore[arg-type]
        if parameter.enum:
            schema["enum"] = list(parameter.enum)
        if parameter.many:
            schema = {"type": "array", "items": schema}
        notes = [str(parameter.description)] if parameter.description else []
        if schema.get("type") == "array" and parameter.explode is False:
            schema = {"type": "string"}
            notes.append("Comma-separated")
        if notes:
            schema["description"] = ". ".join(note.rstrip(".") for note in notes) if len(notes) > 1 else notes[0]
        found.append((parameter.name, parameter.location, schema, bool(parameter.required)))
    return tuple(found) or None


_KEPT = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def _plain(declared: Any) -> dict[str, Any]:
    """What a declared OpenAPI schema says in the words that every client takes."""
    schema = {key: value for key, value in (declared or {}).items() if key in _KEPT}
    if schema.get("type") == "array":
        schema["items"] = _plain(declared.get("items"))
    return schema
