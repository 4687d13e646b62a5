"""An author's function as a serializer."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextChoices
from rest_framework import serializers

from drf_mcp.functions import call, parameters_of, serializer_of


class Size(TextChoices):
    SMALL = "s", "Small"
    LARGE = "l", "Large"


class Colour(enum.Enum):
    RED = "red"


def order(
    request: Any,
    what: Annotated[str, "What to order"],
    size: Size,
    colour: Colour,
    pace: Literal["slow", "fast"] = "slow",
    many: int | None = None,
    day: dt.date = dt.date(2025, 1, 1),
) -> Any:
    return (what, size, colour, pace, many, day)


def test_each_parameter_but_the_request_is_a_field() -> None:
    fields = serializer_of(order)().fields
    assert list(fields) == ["what", "size", "colour", "pace", "many", "day"]
    assert [p.name for p in parameters_of(order)] == list(fields)
    assert [name for name, field in fields.items() if field.required] == ["what", "size", "colour"]
    assert fields["what"].help_text == "What to order"
    assert fields["size"].choices == {"s": "Small", "l": "Large"}
    assert list(fields["colour"].choices) == ["red"]
    assert list(fields["pace"].choices) == ["slow", "fast"]
    assert fields["many"].allow_null


def test_the_values_of_a_client_become_the_functions_types() -> None:
    serializer = serializer_of(order)(data={"what": " tea ", "size": "s", "colour": "red", "many": "3"})
    assert serializer.is_valid(), serializer.errors
    answer = call(order, "the request", serializer.validated_data)
    assert answer == (" tea ", Size.SMALL, Colour.RED, "slow", 3, dt.date(2025, 1, 1))


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (str, "", ""),
        (int, "7", 7),
        (float, "1.5", 1.5),
        (bool, "true", True),
        (Decimal, "1.50", Decimal("1.50")),
        (dt.date, "2025-02-03", dt.date(2025, 2, 3)),
        (dt.time, "10:30", dt.time(10, 30)),
        (uuid.UUID, "12345678123456781234567812345678", uuid.UUID("12345678123456781234567812345678")),
    ],
)
def test_ordinary_types_are_read_from_text(hint: Any, text: str, value: Any) -> None:
    def take(one: Any) -> Any:
        return one

    take.__annotations__["one"] = hint
    serializer = serializer_of(take)(data={"one": text})
    assert serializer.is_valid(), serializer.errors
    assert serializer.validated_data["one"] == value


def test_a_parameter_without_a_type_is_a_string() -> None:
    assert isinstance(serializer_of(lambda one: one)().fields["one"], serializers.CharField)


def test_a_type_that_no_text_can_become_is_named_with_its_function() -> None:
    def take(one: dict[str, str]) -> None: ...

    with pytest.raises(ImproperlyConfigured, match=r"test_functions\..*take: one is of type dict"):
        serializer_of(take)


def test_a_function_gets_only_what_it_takes() -> None:
    assert call(lambda value: value, None, {"value": 1, "arguments": 2}) == 1
    assert call(lambda **given: sorted(given), None, {"value": 1}) == ["request", "value"]
