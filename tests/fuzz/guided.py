"""One target under atheris, in a process of its own: ``python -m tests.fuzz.guided TARGET FOLDER [OPTION...]``.

What is found is written to ``FOLDER/findings``, once for each kind, and the run goes on.
"""

from __future__ import annotations

import hashlib
import itertools
import sys
from contextlib import ExitStack
from pathlib import Path

import atheris

from .database import set_up

CORPUS = Path(__file__).parent / "corpus"


def main(name: str, folder: Path, options: list[str]) -> None:
    """Run until libFuzzer ends the process."""
    with atheris.instrument_imports(include=["drf_mcp"]):
        set_up()
        from . import targets
        from .endpoint import timely
        from .memory import Growth
        from .oracle import kind_of
    target, length = targets.TARGETS[name]
    findings = folder / "findings"
    for path in (folder, findings, folder / "inputs", CORPUS / name):
        path.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    growth, count = Growth(), itertools.count(1)

    def one_input(data: bytes) -> None:
        try:
            timely(lambda: target(data))
            if (number := next(count)) % 100 == 0:
                growth.check(number)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is a finding)
            kind = kind_of(error)
            if kind not in seen:
                seen.add(kind)
                digest = hashlib.sha256(data).hexdigest()[:12]
                (findings / digest).write_bytes(data)
                print(f"FOUND {name} {digest} {type(error).__name__}: {error}", file=sys.stderr)

    with ExitStack() as stack:
        stack.enter_context(targets._endpoint().open())
        for path in sorted((CORPUS / name).iterdir()):  # what is built on first use takes its time now
            target(path.read_bytes())
        own = ["-timeout=0", f"-max_len={length}", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"]
        folders = [str(folder / "inputs"), str(CORPUS / name)]
        atheris.Setup([sys.argv[0], *own, f"-artifact_prefix={findings}/", *options, *folders], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
