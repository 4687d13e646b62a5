"""What a request may mean: for each of its words and phrases, the words that may stand for it in names of tools."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from .stems import joined, said_words, stem, words_of
from .thesaurus import COMMON, INTENTS, read_entries

LITERAL, SYNONYM, PHRASE, LOOSE = 0.85, 0.75, 0.9, 0.55
"""What a word of the request itself is worth, another for it, one for several words, and one that comes to mind."""
HINT, COMMON_PHRASE = 0.4, 0.75
"""What is left of that for a word that nearly every request has, and for a phrase of nothing but such words."""
GAP = 0.85
"""What each word is worth that stands between those of a phrase, as in ``let Oliver go``."""
INSIDE = 0.7
"""What a word is worth that is part of a phrase: first aid is no aid."""
AGAIN = 0.5
"""What a meaning is worth each time that it comes again."""
ACT = 0.7
"""How surely a request that asks nothing is for an action that is none of DRF's own."""

_WIDEST = 3
"""How many words may stand between two of a phrase."""
_ARTICLE_WORDS = "a an any her his its mr mrs ms my our some that the their these this those your"
_ARTICLES = frozenset(_ARTICLE_WORDS.split())
_COMMON = frozenset(map(stem, COMMON))

_Phrase = tuple[str, ...]
_Names = Mapping[str, float]


def expanded(request: str) -> list[dict[str, float]]:
    """For each place in a request, the words that may stand there in a tool, and what they are worth."""
    words = _said(request)
    stems = [stem(word) for word in words]
    places: list[dict[str, float]] = [{} for _ in words]
    inside: set[int] = set()
    beside: list[dict[str, float]] = []
    for number, phrase, gap, meant in _phrases_in(stems):
        if len(phrase) > 1:
            if not gap:
                inside.update(range(number, number + len(phrase)))
            factor = GAP**gap * (COMMON_PHRASE if _COMMON.issuperset(phrase) else 1.0)
            _raise(places[number], meant[0], factor)
            beside += [{name: weight * factor for name, weight in names.items()} for names in meant[1:]]
    for number, word in enumerate(words):
        factor = (HINT if word in COMMON else 1.0) * (INSIDE if number in inside else 1.0)
        for names in _known().get(stems[number], {}).get((stems[number],), [])[:1]:
            _raise(places[number], names, factor)
        if word not in COMMON:
            itself = {joined(words[number : number + length]): LITERAL for length in (1, 2, 3)}
            _raise(places[number], itself, 1.0)
    places += beside
    offered: Counter[str] = Counter()
    for alternatives in places:
        for name in alternatives:
            alternatives[name] *= AGAIN ** offered[name]
            offered[name] += 1
    return places


def _said(text: str) -> list[str]:
    return [word for word in said_words(text) if word not in _ARTICLES]


def _raise(alternatives: dict[str, float], names: _Names, factor: float) -> None:
    for name, weight in names.items():
        alternatives[name] = max(weight * factor, alternatives.get(name, 0.0))


def _phrases_in(stems: Sequence[str]) -> Iterator[tuple[int, _Phrase, int, list[dict[str, float]]]]:
    """The phrases of the thesaurus that stand in a request: where, which, how many words between, what they mean."""
    for number, word in enumerate(stems):
        for phrase, meant in _known().get(word, {}).items():
            gap, last = 0, number
            for following in phrase[1:]:
                window = stems[last + 1 : last + 2 + _WIDEST]
                if following not in window:
                    break
                gap += window.index(following)
                last += 1 + window.index(following)
            else:
                yield number, phrase, gap, meant


@cache
def _known() -> dict[str, dict[_Phrase, list[dict[str, float]]]]:
    """The words and phrases of the thesaurus by their first word, with the words of names that they may stand for.

    A phrase that says two things at once, what is done and to what, has what it says second in a list of its own.
    """
    known: dict[str, dict[_Phrase, list[dict[str, float]]]] = defaultdict(dict)
    for entry in read_entries():
        groups = [{joined(words_of(name)) for name in group} for group in entry.names]
        own = [(entry.names[0], False)] if len(groups) == 1 else []
        for phrases, is_loose in (*own, (entry.said, False), (entry.loose, True)):
            for phrase in phrases:
                if stems := tuple(map(stem, _said(phrase))):
                    weight = LOOSE if is_loose else PHRASE if len(stems) > 1 else SYNONYM
                    meant = known[stems[0]].setdefault(stems, [{}])
                    _raise(meant[0], dict.fromkeys(groups[0], weight), 1.0)
                    meant += [dict.fromkeys(group, weight) for group in groups[1:]]
    return dict(known)


_INTENTS = {kind: [phrase.strip() for phrase in said.split("|")] for kind, said in INTENTS.items()}


def intents(request: str) -> dict[str, float]:
    """Which kinds of actions a request is for, and how surely."""
    said = f" {' '.join(words_of(request))} {'?' if '?' in request else ''} "
    found = {kind: 1.0 for kind, phrases in _INTENTS.items() if any(f" {phrase} " in said for phrase in phrases)}
    return found if "read" in found else {**found, "act": ACT}
