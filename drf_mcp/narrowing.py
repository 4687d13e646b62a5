"""Less than everything: what is left of the tools for an endpoint, a token, a scope or a client that asks for less."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .protocol.errors import HTTPRefusalError


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which tools are left, by name and by whether they only read. It never adds any.

    Several apply one after the other, and each may only take away: a tool is left where all allow it.

    Args:
        read_only: Whether only tools that change nothing are left.
        include: Patterns as ``list_*``, of which a name must match one; None for every name.
        exclude: Patterns of which a name may match none.
    """

    read_only: bool = False
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, read_only: bool, include: Sequence[str] | None, exclude: Sequence[str]) -> Narrowing:
        """A narrowing as a project writes it down.

        Raises:
            ImproperlyConfigured: Something else than lists of patterns, such as one string, whose characters would
                be taken for patterns.
        """
        if not read_only and include is None and exclude == ():
            return EVERYTHING
        for name, patterns in (("include", include or ()), ("exclude", exclude)):
            if isinstance(patterns, str) or not all(isinstance(pattern, str) for pattern in patterns):
                raise ImproperlyConfigured(f"{name} is a list of patterns such as 'list_*', not {patterns!r}.")
        return cls(bool(read_only), None if include is None else tuple(include), tuple(exclude))

    def allows(self, *names: str, only_reads: bool) -> bool:
        """Whether a tool is left.

        Args:
            names: The tool's name, and under what else patterns know it; upper and lower case differ.
            only_reads: Whether it changes nothing, as its ``readOnlyHint`` says.
        """
        if self.read_only and not only_reads:
            return False
        if self.include is not None and not _match(names, self.include):
            return False
        return not _match(names, self.exclude)


def vain_patterns(patterns: Iterable[str], tools: Iterable[Any]) -> list[str]:
    """The patterns that no tool is like.

    Args:
        patterns: As a project, a token or a client writes them.
        tools: All tools there are.
    """
    known = [tool.known_as for tool in tools]
    return [pattern for pattern in dict.fromkeys(patterns) if not any(_match(names, [pattern]) for names in known)]


def _match(names: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


EVERYTHING = Narrowing()
"""The narrowing that takes nothing away."""

MAX_PATTERNS = 50
"""How many patterns a client may send in one place."""

MAX_WILDCARDS = 8
"""How many ``*``, ``?`` and ``[`` each of them may have: with any number of them, matching takes long."""

_PATTERN = re.compile(r"[A-Za-z0-9_.:*?\[\]!-]{1,128}")
_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_QUERY = ("read_only", "tools", "exclude_tools")
_HEADERS = ("X-MCP-Readonly", "X-MCP-Tools", "X-MCP-Exclude-Tools")
_KEYS = {f"HTTP_{name.upper().replace('-', '_')}": name for name in _HEADERS}


def client_narrowings(query: Mapping[str, Sequence[str]], meta: Mapping[str, str]) -> Iterator[Narrowing]:
    """What a client asks to be left out, in the query of the endpoint's address and in headers.

    The headers have the names that GitHub's server gave them. Who uses both places narrows twice.

    Args:
        query: All values of each parameter.
        meta: The environ of the request.

    Raises:
        HTTPRefusalError: 400 for a value that says nothing: to pass over it could leave more than was meant.
    """
    values = {name: [meta[key]] for key, name in _KEYS.items() if key in meta}
    for names, given in ((_QUERY, query), (_HEADERS, values)):
        if not given.keys().isdisjoint(names):
            read_only, include, exclude = names
            words = [_word(read_only, value) for value in given.get(read_only, ())]
            yield Narrowing(
                any(words),
                _patterns(include, given[include]) if include in given else None,
                _patterns(exclude, given[exclude]) if exclude in given else (),
            )


def _word(name: str, value: str) -> bool:
    word = _WORDS.get(value.strip().lower())
    if word is None:
        raise HTTPRefusalError(400, f"{name} is true or false.")
    return word


def _patterns(name: str, values: Sequence[str]) -> tuple[str, ...]:
    patterns = tuple(pattern.strip() for value in values for pattern in value.split(","))
    if len(patterns) > MAX_PATTERNS or not all(map(_is_pattern, patterns)):
        raise HTTPRefusalError(
            400,
            f"{name} is a list of at most {MAX_PATTERNS} names or patterns of tools, as list_*,app:users, "
            "with a comma between two.",
        )
    return patterns


def _is_pattern(text: str) -> bool:
    return bool(_PATTERN.fullmatch(text)) and sum(map(text.count, "*?[")) <= MAX_WILDCARDS
