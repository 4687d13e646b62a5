"""No socket of Python's leads out of the server: each attempt is written down and refused.

Where a test has a server for ``outside.test`` (``THREATS_OUTSIDE`` is its port), that name has a public address,
behind which is that server; and other names have addresses at which nothing may be asked.
"""

from __future__ import annotations

import os
import socket
from typing import Any

PUBLIC, PRIVATE, METADATA = "93.184.216.34", "10.0.0.1", "169.254.169.254"
NAMES = {
    "outside.test": [PUBLIC],
    "inside.test": [PRIVATE],
    "both.test": [PUBLIC, PRIVATE],
    "metadata.test": [METADATA],
    "loop.test": ["127.0.0.1"],
}
_connect, _resolve = socket.socket.connect, socket.getaddrinfo


def connect(self: socket.socket, address: Any) -> Any:
    with open(f"{os.environ['DEMO_DATABASE']}.sockets", "a") as file:  # noqa: PTH123
        file.write(f"{address!r}\n")
    if "THREATS_OUTSIDE" in os.environ and address == (PUBLIC, 443):
        return _connect(self, ("127.0.0.1", int(os.environ["THREATS_OUTSIDE"])))
    raise OSError("No socket leads out of here.")


def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    if host in NAMES:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in NAMES[host]]
    return _resolve(host, port, *args, **kwargs)


def block() -> None:
    """For the process, which only ever accepts."""
    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect  # type: ignore[method-assign]
    socket.getaddrinfo = resolve
