"""A database in memory for a process that is no test run, and what stands in a database."""

from __future__ import annotations

import os
import sqlite3
import warnings
from typing import Any


def set_up() -> None:
    """Set Django up with the settings of all test projects, on an empty database with all tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.fuzz.every")
    import django

    warnings.simplefilter("ignore")
    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    connection.creation.create_test_db(verbosity=0)


def contents(database: sqlite3.Connection) -> dict[str, list[Any]]:
    """Every row of every table, but for the recorded calls."""
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('drf_mcp_call', 'sqlite_sequence')"
    )
    return {name: sorted(map(repr, database.execute(f'SELECT * FROM "{name}"'))) for (name,) in tables.fetchall()}


def changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> str:
    """Which tables have other rows than before."""
    return ", ".join(sorted(name for name in before | after if before.get(name) != after.get(name)))
