"""Whatever a serializer takes in an ordinary spelling its schema takes, with payloads that nobody wrote."""

from __future__ import annotations

import decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from drf_mcp.schema import input_schema
from tests.protocol import steady
from tests.zoo.harness import checker


class Upper(serializers.CharField):
    def to_internal_value(self, data):
        return super().to_internal_value(data).upper()


class Inner(serializers.Serializer):
    code = serializers.RegexField(r"^[A-Z]{1,3}\Z")
    rank = serializers.IntegerField(min_value=0, required=False)

    def to_internal_value(self, data):
        values = super().to_internal_value(data)
        values["seen"] = True
        return values


class Odd(serializers.Serializer):
    text = serializers.CharField(trim_whitespace=False, min_length=2, max_length=4, required=False)
    loud = Upper(max_length=3, allow_blank=True, required=False)
    choice = serializers.ChoiceField(
        choices=[("A", [("x", "X"), (1, "One")]), ("y", "Y")], html_cutoff=1, required=False
    )
    several = serializers.MultipleChoiceField(choices=[1, 2, "b"], allow_empty=False, required=False)
    address = serializers.IPAddressField(required=False)
    numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=0, allow_null=True), min_length=1, max_length=3, required=False
    )
    table = serializers.DictField(child=serializers.CharField(allow_blank=True), allow_empty=False, required=False)
    small = serializers.DecimalField(max_digits=4, decimal_places=4, required=False)
    above = serializers.DecimalField(
        max_digits=None, decimal_places=None, min_value=decimal.Decimal("-1.5"), required=False
    )
    day = serializers.DateField(input_formats=["%d/%m/%Y", "iso-8601"], required=False)
    at = serializers.DateTimeField(required=False, allow_null=True)
    inner = Inner(required=False, allow_null=True)
    inners = Inner(many=True, required=False, allow_empty=False, max_length=2)
    anything = serializers.JSONField(required=False)


TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["x", "y", "b", "AB", "::1", "1.2.3.4", "2024-05-01", "31/12/2024", "2024-05-01T10:30", "0.125", "-1.5"]
    ),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.dates().map(lambda day: day.isoformat()),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-3, max_value=99).map(str),
)
INNERS = st.fixed_dictionaries({"code": TEXTS}, optional={"rank": st.integers(-2, 5) | st.none()})
VALUES: dict[str, Any] = {
    "text": TEXTS,
    "loud": TEXTS,
    "choice": TEXTS | st.integers(0, 2),
    "several": st.lists(st.sampled_from([1, 2, 3, "b", "c"]), max_size=3),
    "address": TEXTS,
    "numbers": st.lists(st.integers(-1, 5) | st.none(), max_size=4),
    "table": st.dictionaries(st.text(max_size=3), TEXTS, max_size=2),
    "small": TEXTS | st.integers(0, 1) | st.floats(-1, 1, allow_nan=False),
    "above": TEXTS | st.integers(-3, 3),
    "day": TEXTS,
    "at": TEXTS | st.none(),
    "inner": INNERS | st.none(),
    "inners": st.lists(INNERS, max_size=3),
    "anything": st.recursive(
        st.none() | st.booleans() | TEXTS, lambda inner: st.lists(inner, max_size=2), max_leaves=3
    ),
}
SHAPED = ("choice", "address", "small", "above", "day", "at")
"""Fields that also read texts which they never print, such as ``1e2`` or one with spaces around it."""

CHECK = checker(input_schema(Odd()))


def is_ordinary(key: str, value: Any) -> bool:
    if key not in SHAPED or not isinstance(value, str):
        return True
    return value == value.strip() and value.isascii() and "e" not in value.lower()


@steady
@given(st.fixed_dictionaries({}, optional=VALUES))
def test_no_ordinary_payload_that_a_serializer_takes_is_refused(payload: dict[str, Any]) -> None:
    payload = {key: value for key, value in payload.items() if is_ordinary(key, value)}
    serializer = Odd(data=payload)
    serializer.is_valid()
    taken = {key: value for key, value in payload.items() if key not in serializer.errors}
    assert CHECK(taken) is None, taken
