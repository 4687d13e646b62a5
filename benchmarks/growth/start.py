"""What the demo's start costs with ``drf_mcp`` and without it, in fresh processes that take turns."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

COLUMNS = ["start", "memory then", "first list", "memory of the first list"]
ROOT = Path(__file__).resolve().parent.parent.parent


def measure(times: int) -> Iterator[list[str]]:
    """One row without, one with, and one for what that adds, each the medians of so many processes."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        rounds = [[once(folder, is_without=is_without) for is_without in (True, False)] for _ in range(times + 1)]
    sides = zip(*rounds[1:], strict=True)  # the first round wrote the bytecode
    without, having = ([statistics.median(column) for column in zip(*side, strict=True)] for side in sides)
    yield ["without", *shown(without)]
    yield ["with", *shown(having)]
    yield ["more", *shown([more - less for more, less in zip(having, [*without, 0, 0], strict=True)])]


def once(folder: str, *, is_without: bool) -> list[float]:
    """The numbers of one process, with bytecode as a deployment has it."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.growth.demo",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": folder,
        **({"GROWTH_WITHOUT": "1"} if is_without else {}),
    }
    command = [sys.executable, "-m", "benchmarks.growth.start"]
    run = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout)


def shown(numbers: list[float]) -> list[str]:
    """Milliseconds and megabytes by turns."""
    units = ("ms", "MB", "ms", "MB")
    return [f"{number:,.0f} {unit}" for number, unit in zip(numbers, units, strict=False)] + ["-"] * (4 - len(numbers))


def main() -> None:
    """Print the numbers of this process: of the start since Python's own, and of the first list."""
    import time

    import django
    from django.conf import settings
    from django.urls import get_resolver

    django.setup()
    _ = get_resolver().url_patterns
    numbers = [time.process_time() * 1000, resident()]
    if "drf_mcp" in settings.INSTALLED_APPS:
        from django.core.management import call_command

        from .measured import Caller, milliseconds

        call_command("migrate", verbosity=0)
        root = Caller("root", is_superuser=True)
        root.get("/api/users/")
        before = resident()
        numbers += [milliseconds(lambda: root.post("tools/list")), resident() - before]
    sys.stdout.write(json.dumps(numbers))


def resident() -> float:
    """Megabytes that this process has."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


if __name__ == "__main__":
    main()
