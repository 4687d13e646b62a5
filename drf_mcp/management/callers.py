"""What the commands share that act as a user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from drf_mcp.conf import mcp_settings
from drf_mcp.local import LocalClient, LocalEndpoint, find_mount

BAD_USAGE = 2
"""The exit code of a command that was called wrongly, as of one whose options cannot be read."""

_LOOKED_AT = 5000


def add_caller(parser: CommandParser) -> None:
    """Add ``--as`` and ``--path``."""
    parser.add_argument("--as", dest="user", metavar="USER", help="the user who calls, by the name they log in with")
    parser.add_argument("--path", help="which MCP endpoint is called, if the project routes several, as /mcp/")


def find_caller(name: str | None) -> Any:
    """The user of ``--as``.

    Args:
        name: What was given, None where nothing was.

    Returns:
        The user, None for nobody where the endpoint serves anonymous callers.

    Raises:
        CommandError: There is no such user, they are not active, or nobody was named and somebody must be.
    """
    if name is None:
        if mcp_settings.ANONYMOUS:
            return None
        message = 'Say who calls with --as USER: DRF_MCP["ANONYMOUS"] is off, so somebody has to call.'
        raise CommandError(message, returncode=BAD_USAGE)
    model: Any = get_user_model()
    try:
        user = model._default_manager.get_by_natural_key(name)
    except model.DoesNotExist:
        names = model._default_manager.values_list(model.USERNAME_FIELD, flat=True)[:_LOOKED_AT]
        raise CommandError(f"There is no user {name!r}.{nearest(name, names)}", returncode=BAD_USAGE) from None
    if not user.is_active:
        raise CommandError(f"The user {name!r} is not active, and the endpoint refuses them.", returncode=BAD_USAGE)
    return user


def local_client(options: dict[str, Any]) -> LocalClient:
    """The client that the options of ``add_caller`` ask for.

    Raises:
        CommandError: There is no such user or endpoint.
    """
    return LocalClient(find_caller(options["user"]), path=check_path(options["path"]))


def local_endpoint(options: dict[str, Any]) -> LocalEndpoint:
    """The endpoint that they ask for.

    Raises:
        CommandError: There is no such user or endpoint.
    """
    return LocalEndpoint(find_caller(options["user"]), path=check_path(options["path"]))


def check_path(path: str | None) -> str | None:
    """The path of ``--path``.

    Raises:
        CommandError: No endpoint is there.
    """
    try:
        find_mount(path)
    except LookupError as error:
        raise CommandError(str(error.args[0]), returncode=BAD_USAGE) from None
    return path


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence with the names most like another, empty where none is like it."""
    close = difflib.get_close_matches(name, list(names))
    return f" Did you mean {', '.join(close)}?" if close else ""
