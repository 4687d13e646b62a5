"""drf-spectacular: what its decorators and extensions say of single fields and serializers.

Asked only where a project has imported the library. It documents and nobody checks it, so it is heard on what a field
takes, where this package knows nothing or anything goes, and not on what it prints.
"""

from __future__ import annotations

import sys
from typing import Any

Schema = dict[str, Any]

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}
_KEPT = {
    *("type", "enum", "default", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "description", "required"),
}


def declared_type(field: Any) -> Any:
    """What the project says that a field or a serializer takes.

    Args:
        field: A serializer field or a serializer.

    Returns:
        The field or serializer that ``@extend_schema_field`` on its class names, or a schema: from there, or from an
        extension for the class. An empty one where nobody says anything.
    """
    if "drf_spectacular" not in sys.modules:
        return {}
    given = _annotation(field).get("field") or _from_extension(field)
    if isinstance(given, dict):
        return plain_schema(given)
    if hasattr(given, "to_internal_value"):
        return given() if isinstance(given, type) else given
    return basic_schema(given)


def hidden_fields(serializer: Any) -> set[str]:
    """The fields that ``@extend_schema_serializer`` leaves out."""
    return set(_annotation(serializer).get("exclude_fields", ()))


def deprecated_fields(serializer: Any) -> set[str]:
    """The fields that it calls deprecated."""
    return set(_annotation(serializer).get("deprecate_fields", ()))


def _annotation(declared: Any) -> dict[str, Any]:
    return getattr(type(declared), "_spectacular_annotation", {})


def _from_extension(field: Any) -> Schema:
    """The schema that an extension gives, empty where there is none or where it wants a whole document around it."""
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
    from drf_spectacular.openapi import AutoSchema

    try:
        with GENERATOR_STATS.silence():
            if found := OpenApiSerializerFieldExtension.get_match(field):
                return dict(found.map_serializer_field(AutoSchema(), "request"))
            if matched := OpenApiSerializerExtension.get_match(field):
                return dict(matched.map_serializer(AutoSchema(), "request"))
    except Exception:  # noqa: BLE001  (it may look for a view, or for what other serializers are called)
        return {}
    return {}


def basic_schema(kind: Any) -> Schema:
    """The schema of one of ``OpenApiTypes`` or of Python's types, empty for anything else."""
    from drf_spectacular.plumbing import build_basic_type

    return plain_schema(build_basic_type(kind)) if kind else {}


def plain_schema(declared: Any) -> Schema:
    """What a declared OpenAPI schema says in the words that every client takes; empty where these do not say it.

    Args:
        declared: A schema of OpenAPI 3.0 or 3.1, or None.
    """
    if not isinstance(declared, dict) or declared.keys() & {"$ref", "allOf", "not"}:
        return {}
    schema: Schema = {key: value for key, value in declared.items() if key in _KEPT}
    if "enum" in schema:
        _type_choices(schema)
    for key in ("anyOf", "oneOf"):
        if key in declared:
            parts = [plain_schema(part) for part in declared[key]]
            schema |= {"anyOf": parts} if all(parts) else {}
    if "properties" in declared:
        inner = {key: part for key, part in declared["properties"].items() if not part.get("readOnly")}
        schema["properties"] = {key: plain_schema(part) for key, part in inner.items()}
        schema["required"] = [key for key in schema.get("required", ()) if key in inner]
    if not schema.get("required", True):
        del schema["required"]
    if isinstance(declared.get("additionalProperties"), (bool, dict)):
        rest = declared["additionalProperties"]
        schema["additionalProperties"] = rest if isinstance(rest, bool) else plain_schema(rest)
    if schema.get("type") == "array":
        schema["items"] = plain_schema(declared.get("items"))
    return _with_null(schema) if declared.get("nullable") or isinstance(schema.get("type"), list) else schema


def _type_choices(schema: Schema) -> None:
    """Leave null out of the choices, since the field says whether it is taken, and give them their one type, if any.

    The library writes choices with null among them without a type.
    """
    schema["enum"] = [value for value in schema["enum"] if value is not None]
    types = {_TYPES.get(type(value)) for value in schema["enum"]}
    if "type" not in schema and len(types) == 1:
        schema["type"] = types.pop()
    if not schema.get("type"):
        schema.pop("type", None)
        del schema["enum"]


def _with_null(schema: Schema) -> Schema:
    """One type in each branch, and null among them."""
    types = schema.pop("type", [])
    about: Schema = {key: schema.pop(key) for key in ("description", "default") if key in schema}
    names = dict.fromkeys([*([types] if isinstance(types, str) else types), "null"])
    parts: list[Schema] = [{"type": name, **(schema if name != "null" else {})} for name in names]
    return {"anyOf": parts, **about} if types else {**schema, **about}
