"""The server under measurement: started on a fresh database, its CPU time read, always stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"

# One process and one thread that runs views, so that its CPU time is the time of the calls. Gunicorn's
# sync worker closes the connection after each answer; gthread keeps it, as real servers do.
COMMANDS = {
    "gunicorn": [
        *["gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", "{threads}", "--keep-alive", "75"],
        *["--log-level", "warning", "--bind", f"{HOST}:{{port}}", "benchmarks.project.servers:wsgi"],
    ],
    "uvicorn": [
        *["uvicorn", "--workers", "1", "--timeout-keep-alive", "75", "--lifespan", "off", "--no-access-log"],
        *["--log-level", "warning", "--host", HOST, "--port", "{port}", "benchmarks.project.servers:asgi"],
    ],
}


class CPUClock:
    """The CPU time that all threads of another process have used.

    Linux answers in nanoseconds; where that clock is missing, ``/proc/PID/stat`` counts ticks of
    mostly 10 ms; where that is missing too, there is no answer and the columns stay empty.

    Args:
        pid: The process.
    """

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._stat = Path(f"/proc/{pid}/stat")
        self._clock_id = (~pid << 3) | 2  # what clock_getcpuclockid(3) gives on Linux
        self.kind = "none"
        if sys.platform == "linux":
            self.kind = "ticks"
            with suppress(OSError):
                time.clock_gettime_ns(self._clock_id)
                self.kind = "nanoseconds"

    def read(self) -> float | None:
        """Seconds of CPU time up to now, None where nothing tells."""
        if self.kind == "nanoseconds":
            return time.clock_gettime_ns(self._clock_id) / 1e9
        if self.kind == "ticks":
            user, system = self._stat.read_text().rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        return None

    def read_at_rest(self) -> float | None:
        """The same, once every thread sleeps: work that goes on after an answer belongs to that answer.

        It waits for 50 ms at most, and sleeps in between so as not to slow the server's last steps.
        """
        for _ in range(500):
            if self.kind == "none" or self._is_at_rest():
                break
            time.sleep(0.0001)
        return self.read()

    def _is_at_rest(self) -> bool:
        for task in self._tasks.iterdir():
            with suppress(OSError):  # a thread that has just ended
                if (task / "stat").read_text().rpartition(")")[2].split()[0] != "S":
                    return False
        return True


@dataclass(frozen=True)
class Server:
    """A running server.

    Args:
        port: Where it listens, on 127.0.0.1.
        token: The key of the user who calls.
        cpu: The CPU time of the process that runs the views.
    """

    port: int
    token: str
    cpu: CPUClock


@contextmanager
def running_server(kind: str, folder: Path, python: str = sys.executable, threads: int = 1, **variables: str):
    """Start a server on a new database, and stop it whatever happens.

    Args:
        kind: A key of ``COMMANDS``.
        folder: An empty folder for the database and the log.
        python: The interpreter that runs it.
        threads: How many of gunicorn's run views; one that calls itself needs two.
        variables: More of its environment.

    Yields:
        The server, which has answered a connection.

    Raises:
        RuntimeError: It did not start.
    """
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.project.settings",
        "BENCHMARK_FOLDER": str(folder),
        "BENCHMARK_RECORD": "none",
        **variables,
    }
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    environment["BENCHMARK_PORT"] = str(port)
    fill = [python, "-m", "benchmarks.project.fill"]
    token = subprocess.run(fill, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    command = [python, "-m", *(part.format(port=port, threads=threads) for part in COMMANDS[kind])]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_it_listens(process, port, log)
        yield Server(port, token, CPUClock(int((folder / "pid").read_text())))
    finally:
        _stop(process)


def _wait_until_it_listens(process, port, log) -> None:
    pid = log.parent / "pid"
    for _ in range(300):
        with socket.socket() as probe:
            is_listening = probe.connect_ex((HOST, port)) == 0
        # Gunicorn listens before its worker has imported the project.
        if is_listening and pid.exists() and pid.read_text():
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}")


def _stop(process) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
            return
