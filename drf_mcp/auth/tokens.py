"""Access tokens: the credentials that this package has of its own, for clients that can send a header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import Error, OperationalError, ProgrammingError, connections, router
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

if TYPE_CHECKING:
    from drf_mcp.models import AccessToken

ENDPOINT_MARK = "_is_mcp_endpoint"
"""The attribute that Django's request has where it came to the MCP endpoint."""


class AccessTokenAuthentication(BaseAuthentication):
    """Proves a caller by ``Authorization: Bearer mcp_...``, at the MCP endpoint alone.

    What a token leaves of the tools means nothing to other views, so it lets nobody in there.
    Bearer tokens of other kinds are left to the project's own classes.
    """

    def authenticate(self, request: Any) -> tuple[Any, AccessToken] | None:
        """Find the token and its user, with one query.

        Args:
            request: The request.

        Returns:
            The user and the token, which knows no value; None where there is no such header.

        Raises:
            AuthenticationFailed: There is one, and it is unknown, expired, revoked, its user's account is
                switched off, or this is another view than the MCP endpoint.
        """
        digest = _digest_in(request.META.get("HTTP_AUTHORIZATION", ""))
        if digest is None:
            return None
        token = _find(digest) if digest and getattr(request._request, ENDPOINT_MARK, False) else None
        if token is None or token.state != "valid":
            raise AuthenticationFailed("The access token is not valid here.")
        token.note_use()
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """What a view other than the endpoint says to a caller without a token."""
        return "Bearer"


def _digest_in(header: str) -> str | None:
    """The digest of the access token in a header; empty where it can be none, None for any other header.

    The value itself stays in here, so that no later frame has it when something fails and is reported.
    """
    from drf_mcp.models import TOKEN_PREFIX, digest_of

    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not value.startswith(TOKEN_PREFIX):
        return None
    return digest_of(value) if re.fullmatch(rf"{TOKEN_PREFIX}[0-9a-f]{{64}}", value) else ""


def _find(digest: str) -> AccessToken | None:
    """The token of a digest, from the database that is written to, so that what was revoked is so at once."""
    from drf_mcp.models import AccessToken

    tokens = AccessToken.objects.using(router.db_for_write(AccessToken)).select_related("user")
    try:
        return tokens.filter(digest=digest).first()
    except (OperationalError, ProgrammingError):
        if has_table():
            raise
        return None


def has_table() -> bool:
    """Whether the table of the access tokens is there, as it is after ``manage.py migrate``.

    Returns:
        True also where no database answers, since then nobody can tell.
    """
    model = apps.get_model("drf_mcp", "AccessToken")
    connection = connections[router.db_for_write(model)]
    try:
        return model._meta.db_table in connection.introspection.table_names()
    except Error:
        return True
