"""The 401 that says how to get in, and the 403 for credentials that are for something else."""

from __future__ import annotations

from drf_mcp.protocol.errors import HTTPRefusalError

from .identity import endpoint_authentication_classes
from .scopes import ALL_TOOLS
from .tokens import AccessTokenAuthentication

HOW_WITH_OWN = "Send 'Authorization: Bearer <token>' with a token that 'manage.py mcp_token create <username>' makes."
HOW_OTHERWISE = "Send an Authorization header that one of the endpoint's authentication classes accepts."


def how_to_get_in() -> str:
    """One sentence for whoever reads the refusal, true for the classes that the endpoint has."""
    return HOW_WITH_OWN if AccessTokenAuthentication in endpoint_authentication_classes() else HOW_OTHERWISE


def challenge(**parameters: str) -> str:
    """The value of ``WWW-Authenticate``.

    Args:
        parameters: What follows the realm, such as ``error`` and ``scope``; a value has no line breaks.

    Spec: basic/authorization#error-handling
    """
    quoted = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in parameters.items()}
    return ", ".join(['Bearer realm="mcp"', *(f'{name}="{value}"' for name, value in quoted.items())])


class UnauthorizedError(HTTPRefusalError):
    """No credentials, or none that hold.

    Args:
        reason: What was wrong, in one sentence that names no one.
        presented: True where credentials came and failed, which the challenge then says.

    Spec: basic/authorization#error-handling
    """

    def __init__(self, reason: str, *, presented: bool = False) -> None:
        header = challenge(error="invalid_token") if presented else challenge()
        super().__init__(401, f"{reason} {how_to_get_in()}", headers={"WWW-Authenticate": header})


class InsufficientScopeError(HTTPRefusalError):
    """Credentials that hold, and whose scopes are for something else.

    Spec: basic/authorization#scope-challenge-handling
    """

    def __init__(self) -> None:
        header = challenge(error="insufficient_scope", scope=ALL_TOOLS)
        message = f"The credentials lack the scope {ALL_TOOLS!r}."
        super().__init__(403, message, headers={"WWW-Authenticate": header})
