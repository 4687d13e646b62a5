"""``python -m benchmarks.guard``: fail where an MCP call has become clearly dearer beside the least that it can cost.

``floor`` says what that is. A ratio of CPU times above its limit is measured again before it counts.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from .client import Message
from .floor import floor_application, sides_of
from .in_process import Prepare, cpu_times

LIMITS = {
    "list, 100 rows": 1.35,
    "retrieve": 1.4,
    "failing create": 1.5,
    "create": 1.4,
    "initialize : retrieve": 1.7,
    "server/discover : retrieve": 1.6,
    "tools/list of 310 : retrieve": 2.4,
}
"""The highest ratio that passes: what was measured when it was set, and a fifth of it for noise."""

ROUNDS, TRIES = 100, 3


def main() -> None:
    """Measure, print, and end with 1 where a ratio is above its limit."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        prepare = floor_application(folder)
        sides = sides_of(prepare, is_filtered=False)
        failed = [name for name, limit in LIMITS.items() if not passes(name, limit, sides[name], prepare)]
    if failed:
        sys.exit(
            f"Clearly dearer than it was: {', '.join(failed)}. benchmarks.parts says where; LIMITS in "
            f"{Path(__file__).name}."
        )


def passes(name: str, limit: float, sides: Mapping[str, Callable[[], Message]], prepare: Prepare) -> bool:
    """Whether what MCP takes of the floor is within a limit, once in a few tries."""
    for _ in range(TRIES):
        times = cpu_times(sides, prepare, ROUNDS)
        ratio, of_rest = times["MCP"] / times["floor"], times["MCP"] / times["REST"]
        print(f"{name}: {ratio:.2f} of the floor, at most {limit:.2f}; {of_rest:.2f} of REST", flush=True)
        if ratio <= limit:
            return True
    return False


if __name__ == "__main__":
    main()
