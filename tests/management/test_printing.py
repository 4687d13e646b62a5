"""A command of ours beside those who call it: what fails in it is told, and their output is theirs."""

from __future__ import annotations

import io
from typing import Any

import pytest

from drf_mcp.management.printing import BROKEN_PIPE, PrintingCommand


class Command(PrintingCommand):
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("fails"):
            raise BrokenPipeError("a socket of somebody else")
        self.stdout.write("a line")


class Left(io.StringIO):
    """A reader who has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def run(stdout: Any, **options: Any) -> None:
    Command().execute(stdout=stdout, force_color=False, no_color=True, skip_checks=True, **options)


def test_a_pipe_that_breaks_elsewhere_is_a_failure_like_any_other() -> None:
    with pytest.raises(BrokenPipeError, match="somebody else"):
        run(io.StringIO(), fails=True)


def test_a_reader_who_has_gone_ends_the_command_and_leaves_the_output_of_its_caller_alone(capfd: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        run(Left())
    assert ended.value.code == BROKEN_PIPE
    print("still here")
    assert "still here" in capfd.readouterr().out


def test_what_is_printed_goes_where_the_caller_wants_it() -> None:
    out = io.StringIO()
    run(out)
    assert out.getvalue() == "a line\n"


def test_what_is_printed_goes_where_the_command_was_made_for() -> None:
    out = io.StringIO()
    Command(stdout=out).execute(force_color=False, no_color=True, skip_checks=True)  # type: ignore[arg-type]
    assert out.getvalue() == "a line\n"
