"""Arguments that fit a tool's schema, and arguments that do not.

Only for the narrow dialect that this project writes. Values are ordinary ones: what a schema cannot say of a text,
such as which hosts an address may have, is not tried here.
"""

from __future__ import annotations

import base64
import copy
import math
import re
from string import punctuation
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from drf_mcp.schema import is_file_schema

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 äöüßéñ漢字кир-_.,'"
_FORMATS: dict[str, st.SearchStrategy[str]] = {
    "email": st.from_regex(r"[a-z]{1,8}@[a-z]{2,8}\.(com|test|org)", fullmatch=True),
    "uri": st.from_regex(r"https://[a-z]{2,8}\.(com|org)/[a-z0-9]{0,8}", fullmatch=True),
    "uri-reference": st.from_regex(r"https://[a-z]{2,8}\.(com|org)/[a-z0-9]{0,8}", fullmatch=True),
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str).filter(lambda text: text > "1000"),
    "time": st.times().map(lambda value: value.isoformat() + "Z"),
    "date-time": st.datetimes().map(lambda value: value.isoformat() + "Z").filter(lambda text: text > "1000"),
    "duration": st.sampled_from(["P1D", "PT1H", "P1DT2H3M4S", "PT0S"]),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "hostname": st.from_regex(r"[a-z]{1,8}\.(com|org)", fullmatch=True),
}
_ORDINARY = [
    *["1", "2", "3", "a", "x", "abc", "lion", "newt", "relaunch", "10.5", "1.50", "true", "2024-05-01", "10:30:00"],
    *["2024-05-01T10:30:00Z", "1 10:30:00", "P1D", "https://a.com/", "a@b.com", "127.0.0.1", "::1", "KE", "den", "1,2"],
    *["11111111-2222-4333-8444-555555555555", "https://testserver.com/keepers/1/"],
    *["/keepers/1/", "/animals/1/", "/species/lion/", "/trees/1/", "/tags/loud/", "0", "-1", "name", "-name"],
    *["az", "a1z", "24.12.2024", "24.12.2024 10:30", "24/12/2024", "12/2024", "10:30"],
]
_SAYS_LESS = re.compile(r"\\d\\d\?:|\{4\}|://|fA-F|\{1,2\}|days")
"""A pattern that stands for a calendar, a clock, an address or a UUID, which it cannot describe to the end."""


def valid(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema.

    Args:
        schema: Of a tool's arguments, or of a part of them.
    """
    return _valid(schema).filter(Draft202012Validator(schema).is_valid)


def _valid(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if is_file_schema(schema):
        content = base64.b64encode(b"hello").decode()
        return st.fixed_dictionaries({"name": st.sampled_from(["a.txt", "b.csv"]), "content": st.just(content)})
    if "anyOf" in schema:
        return st.one_of([_valid({**_without(schema, "anyOf"), **branch}) for branch in schema["anyOf"]])
    kinds = schema.get("type", ["string", "integer", "boolean", "null"])
    made = [_OF_TYPE[kind](schema) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    return st.one_of(made)


def _without(schema: dict[str, Any], keyword: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != keyword}


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), min(schema.get("maxLength", 40), 60)
    texts = st.text(_LETTERS, min_size=least, max_size=max(least, most)).filter(lambda text: text == text.strip())
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if "pattern" in schema or "allOf" in schema:
        fits = [text for text in _ORDINARY if Draft202012Validator(schema).is_valid(text)]
        if "allOf" in schema or _SAYS_LESS.search(schema["pattern"]):
            return st.sampled_from(fits or ["1"])
        try:
            texts = st.from_regex(
                re.compile(schema["pattern"]),
                alphabet=st.characters(categories=["L", "Nd"], include_characters=punctuation),
            )
            texts = texts.filter(lambda text: "\n" not in text)
            texts.validate()
        except Exception:  # noqa: BLE001  (a pattern that this alphabet or Hypothesis cannot make texts for)
            return st.sampled_from(fits or ["1"])
        return (st.sampled_from(fits) | texts) if fits else texts
    return texts


def _integers(schema: dict[str, Any]) -> st.SearchStrategy[int]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -(2**31) - 1) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", 2**31) - 1)
    step = schema.get("multipleOf", 1)
    low, high = -(-math.ceil(low) // step), math.floor(high) // step
    return (st.integers(low, high) | st.sampled_from([low, high])).map(lambda number: number * step)


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1e6))
    high = schema.get("maximum", schema.get("exclusiveMaximum", 1e6))
    whole = st.integers(math.ceil(low), math.floor(high)) if math.ceil(low) <= math.floor(high) else st.just(low)
    return whole | st.integers(math.ceil(low * 100), math.floor(high * 100)).map(lambda cents: cents / 100)


def _arrays(schema: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    options: dict[str, Any] = {"min_size": least, "max_size": min(schema.get("maxItems", least + 3), least + 3)}
    if schema.get("uniqueItems"):
        options["unique_by"] = repr
    return st.lists(_valid(schema.get("items") or {}), **options)


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = schema.get("properties", {})
    needed = {name: _valid(properties.get(name, {})) for name in schema.get("required", ())}
    optional = {name: _valid(inner) for name, inner in properties.items() if name not in needed}
    named = st.fixed_dictionaries(needed, optional=optional)
    rest = schema.get("additionalProperties", {})
    if properties or rest is False:
        return named
    return st.dictionaries(st.sampled_from(["a", "b", "c"]), _valid(rest if isinstance(rest, dict) else {}), max_size=3)


_OF_TYPE: dict[str, Any] = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda schema: st.booleans(),
    "null": lambda schema: st.none(),
    "array": _arrays,
    "object": _objects,
}


def invalid(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments that a schema refuses, and that no serializer takes for something that it allows.

    A text for a number is such a thing, which REST takes as well, so that it is not tried.

    Args:
        schema: Of a tool's arguments.
    """
    needed = schema.get("required", ())

    def is_refused(arguments: dict[str, Any]) -> bool:  # null says nothing of what need not be said
        said = {name: value for name, value in arguments.items() if value is not None or name in needed}
        return not Draft202012Validator(schema).is_valid(said)

    wrong = {name: _misfits(inner, name in needed) for name, inner in schema.get("properties", {}).items()}
    wrong = {name: values for name, values in wrong.items() if values}
    faults = ["missing"] * bool(needed) + ["value"] * 4 * bool(wrong)
    faults += ["unknown"] * (schema.get("additionalProperties", True) is False)
    return _spoiled(valid(schema), faults, sorted(needed), wrong).filter(is_refused)


@st.composite
def _spoiled(
    draw: Any,
    fitting: st.SearchStrategy[dict[str, Any]],
    faults: list[str],
    needed: list[str],
    wrong: dict[str, list[Any]],
) -> dict[str, Any]:
    arguments = copy.deepcopy(draw(fitting))
    how = draw(st.sampled_from(faults)) if faults else ""
    if how == "unknown":
        arguments[draw(st.sampled_from(["no_such_argument", "", "pk__in", "__class__", "\x00"]))] = 1
    elif how == "missing":
        arguments.pop(draw(st.sampled_from(needed)), None)
    elif how == "value":
        name = draw(st.sampled_from(sorted(wrong)))
        arguments[name] = draw(st.sampled_from(wrong[name]))
    return arguments


def _misfits(schema: dict[str, Any], is_needed: bool) -> list[Any]:
    wrong: list[Any] = [[[[]]], {"no": {"such": "thing"}}, [{}, None], *([None] if is_needed else [])]
    if schema.get("type") not in ("boolean", "string"):  # which a query says in letters
        wrong += [True]
    if "maxLength" in schema:
        wrong.append("x" * (schema["maxLength"] + 1))
    for limit, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if limit in schema:
            wrong.append(schema[limit] + step)
    if "enum" in schema:
        wrong.append("none of these")
    if schema.get("type") in ("integer", "number"):
        wrong += ["no number"]
    return [value for value in wrong if not Draft202012Validator(schema).is_valid(value)]
