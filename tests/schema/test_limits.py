"""Limits and patterns from validators."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import validators
from django.utils.functional import SimpleLazyObject, lazy
from rest_framework import serializers

from drf_mcp.schema.limits import limits, patterns, renamed


class Stricter(validators.MaxLengthValidator):
    """Compares in a way of its own."""

    def compare(self, a, b):
        return a > b * 2


class Preset(validators.RegexValidator):
    regex = r"^[a-z]+$"


class Judging(validators.RegexValidator):
    def __call__(self, value):
        """Lets everything through."""


def field(*more: Any, **options: Any) -> serializers.CharField:
    return serializers.CharField(validators=list(more), **options)


def number(*more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(9, 2, validators=list(more))


def test_the_tightest_limit_counts() -> None:
    tight = field(
        validators.MaxLengthValidator(9),
        validators.MaxLengthValidator(5),
        validators.MinLengthValidator(1),
        validators.MinLengthValidator(2),
    )
    assert limits(tight) == {"max_length": 5, "min_length": 2}


def test_a_limit_that_each_request_computes_is_left_out() -> None:
    assert limits(field(validators.MaxLengthValidator(lambda: 7))) == {}
    assert limits(field(validators.MaxLengthValidator(SimpleLazyObject(lambda: 7)))) == {}
    assert limits(field(validators.MaxLengthValidator(lazy(lambda: 7, int)()))) == {}


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (3, 3),
        (Decimal("3.00"), 3),
        (Decimal("3.5"), 3.5),
        (1.5, 1.5),
        (Decimal("Infinity"), None),
        (Decimal("NaN"), None),
        (True, None),
        ("3", None),
    ],
)
def test_a_limit_is_a_number_of_json_or_none_at_all(limit: Any, expected: Any) -> None:
    assert limits(number(validators.MaxValueValidator(limit))).get("max_value") == expected


def test_an_infinite_limit_is_none_that_json_could_hold() -> None:
    assert limits(number(validators.MaxValueValidator(float("inf")))) == {}


def test_what_is_no_limit_is_passed_over() -> None:
    assert limits(field(Stricter(3), validators.validate_slug, lambda value: None)) == {}


def test_limits_are_renamed_to_the_keywords_of_a_type() -> None:
    assert renamed({"max_length": 3, "min_value": 1}, max_length="maxItems", min_length="minItems") == {"maxItems": 3}


def test_patterns_are_those_that_can_be_translated_without_repetition() -> None:
    text = field(
        validators.RegexValidator(r"^[a-z]+$"),
        Preset(),
        validators.RegexValidator(r"^(?i:x)$"),
        validators.RegexValidator(re.compile("x", re.IGNORECASE)),
        Judging(r"^never$"),
    )
    assert patterns(text) == ["^[a-z]+$"]


@pytest.mark.parametrize(
    ("schemes", "accepted", "refused"),
    [
        (None, ["https://a.b", "ftp://a.b/c?d"], ["a.b", "javascript:x", "https://a b"]),
        (["git", "ssh"], ["git://a.b", "ssh://a.b"], ["a.b", "git://a b"]),
    ],
)
def test_an_address_has_one_of_its_schemes(schemes: Any, accepted: list[str], refused: list[str]) -> None:
    (pattern,) = patterns(field(validators.URLValidator(schemes=schemes)))
    assert all(re.search(pattern, text) for text in accepted)
    assert not any(re.search(pattern, text) for text in refused)


@pytest.mark.parametrize("url", ["HTTP://EXAMPLE.COM", "HTTPS://example.com/A", "Ftp://example.com"])
def test_an_address_that_the_validator_accepts_matches(url: str) -> None:
    (pattern,) = patterns(field(validators.URLValidator()))
    validators.URLValidator()(url)
    assert re.search(pattern, url)
