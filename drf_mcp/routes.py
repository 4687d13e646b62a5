"""Routes: the chain of URL patterns that leads to a callback, and the paths that it can build."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from heapq import merge
from itertools import product
from typing import Any
from urllib.parse import quote

from django.urls import Resolver404, URLPattern, URLResolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern
from django.utils.regex_helper import normalize


class Route:
    """The way to one callback.

    Some routes have no name and some share one, so paths are built from the patterns themselves and
    not by reversing.

    Args:
        patterns: The pattern objects from the root of the URLconf down to the endpoint.
    """

    def __init__(self, patterns: tuple[Any, ...]) -> None:
        self._patterns = patterns
        self._converters: dict[str, Any] = {}
        for pattern in patterns:
            self._converters.update(pattern.converters)
        self._forms = {
            frozenset(name for _, names in form for name in names): tuple(text for text, _ in form)
            for form in product(*map(_forms_of, patterns))
        }
        self.is_buildable = all(
            texts != [("", [])] or isinstance(pattern, LocalePrefixPattern) or pattern.regex.match("")
            for pattern, texts in zip(patterns, map(_forms_of, patterns), strict=True)
        )
        """False for a pattern with alternatives, whose paths Django does not build either."""
        longest, shortest = max(self._forms, key=len), min(self._forms, key=len)
        named = [name for pattern in patterns for name in pattern.regex.groupindex]
        self.kwargs = tuple(dict.fromkeys(name for name in named if name in longest))
        """The names of all URL kwargs, in the order of the path."""
        self.optional_kwargs = longest - shortest
        """Those that the path can do without."""

    def __str__(self) -> str:
        """The path with each kwarg in braces, as ``api/users/{pk}/``."""
        longest = max(self._forms, key=len)
        if not self.is_buildable:
            return "".join(str(pattern) for pattern in self._patterns)
        return "".join(self._forms[longest]) % {name: f"{{{name}}}" for name in longest}

    def uri_template(self, names: Mapping[str, str]) -> str:
        """The path with each kwarg in braces and everything else quoted as a URI wants it.

        Args:
            names: What each kwarg is called there.
        """
        text = "".join(self._forms[max(self._forms, key=len)])
        parts = re.split(r"%\((\w+)\)s", text)
        literals = [quote(part.replace("%%", "%"), safe="/!$&'()*+,;=:@") for part in parts[::2]]
        return literals[0] + "".join(
            f"{{{names[name]}}}{literal}" for name, literal in zip(parts[1::2], literals[1:], strict=True)
        )

    def build_path(self, kwargs: Mapping[str, Any]) -> str:
        """The path below the script name that leads to the callback with these kwargs.

        Args:
            kwargs: A value for each URL kwarg; optional ones may be missing.

        Returns:
            The path, unquoted, with a leading slash.

        Raises:
            KeyError: No form of the route takes exactly these kwargs.
            ValueError: A converter does not read its value.
        """
        form = self._forms[frozenset(kwargs)]
        values = {name: self._checked(name, str(value)) for name, value in kwargs.items()}
        parts = (
            pattern.language_prefix if isinstance(pattern, LocalePrefixPattern) else text % values
            for pattern, text in zip(self._patterns, form, strict=True)
        )
        return "/" + "".join(parts)

    def _checked(self, name: str, text: str) -> str:
        """A kwarg's text as it stands in a path, once its converter could read it."""
        converter = self._converters.get(name)
        if converter is not None:
            if not re.fullmatch(converter.regex, text):
                raise ValueError(name)
            converter.to_python(text)
        return text

    def is_same(self, found: Mapping[str, Any], meant: Mapping[str, str]) -> bool:
        """Whether the kwargs that the resolver read from a path are the ones that it was built from.

        Args:
            found: What the resolver read; converters may have changed the type.
            meant: What ``build_path`` was given.
        """
        return found.keys() == meant.keys() and all(
            value == (self._converters[name].to_python(meant[name]) if name in self._converters else meant[name])
            for name, value in found.items()
        )


class Finder:
    """Finds what answers at a path as Django's resolver does, and looks only at routes that can begin like the path.

    To resolve a path, Django tries one route after the other: for each route of a project, that takes the square of
    their number.

    Args:
        root: The URLconf.
    """

    def __init__(self, root: URLResolver) -> None:
        self._root = root
        self._rivals: dict[URLResolver, defaultdict[str, list[tuple[int, Any]]]] = {}

    def callback_at(self, path: str) -> Any:
        """The callback that the first matching route leads to, None where none matches."""
        return self._found(self._root, path)

    def _found(self, pattern: Any, path: str) -> Any:
        if type(pattern) is not URLResolver:  # one of a project's own may resolve in a way of its own
            with suppress(Resolver404):
                return getattr(pattern.resolve(path), "func", None)
            return None
        match: Any = pattern.pattern.match(path)
        if not match:
            return None
        below = (self._found(rival, match[0]) for rival in self._rivals_in(pattern, match[0]))
        return next((found for found in below if found is not None), None)

    def _rivals_in(self, resolver: URLResolver, path: str) -> Iterator[Any]:
        """The patterns of a resolver that may match a path, in their order."""
        if resolver not in self._rivals:
            self._rivals[resolver] = defaultdict(list)
            for number, pattern in enumerate(resolver.url_patterns):
                self._rivals[resolver][_head_of(pattern)].append((number, pattern))
        rivals, head = self._rivals[resolver], _HEAD.match(path)
        return (pattern for _, pattern in merge(rivals[""], rivals.get(head[0], ()) if head else ()))


_HEAD = re.compile(r"[\w-]*[/.]")
_LITERAL_HEAD = re.compile(r"\^((?:\w|\\?-)*(?:/|\\\.))(?![?*{])")


def _head_of(route: Any) -> str:
    """The ``_HEAD`` of all paths that a pattern or include resolves, empty where that cannot be told or they differ."""
    is_djangos = type(route) in (URLPattern, URLResolver) and type(route.pattern) in (RoutePattern, RegexPattern)
    if not is_djangos or "|" in route.pattern.regex.pattern:
        return ""
    head = _LITERAL_HEAD.match(route.pattern.regex.pattern)
    return head[1].replace("\\", "") if head else ""


def address_of(patterns: tuple[Any, ...]) -> str:
    """What decides which paths a chain of patterns matches: the same for two routes that match the same.

    Args:
        patterns: The pattern objects from the root of the URLconf down to the endpoint.
    """
    return " ".join(re.sub(r"\(\?P<\w+>", "(", pattern.regex.pattern) for pattern in patterns)


def _forms_of(pattern: Any) -> list[tuple[str, list[str]]]:
    """The texts that a pattern stands for, each with the kwargs in it, as Django's ``reverse`` sees them."""
    if isinstance(pattern, LocalePrefixPattern):
        return [("", [])]
    return list(normalize(pattern.regex.pattern.replace("%", "%%")))
