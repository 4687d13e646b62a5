"""How the log is written: a line with all that a record has, as a collector would send it."""

from __future__ import annotations

import logging

_USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "exc_info", "exc_text"}


class Everything(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        extra = {name: value for name, value in vars(record).items() if name not in _USUAL}
        return f"LOG {record.levelname} {record.name} {super().format(record)} {extra!r}"
