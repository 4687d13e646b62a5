"""The cost curves can be measured: their first points, for what they say and not for how long they take."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


def test_each_curve_has_its_points() -> None:
    command = [sys.executable, "-m", "benchmarks.growth", "--up-to", "10"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert re.findall(r"^\| (tools|rows|listeners|\d+) \|", said, re.MULTILINE) == [
        *("tools", "10"),
        *("rows", "10"),
        *("listeners", "1", "10"),
    ]
    assert len(re.findall(r"\*\*\d\.\d\d\*\*", said)) == 2
