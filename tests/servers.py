"""Real servers for tests: gunicorn or uvicorn, on a free port, with a database of their own."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

COMMANDS = {
    "gunicorn": ["gunicorn", "--no-control-socket", "--workers", "2", "--bind", "127.0.0.1:{port}", "{project}.wsgi"],
    "gthread": [
        *["gunicorn", "--no-control-socket", "--workers", "2", "--threads", "4", "--worker-class", "gthread"],
        *["--bind", "127.0.0.1:{port}", "{project}.wsgi"],
    ],
    "gunicorn-uvicorn": [
        *["gunicorn", "--no-control-socket", "--workers", "2", "--worker-class", "uvicorn_worker.UvicornWorker"],
        *["--bind", "127.0.0.1:{port}", "{project}.asgi:application"],
    ],
    "uvicorn-workers": [
        *["uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--lifespan", "off", "--workers", "2"],
        "{project}.asgi:application",
    ],
    "uvicorn": [
        "uvicorn",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "--lifespan",
        "off",
        "{project}.asgi:application",
    ],
}


@dataclass
class Server:
    """A running server.

    Args:
        url: Its origin, such as ``http://127.0.0.1:45001``.
        process: The server's process.
        log: The file that has its output.
        database: The SQLite database that it works on.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    database: Path

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def demo_environment(database: Path, settings: str = "config.settings", **variables: str) -> dict[str, str]:
    """The environment of a process that runs a project on this database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "DEMO_DATABASE": str(database),
        "DEMO_MEDIA": str(database.parent / "media"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **variables,
    }


def make_database(path: Path, settings: str = "config.settings") -> Path:
    """Migrate a new SQLite database and fill it with the demo's users."""
    for command in (["migrate", "-v0"], ["demo_data"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=demo_environment(path, settings),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return path


def start_server(
    kind: str,
    folder: Path,
    template: Path,
    *,
    settings: str = "config.settings",
    project: str = "config",
    root: Path = ROOT,
    **env: str,
) -> Server:
    """Start a server on a copy of a database, and of the files beside it, and wait until it answers.

    Args:
        kind: ``gunicorn`` (2 sync workers), ``gthread`` (2 workers of 4 threads), ``uvicorn``,
            ``uvicorn-workers`` (2 of them), or ``gunicorn-uvicorn`` (2 of uvicorn's workers under gunicorn).
        folder: Where the copy and the log go.
        template: The database to copy.
        settings: The settings module.
        project: The package that has ``wsgi`` and ``asgi``.
        root: The folder that has all packages.
        env: More environment variables.
    """
    database = folder / "db.sqlite3"
    shutil.copy(template, database)
    if (files := template.parent / "media").exists():
        shutil.copytree(files, folder / "media")
    port = free_port()
    log = folder / "server.log"
    command = [part.format(port=port, project=project) for part in COMMANDS[kind]]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=root,
            env=demo_environment(database, settings, **{"DEMO_PUBLIC_URL": f"http://127.0.0.1:{port}", **env}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log, database)
    try:
        wait_for(port, process)
    except RuntimeError as error:
        server.stop()
        raise RuntimeError(f"{kind} did not start:\n{log.read_text()}") from error
    return server


def make_certificate(path: Path, host: str) -> Path:
    """Write a certificate for a host, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process that was just started takes connections.

    Raises:
        RuntimeError: It ended, or took none in a minute.
    """
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("The server did not start.")
