"""The manifests of rules and of threats: each entry names tests, and each test that is named exists."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "requirements.toml").read_text())
THREATS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "threats.toml").read_text())
NAMED = {name for entry in (*REQUIREMENTS.values(), *THREATS.values()) for name in entry["tests"]}


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


@pytest.mark.parametrize("name", sorted(NAMED))
def test_each_test_that_is_named_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert test in functions_of(path)
