"""Output for a reader who may have read enough, as ``head`` has after some lines."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

BROKEN_PIPE = 141
"""What a shell says of a program that such a reader ends."""


class PrintingCommand(BaseCommand):
    """A command that ends quietly when nobody reads any more."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run it, and write out what it printed.

        Raises:
            SystemExit: Nobody reads any more.
        """
        try:
            output = super().execute(*args, **options)
            self.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where Python writes the rest as it ends
            sys.exit(BROKEN_PIPE)
        return output
