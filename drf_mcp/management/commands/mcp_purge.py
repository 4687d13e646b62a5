"""``manage.py mcp_purge``: deletes the calls that are older than they are kept."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, router
from django.db.models import QuerySet
from django.utils import timezone

from drf_mcp.conf import mcp_settings
from drf_mcp.models import Call
from drf_mcp.times import local

CHUNK = 5_000
"""How many calls are deleted at once, so that no table is locked for long."""

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def age(text: str) -> timedelta:
    """Read an age such as ``90d``, ``12h`` or ``8w``; a bare number is days.

    Args:
        text: What was typed.

    Raises:
        ArgumentTypeError: It is none.
    """
    match = re.fullmatch(r"(\d{1,4})([hdw]?)", text.strip())
    if match is None or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no age: write 90d, 12h or 8w.")
    return timedelta(**{_UNITS[match[2] or "d"]: int(match[1])})


class Command(BaseCommand):
    """Deletes old calls in chunks."""

    help = "Delete the recorded calls that are older than RETAIN_DAYS, or than --older-than."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument("--older-than", type=age, metavar="AGE", help="such as 90d, 12h or 8w, not RETAIN_DAYS")
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and delete none")

    def handle(self, *args: Any, older_than: timedelta | None, dry_run: bool, **options: Any) -> None:
        """Delete what is old.

        Raises:
            CommandError: The database fails, or the calls are kept for ever; the exit code is then 1.
        """
        if older_than is None and not mcp_settings.RETAIN_DAYS:
            raise CommandError('DRF_MCP["RETAIN_DAYS"] keeps calls for ever. Say --older-than, such as 90d.')
        until = timezone.now() - (older_than or timedelta(days=mcp_settings.RETAIN_DAYS))
        calls = Call.objects.using(router.db_for_write(Call)).filter(at__lt=until).order_by("at", "id")
        date = local(until).strftime("%Y-%m-%d %H:%M")
        try:
            total = calls.count()
            if dry_run:
                self.stdout.write(f"{total:,} calls are older than {date}. None was deleted.")
            else:
                self.stdout.write(f"Deleted {self.delete(calls, total):,} calls that were older than {date}.")
        except Error as error:
            raise CommandError(f"The calls cannot be deleted: {error}".strip()) from error

    def delete(self, calls: QuerySet[Call], total: int) -> int:
        """Delete in chunks, with a bar on a terminal.

        Args:
            calls: Which.
            total: How many they are, for the bar.

        Returns:
            How many were deleted.

        Raises:
            CommandError: Somebody pressed Ctrl-C; the exit code is then 130, and what is deleted stays so.
        """
        done = 0
        try:
            while keys := list(calls.values_list("pk", flat=True)[:CHUNK]):
                done += calls.model._base_manager.using(calls.db).filter(pk__in=keys).order_by().delete()[0]
                self.show(done, total)
        except KeyboardInterrupt:
            raise CommandError(f"Stopped: {done:,} of {total:,} calls were deleted.", returncode=130) from None
        return done

    def show(self, done: int, total: int) -> None:
        """Draw the bar anew."""
        if self.stdout.isatty():
            part = min(1.0, done / max(total, 1))
            end = "\n" if done >= total else ""
            self.stdout.write(f"\r[{'#' * round(part * 40):40}] {part:4.0%}  {done:,} of {total:,}", ending=end)
            self.stdout.flush()
