"""Calls as CSV, a part at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from drf_mcp.models import Call

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # noqa: RUF001  (the wide signs are meant)


class _Line:
    """A file that holds what was written last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_lines(calls: QuerySet[Call]) -> Iterator[str]:
    """The calls as lines of CSV, the names of the columns first.

    Args:
        calls: Which, in their order.
    """
    names = [field.attname for field in Call._meta.concrete_fields]
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(names)
    yield line.text
    for row in calls.values_list(*names).iterator(chunk_size=2_000):
        writer.writerow([safe_cell(value) for value in row])
        yield line.text


def safe_cell(value: Any) -> Any:
    """A value that no program for tables takes for a formula.

    Args:
        value: Anything; texts that begin like a formula get an apostrophe, which such programs hide.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


async def in_threads(lines: Iterable[str]) -> AsyncIterator[str]:
    """The same lines for a server that is asynchronous, some at a time."""
    found = iter(lines)

    def take() -> str:
        return "".join(islice(found, 500))

    while text := await sync_to_async(take)():
        yield text
