"""The tables, made and taken away again, on whatever database the tests run."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings

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
