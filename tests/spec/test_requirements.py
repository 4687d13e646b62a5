"""The manifest of rules: each names tests, and each test that is named exists."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "requirements.toml").read_text())


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


@pytest.mark.parametrize("name", sorted({name for rule in REQUIREMENTS.values() for name in rule["tests"]}))
def test_each_test_that_is_named_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert test in functions_of(path)
