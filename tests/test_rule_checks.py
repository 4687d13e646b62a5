"""The check of the administrators' rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection

from drf_mcp.decisions import decide
from drf_mcp.rule_checks import check_rules
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]


def test_a_rule_for_what_is_gone_is_named() -> None:
    root = UserFactory()
    decide("tool", "list_users_user", root, is_enabled=False)
    decide("app", "users", root, asks=True)
    assert check_rules(None) == []
    decide("view", "users.views.GoneViewSet", root, is_enabled=False)

    (found,) = check_rules(None)
    assert found.id == "drf_mcp.W018"
    assert found.msg == "A rule is for the ViewSet users.views.GoneViewSet, which the code does not have."


def test_rules_that_cannot_be_read_are_named() -> None:
    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        if "drf_mcp_toolrule" in sql:
            raise OperationalError("the database is away")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail):
        (found,) = check_rules(None)
    assert (found.id, found.msg) == (
        "drf_mcp.W018",
        "The rules of administrators cannot be read: OperationalError.",
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE drf_mcp_toolrule RENAME TO drf_mcp_toolrule_away")
    (found,) = check_rules(None)
    assert (found.id, found.msg) == ("drf_mcp.W018", "The table of the administrators' rules is missing.")
