"""What processes hold in memory. Linux alone tells it; elsewhere nothing is held to a bound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .oracle import Finding

MEGABYTES = 200
"""By how much a process may grow after its first thousand inputs."""
AT_ONCE = 64
"""How much the peak of the process's memory may grow by one input."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


def held(pid: int | str = "self") -> int:
    """The megabytes that a process holds now."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * _PAGE >> 20


def family(pid: int) -> list[int]:
    """A process and its children, such as the workers of a server."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *map(int, children)]


class Growth:
    """Holds processes to a bound.

    Args:
        pids: Whose memory it is, by default this process's own.
        first: The inputs after which it is measured for the first time.
    """

    def __init__(self, pids: list[int] | None = None, first: int = 1000) -> None:
        self.pids: list[int | str] = [*(pids or ["self"])]
        self.first = first
        self.largest = 0
        self._base: dict[int | str, int] = {}

    def check(self, inputs: int) -> None:
        """Measure again.

        Raises:
            Finding: A process has grown too much.
        """
        found = {pid: held(pid) for pid in self.pids}
        self.largest = max(self.largest, *found.values())
        if inputs >= self.first:
            self._base = self._base or found
            for pid, megabytes in found.items():
                if megabytes - self._base[pid] > MEGABYTES:
                    raise Finding(f"the process has grown by {megabytes - self._base[pid]} MB since input {self.first}")


@contextmanager
def bounded() -> Iterator[None]:
    """Hold the peak of the memory to what one input may take, whatever the peak was before.

    Raises:
        Finding: It took more.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak is now what is held now
    except OSError:
        yield
        return
    before = held()
    yield
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) >> 10
    if peak - before > AT_ONCE:
        raise Finding(f"the peak of the memory grew by {peak - before} MB")
