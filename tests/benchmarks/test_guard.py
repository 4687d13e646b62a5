"""What measures calls: it sees what has become dearer, and the profile has all of a call's parts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.client import Message
from benchmarks.guard import passes

ROOT = Path(__file__).parents[2]


def prepare(message: Message) -> Any:
    return lambda: bytes(sum(range(message.body)) % 2)


@pytest.mark.parametrize(("work", "is_within"), [(20_000, True), (80_000, False)])
def test_a_call_that_takes_clearly_more_of_the_floor_does_not_pass(work: int, is_within: bool) -> None:
    sides = {"REST": 20_000, "floor": 20_000, "MCP": work}
    makers = {name: lambda steps=steps: Message("GET", "/", steps) for name, steps in sides.items()}
    assert passes("work", 2.0, makers, prepare) is is_within


@pytest.mark.slow
def test_the_profile_has_the_parts_of_each_call() -> None:
    command = [sys.executable, "-m", "benchmarks.parts", "--rounds", "20"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "| **sum** | **" in said
    counted = [row for row in said.splitlines() if re.search(r"\| [1-9]\d*\.\d", row)]
    assert len(counted) > 12
