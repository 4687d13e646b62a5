"""Type annotations as JSON Schema."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Optional, Union

import pytest
from rest_framework import serializers

from drf_mcp.schema import field_schema
from drf_mcp.schema.hints import argument_hint, hint_schema, overrides_dispatch, return_hint


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (type(None), {"type": "null"}),
        (decimal.Decimal, {"type": ["string", "number"]}),
        (uuid.UUID, {"type": "string"}),
        (dt.datetime, {"type": "string"}),
        (dt.timedelta, {"type": "string"}),
        (list, {"type": "array", "items": {}}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (tuple[int, str], {"type": "array", "items": {}}),
        (Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (Iterable[str], {"type": "array", "items": {"type": "string"}}),
        (set[str], {"type": "array", "items": {"type": "string"}}),
        (dict, {"type": "object"}),
        (dict[str, Any], {"type": "object"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (
            Mapping[str, list[int]],
            {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "integer"}},
            },
        ),
        (int | None, {"type": ["integer", "null"]}),
        (Optional[str], {"type": ["string", "null"]}),  # noqa: UP045
        (Union[int, decimal.Decimal], {"type": ["integer", "string", "number"]}),  # noqa: UP007
        (list[int] | None, {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}),
        (int | object, {}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", 1], {}),
        (Any, {}),
        (object, {}),
        (None, {}),
        (serializers.Serializer, {}),
    ],
)
def test_a_hint_says_what_it_can_and_nothing_more(hint: Any, expected: Any) -> None:
    assert hint_schema(hint) == expected


def test_a_schema_is_a_new_dict_each_time() -> None:
    hint_schema(str)["title"] = "changed"
    assert hint_schema(str) == {"type": "string"}


def test_the_first_argument_after_self_counts() -> None:
    def read(self, data: list[int], other: str) -> None: ...

    assert argument_hint(read) == {"type": "array", "items": {"type": "integer"}}
    assert return_hint(read) == {"type": "null"}


def test_what_is_not_annotated_says_nothing() -> None:
    def read(self, data): ...

    def alone(self): ...

    def forward(self, data: Nowhere) -> Nowhere: ...  # noqa: F821

    for method in (read, alone, forward, None, 3, len):
        assert argument_hint(method) == {}
        assert return_hint(method) == {}


class Plain(serializers.CharField):
    pass


class Reading(serializers.CharField):
    def to_internal_value(self, data):
        return data


class Heir(Reading):
    pass


class Unknown:
    def to_internal_value(self, data): ...


def test_only_what_the_project_overrode_below_drfs_class_counts() -> None:
    def overrides(field: Any) -> bool:
        return overrides_dispatch(field, field_schema, "to_internal_value")

    assert not overrides(serializers.CharField())
    assert not overrides(Plain())
    assert overrides(Reading())
    assert overrides(Heir())
    assert overrides(Unknown())
    assert not overrides_dispatch(Reading(), field_schema, "to_representation")
