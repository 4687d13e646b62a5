"""Each tool's schema as the source of calls: what fits is not refused for its shape, what does not writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from hypothesis import given, seed, settings
from hypothesis.errors import Unsatisfiable

from drf_mcp.arguments import branches

from .database import changed
from .endpoint import Endpoint, rolled_back, rows
from .oracle import Finding, Sent
from .schemas import invalid, valid

GUESTS = [
    *["camel_case", "filters", "guardian", "nested_routers", "polymorphic", "standardized_errors", "writable_nested"],
]
SHOP = ["bodies", "choosy", "hooks", "odd_routes", "partner", "plain", "tenants", "twins", "url_kwargs"]
PROJECTS = [
    *["tests.fuzz.urls", "tests.fuzz.zoo", "tests.speaking.urls"],
    *(f"tests.shop.urls.{name}" for name in SHOP),
    *(f"tests.guests.test_{name}" for name in GUESTS),
]
THREATS = "tests.threats.urls"
"""One more, which is there with the settings of the long run alone."""
LEFT_OUT = {
    "work_until_cancelled": "works for a minute",
    "speak_and_break": "ends its thread",
    "ask_name": "needs a second database",
    "ask_in_durable_block": "needs to be outside of every transaction",
}
"""Tools of the test projects that are not called, and why."""
OWN_RULES: dict[str, set[str]] = {
    "lazy_shop_attempt": {"field"},  # always, as the two that follow
    "raised_400_shop_attempt": {"reason"},
    "returned_400_shop_attempt": {"reason"},
    "create_shop_product_one-or-many": {"sku", "name"},  # needed where "items" is not there
    "list_shop_task_filtered": {"key", "min_priority"},  # a backend of its own makes numbers of texts
    "retrieve_shop_task_filtered": {"key", "min_priority"},  # the same
    "create_guests_artwork_shaped": {"resourcetype"},  # open, and so names nothing that it needs; the code is "invalid"
    "create_guests_artwork_artwork": {"artist", "size", "material"},  # needed by one of the types, as they say in words
    "list_guests_author": {
        "birth_date__gte",
        "birthDate_Gte",
        "days",
        "ids",
    },  # texts whose form their descriptions have in words
    **{
        f"{action}_guests_{noun}": {"domain", "domain_pk", "nameserver", "nameserver_pk"}
        for action in ("create", "destroy", "list", "retrieve", "update")
        for noun in ("nameserver", "record")
    },  # numbers of parents in the address, which is made of texts
    "create_lengthvalidators": {"a"},  # a limit that a function gives anew each time
    "create_boundedinteger": {"late"},  # the same
    "create_decimaloptions": {"fraction", "digits"},  # digits are counted, of which a 0 before the point is one
}
"""What no schema can know: the fields that tools of the test projects refuse by rules of their own."""
NONE: frozenset[str] = frozenset()
SHAPE = {
    *["required", "null", "blank", "not_a_list", "not_a_dict", "min_length", "max_length", "max_value", "min_value"],
    *["invalid_choice", "max_digits", "max_decimal_places", "max_whole_digits", "empty", "incorrect_type"],
    *["not_a_string", "invalid", "max_string_length", "invalid_image", "no_name", "date", "datetime", "make_aware"],
}
"""The codes by which DRF refuses a value for what a schema can say."""


@dataclass
class Called:
    """The tools of a project, and those that were called with what fits and with what does not."""

    tools: set[str] = field(default_factory=set)
    valid: set[str] = field(default_factory=set)
    invalid: set[str] = field(default_factory=set)

    def __or__(self, other: Called) -> Called:
        return Called(self.tools | other.tools, self.valid | other.valid, self.invalid | other.invalid)

    def __str__(self) -> str:
        return (
            f"of {len(self.tools)} tools {len(self.valid)} were called with what fits, {len(self.invalid)} with what "
            f"does not"
        )


def check_call(
    endpoint: Endpoint, name: str, arguments: dict[str, Any], opaque: frozenset[str] = NONE, *, fits: bool
) -> None:
    """Make a call, take it back, and judge it.

    Args:
        endpoint: The project.
        name: The tool.
        arguments: What it is called with.
        opaque: Fields that refuse for reasons of their own.
        fits: Whether the tool's schema allows the arguments.

    Raises:
        Finding: It fits and is refused for its shape, or does not and has written something.
    """
    params = {"name": name, "arguments": arguments}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    assert endpoint.token
    with rolled_back():
        before = {} if fits else rows()
        answers = endpoint.send(Sent(body, endpoint.signed_in))
        if not answers:
            return  # what was wrong with them is kept
        schema, own = endpoint.tools[name]["inputSchema"], opaque | OWN_RULES.get(name, set())
        if fits and (reason := refused_for_shape(answers[0], schema, own)):
            raise Finding(f"{name} takes {arguments!r} by its schema, and refuses it: {reason}")
        if not fits and (tables := changed(before, rows())):
            raise Finding(f"{name} does not take {arguments!r} by its schema, and changed {tables}: {answers[0]}")


def call_every_tool(
    endpoint: Endpoint,
    examples: settings,
    keep: Callable[[Finding, Any], None] | None = None,
    *,
    number: int = 0,
    is_left: Callable[[], bool] = lambda: True,
) -> Called:
    """Call each tool of a project with arguments that fit its schema, and with arguments that do not.

    Args:
        endpoint: The project, which has to be open.
        examples: How many of each kind, for each tool.
        keep: Takes what is found; raised where there is nobody to take it.
        number: What the arguments are drawn by.
        is_left: Whether there is time for another tool.

    Returns:
        Which tools were called.
    """
    opaque = import_module(endpoint.urlconf).__dict__.get("OPAQUE", {})
    names = sorted(endpoint.tools.keys() - LEFT_OUT.keys())
    called = Called({f"{endpoint.urlconf} {name}" for name in names})

    def calls_of(name: str, fits: bool) -> Callable[[dict[str, Any]], None]:
        def test(arguments: dict[str, Any]) -> None:
            (called.valid if fits else called.invalid).add(f"{endpoint.urlconf} {name}")
            try:
                check_call(endpoint, name, arguments, opaque.get(name.removeprefix("create_"), NONE), fits=fits)
            except Finding as finding:
                if keep is None:
                    raise
                keep(finding, (name, arguments))

        return test

    for name in names:
        schema = endpoint.tools[name]["inputSchema"]
        for strategy, fits in ((valid(schema), True), (invalid(schema), False)):
            if not is_left():
                return called

            with suppress(Unsatisfiable):  # there are tools that take anything
                seed(f"{number} {name} {fits}")(examples(given(strategy)(calls_of(name, fits))))()
    return called


def refused_for_shape(answer: dict[str, Any], schema: dict[str, Any], opaque: frozenset[str]) -> str:
    """Why a call was refused although its schema takes it, empty where it was not, or for what no schema can say.

    Args:
        answer: Of the call.
        schema: Of the tool's arguments.
        opaque: Fields that refuse for reasons of their own.
    """
    error = answer.get("error", {})
    if error.get("code") != -32602:
        return ""
    data = error.get("data") or {}
    if "errors" not in data:  # but for words of the project's own, for what HTTP cannot carry, and between arguments
        is_allowed = data.keys() & {"body", "arguments"} or data.get("argument") == "confirmation_code"
        is_allowed = is_allowed or any(words in error["message"] for words in ("no address", "is a form", "whole body"))
        return "" if is_allowed else str(error["message"])
    errors = data["errors"]
    if isinstance(errors, list) and "items" in schema["properties"]:  # the body is a list, which "items" is then
        errors = {"items": errors}
    errors = {key: value for key, value in errors.items() if key not in opaque} if isinstance(errors, dict) else {}
    return str(error["message"]) if any(_contradict(errors, schema)) else ""


def _contradict(errors: Any, schema: dict[str, Any], parent: dict[str, Any] | None = None) -> Iterator[bool]:
    """Of each error whether it is at odds with the schema of the value that it is about.

    Args:
        errors: As DRF has them, each as its message and code.
        schema: Of the value, empty where nobody knows.
        parent: The schema of the object that the value is in.
    """
    if isinstance(errors, dict) and set(errors) == {"message", "code"}:
        yield errors["code"] in SHAPE and _says_otherwise(errors["code"], schema, parent or {})
    elif isinstance(errors, dict):
        for key, inner in errors.items():
            if key != "non_field_errors":  # between fields
                yield from _contradict(inner, *_within(schema, key))
    elif isinstance(errors, list):
        are_items = any(isinstance(error, dict) and set(error) != {"message", "code"} for error in errors)
        for error in errors:
            yield from _contradict(error, *(_within(schema, "0") if are_items else (schema, parent)))


def _within(schema: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a field or an item, and that of what it is in."""
    for branch in branches(schema):
        rest = branch.get("additionalProperties")
        if key in branch.get("properties", {}):
            return branch["properties"][key], branch
        if isinstance(rest, dict):
            return rest, branch
        if "items" in branch and key.isdecimal():
            return branch["items"], branch
    return {}, schema


def _says_otherwise(code: str, schema: dict[str, Any], parent: dict[str, Any]) -> bool:
    """Whether a schema says enough to be at odds with a code.

    An object that may have more than is known of it says nothing of what it must have unless it names that, and no
    value is at odds with a schema that says nothing but what it is about, or of whose choices there are too many.
    """
    is_closed = parent.get("additionalProperties") is False
    if not schema.keys() - {"description", "title", "default"}:
        return is_closed and not schema
    if code == "required":
        return is_closed or "required" in parent
    is_known = all({"enum", "const"} & branch.keys() or branch.get("type") == "null" for branch in branches(schema))
    return code != "invalid_choice" or is_known
