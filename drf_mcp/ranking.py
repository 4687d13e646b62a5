"""Ranking: which tools fit a request in words best.

A word counts for more the fewer views have it (BM25), in a name for more than in a description or an argument, and
so do its synonyms. The tools of one view stand together: what one of them says of their objects holds for all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from math import log
from typing import Any

from .stems import joined, said_words, stem, stems_of, words_of
from .thesaurus import COMMON, INTENTS, read_entries
from .tools import Tool

NAME, PLACE, ABOUT, FIELD = 3.0, 1.0, 1.5, 0.4
SIBLING = 0.45
SATURATION = 1.5
RARE = 1.0
SYNONYM, PHRASE, LOOSE, HINT = 0.75, 0.9, 0.4, 0.4
GAP = 0.85
AGAIN = 0.5
SENSES = 0.0
INTENT = 0.4
ACT = 0.6
COVERED_NOUN, COVERED_ACT, BOTH = 0.3, 0.3, 0.3
POWER = 1.0
INSIDE = 1.0
REPEAT = 0.25
_LONGEST_GAP = 3
_ARTICLES = frozenset("a an the my our his her their your its this that these those some any mr mrs ms".split())


class Index:
    def __init__(self, tools: Iterable[Tool]) -> None:
        self._worth: dict[str, dict[Any, dict[Tool, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
        self._parts: dict[Tool, tuple] = {}
        for tool in tools:
            view = tool.endpoint.viewset
            for worth, text in _texts_of(tool):
                for word in stems_of(text):
                    self._worth[word][view][tool] += worth
            noun, action = tool.noun, tool.endpoint.action
            own = words_of(action) if _kind_of(tool) in ("read", "act") else []
            nw = words_of(noun.name)
            self._parts[tool] = ([stem(w) for w in nw], joined(nw), [stem(w) for w in own], joined(own))

    def ranked(self, request: str, tools: Collection[Tool]) -> list[Tool]:
        views: dict[Any, list[Tool]] = {}
        for tool in tools:
            views.setdefault(tool.endpoint.viewset, []).append(tool)
        allowed = set(tools)
        by_view: dict[Any, float] = defaultdict(float)
        extra: dict[Tool, float] = defaultdict(float)
        matched: dict[str, float] = {}
        for alternatives in expanded(request):
            best_view: dict[Any, float] = {}
            best: dict[Tool, float] = {}
            for word, weight in alternatives.items():
                if weight > matched.get(word, 0.0): matched[word] = weight
                posting = self._worth.get(word)
                if not posting: continue
                known = {}
                for view, own in posting.items():
                    most = max((worth for tool, worth in own.items() if tool in allowed), default=0.0)
                    if most: known[view] = most
                rarity = weight * log(1 + (len(views) + 0.5) / (len(known) + 0.5)) ** RARE
                for view, most in known.items():
                    w = SIBLING * most
                    sib = rarity * w / (SATURATION + w)
                    if sib > best_view.get(view, 0.0): best_view[view] = sib
                    for tool, worth in posting[view].items():
                        score = rarity * worth / (SATURATION + worth)
                        if score > best.get(tool, 0.0): best[tool] = score
            for view, score in best_view.items(): by_view[view] += score**POWER
            for tool, score in best.items():
                more = score**POWER - best_view.get(tool.endpoint.viewset, 0.0)**POWER
                if more > 0: extra[tool] += more
        kinds = intents(request)
        scores = {}
        for view, score in by_view.items():
            for tool in views[view]:
                nouns, noun, acts, act = self._parts[tool]
                s = score + extra.get(tool, 0.0) + INTENT * kinds.get(_kind_of(tool), 0.0)
                nc = max(matched.get(noun, 0.0), sum(matched.get(w, 0.0) for w in nouns) / len(nouns))
                s += COVERED_NOUN * nc
                if acts:
                    ac = max(matched.get(act, 0.0), sum(matched.get(w, 0.0) for w in acts) / len(acts))
                    s += COVERED_ACT * (ac - 0.5) + BOTH * ac * nc
                scores[tool] = s
        return _mixed(scores)


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
    words = [word for word in said_words(request) if word not in _ARTICLES]
    stems, known = [stem(word) for word in words], _synonyms()
    offered: Counter[str] = Counter()
    places: list[dict[str, float]] = []
    hits = []
    inside = set()
    for number, word in enumerate(words):
        for rest, others, senses in known.get(stems[number], ()):
            gap = _gap(rest, stems, number + 1)
            if gap is not None:
                if rest and gap == 0: inside.update(range(number, number + 1 + len(rest)))
                hits.append((number, rest, gap, others, senses))
    alls = [{} for _ in words]
    for number, rest, gap, others, senses in hits:
        factor = GAP**gap / (1 + SENSES * (senses - 1))
        if not rest:
            if words[number] in COMMON: factor *= HINT
            if number in inside: factor *= INSIDE
        alternatives = alls[number]
        for other, weight in others.items():
            if weight * factor > alternatives.get(other, 0.0):
                alternatives[other] = weight * factor
    for number, word in enumerate(words):
        alternatives = alls[number]
        if word not in COMMON:
            for length in (1, 2, 3):
                alternatives[joined(words[number : number + length])] = 1.0
        for other in alternatives:
            alternatives[other] *= AGAIN ** offered[other]
            offered[other] += 1
        places.append(alternatives)
    return places


def _gap(rest, stems, start):
    """How many words stand between those of a phrase."""
    gap = 0
    for word in rest:
        try:
            found = stems.index(word, start, start + 1 + _LONGEST_GAP)
        except ValueError:
            return None
        gap += found - start
        start = found + 1
    return gap


@cache
def _synonyms():
    """By its first word, the rest of each phrase and the words of names that it may stand for."""
    found = defaultdict(dict)
    senses: Counter = Counter()
    for entry in read_entries():
        names = {joined(words_of(phrase)) for phrase in entry.names}
        seen = set()
        for phrases, kind in ((entry.names, 0), (entry.said, 0), (entry.loose, 1)):
            for phrase in phrases:
                words = tuple(stem(word) for word in said_words(phrase) if word not in _ARTICLES)
                if words:
                    seen.add(words)
                    others = found[words]
                    weight = LOOSE if kind else PHRASE if len(words) > 1 else SYNONYM
                    for name in names:
                        others[name] = max(weight, others.get(name, 0.0))
        senses.update(seen)
    by_first = defaultdict(list)
    for (first, *rest), others in found.items():
        by_first[first].append((tuple(rest), others, senses[(first, *rest)]))
    return dict(by_first)


_INTENTS = {kind: [phrase.strip() for phrase in said.split("|")] for kind, said in INTENTS.items()}


def intents(request: str) -> dict[str, float]:
    """Which kinds of actions a request is for, and how surely."""
    said = f" {' '.join(words_of(request))} {'?' if '?' in request else ''} "
    found = {kind: 1.0 for kind, phrases in _INTENTS.items() if any(f" {phrase} " in said for phrase in phrases)}
    return found if "read" in found else {**found, "act": ACT}
