"""No socket of Python's leads out of the server: each attempt is written down and refused."""

from __future__ import annotations

import os
import socket
from typing import Any


def refuse(_socket: Any, address: Any) -> Any:
    with open(f"{os.environ['DEMO_DATABASE']}.sockets", "a") as file:  # noqa: PTH123
        file.write(f"{address!r}\n")
    raise OSError("No socket leads out of here.")


def block() -> None:
    """For the process, which only ever accepts."""
    socket.socket.connect = refuse  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign, assignment]
