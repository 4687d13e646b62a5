"""Whether tool definitions are what every client takes: 2020-12, narrow, with legal names."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

MAX_NAME = 52


def faults_of_names(names: list[str]) -> list[str]:
    """What is wrong with the names of all tools."""
    faults = [f"{name}: illegal" for name in names if not re.fullmatch(r"[A-Za-z0-9_-]+", name)]
    faults += [f"{name}: {len(name)} characters" for name in names if len(name) > MAX_NAME]
    return faults + [f"{name}: not unique" for name in sorted({name for name in names if names.count(name) > 1})]


def faults_of(schema: Any) -> list[str]:
    """What is wrong with one input or output schema."""
    if not isinstance(schema, dict):
        return ["not an object"]
    faults = []
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        faults.append(f"metaschema: {error.json_path}: {error.message}"[:300])
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        faults.append("root is no object with properties")
    faults += [f"root has {key}" for key in ("oneOf", "anyOf", "allOf", "not", "enum") if key in schema]
    return faults + list(_faults_below(schema, "$"))


def _faults_below(schema: Any, path: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    yield from _faults_at(schema, path)
    for name, inner in schema.get("properties", {}).items():
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
            yield f"{path}: property name {name!r}"
        yield from _faults_below(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        yield from _faults_below(schema.get(key), f"{path}[{key}]")
    for key in ("anyOf", "oneOf", "allOf"):
        for index, inner in enumerate(schema.get(key, [])):
            yield from _faults_below(inner, f"{path}.{key}[{index}]")


def _faults_at(schema: dict[str, Any], path: str) -> Iterator[str]:
    types = schema.get("type")
    types = types if isinstance(types, list) else [types]
    yield from (f"{path}: {key}" for key in ("$ref", "$defs", "definitions") if key in schema)
    if "array" in types and not isinstance(schema.get("items"), dict):
        yield f"{path}: array without items"
    if "enum" in schema:
        if types == [None]:
            yield f"{path}: enum without a type"
        if None in schema["enum"] and "string" in types:
            yield f"{path}: null in an enum beside a string type"
        if not schema["enum"]:
            yield f"{path}: empty enum"


def first_fault(schema: dict[str, Any] | None, value: Any) -> str:
    """Why a value does not fit a schema, empty where it does or where there is none."""
    if schema is None:
        return ""
    errors = sorted(Draft202012Validator(schema).iter_errors(value), key=lambda error: len(error.path))
    return f"{errors[0].json_path}: {errors[0].message}"[:400] if errors else ""
