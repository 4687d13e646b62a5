"""What a client that nobody has registered says of itself, and how much of it is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from .redirects import is_acceptable_redirect

MAX_NAME = 80
MAX_REDIRECTS = 20
METHOD = "token_endpoint_auth_method"
GRANTS = ["authorization_code", "refresh_token"]


class ClientMetadataError(ValueError):
    """A client says something of itself that cannot be accepted.

    Args:
        code: The error code of RFC 7591.
        description: What is wrong, which echoes nothing of what was said.
    """

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


def kept_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a client's metadata what is used here, replace what it may not have, and refuse the rest.

    A server may replace what a client asks for (RFC 7591, 3.2.1). So a client that also knows of other grants is
    given the one that it needs here, and one that can do without a secret does without.

    Args:
        metadata: A client's document, or the body of its registration.

    Returns:
        ``redirect_uris``, ``client_name``, ``grant_types``, ``token_endpoint_auth_method``.

    Raises:
        ClientMetadataError: It has no redirect address that is acceptable, or cannot use an authorization code.
    """
    redirects, grants = metadata.get("redirect_uris"), metadata.get("grant_types") or GRANTS
    if not isinstance(redirects, list) or not 0 < len(redirects) <= MAX_REDIRECTS:
        raise ClientMetadataError("invalid_redirect_uri", f"redirect_uris has 1 to {MAX_REDIRECTS} addresses.")
    if not all(map(is_acceptable_redirect, redirects)):
        message = "A redirect address is https, or http to 127.0.0.1, [::1] or localhost."
        raise ClientMetadataError("invalid_redirect_uri", message)
    if not isinstance(grants, list) or GRANTS[0] not in grants:
        raise ClientMetadataError("invalid_client_metadata", "grant_types has authorization_code.")
    name = metadata.get("client_name", "")
    kept = {
        "redirect_uris": list(dict.fromkeys(redirects)),
        "client_name": clean_name(name) if isinstance(name, str) else "",
        "grant_types": GRANTS,
    }
    offered = metadata.get("token_endpoint_auth_methods_supported")
    if isinstance(offered, list) and "none" in offered:
        kept[METHOD] = "none"
    elif METHOD in metadata:
        kept[METHOD] = metadata[METHOD]
    return kept


def clean_name(name: str) -> str:
    """A name without what is not seen or turns the text around, and short.

    Args:
        name: What the client calls itself.
    """
    seen = "".join(" " if char.isspace() else char for char in name[:1000])
    seen = "".join(char for char in seen if unicodedata.category(char)[0] != "C")
    return " ".join(seen.split())[:MAX_NAME].rstrip()
