"""Each tool's schema as the source of calls: what fits is not refused for its shape, what does not writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from .database import changed
from .endpoint import Endpoint, rolled_back, rows
from .oracle import Finding, Sent
from .schemas import invalid, valid

SHOP = ["bodies", "choosy", "hooks", "odd_routes", "partner", "plain", "tenants", "twins", "url_kwargs"]
PROJECTS = ["tests.fuzz.urls", "tests.fuzz.zoo", *(f"tests.shop.urls.{name}" for name in SHOP)]
OWN_RULES = {
    *["create_byuser", "create_pet", "create_shorthand", "create_pathtext", "create_lengthvalidators"],
    *["create_decimaloptions", "create_shop_product_changing", "choose_shop_product", "put_truth_shop_task"],
    *["lazy_shop_attempt", "nested_shop_attempt", "raised_400_shop_attempt", "returned_400_shop_attempt"],
    *["bulk_update_shop_product", "create_shop_product_one-or-many", "form_shop_document", "create_pets"],
    *["create_shop_product_by-user", "create_shop_task_positional", "list_shop_task_filtered"],
    *["create_shop_task_closed", "create_shop_task_login-first", "create_shop_task_needs-request"],
    *["retrieve_shop_task_filtered", "create_shop_task_no-json", "invalid_shop_product"],
}
"""Tools of the test projects that refuse by rules that no schema can know: by user or row, or always."""
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
        if fits and name not in OWN_RULES and (reason := refused_for_shape(answers[0], opaque)):
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


def refused_for_shape(answer: dict[str, Any], opaque: frozenset[str]) -> str:
    """Why a call was refused, empty where it was not, or for a reason that no schema can say."""
    error = answer.get("error", {})
    if error.get("code") != -32602:
        return ""
    data = error.get("data") or {}
    rules = opaque | {"non_field_errors"}  # between fields
    errors = {key: value for key, value in (data.get("errors") or {}).items() if key not in rules}
    codes = set(_codes(errors))
    if "errors" in data:
        return str(error["message"]) if codes & SHAPE else ""
    is_medium = "arguments" in data or "no address" in error["message"] or "is a form" in error["message"]
    return "" if is_medium or data.get("argument") == "confirmation_code" else str(error["message"])


def _codes(errors: Any) -> list[str]:
    if isinstance(errors, dict) and set(errors) == {"message", "code"}:
        return [errors["code"]]
    inner = errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else ()
    return [code for value in inner for code in _codes(value)]
