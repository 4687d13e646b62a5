"""Output for a reader who may have read enough, as ``head`` has after some lines."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, OutputWrapper

BROKEN_PIPE = 141
"""What a shell says of a program that such a reader ends."""


class PrintingCommand(BaseCommand):
    """A command that ends quietly when nobody reads any more."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run it, and write out what it printed.

        Raises:
            SystemExit: Nobody reads any more.
        """
        self.stdout = _Output(options.pop("stdout", None) or vars(self.stdout)["_out"])
        output = super().execute(*args, **options)
        self.stdout.flush()
        return output


class _Output(OutputWrapper):
    """Where a command prints, until nobody reads there."""

    def write(self, *args: Any, **options: Any) -> None:  # type: ignore[override]  # the stubs want a file's
        try:
            super().write(*args, **options)
        except BrokenPipeError:
            self._end()

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._end()

    def _end(self) -> None:
        if vars(self)["_out"] is sys.stdout:  # where Python writes the rest as it ends
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
        sys.exit(BROKEN_PIPE)
