"""Where a code may be sent: https, or a program on the user's own computer."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PRIVATE = frozenset({"cursor://anysphere.cursor-mcp/oauth/callback"})
"""Addresses of programs that registered a scheme of their own. Each is taken letter by letter, since any program may
register any scheme; what a thief lacks is the verifier of PKCE."""
MAX_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the browser goes when the user has decided, in words that a person can judge.

    Args:
        uri: The address.
    """

    uri: str

    @property
    def scheme(self) -> str:
        """How it goes there."""
        return urlsplit(self.uri).scheme

    @property
    def host(self) -> str:
        """Who is there, with a port that is not the usual one."""
        return urlsplit(self.uri).netloc

    @property
    def is_loopback(self) -> bool:
        """Whether that is a program on the user's own computer that waits at a port."""
        return urlsplit(self.uri).hostname in LOOPBACK

    @property
    def is_private(self) -> bool:
        """Whether that is a program on the user's own computer that has a scheme."""
        return self.scheme not in ("http", "https")


def is_acceptable_redirect(uri: object) -> bool:
    """Whether a client may name an address as its own: https, plain http to this computer, or one of ``PRIVATE``.

    Args:
        uri: What it names, of any type.
    """
    if not isinstance(uri, str) or len(uri) > MAX_LENGTH or not all(33 <= ord(char) <= 126 for char in uri):
        return False
    if uri in PRIVATE:
        return True
    if not set('*\\#@<>"').isdisjoint(uri):
        return False
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  (raises where it is none)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))
