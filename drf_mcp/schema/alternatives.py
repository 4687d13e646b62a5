"""One object that may have several shapes: a branch for each, and at a root, which has none, all in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .choices import enum_schema

Schema = dict[str, Any]


def alternatives_of(serializer: Any) -> list[Any]:
    """The serializers of which each object goes to one, as it does with django-rest-polymorphic.

    Args:
        serializer: A serializer of any kind, most of which have none.
    """
    mapping = getattr(serializer, "model_serializer_mapping", None)
    return list(mapping.values()) if isinstance(mapping, Mapping) else []


def branch(schema: Schema, key: str, kinds: Iterable[str], *, is_required: bool = True) -> Schema:
    """A shape with the property that tells it from the others.

    Args:
        schema: An object schema.
        key: The property's name.
        kinds: What it says here.
        is_required: Whether no object can do without it.
    """
    others = {name: inner for name, inner in schema.get("properties", {}).items() if name != key}
    required = [*([key] if is_required else []), *(name for name in schema.get("required", ()) if name != key)]
    whole = {**schema, "properties": {key: enum_schema(kinds), **others}}
    return {**whole, "required": required} if required else whole


def flattened(schema: Schema) -> Schema:
    """Shapes as one object with all of their properties, each of which says where it belongs.

    Args:
        schema: One whose branches are as ``branch`` makes them; any other is given back as it is.
    """
    branches = schema.get("anyOf", ()) if schema.keys() == {"anyOf"} else ()
    key = next((name for shape in branches[:1] for name in shape.get("properties", ())), None)
    if key is None or not all("enum" in shape.get("properties", {}).get(key, ()) for shape in branches):
        return schema
    names = dict.fromkeys(name for shape in branches for name in shape["properties"])
    flat: Schema = {"type": "object", "properties": {}}
    for name in names:
        having = [shape for shape in branches if name in shape["properties"]]
        kinds = [kind for shape in having for kind in shape["properties"][key]["enum"]]
        inner = enum_schema(kinds) if name == key else _either([shape["properties"][name] for shape in having])
        if len(having) < len(branches):
            needed = ", required" if all(name in shape.get("required", ()) for shape in having) else ""
            inner["description"] = f"{inner.get('description', '')} (of {', '.join(kinds)}{needed})".lstrip()
        flat["properties"][name] = inner
    required = [name for name in names if all(name in shape.get("required", ()) for shape in branches)]
    return {**flat, "required": required} if required else flat


def _either(schemas: list[Schema]) -> Schema:
    """One of several schemas, under all of their descriptions."""
    described = dict.fromkeys(str(schema["description"]) for schema in schemas if schema.get("description"))
    distinct: list[Schema] = []
    for schema in schemas:
        bare = {key: value for key, value in schema.items() if key != "description"}
        distinct += [part for part in (bare["anyOf"] if bare.keys() == {"anyOf"} else [bare]) if part not in distinct]
    found: Schema = {} if {} in distinct else dict(distinct[0]) if len(distinct) == 1 else {"anyOf": distinct}
    return {**found, "description": "; ".join(described)} if described else found
