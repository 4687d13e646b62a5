"""Words and their stems: what counts as the same word in requests, in names and in the thesaurus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['\u2019]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT = re.compile(
    r"\b(?:cannot|wont|cant"
    r"|(?:do|does|did|has|have|had|is|are|was|were|will|would|can|could|should|must|need)(?: not|nt))\b"
)
_ENDINGS = (
    ("ments", ""), ("ment", ""), ("ations", ""), ("ation", ""), ("ating", ""), ("ated", ""), ("ates", ""), ("ate", ""),
    ("tions", "t"), ("tion", "t"), ("sions", "s"), ("sion", "s"), ("ings", ""), ("ing", ""), ("ied", "y"),
    ("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("ed", ""), ("vals", "v"), ("val", "v"),
    ("wals", "w"), ("wal", "w"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""),
)  # fmt: skip
_IRREGULAR = """
    began begun begin, bent bend, bit bitten bite, bought buy, broke broken break, brought bring, built build,
    came come, caught catch, children child, chose chosen choose, drove driven drive, fallen fell fall, felt feel,
    fought fight, found find, forgot forgotten forget, gave given give, goes gone went go, got gotten get, grew grown
    grow, held hold, hidden hid hide, kept keep, knew known know, lent lend, lost lose, made make, men man, met meet,
    paid pay, ran run, rang rung ring, rose risen rise, said say, seen see, sent send, shown show, shipping ship,
    slept sleep, sold sell, spent spend, spoke spoken speak, stole stolen steal, stood stand, swam swim, taken took
    take, taught teach, threw thrown throw, told tell, thought think, understood understand, withdrew withdrawn
    withdraw, women woman, won win, worn wore wear, written wrote write
"""
_BASES = {word: words[-1] for line in _IRREGULAR.split(",") for words in [line.split()] for word in words[:-1]}


@lru_cache(maxsize=5_000)
def stem(word: str) -> str:
    """A word without its ending, so that ``invoices``, ``invoiced`` and ``invoicing`` are one, as ``paid`` and ``pay``.

    The endings are those of English; a word of another language keeps what looks like none.
    """
    word = _BASES.get(word, word)
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


def said_words(text: str) -> list[str]:
    """The words of a sentence, in which ``hasn't``, ``did not`` and ``cannot`` are all ``not``."""
    return _NOT.sub("not", " ".join(words_of(text))).split()


def joined(words: Sequence[str]) -> str:
    """Several words as one: a time sheet is a timesheet, and a tax return a ``TaxReturn``."""
    return stem("".join(words))


def stems_of(text: str) -> set[str]:
    """The stems of the words of a text or a name."""
    return {stem(word) for word in words_of(text)}
