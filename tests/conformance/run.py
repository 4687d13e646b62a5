"""Run the official conformance suite against the fixture: ``python -m tests.conformance.run``.

Every scenario has to pass without a warning, those that a revision scores and the others, but for what is
not built: the tasks extension. Its scenarios run all the same, and their outcome is printed and not judged.
``--serve PORT`` starts the fixture alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT, free_port, wait_for

FOLDER = Path(__file__).resolve().parent
SUITE = FOLDER / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
REVISIONS = ("2025-11-25", "2026-07-28")


def environment(port: int) -> dict[str, str]:
    """The environment of both processes: the fixture's settings, and Python's own Node on the path."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.conformance.settings",
        "PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def command(port: int) -> list[str]:
    """How the fixture is started: on loopback only, since it lets everybody in."""
    serve = [sys.executable, "-m", "uvicorn", "--host", "localhost", "--port", str(port), "--lifespan", "off"]
    return [*serve, "--log-level", "warning", "tests.conformance.asgi:application"]


@contextlib.contextmanager
def serving(port: int) -> Iterator[str]:
    """Serve the fixture; gives its address."""
    process = subprocess.Popen(command(port), cwd=ROOT, env=environment(port))
    try:
        wait_for(port, process)
        yield f"http://localhost:{port}/mcp/"
    finally:
        process.terminate()
        process.wait(timeout=10)


NOT_BUILT = re.compile(r"tasks-")
"""The scenarios of extensions that this package does not have."""


@dataclass(frozen=True)
class Outcome:
    """What came of one revision's scenarios.

    Args:
        revision: The revision.
        scored: The names of those that it requires.
        passed: Whether each that ran has passed, by name; one that checked nothing has not.
        warnings: Warnings, as ``scenario: text``.
    """

    revision: str
    scored: set[str]
    passed: dict[str, bool]
    warnings: list[str]

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, in words."""
        failed = [f"{name} failed" for name, passed in self.passed.items() if not passed and not NOT_BUILT.match(name)]
        missing = [f"{name} did not run" for name in sorted(self.scored - self.passed.keys())]
        return [*failed, *missing, *self.warnings]

    def __str__(self) -> str:
        others = self.passed.keys() - self.scored
        built = {name for name in others if not NOT_BUILT.match(name)}
        counts = [(self.scored, "scored"), (built, "not scored"), (others - built, "of extensions that are not built")]
        passed = ", ".join(
            f"{sum(map(self.passed.get, names & self.passed.keys()))} of {len(names)} {what}" for names, what in counts
        )
        return "\n".join([f"{self.revision}: passed {passed}; {len(self.warnings)} warnings", *self.faults])


def run_suite(url: str, revision: str, port: int) -> Outcome:
    """Run the scenarios of a revision, and print what the suite says of them."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            ["node", SUITE, "server", "--url", url, "--requirements", revision, "--output-dir", folder],
            env=environment(port),
            capture_output=True,
            text=True,
            check=False,
        )
        checks = {path.parent.name: json.loads(path.read_text()) for path in Path(folder).rglob("checks.json")}
    output = re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout)
    print(output[output.rfind("=== SUMMARY ===") :].strip(), ran.stderr.strip(), sep="\n")
    required = (SUITE.parent.parent / f"requirements/{revision}.yaml").read_text()
    (section,) = re.findall(r"^server:\n((?:  - .*\n|\s*#.*\n|\n)+)", required, re.MULTILINE)
    passed = re.findall(r"^(✓|✗) ([\w-]+): (\d+) passed", output, re.MULTILINE)
    warnings = [
        f"{folder}: {check.get('errorMessage') or check['name']}"
        for folder, found in checks.items()
        for check in found
        if check["status"] == "WARNING" and "tasks-" not in folder
    ]
    return Outcome(
        revision,
        set(re.findall(r"^  - ([\w-]+)", section, re.MULTILINE)),
        {name: mark == "✓" and count != "0" for mark, name, count in passed},
        warnings,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=int, metavar="PORT", help="start the fixture alone")
    if port := parser.parse_args().serve:
        os.chdir(ROOT)
        os.execve(sys.executable, command(port), environment(port))
    port = free_port()
    with serving(port) as url:
        outcomes = [run_suite(url, revision, port) for revision in REVISIONS]
    print("", *outcomes, sep="\n")
    return int(any(outcome.faults for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
