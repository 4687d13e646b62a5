"""Whether a table has any row of a kind, asked in SQL that is made once: making it takes longer than the answer."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connections
from django.db.models import Model


def has_rows(model: type[Model], alias: str, **having: Any) -> bool:
    """Whether there is a row with these values.

    Args:
        model: The rows' model.
        alias: The database to ask.
        **having: Lookups and their values, as ``filter`` takes them.

    Raises:
        django.db.Error: The database cannot tell.
    """
    sql, params = _question(model, alias, tuple(having.items()))
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone() is not None


@cache
def _question(model: type[Model], alias: str, having: tuple[tuple[str, Any], ...]) -> tuple[str, tuple[Any, ...]]:
    query = model._default_manager.using(alias).filter(**dict(having)).query
    sql, params = query.exists().get_compiler(alias).as_sql()
    return sql, tuple(params)
