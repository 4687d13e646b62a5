"""The messages of the four seed documents, as they stand there: one file for each, with a line break at its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Exchange:
    """A request and the answer that the document shows for it."""

    seed: str
    name: str
    request: bytes
    response: Any

    def __str__(self) -> str:
        return f"{self.seed}-{self.name}"


def exchanges(seed: str) -> list[Exchange]:
    """The exchanges of a seed (``first`` to ``fourth``) in the order of the document."""
    found = []
    for path in sorted((_FOLDER / seed).glob("*.request.json")):
        name = path.name.removesuffix(".request.json")
        response = json.loads((path.parent / f"{name}.response.json").read_bytes())
        found.append(Exchange(seed, name, path.read_bytes().removesuffix(b"\n"), response))
    return found
