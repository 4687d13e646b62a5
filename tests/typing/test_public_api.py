"""What the type checkers look at is the whole of the public API: all that a page of the documentation imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import drf_mcp
from drf_mcp import test as test_client
from tests.docs.pages import all_blocks

USED = Path(__file__).with_name("public_api.py")


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "drf_mcp":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_public_name_is_used_as_a_project_uses_it() -> None:
    public = {name for block in all_blocks("python") for name in imported(block.text)}
    public |= {f"{module.__name__}.{name}" for module in (drf_mcp, test_client) for name in module.__all__}

    assert len(public) > 30
    assert public - set(imported(USED.read_text())) == set()
