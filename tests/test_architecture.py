"""The shape of the code: layers, size, and words on everything public."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "drf_mcp"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
PROTOCOL = sorted((PACKAGE / "protocol").rglob("*.py"))

MAX_LINES = 350
LARGER: dict[str, str] = {}
"""Files that may have more lines, each with its reason."""


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.skipif(find_spec("importlinter") is None, reason="import-linter is installed by `make check` only")
def test_imports_go_downhill_only() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def imported_by(path: Path) -> set[str]:
    """The top-level modules that a file imports, those of its own package under its full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("path", PROTOCOL, ids=name_of)
def test_the_protocol_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    for module in imported_by(path):
        is_its_own = module.startswith(".") and not module.startswith("..")
        assert is_its_own or module.partition(".")[0] in sys.stdlib_module_names, f"{name_of(path)} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_longer_than_a_reader_can_hold(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if name_of(path) in LARGER:
        assert lines > MAX_LINES, f"{name_of(path)} needs no exception any more"
    else:
        assert lines <= MAX_LINES, f"{name_of(path)} has {lines} lines"


def test_each_exception_has_a_file() -> None:
    assert set(LARGER) <= {name_of(path) for path in FILES}


def undocumented(node: ast.AST, prefix: str = "") -> list[str]:
    """Public classes, functions and methods without a docstring, and what is in those classes."""
    found = []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or child.name.startswith("_"):
            continue
        name = f"{prefix}{child.name}"
        if ast.get_docstring(child) is None:
            found.append(name)
        if isinstance(child, ast.ClassDef):
            found += undocumented(child, f"{name}.")
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_each_public_name_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert undocumented(tree) == []
    assert ast.get_docstring(tree) or not tree.body, "the module says nothing of itself"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_module_has_a_name_that_says_nothing(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "misc", "base"}
