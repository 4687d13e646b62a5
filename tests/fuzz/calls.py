"""Each tool's schema as the source of calls: what fits is not refused for its shape, what does not writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from drf_mcp.arguments import branches

from .database import changed
from .endpoint import Endpoint, rolled_back, rows
from .oracle import Finding, Sent
from .schemas import invalid, valid

SHOP = ["bodies", "choosy", "hooks", "odd_routes", "partner", "plain", "tenants", "twins", "url_kwargs"]
PROJECTS = ["tests.fuzz.urls", "tests.fuzz.zoo", *(f"tests.shop.urls.{name}" for name in SHOP)]
OWN_RULES: dict[str, set[str]] = {
    "lazy_shop_attempt": {"field"},  # always, as the two that follow
    "raised_400_shop_attempt": {"reason"},
    "returned_400_shop_attempt": {"reason"},
    "create_shop_product_one-or-many": {"sku", "name"},  # needed where "items" is not there
    "list_shop_task_filtered": {"key", "min_priority"},  # a backend of its own makes numbers of texts
    "retrieve_shop_task_filtered": {"key", "min_priority"},  # the same
    "create_lengthvalidators": {"a"},  # a limit that a function gives anew each time
    "create_boundedinteger": {"late"},  # the same
    "create_decimaloptions": {"fraction", "digits"},  # digits are counted, of which a 0 before the point is one
}
"""What no schema can know: the fields that tools of the test projects refuse by rules of their own."""
SHAPE = {
    *["required", "null", "blank", "not_a_list", "not_a_dict", "min_length", "max_length", "max_value", "min_value"],
    *["invalid_choice", "max_digits", "max_decimal_places", "max_whole_digits", "empty", "incorrect_type"],
    *["not_a_string", "invalid", "max_string_length", "invalid_image", "no_name", "date", "datetime", "make_aware"],
}
"""The codes by which DRF refuses a value for what a schema can say."""


@st.composite
def calls(draw: Any, tools: dict[str, dict[str, Any]]) -> tuple[str, dict[str, Any], bool | None]:
    """A tool, arguments, and whether they fit, None where that is a matter of taste."""
    name = draw(st.sampled_from(sorted(tools)))
    schema = tools[name]["inputSchema"]
    fits = draw(st.booleans())
    arguments = draw(valid(schema) if fits else invalid(schema))
    # Null says nothing of what need not be said.
    said = {key: value for key, value in arguments.items() if value is not None or key in schema.get("required", ())}
    return name, arguments, fits or (None if Draft202012Validator(schema).is_valid(said) else False)


def check_call(
    endpoint: Endpoint, name: str, arguments: dict[str, Any], fits: bool | None, opaque: frozenset[str]
) -> None:
    """Make a call, take it back, and judge it.

    Args:
        endpoint: The project.
        name: The tool.
        arguments: What it is called with.
        fits: Whether the tool's schema allows that.
        opaque: Fields that refuse for reasons of their own.

    Raises:
        Finding: It fits and is refused for its shape, or does not and has written something.
    """
    params = {"name": name, "arguments": arguments}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    assert endpoint.token
    with rolled_back():
        before = rows() if fits is False else {}
        answers = endpoint.send(Sent(body, endpoint.signed_in))
        schema, own = endpoint.tools[name]["inputSchema"], opaque | OWN_RULES.get(name, set())
        if fits and (reason := refused_for_shape(answers[0], schema, own)):
            raise Finding(f"{name} takes {arguments!r} by its schema, and refuses it: {reason}")
        if fits is False and (tables := changed(before, rows())):
            raise Finding(f"{name} does not take {arguments!r} by its schema, and changed {tables}: {answers[0]}")


def call_test(endpoint: Endpoint, keep: Callable[[Finding, Any], None] | None = None) -> Callable[[], None]:
    """A test for Hypothesis that calls the tools of a project.

    Args:
        endpoint: The project, which has to be open.
        keep: Takes what is found; raised where there is nobody to take it.
    """
    opaque = import_module(endpoint.urlconf).__dict__.get("OPAQUE", {})

    @given(calls(endpoint.tools))
    def test(call: tuple[str, dict[str, Any], bool | None]) -> None:
        name, arguments, fits = call
        try:
            check_call(endpoint, name, arguments, fits, opaque.get(name.removeprefix("create_"), frozenset()))
        except Finding as finding:
            if keep is None:
                raise
            keep(finding, call)

    return test


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
    is_known = any("enum" in branch or "const" in branch for branch in branches(schema))
    return code != "invalid_choice" or is_known
