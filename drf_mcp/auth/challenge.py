"""The 401 that says how to get in."""

from __future__ import annotations

from drf_mcp.protocol.errors import HTTPRefusalError

HOW_TO_GET_IN = (
    "Send an Authorization header that one of the endpoint's authentication classes accepts, for example "
    "'Authorization: Token <key>' with rest_framework.authentication.TokenAuthentication and a key made by "
    "'manage.py drf_create_token <username>'. An administrator can also serve anonymous callers with "
    'DRF_MCP = {"ANONYMOUS": True}.'
)


class UnauthorizedError(HTTPRefusalError):
    """No credentials, or none that hold.

    Args:
        reason: What was wrong, in one sentence that names no one.
        presented: True where credentials came and failed, which the challenge then says.

    Spec: basic/authorization#error-handling
    """

    def __init__(self, reason: str, *, presented: bool = False) -> None:
        challenge = 'Bearer realm="mcp"'
        if presented:
            challenge += ', error="invalid_token"'
        super().__init__(401, f"{reason} {HOW_TO_GET_IN}", headers={"WWW-Authenticate": challenge})
