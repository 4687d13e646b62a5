"""Ranking: which tools fit a request in words best.

A word counts for more the fewer views have it (BM25), in a name for more than in a description or an argument, and
so does what it may mean. The tools of one view stand together: what one of them says of their objects holds for all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from math import log
from typing import Any, NamedTuple

from .meanings import expanded, intents
from .stems import joined, stem, stems_of, words_of
from .tools import Tool

NAME, PLACE, ABOUT, FIELD = 3.0, 1.0, 1.5, 0.4
"""What a word is worth in the name of an action or of its objects, of the app, in a description, and in a field."""
SIBLING = 0.4
"""What it is worth beside that where only another tool of the same view has it."""
SATURATION = 2.7
"""How little the second place adds in which a tool has a word."""
POWER = 0.8
"""Less than one where many words that fit a little are to count for more than one that fits well."""
COVERED = 0.45
"""What it is worth that a request has the whole name of the objects, and of an action of the project's own."""
INTENT = 0.4
"""What it is worth that the request is for this kind of action."""
REPEAT = 0.2
"""What each tool of a view that stands before it costs a tool."""

_OWN = ("read", "act")


class _Name(NamedTuple):
    """The stems of the words of a name, and of the name as one word."""

    words: tuple[str, ...]
    whole: str

    def covered(self, met: Mapping[str, float]) -> float:
        """How much of it the words of a request are."""
        parts = sum(met.get(word, 0.0) for word in self.words) / max(1, len(self.words))
        return max(met.get(self.whole, 0.0), parts)


def _name(text: str) -> _Name:
    words = words_of(text)
    return _Name(tuple(map(stem, words)), joined(words))


class Index:
    """The words of the tools of a catalog, read once.

    Args:
        tools: All of them.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._worth: dict[str, dict[Any, dict[Tool, float]]] = defaultdict(lambda: defaultdict(dict))
        self._names: dict[Tool, tuple[_Name, _Name]] = {}
        for tool in tools:
            for worth, text in _texts_of(tool):
                for word in stems_of(text):
                    known = self._worth[word][tool.endpoint.viewset]
                    known[tool] = known.get(tool, 0.0) + worth
            self._names[tool] = _name(tool.noun.name), _name(tool.endpoint.action)

    def ranked(self, request: str, tools: Collection[Tool]) -> list[Tool]:
        """Put the tools that have any word of a request in order, the one that fits best first.

        No other tool has a say in the order: it tells nothing of what a caller may not see.

        Args:
            request: What is wanted, in words.
            tools: Among which.
        """
        views: dict[Any, list[Tool]] = defaultdict(list)
        for tool in tools:
            views[tool.endpoint.viewset].append(tool)
        seen = frozenset(tools)
        by_view: dict[Any, float] = defaultdict(float)
        beside: dict[Tool, float] = defaultdict(float)
        met: dict[str, float] = {}
        for alternatives in expanded(request):
            of_views, of_tools = self._scores(alternatives, seen, len(views))
            for view, score in of_views.items():
                by_view[view] += score**POWER
            for tool, score in of_tools.items():
                beside[tool] += max(0.0, score**POWER - of_views[tool.endpoint.viewset] ** POWER)
            for word, weight in alternatives.items():
                met[word] = max(weight, met.get(word, 0.0))
        kinds = intents(request)
        return _mixed(
            {
                tool: score + beside.get(tool, 0.0) + self._fit(tool, kinds, met)
                for view, score in by_view.items()
                for tool in views[view]
            }
        )

    def _scores(
        self, alternatives: Mapping[str, float], seen: Collection[Tool], views: int
    ) -> tuple[dict[Any, float], dict[Tool, float]]:
        """What a place in a request is worth for all tools of a view, and for those that have the word themselves."""
        of_views: dict[Any, float] = {}
        of_tools: dict[Tool, float] = {}
        for word, weight in alternatives.items():
            known = []
            for view, own in self._worth.get(word, {}).items():
                own = {tool: worth for tool, worth in own.items() if tool in seen}
                if own:
                    known.append((view, own))
            rarity = weight * log(1 + (views + 0.5) / (len(known) + 0.5))
            for view, own in known:
                of_views[view] = max(rarity * _part(SIBLING * max(own.values())), of_views.get(view, 0.0))
                for tool, worth in own.items():
                    of_tools[tool] = max(rarity * _part(worth), of_tools.get(tool, 0.0))
        return of_views, of_tools

    def _fit(self, tool: Tool, kinds: Mapping[str, float], met: Mapping[str, float]) -> float:
        """What it is worth that the name of a tool is all there, and its kind the one that is wanted."""
        noun, action = self._names[tool]
        kind = _kind_of(tool)
        fit = INTENT * kinds.get(kind, 0.0) + COVERED * noun.covered(met)
        return fit + COVERED * (action.covered(met) - 0.5) if kind in _OWN else fit


def _part(worth: float) -> float:
    return worth / (SATURATION + worth)


def _texts_of(tool: Tool) -> Iterator[tuple[float, str]]:
    """What a tool has words in, and what they are worth there."""
    action, noun = tool.endpoint.action, tool.noun
    yield NAME, f"{action} {action.replace('_', '')}"
    yield NAME, f"{noun.name} {noun.name.lower()} {noun.singular}"
    yield PLACE, noun.place
    yield ABOUT, f"{tool.name} {tool.title} {tool.description}"
    yield FIELD, " ".join(_said_in(tool.input_schema))
    yield FIELD, " ".join(_said_in(tool.output_schema))


def _said_in(schema: Any) -> Iterator[str]:
    """The names, choices and descriptions of the properties in a schema, however deep."""
    if isinstance(schema, Mapping):
        for name, inner in schema.get("properties", {}).items():
            yield name
            yield from _said_in(inner)
        yield str(schema.get("description", ""))
        yield from map(str, schema.get("enum", ()))
        yield from _said_in(schema.get("items"))
        for branch in schema.get("anyOf", ()):
            yield from _said_in(branch)


def _kind_of(tool: Tool) -> str:
    """One of DRF's own actions, else whether it reads or acts."""
    action = tool.endpoint.action.removeprefix("partial_")
    if action in ("list", "retrieve", "create", "update", "destroy"):
        return action
    return "read" if tool.only_reads else "act"


def _mixed(scores: Mapping[Tool, float]) -> list[Tool]:
    """The tools by their scores, but so that those of one view do not keep all others out of the first few."""
    before: Counter[Any] = Counter()
    left: dict[Tool, float] = {}
    for tool in sorted(scores, key=lambda tool: (-scores[tool], tool.name)):
        left[tool] = scores[tool] - REPEAT * before[tool.endpoint.viewset]
        before[tool.endpoint.viewset] += 1
    return sorted(left, key=lambda tool: (-left[tool], tool.name))
