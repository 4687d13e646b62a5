"""What a schema says against what the serializer does."""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from rest_framework import fields, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIRequestFactory

# Imported for what they register.
from . import choices, columns, containers, custom, nested, numbers, relations, shapes, text, times  # noqa: F401
from .case import MISSING, Case, Payload, Upload

ITEMS = "items"
"""The key under which a bare list is an argument; an answer is compared as it is."""


# ---------------------------------------------------------------------------------------------- serializers


def request_for(partial: bool = False) -> Any:
    """The request that a project's serializer finds in its context."""
    request = APIRequestFactory().generic("PATCH" if partial else "POST", "/")
    request.user = AnonymousUser()
    return request


def make(case: Case, *, patch: bool = False, **arguments: Any) -> Any:
    """The case's serializer, bound to a request."""
    if case.many:
        arguments["many"] = True
    return case.serializer(context={"request": request_for(patch), **case.context}, **case.options, **arguments)


def unwrap_files(data: Any) -> Any:
    """The body as DRF sees it."""
    return _replace(data, Upload.to_drf)


def to_arguments(case: Case, data: Any) -> Any:
    """The body as a tool's arguments."""
    data = _replace(data, Upload.to_tool)
    return {ITEMS: data} if case.many else data


def _replace(data: Any, how: Callable[[Upload], Any]) -> Any:
    if isinstance(data, Upload):
        return how(data)
    if isinstance(data, dict):
        return {key: _replace(value, how) for key, value in data.items()}
    if isinstance(data, list):
        return [_replace(value, how) for value in data]
    return data


def judge(case: Case, data: Any, *, partial: bool) -> Any:
    """What the serializer finds wrong with a body; nothing if it takes it."""
    arguments: dict[str, Any] = {"data": unwrap_files(data)}
    if partial:
        arguments["partial"] = True
    if partial and case.instance:
        arguments["instance"] = case.instance()
    serializer = make(case, patch=partial, **arguments)
    serializer.is_valid()
    return serializer.errors


def printed(case: Case, instance: Any) -> Any:
    """The answer that a REST client would have got."""
    return json.loads(JSONRenderer().render(make(case, instance=instance).data))


def instances(case: Case) -> list[Any]:
    """The instances that the case prints."""
    return list(case.outputs() if callable(case.outputs) else case.outputs)


# ------------------------------------------------------------------------------------------------- validator

FORMATS = FormatChecker(formats=())
FORMATS.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)

_TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]\d\d(:?\d\d)?)"
_STRICT = {
    "date-time": rf"\d{{4}}-\d\d-\d\d[tT ]{_TIME}",
    "time": _TIME,
    "duration": r"P(?!\Z)((\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?|(\d+W)?)",
    "uri": r"(?i)[a-z][a-z0-9+.-]*:[!#-;=?-\[\]_a-z~]*",
    "uri-reference": r"(?i)[!#-;=?-\[\]_a-z~]*",
    "uuid": r"(?i)(urn:uuid:)?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
    "hostname": r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
    "email": r"""("[^"\r\n]+"|[^\s@"]+)@(\[[^\s\]]+\]|[^\s@\[\]]+)""",
}
"""What clients that check formats hold these to, after ajv-formats; jsonschema leaves most to optional packages.

``email`` is RFC 5321's mailbox, as the specification of the format says: it has quoted names, address
literals and hosts without a dot, as Django's field has. ajv-formats knows fewer than the standard."""


def _strict(pattern: str, value: Any) -> bool:
    return not isinstance(value, str) or re.fullmatch(pattern, value, re.ASCII) is not None


for _name, _pattern in _STRICT.items():
    FORMATS.checks(_name)(functools.partial(_strict, _pattern))

_SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


@functools.cache
def as_ecma(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern as a JavaScript client would read it: ASCII ``\w``, ``\d``, ``\b``; ``$`` only at the end."""
    found, inside, position = [], False, 0
    while position < len(pattern):
        char = pattern[position]
        step = 2 if char == "\\" else 1
        part = pattern[position : position + step]
        if part == r"\s":
            part = _SPACE if inside else f"[{_SPACE}]"
        elif part == r"\S" and not inside:
            part = f"[^{_SPACE}]"
        elif char == "[" and not inside:
            inside = True
        elif char == "[":
            part = r"\["
        elif char == "]":
            inside = False
        elif char == "$" and not inside:
            part = r"\Z"
        found.append(part)
        position += step
    return re.compile("".join(found), re.ASCII)


def _check_pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(value, "string"):
        return
    if not re.search(pattern, value) or not as_ecma(pattern).search(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


Validator = extend(Draft202012Validator, {"pattern": _check_pattern})


def complaint(schema: Any, instance: Any) -> str | None:
    """The first thing that the schema has against the instance."""
    return checker(schema)(instance)


def checker(schema: Any) -> Callable[[Any], str | None]:
    """The same, for many instances."""
    validator = Validator(schema, format_checker=FORMATS)

    def check(instance: Any) -> str | None:
        for error in validator.iter_errors(instance):
            return f"{'.'.join(map(str, error.absolute_path)) or 'the root'}: {error.message:.300}"
        return None

    return check


# ----------------------------------------------------------------------------------------------------- lint

NOT_AT_ROOT = ("oneOf", "anyOf", "allOf", "not")
PYTHON_ONLY = re.compile(r"\(\?(P[<=>]|[aiLmsux-]+[:)]|#|\(|>)|\\[AZz]|[*+?}]\+")
ESCAPES = re.compile(r"\\(?:[dDwWsSbBnrtvf0^$\\.*+?()\[\]{}|/]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[1-9]|k<)")


def lint(schema: Any, *, bare: bool = False) -> list[str]:
    """What a client may dislike about a tool's schema; a bare one is wrapped into an object before a client sees it."""
    found = []
    if bare:
        pass
    elif (
        not isinstance(schema, dict) or schema.get("type") != "object" or not isinstance(schema.get("properties"), dict)
    ):
        found.append("the root is not of type object with properties")
    found += [f"{key} at the root" for key in NOT_AT_ROOT if key in schema and not bare]
    for path, node in walk(schema):
        found += [f"{path}: {fault}" for fault in _faults(node)]
    return found


def walk(schema: Any, path: str = "root") -> Iterator[tuple[str, dict]]:
    """Every schema within a schema, with its place."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key in ("properties", "patternProperties", "$defs", "dependentSchemas"):
        for name, child in (schema.get(key) or {}).items():
            yield from walk(child, f"{path}.{name}")
    for key in ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"):
        yield from walk(schema.get(key), f"{path}.{key}")
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for number, child in enumerate(schema.get(key) or ()):
            yield from walk(child, f"{path}.{key}{number}")


def _faults(node: dict) -> Iterator[str]:
    types = node.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    if "$ref" in node or "$defs" in node or "definitions" in node:
        yield "refers instead of saying it"
    if "array" in types and not isinstance(node.get("items"), (dict, bool)):
        yield "an array without items"
    if "enum" in node:
        yield from _enum_faults(node["enum"], types)
    for pattern in [node.get("pattern"), *(node.get("patternProperties") or {})]:
        if pattern is not None:
            yield from _pattern_faults(pattern)


def _enum_faults(values: list, types: set[str]) -> Iterator[str]:
    if not types:
        yield "an enum without a type"
    if None in values and "string" in types:
        yield "null in an enum beside a string type"
    if len({json.dumps(value) for value in values}) < len(values):
        yield "an enum that repeats itself"


def _pattern_faults(pattern: str) -> Iterator[str]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"pattern {pattern!r} does not compile: {error}"
    if PYTHON_ONLY.search(pattern.replace("\\\\", "")):
        yield f"pattern {pattern!r} is Python's own"
    rest = ESCAPES.sub("", pattern)
    if "\\" in rest.replace("\\-", ""):
        yield f"pattern {pattern!r} has an escape that ECMA 262 refuses with the u flag"


# ------------------------------------------------------------------------------------------------ mutations

WRONG = (None, True, 7, 1.5, "zoo!", [], {}, "")
EXPRESSIBLE = {
    "required", "null", "blank", "max_length", "min_length", "max_value", "min_value", "invalid_choice", "not_a_list",
    "not_a_dict", "empty", "incorrect_type", "invalid", "max_digits", "max_decimal_places", "max_whole_digits", "date",
    "datetime", "max_string_length",
}  # fmt: skip
SHAPED = (
    fields.DateTimeField, fields.DateField, fields.TimeField, fields.DurationField, fields.DecimalField,
    fields.UUIDField, fields.IPAddressField, fields.FileField, serializers.RelatedField,
)  # fmt: skip
"""Fields that accept more spellings than they print; what a mutation of those happens to be isn't judged as legal."""


AT_EACH_PLACE = 3
"""So many of the hand-written values at one place are mutated."""


def mutations(case: Case) -> Iterator[Payload]:
    """Payloads one step from the hand-written ones, with the truth that the serializer tells."""
    if not case.mutate or case.base is None:
        return
    judges = {partial: Judge(case, partial) for partial in ((False, True) if case.patch else (False,))}
    ordinary = _ordinary_types(case)
    seen = {f"{payload.partial}{payload.data!r}" for payload in case.payloads()}
    for source, path, value in _sources(case):
        field = _field(judges[False].serializer, path)
        for kind, mutant in _mutants(path, value):
            data = _with(source, path, mutant)
            for partial, judge_it in judges.items():
                body = {path[0]: data[path[0]]} if partial and path[0] in data else data
                mark = f"{partial}{body!r}"
                if mark not in seen:
                    seen.add(mark)
                    step = Step(path, kind, mutant, field, _type(mutant) in ordinary.get(_place(path), ()))
                    yield from _truth(case, judge_it, body, step)


def _sources(case: Case) -> Iterator[tuple[Any, tuple, Any]]:
    """The places of the legal payloads that are worth a mutation: those of the base, and what replaced one key."""
    count: dict[tuple, int] = {}
    for payload in case.payloads():
        if not payload.legal or (payload.partial and payload.where != "whole"):
            continue
        for path, value in _leaves(payload.data):
            own = payload.where in {"base", "whole", path[0]}
            if own and not payload.partial and count.get(_place(path), 0) < AT_EACH_PLACE:
                count[_place(path)] = count.get(_place(path), 0) + 1
                yield payload.data, path, value


@dataclass(frozen=True)
class Step:
    """A mutation: where, what, and what is known of the place."""

    path: tuple
    kind: str
    mutant: Any
    field: Any
    usual_type: bool

    @property
    def ordinary(self) -> bool:
        """Whether this is an ordinary spelling, should the serializer take it."""
        if self.mutant is MISSING:
            return True
        if isinstance(self.mutant, str):
            reworded = isinstance(self.field, SHAPED) and not self.kind.startswith("moved")
            return self.usual_type and not reworded and self.mutant == self.mutant.strip()
        return self.usual_type


class Judge:
    """One bound serializer that judges many bodies."""

    def __init__(self, case: Case, partial: bool) -> None:
        arguments: dict[str, Any] = {"data": {}, "partial": partial} if partial else {"data": {}}
        if partial and case.instance:
            arguments["instance"] = case.instance()
        self.partial = partial
        self.serializer = make(case, patch=partial, **arguments)

    def errors(self, data: Any) -> Any:
        """What the serializer finds wrong with a body."""
        for name in ("_validated_data", "_errors", "_data"):
            self.serializer.__dict__.pop(name, None)
        self.serializer.initial_data = unwrap_files(data)
        self.serializer.is_valid()
        return self.serializer.errors


def _truth(case: Case, judge_it: Judge, data: Any, step: Step) -> Iterator[Payload]:
    try:
        errors = judge_it.errors(data)
    except (TypeError, ValueError, KeyError, AttributeError, NotImplementedError):
        return  # the project's own code fails; REST would answer 500
    where = f"{_spot(step.path)} {step.kind}"
    if errors:
        yield Payload(data, False, bool(_reasons(case, errors, step) & EXPRESSIBLE), judge_it.partial, where)
    elif step.ordinary:
        yield Payload(data, True, False, judge_it.partial, where)


def _reasons(case: Case, errors: Any, step: Step) -> set[str]:
    codes = {code for key, code in _codes(errors) if key != "non_field_errors"}
    if step.path[0] in case.opaque:
        codes &= {"required", "null", "blank"}
    if any(f"{_spot(step.path)}.".startswith(f"{place}.") for place in case.silent):
        codes &= {"required"} if len(step.path) == 1 and step.mutant is MISSING else set()
    if step.kind == "much longer":
        codes &= {"max_length"}
    if step.kind in {"cut", "longer"} and isinstance(step.field, (fields.EmailField, fields.URLField)):
        codes -= {"invalid"}  # which names a domain may have is a science of its own
    if isinstance(step.mutant, str) and isinstance(step.field, (fields.DecimalField, fields.DurationField)):
        codes -= {"max_value", "min_value"}
    if isinstance(step.mutant, float):
        codes -= {"max_decimal_places", "max_digits"}
    return codes


def _codes(errors: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(errors, dict):
        for name, value in errors.items():
            yield from _codes(value, key if key == "non_field_errors" else str(name))
    elif isinstance(errors, list):
        for value in errors:
            yield from _codes(value, key)
    else:
        yield key, getattr(errors, "code", "invalid")


def _leaves(data: Any, path: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    if path:
        yield path, data
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data[:2]):
            yield from _leaves(value, (*path, number))


def _mutants(path: tuple, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(path[-1], str):
        yield "left out", MISSING
    for wrong in WRONG:
        if wrong != value or type(wrong) is not type(value):
            yield f"made {wrong!r}", copy.deepcopy(wrong)
    if isinstance(value, str) and len(value) > 1:
        yield "cut", value[:-1]
        yield "longer", value + value[-1]
        yield "much longer", value + value[-1] * 400
    elif isinstance(value, int) and not isinstance(value, bool):
        for delta in (-1, 1):
            yield f"moved by {delta}", value + delta
        yield "negated", -value - 1
    elif isinstance(value, list) and value:
        yield "shorter", value[:-1]
        yield "doubled", value + copy.deepcopy(value)


def _with(data: Any, path: tuple, value: Any) -> Any:
    data = copy.deepcopy(data)
    node = data
    for step in path[:-1]:
        node = node[step]
    if value is MISSING:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return data


def _place(path: tuple) -> tuple:
    return tuple("*" if isinstance(step, int) else step for step in path)


def _spot(path: tuple) -> str:
    return ".".join(map(str, _place(path)))


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "float", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _ordinary_types(case: Case) -> dict[tuple, set[str]]:
    """The JSON types that the hand-written legal payloads have at each place."""
    found: dict[tuple, set[str]] = {}
    for payload in case.payloads():
        if payload.legal:
            for path, value in _leaves(payload.data):
                found.setdefault(_place(path), set()).add(_type(value))
    for types in found.values():
        if "float" in types:
            types.add("integer")
    return found


def _field(node: Any, path: tuple) -> Any:
    """The field at a place, as far as it can be followed."""
    for step in path:
        if isinstance(node, serializers.ListSerializer):
            node = node.child
        elif isinstance(node, serializers.Serializer):
            node = node.fields.get(step)
        elif isinstance(node, serializers.ManyRelatedField):
            node = node.child_relation
        else:
            node = getattr(node, "child", None)
    return node


# -------------------------------------------------------------------------------------------------- measure


@dataclass(frozen=True)
class Generator:
    """Something that writes schemas: a name, and a function for each direction."""

    name: str
    input: Callable[[Case, bool], dict]
    output: Callable[[Case], dict]


def _our_input(case: Case, partial: bool) -> dict:
    from drf_mcp.schema import input_schema

    return input_schema(make(case, patch=partial), partial=partial)


def _our_output(case: Case) -> dict:
    from drf_mcp.schema import output_schema

    return output_schema(make(case))


OURS = Generator("drf_mcp", _our_input, _our_output)


@dataclass(frozen=True)
class Finding:
    """A payload or an answer about which a schema is wrong."""

    case: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.case}: {self.text}"


def all_payloads(case: Case) -> list[Payload]:
    """The hand-written payloads and their mutations."""
    return [*case.payloads(), *mutations(case)]


def legal_refused(case: Case, payloads: list[Payload], schemas: dict[bool, dict]) -> list[Finding]:
    """Payloads that the serializer takes and the schema does not."""
    return _wrong(case, [payload for payload in payloads if payload.legal], schemas, wanted=True)


def illegal_let_through(case: Case, payloads: list[Payload], schemas: dict[bool, dict]) -> list[Finding]:
    """Payloads that the serializer refuses, for a reason that a schema can express, and the schema does not."""
    return _wrong(case, [payload for payload in payloads if payload.expressible], schemas, wanted=False)


def _wrong(case: Case, payloads: list[Payload], schemas: dict[bool, dict], *, wanted: bool) -> list[Finding]:
    checks = {partial: checker(schema) for partial, schema in schemas.items()}
    found = []
    for payload in payloads:
        if payload.partial in checks:
            why = checks[payload.partial](to_arguments(case, payload.data))
            if (why is None) is not wanted:
                place = payload.where.split(" ", 1)[0]
                found.append(Finding(case.name, place, f"{payload}" + (f" -- {why}" if why else "")))
    return found


def outputs_outside(case: Case, schema: dict) -> list[Finding]:
    """Answers that do not fit."""
    check = checker(schema)
    found = []
    for instance in instances(case):
        data = printed(case, instance)
        why = check(data)
        if why:
            found.append(Finding(case.name, why.split(":", 1)[0], f"{data!r:.300} -- {why}"))
    return found


def claims(case: Case) -> list[str]:
    """The hand-written payloads about which their author is wrong."""
    found = []
    for payload in case.payloads():
        errors = judge(case, payload.data, partial=payload.partial)
        if bool(errors) == payload.legal:
            found.append(f"{payload}: {'refused: ' + str(errors) if errors else 'accepted'}")
    return found
