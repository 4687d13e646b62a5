"""Regular expressions and date formats in the dialect that Python and ECMA 262 share."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.validators import RegexValidator, validate_slug, validate_unicode_slug
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drf_mcp.schema.patterns import ecma_pattern, strptime_pattern
from tests.protocol import steady

LITERALS = st.sampled_from([*"abzAZ09_ -.,:@/", r"\.", r"\-", r"\[", r"\\", r"\/", "ä", "日"])
CLASSES = st.sampled_from(
    [r"\d", r"\w", r"\s", r"\S", r"\D", "[a-z]", "[^a-z]", r"[\w.@+-]", r"[\d,]", r"[^\s@]", r"[-_a]", ".", r"[\]\\^]"]
)
ATOMS = LITERALS | CLASSES


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.one_of(inner.map("({})".format), inner.map("(?:{})".format), inner.map("(?P<name>{})".format))
    quantified = st.tuples(ATOMS | groups, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?"]))
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join),
        quantified.map("".join),
        groups,
        inner.map("(?={})".format),
        inner.map("(?!{})".format),
    )


PATTERNS = st.recursive(ATOMS, grown, max_leaves=8)
ANCHORED = st.tuples(st.sampled_from(["", "^", r"\A"]), PATTERNS, st.sampled_from(["", "$", r"\Z"])).map("".join)
TEXT = st.text("abzAZ09_ -.,:@/[]\\^äß日\t", max_size=12)
"""Ordinary text: no line breaks, on which the two dialects part by definition."""


@settings(steady, max_examples=300)
@given(ANCHORED, st.booleans(), st.sampled_from([0, re.ASCII, re.DOTALL]), st.data())
def test_a_pattern_refuses_nothing_that_the_validator_takes(
    source: str, inverse: bool, flags: int, data: st.DataObject
) -> None:
    try:
        validator = RegexValidator(re.compile(source, flags), inverse_match=inverse)
    except re.error:
        assume(False)
    pattern = ecma_pattern(validator)
    assume(pattern is not None)
    drawn = TEXT if inverse else TEXT | st.from_regex(validator.regex).filter(lambda text: "\n" not in text)
    text = data.draw(drawn)
    is_accepted = bool(validator.regex.search(text)) is not inverse
    assert re.search(pattern, text) or not is_accepted


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"^[a-z]+$", "^[a-z]+$"),
        (r"\A\d{3}\Z", r"^\d{3}$"),
        (r"a/b", r"a\/b"),
        (r"(?P<year>\d{4})-(?:xa|yb)", r"(\d{4})-(?:xa|yb)"),
        (r"(a)\1", r"(a)(?:\1)"),
        (r"[^x]", "[^x]"),
        (r"(ab)*?", "(ab)*?"),
        (r"(?:ab){2,}", "(?:ab){2,}"),
        (r"(?:ab){2,3}", "(?:ab){2,3}"),
        (r"(?<=a)b", "(?<=a)b"),
        (r"(?<!a)b", "(?<!a)b"),
        (r"[\s\d]", r"[\s\d]"),
        ("\t", r"\u0009"),
        ("[\t-\r]", r"[\u0009-\u000d]"),
    ],
)
def test_a_pattern_is_written_down_again(source: str, expected: str) -> None:
    assert ecma_pattern(RegexValidator(source)) == expected


@pytest.mark.parametrize(
    "source",
    [
        r"\bword\b",
        r"(?i:a)",
        r"(?s:.)",
        r"\W",
        r"[^\w]",
        r"[\w\W]",
        r"(a)?(?(1)b|c)",
        re.compile("a", re.IGNORECASE),
        re.compile("^a", re.MULTILINE),
        re.compile(b"a"),
        "(?>a)" if hasattr(re, "NOFLAG") else r"\b",
        r"a++",
    ],
)
def test_what_cannot_be_translated_is_left_out(source: Any) -> None:
    try:
        validator = RegexValidator(source)
        validator.regex  # noqa: B018
    except re.error:
        pytest.skip("this Python has no such syntax")
    assert ecma_pattern(validator) is None


def test_letters_of_every_language_are_word_characters() -> None:
    pattern = ecma_pattern(RegexValidator(r"^[\w.@+-]+\Z"))
    assert all(re.search(pattern, text) for text in ("ann", "zoë", "日本", "a.b@c+d-e", "x_1"))
    assert not any(re.search(pattern, text) for text in ("", "a b", "a!b", "a/b"))


def test_word_characters_of_ascii_alone_are_listed() -> None:
    pattern = ecma_pattern(RegexValidator(re.compile(r"^[\w-]+$", re.ASCII)))
    assert re.search(pattern, "a-Z_09")
    assert not re.search(pattern, "ä")


def test_word_characters_with_neighbours_keep_them() -> None:
    pattern = ecma_pattern(RegexValidator(r"^[\w\s!-/]+$"))
    assert re.search(pattern, 'a b!"#-./')
    assert not re.search(pattern, "a:b")


@pytest.mark.parametrize("validator", [validate_slug, validate_unicode_slug])
def test_djangos_own_patterns_can_be_translated(validator: RegexValidator) -> None:
    pattern = ecma_pattern(validator)
    assert re.search(pattern, "a-slug_1")
    assert not re.search(pattern, "no slug")


def test_an_inverse_match_is_turned_round() -> None:
    pattern = ecma_pattern(RegexValidator(r"[<>]", inverse_match=True))
    assert re.search(pattern, "plain")
    assert not re.search(pattern, "a\n<b")
    assert ecma_pattern(RegexValidator(r"\w", inverse_match=True)) is None


# Dates

FORMATS = [
    "%Y-%m-%d",
    "%d.%m.%y",
    "%d %b %Y",
    "%A, %d. %B %Y",
    "%H:%M:%S.%f",
    "%I:%M %p",
    "%Y%j",
    "100%% %Y",
    "%H:%M%z",
]


@steady
@given(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31), timezones=st.just(dt.UTC)))
def test_what_a_format_prints_its_pattern_takes(moment: dt.datetime) -> None:
    for text in FORMATS:
        printed = moment.strftime(text)
        assert re.search(strptime_pattern([text]), printed), text
        assert re.search(strptime_pattern(FORMATS), printed), text


def test_a_number_without_its_zero_is_taken_as_strptime_takes_it() -> None:
    assert re.search(strptime_pattern(["%d/%m/%Y"]), "1/2/2025")
    assert not re.search(strptime_pattern(["%d/%m/%Y"]), "1-2-2025")


@pytest.mark.parametrize("text", ["%c", "%Y-%m-%d %Z", "%x", "%U"])
def test_a_directive_without_a_certain_shape_has_no_pattern(text: str) -> None:
    assert strptime_pattern(["%Y", text]) is None


@pytest.mark.parametrize("source", [r"^(?!\w)", r"^(?!(?=a|\w))", r"^(?!(?!\w))", r"^(?<!\w)x"])
def test_letters_of_every_language_cannot_be_written_where_they_are_refused(source: str) -> None:
    assert ecma_pattern(RegexValidator(source)) is None
