"""``outside.test``: a host of the internet, as far as the attacked server can tell, with a bad answer for each path."""

from __future__ import annotations

import json
import os
import socketserver
import ssl
import time
from collections import Counter
from pathlib import Path
from threading import Thread
from typing import Any

from tests.servers import make_certificate

HOST = "outside.test"
SECONDS = 20
"""How long the slow answers go on for: far longer than anybody may wait."""


def document(path: str, **changed: Any) -> bytes:
    """What a client says of itself at that path."""
    said = {"client_name": "Outside", "redirect_uris": ["https://client.example/callback"]}
    return json.dumps({"client_id": f"https://{HOST}{path}", **said, **changed}).encode()


def whole(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


ANSWERS = {
    "/good.json": whole(document("/good.json")),
    "/again.json": whole(document("/again.json")),
    "/to-inside": whole(b"", "302 Found", "Location: https://169.254.169.254/latest/meta-data"),
    "/to-good": whole(b"", "301 Moved", f"Location: https://{HOST}/good.json"),
    "/broken": whole(b"", "500 Oops"),
    "/large": whole(document("/large", padding="x" * 16_384)),
    "/list": whole(b"[]"),
    "/no-json": whole(b"{"),
    "/anothers": whole(document("/good.json")),
    "/secret": whole(document("/secret", client_secret="x")),
    "/evil": whole(document("/evil", redirect_uris=["http://evil.example/"])),
    "/implicit": whole(document("/implicit", grant_types=["implicit"])),
    "/nothing": b"",
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ENDLESS = {
    "/gigabyte": (HEAD + b"Content-Length: 1000000000\r\n\r\n", b"[" * 65_536, 0.0),
    "/drip": (HEAD + b"Content-Length: 9999\r\n\r\n", b" ", 0.1),
    "/drip-headers": (HEAD, b"x", 0.1),
    "/silence": (b"", b"", 0.1),
}


class Outside:
    """The host.

    Args:
        folder: Where its certificate goes.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate = make_certificate(folder / "both.pem", HOST)
        self.asked: list[str] = []
        self.sent: Counter[str] = Counter()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        outside = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    with context.wrap_socket(self.request, server_side=True) as tls:
                        outside.answer(tls)
                except OSError:  # who asked has hung up
                    pass

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What lets a server find it, and trust it."""
        return {
            "THREATS_OUTSIDE": str(self._server.server_address[1]),
            "SSL_CERT_FILE": os.fspath(self.certificate),
        }

    def answer(self, tls: ssl.SSLSocket) -> None:
        """Answer one request."""
        path = tls.recv(65_536).split(b" ")[1].decode()
        self.asked.append(path)
        if path in ANSWERS:
            tls.sendall(ANSWERS[path])
            return
        head, part, pause = ENDLESS[path]
        tls.sendall(head)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            tls.sendall(part)
            self.sent[path] += len(part)
            time.sleep(pause)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
