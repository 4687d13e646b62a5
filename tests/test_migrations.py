"""The tables, made and taken away again, on whatever database the tests run."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

from drf_mcp.auth.tokens import has_table
from drf_mcp.decisions import decide
from drf_mcp.models import AccessToken, Call, ToolRule, ToolRuleChange
from drf_mcp.rules import has_table as has_rules
from tests.auth.test_tokens import caller, make_token
from tests.factories import MCPClient, UserFactory
from tests.servers import ROOT

pytestmark = pytest.mark.slow

FLEET = ROOT / "docs/explanation/fleet.md"


@contextmanager
def migrated() -> Iterator[list[str]]:
    """Let migrations make and take the tables; gives their names, and has all tables again at the end."""
    with override_settings(MIGRATION_MODULES={}):
        call_command("migrate", "drf_mcp", fake=True, verbosity=0)
        try:
            yield sorted(name for app, name in MigrationLoader(connection).disk_migrations if app == "drf_mcp")
        finally:
            call_command("migrate", "drf_mcp", verbosity=0)
            with connection.schema_editor() as editor:
                editor.delete_model(MigrationRecorder.Migration)


@pytest.mark.django_db(transaction=True)
def test_the_table_of_the_tokens_is_made_and_taken_away() -> None:
    with migrated():
        call_command("migrate", "drf_mcp", "0001", verbosity=0)
        assert not has_table()
        assert caller(f"mcp_{'0' * 64}").post({}).status_code == 401
        call_command("migrate", "drf_mcp", verbosity=0)
        assert has_table()
        token, value = make_token(tools="list_*")
        assert caller(value).send("ping")["result"] == {}
        assert AccessToken.objects.get() == token


@pytest.mark.django_db(transaction=True)
def test_the_tables_of_the_rules_are_made_and_taken_away() -> None:
    root = UserFactory(is_staff=True)
    with migrated():
        call_command("migrate", "drf_mcp", "0003", verbosity=0)
        assert not has_rules()
        call_command("migrate", "drf_mcp", verbosity=0)
        assert has_rules()
        group = Group.objects.create(name="Editors")
        assert decide("tool", "list_users_user", root, is_limited=True, groups=[group], title="People")
        assert ToolRule.objects.get().groups.get() == group
        assert ToolRuleChange.objects.get().after["groups"] == ["Editors"]
        call_command("migrate", "drf_mcp", "0003", verbosity=0)
        call_command("migrate", "drf_mcp", verbosity=0)
        assert not ToolRule.objects.exists()


number = itertools.count(1)


def make(model: Any) -> Any:
    """A row with something to tell in each column, and new rows for what it refers to."""
    given = {
        field.name: value_for(field, next(number)) for field in model._meta.concrete_fields if not field.primary_key
    }
    return model.objects.create(**given)


def value_for(field: Any, mark: int) -> Any:
    if field.is_relation:
        return make(field.related_model)
    if field.choices:
        return field.choices[mark % len(field.choices)][0]
    if isinstance(field, models.CharField | models.TextField):
        return f"{mark} é😀 {field.name}\n\t'\"%s"[: field.max_length]
    return {
        "BooleanField": mark % 2 == 0,
        "DateTimeField": timezone.now() - timedelta(days=400, microseconds=mark),
        "JSONField": {"mark": mark, "é": [None, 1.5, "\n"]},
        "FloatField": mark + 0.25,
    }.get(field.get_internal_type(), mark)


def rows(of: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What stands in each table that there is at a migration."""
    return {label: list(model.objects.order_by("pk").values()) for label, model in of.items()}


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("drf_mcp_")}


def indexes_of(models_of: Iterable[Any]) -> set[str]:
    return {index.name for model in models_of for index in model._meta.indexes}


def indexes() -> set[str]:
    """The names of all indexes and constraints that these tables have in the database."""
    with connection.cursor() as cursor:
        return {name for table in tables() for name in connection.introspection.get_constraints(cursor, table)}


def go(name: str | None) -> None:
    MigrationExecutor(connection).migrate([("drf_mcp", name)])


@pytest.mark.django_db(transaction=True)
def test_rows_of_every_version_outlive_each_migration_forward_and_back() -> None:
    @cache
    def models_of(name: str) -> dict[str, Any]:
        state = MigrationLoader(connection).project_state([("drf_mcp", name)])
        found = state.apps.get_models(include_auto_created=True)
        return {m._meta.label: m for m in found if m._meta.app_label == "drf_mcp" and not m._meta.proxy}

    def check(name: str, *, is_forward: bool) -> dict[str, Any]:
        there = models_of(name)
        assert indexes() & known == indexes_of(there.values()), name
        for label in kept.keys() & there.keys():
            for before, after in zip(kept[label], rows(there)[label], strict=True):
                fewer, more = (before, after) if is_forward else (after, before)  # a column may have come since
                assert fewer.items() <= more.items(), (name, label)
        return there

    with migrated() as names:
        known = indexes_of(model for name in names for model in models_of(name).values())
        kept: dict[str, list[dict[str, Any]]] = {}
        go(None)
        assert tables() == set()
        for name in names:  # what each version wrote, into each table that it knew
            go(name)
            for model in (there := check(name, is_forward=True)).values():
                make(model)
            kept = rows(there)
        assert {model._meta.db_table for model in there.values()} == tables()
        for name in reversed(names[:-1]):
            go(name)
            check(name, is_forward=False)
        go(None)
        assert tables() == set()
        go(names[-1])
        for name in names:  # while a deploy rolls, the versions before write into the newest tables
            assert all(make(model) for model in models_of(name).values())


@pytest.mark.urls("config.urls")
@pytest.mark.django_db(transaction=True)
def test_todays_code_answers_on_the_tables_of_every_version_and_records_where_it_can() -> None:
    root = UserFactory(is_staff=True, is_superuser=True)
    with migrated() as names:
        for name in [None, *names]:
            go(name)
            made = MCPClient(root).call(
                "create_users_user", username=f"{name}", email=f"{name}@b.cd", password="password123"
            )
            assert not made["isError"], name
            if "drf_mcp_call" in tables():
                assert Call.objects.filter(object_id=made["structuredContent"]["id"]).get().outcome == "ok"
            else:
                assert name is None or name < "0003"


@pytest.mark.skipif("TEST_POSTGRES_PORT" not in os.environ, reason="It takes tests/with-postgres.")
@pytest.mark.django_db(transaction=True)
def test_the_calls_index_can_be_built_by_hand_while_calls_are_recorded() -> None:
    """As ``docs/explanation/fleet.md`` says; the statements are read from there."""
    statements = re.findall(r"^((?:CREATE|DROP) INDEX CONCURRENTLY .*);$", FLEET.read_text(), re.MULTILINE)
    assert len(statements) == 2

    def on_calls() -> Any:
        with connection.cursor() as cursor:
            return connection.introspection.get_constraints(cursor, "drf_mcp_call")

    with migrated():
        by_migration = on_calls()
        go("0005_connection")
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        assert on_calls() == by_migration
        call_command("migrate", "drf_mcp", "0006", fake=True, verbosity=0)
