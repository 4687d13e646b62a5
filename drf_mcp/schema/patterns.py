"""Python's regular expressions and ``strptime`` formats as patterns that ECMA 262 and Python read alike.

A pattern is either translated faithfully or not at all: leaving one out lets more through, getting
one wrong refuses what the server would take.
"""

from __future__ import annotations

import re
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

from django.core.validators import RegexValidator

_NOT_WORD = "".join(chr(i) for i in range(128) if not (chr(i).isalnum() or chr(i) == "_"))
_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
}
_POSITIONS = {
    sre.AT_BEGINNING: "^",
    sre.AT_BEGINNING_STRING: "^",
    sre.AT_END: "$",
    sre.AT_END_STRING: "$",
}
_SPECIAL = set("\\^$.|?*+()[]{}/")
_DIRECTIVES = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "j": r"\d{1,3}",
    "f": r"\d{1,6}",
    "%": "%",
    **dict.fromkeys("mdHIMS", r"\d{1,2}"),
    **dict.fromkeys("aAbBp", r"\S+"),
    "z": r"([+-]\d{2}:?\d{2}|Z)",
}


def ecma_pattern(validator: RegexValidator) -> str | None:
    """What a regex validator demands, as a pattern.

    Args:
        validator: A validator with a compiled regex.

    Returns:
        A pattern that matches at least whatever the validator accepts, None where none can be given.
    """
    regex: Any = validator.regex
    if not isinstance(regex.pattern, str) or regex.flags & (re.IGNORECASE | re.MULTILINE | re.LOCALE):
        return None
    try:
        pattern = _Translation(regex.flags).sequence(sre_parser.parse(regex.pattern, regex.flags))
    except _UntranslatableError:
        return None
    if validator.inverse_match:
        # What stands for \w lets more through than \w does; turned round it would refuse too much.
        return None if r"\w" in regex.pattern else rf"^(?![\s\S]*(?:{pattern}))"
    return pattern


def strptime_pattern(formats: list[str]) -> str | None:
    """The texts that one of several ``strptime`` formats could read.

    Args:
        formats: Such as ``%d.%m.%Y``.

    Returns:
        A pattern, None where a format has a directive without a certain shape.
    """
    alternatives = []
    for text in formats:
        parts = re.split(r"%(.)", text)
        if any(directive not in _DIRECTIVES for directive in parts[1::2]):
            return None
        pieces = [_DIRECTIVES[part] if odd % 2 else _escaped(part) for odd, part in enumerate(parts)]
        alternatives.append("".join(pieces))
    return f"^({'|'.join(alternatives)})$"


class _UntranslatableError(Exception):
    """The regex has something that the other dialect has not."""


class _Translation:
    """One walk over a parsed regex, writing it down again.

    Args:
        flags: The compiled regex's flags.
    """

    def __init__(self, flags: int) -> None:
        self.is_ascii = bool(flags & re.ASCII)
        self.dot = r"[\s\S]" if flags & re.DOTALL else "."
        self.is_refusing = False

    def sequence(self, parsed: Any) -> str:
        return "".join(self.item(operator, argument) for operator, argument in parsed)

    def item(self, operator: Any, argument: Any) -> str:
        write = getattr(self, f"_{str(operator).lower()}", None)
        if write is None:
            raise _UntranslatableError
        return str(write(argument))

    def _literal(self, code: int) -> str:
        return _escaped(chr(code))

    def _not_literal(self, code: int) -> str:
        return f"[^{_in_class(code)}]"

    def _any(self, argument: None) -> str:
        return self.dot

    def _at(self, position: Any) -> str:
        if position not in _POSITIONS:
            raise _UntranslatableError
        return _POSITIONS[position]

    def _branch(self, argument: Any) -> str:
        return f"(?:{'|'.join(self.sequence(branch) for branch in argument[1])})"

    def _subpattern(self, argument: Any) -> str:
        group, add_flags, remove_flags, inner = argument
        if add_flags or remove_flags:
            raise _UntranslatableError
        return f"({'?:' if group is None else ''}{self.sequence(inner)})"

    def _groupref(self, group: int) -> str:
        return rf"(?:\{group})"

    def _assert(self, argument: Any, sign: str = "=") -> str:
        direction, inner = argument
        return f"(?{'' if direction > 0 else '<'}{sign}{self.sequence(inner)})"

    def _assert_not(self, argument: Any) -> str:
        outside, self.is_refusing = self.is_refusing, True
        try:
            return self._assert(argument, "!")
        finally:
            self.is_refusing = outside

    def _max_repeat(self, argument: Any) -> str:
        lowest, highest, inner = argument
        text = self.sequence(inner)
        if len(inner) > 1 or inner[0][0] not in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY, sre.SUBPATTERN):
            text = f"(?:{text})"
        if highest == sre.MAXREPEAT:
            times = {0: "*", 1: "+"}.get(lowest, f"{{{lowest},}}")
        elif (lowest, highest) == (0, 1):
            times = "?"
        else:
            times = f"{{{lowest}}}" if lowest == highest else f"{{{lowest},{highest}}}"
        return text + times

    def _min_repeat(self, argument: Any) -> str:
        return f"{self._max_repeat(argument)}?"

    def _in(self, members: Any) -> str:
        negated = members[0][0] is sre.NEGATE
        members = members[1:] if negated else members
        if (sre.CATEGORY, sre.CATEGORY_WORD) in members:
            return self._words(members, negated=negated)
        parts = []
        for operator, argument in members:
            if operator is sre.LITERAL:
                parts.append(_in_class(argument))
            elif operator is sre.RANGE:
                parts.append(f"{_in_class(argument[0])}-{_in_class(argument[1])}")
            elif operator is sre.CATEGORY and argument in _CATEGORIES:
                parts.append(_CATEGORIES[argument])
            else:
                raise _UntranslatableError
        if len(parts) == 1 and not negated and members[0][0] is sre.CATEGORY:
            return parts[0]
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _words(self, members: Any, *, negated: bool) -> str:
        r"""A class with ``\w``: in Python every letter of Unicode, in ECMA 262 the 63 of ASCII.

        Written as everything but the other ASCII characters, which both dialects read alike and which
        takes no legal letter away. Where what matches is refused, it would take some away.
        """
        if negated or (self.is_refusing and not self.is_ascii):
            raise _UntranslatableError
        left_out = set(_NOT_WORD)
        for operator, argument in members:
            if operator is sre.LITERAL:
                left_out.discard(chr(argument))
            elif operator is sre.RANGE:
                left_out -= {chr(code) for code in range(argument[0], min(argument[1], 127) + 1)}
            elif argument is sre.CATEGORY_SPACE:
                left_out -= set(" \t\n\r\f\v\x1c\x1d\x1e\x1f")
            elif operator is not sre.CATEGORY or argument not in (sre.CATEGORY_WORD, sre.CATEGORY_DIGIT):
                raise _UntranslatableError
        if self.is_ascii:
            allowed = sorted(ord(chr(i)) for i in range(128) if chr(i) not in left_out)
            return f"[{_ranges(allowed)}]"
        return f"[^{_ranges(sorted(map(ord, left_out)))}]"


def _ranges(codes: list[int]) -> str:
    """A character class's inside for ascending code points."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(
        _in_class(first) if first == last else f"{_in_class(first)}-{_in_class(last)}" for first, last in runs
    )


def _in_class(code: int) -> str:
    character = chr(code)
    if character in "\\]^-[":
        return f"\\{character}"
    return _escaped(character) if not character.isprintable() else character


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in _SPECIAL else c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
