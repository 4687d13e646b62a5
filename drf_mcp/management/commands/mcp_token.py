"""``manage.py mcp_token``: makes, lists and revokes access tokens."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from drf_mcp.auth.tokens import has_table
from drf_mcp.catalog import get_catalog
from drf_mcp.client_configs import CLIENTS, Server, endpoint_address, server_name
from drf_mcp.conf import mcp_settings
from drf_mcp.local import find_mounts
from drf_mcp.models import AccessToken
from drf_mcp.narrowing import vain_patterns

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Command(BaseCommand):
    """Access tokens on the command line."""

    help = "Make, list and revoke the access tokens with which clients call the MCP endpoint."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        what = parser.add_subparsers(dest="what", required=True)
        create = what.add_parser("create", help="make a token and print it, once")
        create.add_argument("user", help="the username of the user whose permissions it has")
        create.add_argument("--name", default="command line", help="where it is used")
        create.add_argument("--expires", help="when it stops to work: 30d, 12h, or a date as 2027-01-31")
        create.add_argument("--read-only", action="store_true", help="leave only the tools that read")
        create.add_argument("--tools", nargs="+", default=[], metavar="PATTERN", help="leave only these, as 'list_*'")
        listing = what.add_parser("list", help="list the tokens, without their values")
        listing.add_argument("user", nargs="?", help="only those of the user with this username")
        revoke = what.add_parser("revoke", help="end a token, at once and for good")
        revoke.add_argument("id", type=int, help="the number that 'list' shows")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked for.

        Raises:
            CommandError: It cannot be done; the message says why.
        """
        if not has_table():
            raise CommandError("The database has no table for access tokens yet. Run 'manage.py migrate' first.")
        getattr(self, f"_{options['what']}")(**options)

    def _create(
        self, *, user: str, name: str, expires: str | None, read_only: bool, tools: list[str], **_: Any
    ) -> None:
        owner = _user(user)
        if not getattr(owner, "is_active", True):
            raise CommandError(f"The account {user!r} is switched off, so no token lets it in.")
        if not all(map(str.split, tools)):
            raise CommandError("--tools has an empty pattern. Leave the option out for a token for all tools.")
        token = AccessToken(user=owner, name=name, is_read_only=read_only, tools="\n".join(tools))
        token.expires = None if expires is None else _moment(expires)
        value = token.make_value()
        try:
            token.full_clean(exclude=["user"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        token.save()
        for pattern in vain_patterns(token.tools.split(), get_catalog().tools):
            self.stderr.write(f"Warning: no tool is like the pattern {pattern!r}; 'manage.py mcp_tools' lists them.")
        self.stdout.write(f"Token {token.pk} of {user}, which is shown this once:\n\n{value}\n")
        mounts = find_mounts()
        if mounts and mcp_settings.PUBLIC_URL:
            url = endpoint_address(mcp_settings.PUBLIC_URL, mounts[0].path)
            line = CLIENTS["claude-code"].write(Server(server_name(), url, "Bearer", token=value))
            self.stdout.write(f"For Claude Code:\n\n{line}")
        else:
            self.stdout.write("Clients send it as 'Authorization: Bearer <token>'.")
            if mounts:
                self.stderr.write("'manage.py mcp_config' prints what to put into each client.", self.style.NOTICE)

    def _list(self, *, user: str | None, **_: Any) -> None:
        tokens = AccessToken.objects.select_related("user")
        rows = [_row(token) for token in (tokens.filter(user=_user(user)) if user else tokens)]
        header = ["id", "user", "name", "ends in", "state", "expires", "last used", "tools"]
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        for row in [header, *rows]:
            self.stdout.write("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())

    def _revoke(self, *, id: int, **_: Any) -> None:
        token = AccessToken.objects.filter(pk=id).first()
        if token is None:
            raise CommandError(f"There is no token {id}. 'manage.py mcp_token list' shows those there are.")
        token.revoke()
        self.stdout.write(f"Token {token.pk}, {token}, is revoked.")


def _user(username: str) -> Any:
    model: Any = get_user_model()
    try:
        return model._default_manager.get(**{model.USERNAME_FIELD: username})
    except model.DoesNotExist:
        raise CommandError(f"There is no user with the {model.USERNAME_FIELD} {username!r}.") from None


def _moment(text: str) -> datetime:
    """When a token expires.

    Raises:
        CommandError: It is neither a duration nor a date, or it is over.
    """
    moment: datetime | None = None
    try:
        if duration := re.fullmatch(r"(\d+)([mhdw])", text):
            moment = timezone.now() + timedelta(**{_UNITS[duration[2]]: int(duration[1])})
        elif date := parse_date(text):
            moment = datetime.combine(date, time.min)
        else:
            moment = parse_datetime(text)
    except (OverflowError, ValueError):
        moment = None
    if moment is None:
        raise CommandError(
            f"--expires {text!r} is neither a duration such as 30d or 12h nor a date such as 2027-01-31."
        )
    if settings.USE_TZ and timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    if moment <= timezone.now():
        raise CommandError(f"--expires {text!r} is over already.")
    return moment


def _row(token: AccessToken) -> list[str]:
    patterns = ", ".join(token.tools.split()) or "all"
    times = [time.isoformat(" ", "minutes") if time else "never" for time in (token.expires, token.last_used)]
    tools = f"{patterns}, read only" if token.is_read_only else patterns
    return [str(token.pk), token.user.get_username(), token.name, token.hint, token.state, *times, tools]
