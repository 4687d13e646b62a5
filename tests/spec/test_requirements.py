"""The manifests of rules and of threats: each entry names tests, and each test that is named exists."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .threats import TESTS, THREATS

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "requirements.toml").read_text())
NAMED = {name for entry in (*REQUIREMENTS.values(), *THREATS.values()) for name in entry["tests"]}
LIVE = "tests/threats/"
"""Where servers are on the database that the tests are on."""


@cache
def functions_of(path: str) -> set[str]:
    """The test functions of a file, those in classes as ``Class::test``."""
    found = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


@pytest.mark.parametrize("rule", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_each_rule_is_one_sentence_with_its_source_and_its_tests(rule: dict[str, Any]) -> None:
    assert set(rule) == {"spec", "rule", "tests"}
    assert rule["spec"]
    assert rule["rule"].endswith(".")
    assert len(rule["tests"]) == len(set(rule["tests"])) > 0


def test_no_threat_is_left_out() -> None:
    assert list(THREATS) == [f"T{number:02}" for number in range(1, 39)]


@pytest.mark.parametrize("threat", THREATS.values(), ids=THREATS)
def test_each_threat_has_what_holds_against_it_and_its_tests(threat: dict[str, Any]) -> None:
    assert set(threat) == {"holds", "tests"}
    assert threat["holds"].endswith(".")
    assert len(threat["tests"]) == len(set(threat["tests"])) > 0
    assert any(name.startswith(LIVE) for name in threat["tests"])  # tried against a live server


def test_each_test_of_a_threat_is_run_on_postgresql_too() -> None:
    (line,) = re.findall(
        r"^\ttests/with-postgres \$\(BIN\)/pytest (?:.*\\\n)*.*", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    assert "-m tests.spec.threats)" in line
    printed = subprocess.run(
        [sys.executable, "-m", "tests.spec.threats"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert printed.stdout.split() == TESTS


@pytest.mark.parametrize("name", [name for name in TESTS if not name.startswith(LIVE)])
def test_what_starts_a_server_elsewhere_is_no_test_of_a_threat(name: str) -> None:
    """Such a server would be on SQLite whatever the tests are on."""
    path, _, test = name.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    marks = [ast.unparse(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in test.split("::"):
            marks += [ast.unparse(decorator) for decorator in node.decorator_list]
    assert not [mark for mark in marks if "mark.live" in mark]


@pytest.mark.parametrize("name", sorted(NAMED))
def test_each_test_that_is_named_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert test in functions_of(path)
