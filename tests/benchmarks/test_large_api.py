"""The large API and the requests fit together: what is asked for exists."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "large_api"
OPEN, HELD_BACK = (
    tomllib.loads((FOLDER / name).read_text())["request"] for name in ("requests.toml", "requests_held_back_2.toml")
)
REQUESTS = [*OPEN, *HELD_BACK]


@pytest.fixture(scope="module")
def listed():
    """What the command lists, in a process of its own: the models are called like those of the demo."""
    command = [sys.executable, "-m", "django", "mcp_tools", "--settings", "benchmarks.large_api.settings"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_catalog_is_large_and_has_every_expected_tool(listed):
    *lines, summary = listed
    names = {line.split()[0] for line in lines}
    assert [name for request in REQUESTS for name in request["tools"] if name not in names] == []
    assert 950 <= len(names) <= 1050
    assert summary == f"{len(names)} tools, 0 views left out."
    assert f"{len(names):,} tools" in (FOLDER / "README.md").read_text()


def test_each_of_a_hundred_requests_and_fifty_held_back_has_one_to_three_tools():
    assert (len(OPEN), len(HELD_BACK)) == (100, 50)
    assert len({request["text"] for request in REQUESTS}) == 150
    assert {len(set(request["tools"])) for request in REQUESTS} <= {1, 2, 3}
    assert all(request["asked"].strip() for request in REQUESTS)
    assert sum(request["held_back"] for request in OPEN) == 50
