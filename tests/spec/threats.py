"""``python -m tests.spec.threats``: the tests of all threats, which ``make check`` runs on PostgreSQL, too."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

THREATS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "threats.toml").read_text())
TESTS = sorted({name for threat in THREATS.values() for name in threat["tests"]})

if __name__ == "__main__":
    print(*TESTS, sep="\n")
