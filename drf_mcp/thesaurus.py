"""English words that mean the same in requests and in names, and words that tell what kind of action is wanted.

They are of the daily business of companies in general: people say bill, client and laptop, names say invoice,
customer and device; people say that somebody is ill or that something never arrived. A project whose objects have
words of their own says them in its docstrings and help texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMMON = """
    a about actually after again all already also always am an and any are as at away back be because been before
    being both but by call called can cannot cause come comes could did do does doing done down each else even ever
    every everyone everybody everything from for further gave get gets getting give gives go goes going gone gonna got
    had has have having he help her here hers him himself his how however i if in instead into is it its itself just
    keep kept kind know knows let lets like made make makes making many may maybe me mine more most much must my myself
    need needs neither never next no nobody nor not nothing now of off often ok on once one ones only or other others
    ought our ours out over own per perhaps please put rather really right said same say says see seem seems shall she
    should show since so some somebody someone something soon still such sure take takes tell than thank thanks that
    the their them themselves then there these they thing things this those though through thus till to today together
    tomorrow tonight too took toward under until up upon us use used using very via wait want wants was way we well
    went were what when whenever where whether which while who whoever whole whom whose why will with within without
    would yes yesterday yet you your yours yourself
    im ive id ill youre youve hes shes its were theyre weve theyve thats theres whats wheres whos lets dont doesnt
    didnt isnt arent wasnt werent wont wouldnt cant couldnt shouldnt havent hasnt hadnt
    day days week weeks month months year years monday tuesday wednesday thursday friday saturday sunday morning
    afternoon evening night noon time last first second third two three four five six seven eight nine ten half few
    lot lots little bit mr mrs ms dr man woman guy people person sir madam new old good bad big small long short
"""
COMMON = frozenset(_COMMON.split())
"""What a request says without meaning any tool."""

INTENTS = {
    "list": """?|how many|how much|which|what|whats|who|whose|whom|where|wheres|show|list|find|look up|look for
        |search|see|get me|give me|tell me|all|overview|any|is there|are there|do we have|everyone
        |everybody|who still""",
    "retrieve": """how much|what is|whats|where is|wheres|show|details|look up|look at|open|read|get
        |check|see|status""",
    "read": """?|how many|how much|how|which|what|whats|who|whose|where|wheres|when|show|check|see|is|are|overview
        |summary|total|average|report""",
    "create": """add|new|create|make|book|register|enter|record|log|note|file|submit|request|order|open|start|set up
        |sign up|schedule|plan|need|want|id like|would like|give|get|write|post|put|upload|send|invite|hire
        |apply|ask|raise|issue|forgot|called in|reserve|arrange|charge|draft|prepare|report""",
    "update": """change|edit|update|correct|fix|set|rename|move|modify|adjust|replace|switch|instead|wrong|should
        |from now on|no longer|moved|is now|make it|extend|shift|put off|postpone|increase|raise|lower|typo
        |misspelt|misspelled""",
    "destroy": """delete|remove|drop|erase|discard|get rid of|throw away|throw out|take off|take down|scrap|clear
        |wipe|cancel|duplicate|no longer need|take out|dont need""",
}
"""By kind of action, what a request for one has: words and phrases, with a bar between two; ``?`` is the mark."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What people say for a thing or a deed, and what names say for it.

    Args:
        names: Words that stand in names, and for one another; several such groups where it says several things.
        said: Words and phrases that people say for it.
        loose: Words and phrases that may mean it.
    """

    names: tuple[tuple[str, ...], ...]
    said: tuple[str, ...]
    loose: tuple[str, ...]


def read_entries() -> Iterator[Entry]:
    """Read ``thesaurus.txt``, whose first lines say how it is written."""
    text = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    for line in text.replace("\n  ", " ").splitlines():
        if line and not line.startswith("#"):
            names, _, people = line.partition(":")
            said, _, loose = people.partition("~")
            yield Entry(tuple(map(_phrases, names.split(" + "))), _phrases(said), _phrases(loose))


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))
