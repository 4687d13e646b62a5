"""Run the official conformance suite against the fixture: ``python -m tests.conformance.run``.

What is not built yet is listed in ``expected-failures-*.yaml``; the run fails for any other failure, and
for an entry that has come to pass. A warning counts as a failure. ``--serve PORT`` starts the fixture alone.
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


def run_suite(url: str, revision: str, port: int) -> int:
    """Run the scenarios that a revision requires and print what came of them; 0 where all is as expected."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [
                *["node", SUITE, "server", "--url", url, "--requirements", revision, "--output-dir", folder],
                *["--expected-failures", str(FOLDER / f"expected-failures-{revision}.yaml")],
            ],
            env=environment(port),
            capture_output=True,
            text=True,
            check=False,
        )
        checks = [check for path in Path(folder).rglob("checks.json") for check in json.loads(path.read_text())]
    output = re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout)
    print(output[output.rfind("=== SUMMARY ===") :].strip(), ran.stderr.strip(), sep="\n")
    print(
        f"\n{revision}: {totals(output, revision)}, {sum(check['status'] == 'WARNING' for check in checks)} warnings\n"
    )
    return ran.returncode


def totals(output: str, revision: str) -> str:
    """How many scenarios passed, those that the revision scores and the others."""
    required = (SUITE.parent.parent / f"requirements/{revision}.yaml").read_text()
    (section,) = re.findall(r"^server:\n((?:  - .*\n|\s*#.*\n|\n)+)", required, re.MULTILINE)
    scored = set(re.findall(r"^  - ([\w-]+)", section, re.MULTILINE))
    passed = {name: mark == "✓" for mark, name in re.findall(r"^(✓|✗) ([\w-]+): \d+ passed", output, re.MULTILINE)}
    of_scored, of_others = (
        f"{sum(passed[name] for name in names)} of {len(names)}" for names in (scored, passed.keys() - scored)
    )
    return f"{of_scored} scored scenarios passed, {of_others} not scored"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=int, metavar="PORT", help="start the fixture alone")
    if port := parser.parse_args().serve:
        os.chdir(ROOT)
        os.execve(sys.executable, command(port), environment(port))
    port = free_port()
    with serving(port) as url:
        return max([run_suite(url, revision, port) for revision in REVISIONS])


if __name__ == "__main__":
    sys.exit(main())
