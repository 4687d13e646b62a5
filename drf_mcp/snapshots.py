"""Snapshots of the tools: a file to commit, and what has changed since, in lines that people read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .catalog import get_catalog

Definitions = Mapping[str, Mapping[str, Any]]


def catalog_definitions() -> dict[str, dict[str, Any]]:
    """The definitions of all tools of the project, by their names."""
    return {tool.name: json.loads(tool.encoded) for tool in get_catalog().tools}


def write_snapshot(path: str | Path, tools: Definitions) -> None:
    """Write the definitions of tools to a file, in the order of their names."""
    text = json.dumps([tools[name] for name in sorted(tools)], indent=2, ensure_ascii=False)
    Path(path).write_text(f"{text}\n", encoding="utf-8")


def read_snapshot(path: str | Path) -> dict[str, dict[str, Any]]:
    """Read what ``write_snapshot`` or ``mcp_tools --json`` wrote.

    Raises:
        OSError: There is no such file.
        ValueError: It is no list of tools.
    """
    tools = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(tools, list) or not all(isinstance(tool, dict) and "name" in tool for tool in tools):
        raise ValueError(f"{path} has no list of tools.")
    return {tool["name"]: tool for tool in tools}


def differences(before: Definitions, after: Definitions) -> list[str]:
    """What has changed, a line for each tool that came or went and for each value that differs.

    Args:
        before: The definitions of the snapshot.
        after: The definitions now.

    Returns:
        Lines that begin with ``+``, ``-`` or, under the name of a tool, with the path of the value.
    """
    lines = [f"- {name}" for name in sorted(before.keys() - after.keys())]
    lines += [f"+ {name}" for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        if changes := list(_changes(before[name], after[name], "")):
            lines += [f"~ {name}", *(f"    {change}" for change in changes)]
    return lines


def _changes(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in _keys(before, after):
            inner = f"{path}.{key}" if path else str(key)
            if key not in after:
                yield f"{inner}: was {_shown(before[key])}, is gone"
            elif key not in before:
                yield f"{inner}: is new, {_shown(after[key])}"
            else:
                yield from _changes(before[key], after[key], inner)
    elif before != after or type(before) is not type(after):
        yield f"{path}: was {_shown(before)}, is {_shown(after)}"


def _keys(before: Iterable[Any], after: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys([*before, *after]))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."
