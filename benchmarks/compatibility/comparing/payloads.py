"""Payloads for writes: made from a tool's own schema, or from what REST has just printed."""

import re
from typing import Any

from rest_framework import relations

FORMATS = {
    "date-time": "2026-11-21T10:30:00Z",
    "date": "2026-11-21",
    "time": "10:30:00",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "email": "probe@example.com",
    "uri": "https://example.com/probe",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "duration": "P1D",
}
SPELLINGS = ("probe", "probe-1", "p", "1", "1.00", "0.5", "10:30", "1 02:03:04", "aabbcc", "#aabbcc", "en", "EUR", "DE")


def from_schema(tool: Any, *, only_required: bool) -> dict[str, Any]:
    """Arguments for a tool's body.

    Args:
        tool: The tool.
        only_required: False to fill in every argument.

    Returns:
        Values by the name of the argument; none for URL, query and files. A body has fields or is an array, never both.
    """
    required = set(tool.input_schema.get("required", ()))
    fields = getattr(getattr(tool.endpoint.serializer, "child", tool.endpoint.serializer), "fields", {})
    named = {name: parameter for name, parameter in tool.parameters.items() if parameter.key}
    place = "body" if any(parameter.location == "body" for parameter in named.values()) else "items"
    return {
        name: value_for(parameter.schema, fields.get(parameter.key))
        for name, parameter in named.items()
        if parameter.location == place and (name in required or not only_required)
    }


def echoed(tool: Any, item: dict[str, Any]) -> dict[str, Any]:
    """What REST has printed of an object, as far as the tool's body takes it under the same name."""
    return {
        name: item[parameter.key]
        for name, parameter in tool.parameters.items()
        if parameter.location == "body" and parameter.key in item
    }


def varied(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same with other words where two objects may not share one."""
    words = ("name", "slug", "title", "code", "username", "label", "key", "identifier", "model")
    return {
        name: f"{value}-2" if name in words and isinstance(value, str) else value for name, value in arguments.items()
    }


def value_for(schema: dict[str, Any], field: Any = None) -> Any:
    """A value that the schema allows; for a relation one that exists."""
    if field is not None and (found := related(field)) is not None:
        return found
    if schema.get("enum"):
        return next((value for value in schema["enum"] if value not in ("", None)), schema["enum"][0])
    if "const" in schema:
        return schema["const"]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return value_for(schema[key][0])
    types = schema.get("type", "string")
    kind = next((name for name in types if name != "null"), "null") if isinstance(types, list) else types
    if kind == "object":
        properties = schema.get("properties", {})
        inner = getattr(field, "fields", {})
        return {name: value_for(properties.get(name, {}), inner.get(name)) for name in schema.get("required", ())}
    if kind == "array":
        child = getattr(field, "child", None)
        return [value_for(schema.get("items", {}), child)] * max(schema.get("minItems", 0), 0)
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1), schema.get("maximum", 10**9)
        return min(max(low, 1), high)
    return {"boolean": True, "null": None}.get(kind, _text(schema)) if kind != "string" else _text(schema)


def _text(schema: dict[str, Any]) -> str:
    text = FORMATS.get(schema.get("format", ""), "")
    if not text:
        patterns = [schema["pattern"]] if "pattern" in schema else []
        patterns += [inner["pattern"] for inner in schema.get("allOf", []) if "pattern" in inner]
        spellings = [*SPELLINGS, *FORMATS.values()]
        fitting = (s for s in spellings if all(_matches(pattern, s) for pattern in patterns))
        text = next((s for s in fitting if len(s) <= schema.get("maxLength", 10**9)), "probe")
    return text.ljust(schema.get("minLength", 0), "x")


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def related(field: Any) -> Any:
    """The value by which a relation names the first object that it accepts."""
    try:
        if isinstance(field, relations.ManyRelatedField):
            first = related(field.child_relation)
            return [] if first is None else [first]
        if not isinstance(field, relations.RelatedField) or field.read_only:
            return None
        first = field.get_queryset().first()
        return None if first is None else _plain(field.to_representation(first))
    except Exception:  # noqa: BLE001  (any project's field may want a request or a tenant)
        return None


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, dict)) else str(value)
