"""Ranking: which tools fit a request in words best.

A word counts for more the fewer views have it (BM25), in a name for more than in a description or an argument, and
so do its synonyms. The tools of one view stand together: what one of them says of their objects holds for all.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import log
from typing import Any

from .thesaurus import COMMON, INTENTS, read_groups
from .tools import Tool

NAME, PLACE, ABOUT, FIELD = 3.0, 1.0, 1.5, 0.4
"""What a word is worth in the name of an action or of its objects, of the app, in a description, and in a field."""
SIBLING = 0.45
"""What it is worth beside that where only another tool of the same view has it."""
SATURATION = 1.5
"""How little the second place adds in which a tool has a word."""
SYNONYM, PHRASE, HINT = 0.75, 0.9, 0.4
"""What another word is worth for one of the request's, for several, and for one that nearly every request has."""
INTENT = 0.4
"""What it is worth that the request is for this kind of action."""
REPEAT = 0.25
"""What each tool of a view that stands before it costs a tool."""

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['\u2019]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST = 5
"""How many words a phrase of the thesaurus has at most."""
_ENDINGS = (
    ("ments", ""), ("ment", ""), ("ations", ""), ("ation", ""), ("ating", ""), ("ated", ""), ("ates", ""), ("ate", ""),
    ("tions", "t"), ("tion", "t"), ("sions", "s"), ("sion", "s"), ("ings", ""), ("ing", ""), ("ied", "y"),
    ("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("ed", ""), ("vals", "v"), ("val", "v"),
    ("wals", "w"), ("wal", "w"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""),
)  # fmt: skip


def stem(word: str) -> str:
    """A word without its ending, so that ``invoices``, ``invoiced`` and ``invoicing`` are one.

    The endings are those of English; a word of another language keeps what looks like none.
    """
    for ending, rest in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + rest
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    is_double = len(word) > 2 and word[-1] == word[-2] != "s"  # stopped is stop, as billing is bill
    return word[:-1] if is_double else word


def words_of(text: str) -> list[str]:
    """The words of a text or a name in small letters: ``GoodsReceipt`` has two."""
    return [word.lower() for word in _WORD.findall(_HUMP.sub(" ", _APOSTROPHE.sub("", text)))]


def _joined(words: Sequence[str]) -> str:
    """Several words as one: a time sheet is a timesheet, and a tax return a ``TaxReturn``."""
    return stem("".join(words))


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words_of(text)}


class Index:
    """The words of the tools of a catalog, read once.

    Args:
        tools: All of them.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._worth: dict[str, dict[Tool, float]] = defaultdict(lambda: defaultdict(float))
        for tool in tools:
            for worth, text in _texts_of(tool):
                for word in _stems(text):
                    self._worth[word][tool] += worth

    def ranked(self, request: str, tools: Collection[Tool]) -> list[Tool]:
        """Put the tools that have any word of a request in order, the one that fits best first.

        No other tool has a say in the order: it tells nothing of what a caller may not see.

        Args:
            request: What is wanted, in words.
            tools: Among which.
        """
        views: dict[Any, list[Tool]] = {}
        for tool in tools:
            views.setdefault(tool.endpoint.viewset, []).append(tool)
        scores: dict[Tool, float] = defaultdict(float)
        for alternatives in expanded(request):
            best: dict[Tool, float] = {}
            for word, weight in alternatives.items():
                for tool, score in self._scores(word, views):
                    best[tool] = max(best.get(tool, 0.0), weight * score)
            for tool, score in best.items():
                scores[tool] += score
        kinds = intents(request)
        for tool in scores:
            scores[tool] += INTENT * kinds.get(_kind_of(tool), 0.0)
        return _mixed(scores)

    def _scores(self, word: str, views: Mapping[Any, list[Tool]]) -> Iterator[tuple[Tool, float]]:
        """What a word is worth for each tool of the views that have it."""
        own = self._worth.get(word, {})
        known: dict[Any, float] = {}
        for view, members in views.items():
            if most := max((own.get(tool, 0.0) for tool in members), default=0.0):
                known[view] = most
        rarity = log(1 + (len(views) + 0.5) / (len(known) + 0.5))
        for view, most in known.items():
            for tool in views[view]:
                worth = max(own.get(tool, 0.0), SIBLING * most)
                yield tool, rarity * worth / (SATURATION + worth)


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


def expanded(request: str) -> list[dict[str, float]]:
    """For each place in a request, the words that may stand there in a tool, and what they are worth."""
    words = words_of(request)
    stems, known = [stem(word) for word in words], _synonyms()
    places: list[dict[str, float]] = []
    for number, word in enumerate(words):
        alternatives: dict[str, float] = {}
        for length in range(1, min(_LONGEST, len(words) - number) + 1):
            others = known.get(" ".join(stems[number : number + length]), ())
            weight = PHRASE if length > 1 else HINT if word in COMMON else SYNONYM
            for other in others:
                alternatives[other] = max(weight, alternatives.get(other, 0.0))
        if word not in COMMON:
            for length in (1, 2, 3):
                alternatives[_joined(words[number : number + length])] = 1.0
        places.append(alternatives)
    return places


@cache
def _synonyms() -> dict[str, set[str]]:
    """The words of names that each word or phrase of a request may stand for."""
    found: dict[str, set[str]] = defaultdict(set)
    for group in read_groups():
        phrases = [" ".join(map(stem, words_of(phrase))) for phrase in group]
        names = {_joined(words_of(phrase)) for phrase in group}
        for phrase in phrases:
            found[phrase] |= names
    return dict(found)


_INTENTS = {kind: [phrase.strip() for phrase in said.split("|")] for kind, said in INTENTS.items()}


def intents(request: str) -> dict[str, float]:
    """Which kinds of actions a request is for, and how surely."""
    said = f" {' '.join(words_of(request))} {'?' if '?' in request else ''} "
    found = {kind: 1.0 for kind, phrases in _INTENTS.items() if any(f" {phrase} " in said for phrase in phrases)}
    return found if "read" in found else {**found, "act": 0.6}
