"""The tables, made and taken away again, on whatever database the tests run."""

from __future__ import annotations

import itertools
from datetime import timedelta
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
from drf_mcp.models import AccessToken, ToolRule, ToolRuleChange
from drf_mcp.rules import has_table as has_rules
from tests.auth.test_tokens import caller, make_token
from tests.factories import UserFactory

pytestmark = pytest.mark.slow


@pytest.mark.django_db(transaction=True)
def test_the_table_of_the_tokens_is_made_and_taken_away() -> None:
    with override_settings(MIGRATION_MODULES={}):
        call_command("migrate", "drf_mcp", fake=True, verbosity=0)
        try:
            call_command("migrate", "drf_mcp", "0001", verbosity=0)
            assert not has_table()
            assert caller(f"mcp_{'0' * 64}").post({}).status_code == 401
            call_command("migrate", "drf_mcp", verbosity=0)
            assert has_table()
            token, value = make_token(tools="list_*")
            assert caller(value).send("ping")["result"] == {}
            assert AccessToken.objects.get() == token
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(MigrationRecorder.Migration)


@pytest.mark.django_db(transaction=True)
def test_the_tables_of_the_rules_are_made_and_taken_away() -> None:
    root = UserFactory(is_staff=True)
    with override_settings(MIGRATION_MODULES={}):
        call_command("migrate", "drf_mcp", fake=True, verbosity=0)
        try:
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
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(MigrationRecorder.Migration)


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


@pytest.mark.django_db(transaction=True)
def test_rows_of_every_version_outlive_each_migration_forward_and_back() -> None:
    def models_of(name: str) -> dict[str, Any]:
        state = MigrationLoader(connection).project_state([("drf_mcp", name)])
        found = state.apps.get_models(include_auto_created=True)
        return {m._meta.label: m for m in found if m._meta.app_label == "drf_mcp" and not m._meta.proxy}

    def go(name: str | None) -> dict[str, Any]:
        MigrationExecutor(connection).migrate([("drf_mcp", name)])
        return models_of(name) if name else {}

    def check(there: dict[str, Any], *, is_forward: bool) -> None:
        for label in kept.keys() & there.keys():
            for before, after in zip(kept[label], rows(there)[label], strict=True):
                fewer, more = (before, after) if is_forward else (after, before)  # a column may have come since
                assert fewer.items() <= more.items(), (name, label)

    with override_settings(MIGRATION_MODULES={}):
        call_command("migrate", "drf_mcp", fake=True, verbosity=0)
        names = sorted(name for app, name in MigrationLoader(connection).disk_migrations if app == "drf_mcp")
        kept: dict[str, list[dict[str, Any]]] = {}
        try:
            go(None)
            assert tables() == set()
            for name in names:  # what each version wrote, into each table that it knew
                check(there := go(name), is_forward=True)
                for model in there.values():
                    make(model)
                kept = rows(there)
            assert {model._meta.db_table for model in there.values()} == tables()
            for name in reversed(names[:-1]):
                check(go(name), is_forward=False)
            go(None)
            assert tables() == set()
            go(names[-1])
            for name in names:  # while a deploy rolls, the versions before write into the newest tables
                assert all(make(model) for model in models_of(name).values())
        finally:
            go(names[-1])
            with connection.schema_editor() as editor:
                editor.delete_model(MigrationRecorder.Migration)
