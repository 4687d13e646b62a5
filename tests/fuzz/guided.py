"""Run one target under atheris, in a process of its own: ``python -m tests.fuzz.guided TARGET FOLDER [libFuzzer options]``.

What is found is written to ``FOLDER/findings``, once for each kind, and the run goes on.
"""

from __future__ import annotations

import hashlib
import resource
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import atheris

from .database import set_up

CORPUS = Path(__file__).parent / "corpus"


def main(name: str, folder: Path, options: list[str]) -> None:
    """Run until libFuzzer ends the process."""
    with atheris.instrument_imports(include=["drf_mcp"]):
        set_up()
        from . import targets  # noqa: PLC0415
        from .endpoint import MEGABYTES, SECONDS, Hang, _hang  # noqa: PLC0415
        from .oracle import Finding, kind_of  # noqa: PLC0415
    target, length = targets.TARGETS[name]
    findings = folder / "findings"
    for path in (folder, findings, folder / "inputs", CORPUS / name):
        path.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()

    def one_input(data: bytes) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.thread_time()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            target(data)
            if time.thread_time() - started > 1:
                raise Finding(f"it took {time.thread_time() - started:.1f} s")
            if (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024 > MEGABYTES:
                raise Finding("the peak of the memory grew")
        except (Exception, Hang) as error:
            kind = kind_of(error)
            if kind not in seen:
                seen.add(kind)
                digest = hashlib.sha256(data).hexdigest()[:12]
                (findings / digest).write_bytes(data)
                print(f"FOUND {name} {digest} {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    with ExitStack() as stack:
        stack.enter_context(targets._endpoint().open())
        signal.signal(signal.SIGALRM, _hang)
        for path in sorted((CORPUS / name).iterdir()):  # what is built on first use takes its time now
            target(path.read_bytes())
        own = ["-timeout=0", f"-max_len={length}", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"]
        folders = [] if any("merge=1" in option for option in options) else [str(folder / "inputs"), str(CORPUS / name)]
        atheris.Setup([sys.argv[0], *own, f"-artifact_prefix={findings}/", *options, *folders], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
