"""Client ID metadata documents: a client is known by the address of what it says of itself.

The address comes from outside and this server asks there, so this is where a forged request could begin.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.urls import reverse
from oauth2_provider.cimd import (
    CIMDError,
    SafeMetadataFetcher,
    _resolve_and_validate,
    _validate_client_id_url,
)
from oauth2_provider.settings import oauth2_settings

from .clients import ClientMetadataError, kept_of

DOCUMENTS_OWN = ("client_id", "client_secret", "client_secret_expires_at")
"""What the library looks at itself: the document is the client's, and has no secret."""


class AfterSignIn:
    """Clients are met on the page of consent alone, so after somebody has signed in.

    Elsewhere anybody could let this server fetch any address, and fill a table with clients.
    """

    def has_permission(self, request: Any, client_id: str) -> bool:
        """Whether a client that is not known yet may be looked up.

        Args:
            request: The request as oauthlib has it.
            client_id: The address.
        """
        return urlsplit(str(request.uri)).path == reverse("oauth2_provider:authorize")


class Fetcher(SafeMetadataFetcher):  # type: ignore[misc]  # the library has no types
    """Fetches a document, in so many seconds whatever the other side does, and keeps of it what is used here.

    The library's own fetcher waits so long for each piece, so that one byte at a time keeps it busy for hours.
    """

    def fetch(self, client_id: str) -> tuple[dict[str, Any], int]:
        """Fetch a client's document.

        Args:
            client_id: Its address.

        Returns:
            What is kept of it, and for how many seconds it is good.

        Raises:
            CIMDError: There is none, it came too late, or it cannot be accepted.
        """
        document, seconds = self.ask(_validate_client_id_url(client_id))
        try:
            kept = kept_of(document)
        except ClientMetadataError as error:
            raise CIMDError(error.description) from error
        return {**{name: document[name] for name in DOCUMENTS_OWN if name in document}, **kept}, seconds

    def ask(self, url: SplitResult) -> tuple[dict[str, Any], int]:
        """Ask each address of the host until one answers, all of them together in the time that there is."""
        deadline = time.monotonic() + oauth2_settings.CIMD_FETCH_TIMEOUT_SECONDS
        problem: Exception | None = None
        for address in _resolve_and_validate(url.hostname, url.port or 443):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            connection = PinnedConnection(address, url, timeout=remaining)
            hang_up = threading.Timer(remaining, connection.abort)
            hang_up.start()
            try:
                path = f"{url.path}?{url.query}" if url.query else url.path
                accept = "application/json, application/*+json"
                connection.request("GET", path, headers={"Host": url.netloc, "Accept": accept})
                document: tuple[dict[str, Any], int] = self._read_document(connection.getresponse())
            except (OSError, http.client.HTTPException) as error:
                problem = error
            else:
                return document
            finally:
                hang_up.cancel()
                connection.close()
        raise CIMDError(f"could not fetch client_id document: {problem or 'too late'}")


class PinnedConnection(http.client.HTTPSConnection):
    """Connects to an address that was looked at before, under the name of its host.

    Args:
        address: The IP address.
        url: What is asked for; its host is whose certificate is wanted.
        timeout: How many seconds each step may take.
    """

    def __init__(self, address: str, url: SplitResult, *, timeout: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(str(url.hostname), url.port or 443, timeout=timeout, context=self._tls)
        self._address = address

    def connect(self) -> None:
        """Connect, with a socket that ``abort`` can close from the first byte on."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def abort(self) -> None:
        """End it from another thread, whatever it waits for."""
        sock = self.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                # The plain socket's method: that of TLS takes apart what another thread reads from.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
