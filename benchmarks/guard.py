"""``python -m benchmarks.guard``: fail where an MCP call has become clearly dearer beside the same REST call.

A ratio of CPU times above its limit is measured again before it counts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .in_process import Prepare, application, cpu_times

LIMITS = {
    "list, 100 rows": 1.4,
    "retrieve": 1.6,
    "failing create": 1.55,
    "tools/list : retrieve": 0.9,
    "initialize : retrieve": 0.9,
    "server/discover : retrieve": 0.9,
}
"""The highest ratio of CPU times that passes: what was measured when it was set, and a fifth of it for noise."""

ROUNDS, TRIES = 150, 3


def main() -> None:
    """Measure, print, and end with 1 where a ratio is above its limit."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        prepare = application(folder)
        failed = [name for name, limit in LIMITS.items() if not _passes(name, limit, prepare)]
    if failed:
        sys.exit(
            f"Clearly dearer than it was: {', '.join(failed)}. A profile says why; LIMITS in {Path(__file__).name}."
        )


def _passes(name: str, limit: float, prepare: Prepare) -> bool:
    from .operations import OPERATIONS

    operation = next(operation for operation in OPERATIONS if operation.name == name)
    for _ in range(TRIES):
        times = cpu_times({"REST": operation.rest, "MCP": operation.mcp}, prepare, ROUNDS)
        ratio = times["MCP"] / times["REST"]
        print(f"{name}: {ratio:.2f}, at most {limit:.2f}", flush=True)
        if ratio <= limit:
            return True
    return False


if __name__ == "__main__":
    main()
