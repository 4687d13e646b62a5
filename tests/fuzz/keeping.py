"""Keep of many inputs the fewest and shortest that lead through the same lines, one after the other."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from .targets import TARGETS, _endpoint

CORPUS = Path(__file__).parent / "corpus"
MOST = 35
"""How many inputs of one target are kept: those that add most."""


def reached(target: Callable[[bytes], None], data: bytes) -> set[tuple[str, int, int]]:
    """The steps from line to line that an input makes in this package."""
    steps: set[tuple[str, int, int]] = set()
    last: dict[int, int] = {}

    def local(frame: FrameType, event: str, _argument: Any) -> Any:
        steps.add((frame.f_code.co_filename, last.get(id(frame), 0), frame.f_lineno))
        last[id(frame)] = frame.f_lineno
        return local

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        return local if "/drf_mcp/" in frame.f_code.co_filename else None

    sys.settrace(trace)
    try:
        with contextlib.suppress(Exception):
            target(data)
    finally:
        sys.settrace(None)
    return steps


def keep(folder: Path, corpus: Path = CORPUS) -> None:
    """Take what was found below a folder into the corpus. What was put there by hand stays.

    Args:
        folder: Has ``TARGET/inputs``.
        corpus: Has ``TARGET``, whose files by hand are named ``finding-...``.
    """
    with _endpoint().open():
        for name, (target, _) in TARGETS.items():
            own, found = corpus / name, folder / name / "inputs"
            paths = [path for place in (own, found) if place.exists() for path in place.iterdir()]
            inputs = {path: path.read_bytes() for path in sorted(paths, key=lambda path: path.stat().st_size)}
            steps = {path: reached(target, data) for path, data in inputs.items()}
            chosen = {path: inputs[path] for path in inputs if path.name.startswith("finding-")}
            known = {step for path in chosen for step in steps.pop(path)}
            while len(chosen) < MOST and steps:
                best = max(steps, key=lambda path: len(steps[path] - known))  # of several the shortest
                if not steps[best] - known:
                    break
                known |= steps.pop(best)
                chosen[best] = inputs[best]
            shutil.rmtree(own, ignore_errors=True)
            own.mkdir(parents=True)
            for path, data in chosen.items():
                (own / (path.name if path.name.startswith("finding-") else path.name[:16])).write_bytes(data)
            print(f"{name:14} {len(inputs)} inputs, {len(chosen)} kept, {len(known)} steps")
