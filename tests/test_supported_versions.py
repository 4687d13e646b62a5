"""The versions that are supported are the same wherever they are named, and are the cells of the matrix."""

from __future__ import annotations

import configparser
import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

from tests.docs.pages import table

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSIONING = ROOT / "docs/explanation/versioning.md"

tox = configparser.ConfigParser()
tox.read(ROOT / "tox.ini")


def expanded(name: str) -> list[str]:
    """What tox makes of braces with alternatives."""
    parts = [part.split(",") for part in re.split(r"[{}]", name)]
    return ["".join(chosen) for chosen in itertools.product(*parts)]


CELLS = [cell for line in tox["tox"]["env_list"].split() for cell in expanded(line)]


def dotted(digits: str) -> str:
    return f"{digits[0]}.{digits[1:]}"


def classified(prefix: str) -> set[str]:
    matches = (re.fullmatch(rf"{prefix} :: (\d+\.\d+)", classifier) for classifier in PROJECT["classifiers"])
    return {match[1] for match in matches if match}


def drf_of(cell: str) -> list[str]:
    """What a cell wants of DRF."""
    factors, found = cell.split("-"), []
    for line in tox["testenv"]["deps"].strip().splitlines():
        condition, _, wanted = line.partition(": ")
        if wanted.startswith("djangorestframework") and cell_has(factors, condition):
            found.append(wanted)
    return found


def cell_has(factors: list[str], condition: str) -> bool:
    return any(set(alternative.split("-")) <= set(factors) for alternative in expanded(condition))


def test_the_cells_are_what_the_classifiers_name() -> None:
    pairs = {re.fullmatch(r"py(\d+)-django(\d+)-(?:oldest|newest)", cell).groups() for cell in CELLS}  # type: ignore[union-attr]
    pythons, djangos = {dotted(python) for python, _ in pairs}, {dotted(django) for _, django in pairs}

    assert pythons == classified("Programming Language :: Python")
    assert djangos == classified("Framework :: Django")
    # Django 6.0 has left Python 3.11.
    assert pairs == {
        pair for pair in itertools.product(*map(set, zip(*pairs, strict=True))) if pair[1] < "60" or pair[0] > "311"
    }
    assert len(CELLS) == 2 * len(pairs) == 20
    assert PROJECT["requires-python"] == f">={min(pythons, key=lambda text: int(text[2:]))}"
    assert PROJECT["dependencies"] == ["django>=5.2", "djangorestframework>=3.16"]


def test_each_cell_has_one_drf_and_the_page_on_versions_names_it() -> None:
    assert all(len(drf_of(cell)) == 1 for cell in CELLS)
    for django, pythons, drf in table(VERSIONING, "Django", "Python", "Django REST Framework"):
        digits = django.removesuffix(" LTS").replace(".", "")
        cells = [cell for cell in CELLS if f"-django{digits}-" in cell]
        found = sorted({dotted(cell[2 : cell.index("-")]) for cell in cells}, key=lambda text: int(text[2:]))
        oldest = {wanted for cell in cells if cell.endswith("oldest") for wanted in drf_of(cell)}
        assert pythons == f"{found[0]} to {found[-1]}"
        assert set(re.findall(r"(\d\.\d+) and newer", drf)) == {
            wanted.removeprefix("djangorestframework==").removesuffix(".0") for wanted in oldest
        }
