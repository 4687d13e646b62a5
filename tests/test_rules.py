"""The rules of administrators, through the real endpoint and in several processes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.test import override_settings

from drf_mcp import rules
from drf_mcp.decisions import decide, forget, history_of
from drf_mcp.decorators import mcp_tool
from drf_mcp.models import ToolRule, ToolRuleChange
from drf_mcp.rules import NO_RULES, POLL_SECONDS, read_rules, snapshot
from tests.factories import MCPClient, UserFactory, mcp_urls, routed, text_of
from users.views import UserViewSet

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls"), pytest.mark.usefixtures("rules_are_read")]

USERS = "users.views.UserViewSet"


@pytest.fixture
def root() -> Any:
    return UserFactory(username="root", is_staff=True, is_superuser=True)


@pytest.fixture
def client(root) -> MCPClient:
    return MCPClient(root)


def of_users(client: MCPClient) -> set[str]:
    return {name for name in client.list_tools() if name.endswith("_users_user")}


# What they take away


def test_a_tool_that_is_off_is_not_listed_and_answers_like_an_unknown_one(client, root) -> None:
    assert "list_users_user" in client.list_tools()
    decide("tool", "list_users_user", root, is_enabled=False)

    assert "list_users_user" not in client.list_tools()
    refused, unknown = client.fail("list_users_user"), client.fail("no_such_tool")
    assert refused["code"] == unknown["code"]
    assert refused["message"] == "Unknown tool: list_users_user"


def test_a_tool_that_is_switched_off_is_gone_also_for_who_has_called_it_before(client, root) -> None:
    client.call("list_users_user")
    decide("tool", "list_users_user", root, is_enabled=False)

    refused = client.fail("list_users_user")
    assert refused["message"] == "Unknown tool: list_users_user"


@pytest.mark.parametrize(("kind", "key"), [("view", USERS), ("app", "users")])
def test_a_rule_for_a_view_or_an_app_holds_for_all_their_tools(client, root, kind, key) -> None:
    assert len(of_users(client)) > 4
    decide(kind, key, root, is_enabled=False)

    assert of_users(client) == set()
    assert client.list_tools()
    decide("tool", "list_users_user", root, title="People")  # it allows nothing that another rule takes away
    assert of_users(client) == set()
    decide(kind, key, root, is_enabled=True)
    assert client.list_tools()["list_users_user"]["title"] == "People"


def test_the_resources_and_completions_behind_a_tool_go_with_it(client, root) -> None:
    uri = f"drf:///api/users/{root.pk}/"
    template = {
        "ref": {"type": "ref/resource", "uri": "drf:///api/users/{id}/"},
        "argument": {"name": "id", "value": ""},
    }
    assert "result" in client.send("resources/read", {"uri": uri})
    assert client.send("completion/complete", template)["result"]["completion"]["values"] == [str(root.pk)]

    decide("tool", "list_users_user", root, is_enabled=False)
    assert client.send("completion/complete", template)["result"]["completion"]["values"] == []
    decide("tool", "retrieve_users_user", root, is_enabled=False)
    assert "error" in client.send("resources/read", {"uri": uri})
    assert "error" in client.send("completion/complete", template)
    listed = client.send("resources/templates/list")["result"]["resourceTemplates"]
    assert "drf:///api/users/{id}/" not in [each["uriTemplate"] for each in listed]


def test_a_tool_for_groups_is_for_their_members_alone(root) -> None:
    editors, member = Group.objects.create(name="Editors"), UserFactory(is_staff=True)
    member.groups.add(editors)
    decide("tool", "list_users_user", root, is_limited=True, groups=[editors])

    assert "list_users_user" in MCPClient(member).list_tools()
    assert not MCPClient(member).call("list_users_user").get("isError")
    for other in (UserFactory(is_staff=True), root):
        assert "list_users_user" not in MCPClient(other).list_tools()
        assert MCPClient(other).fail("list_users_user")["message"] == "Unknown tool: list_users_user"


def test_a_group_that_is_deleted_opens_nothing(root) -> None:
    editors = Group.objects.create(name="Editors")
    root.groups.add(editors)
    decide("view", USERS, root, is_limited=True, groups=[editors])
    assert of_users(MCPClient(root))

    editors.delete()
    snapshot.expire()
    assert of_users(MCPClient(root)) == set()


def test_a_rule_holds_for_a_tool_that_has_its_old_name_as_an_alias(root) -> None:
    @mcp_tool("list", name="people", aliases=["list_old_user"])
    class Renamed(UserViewSet):
        pass

    with override_settings(ROOT_URLCONF=(*routed(Renamed), *mcp_urls())):
        assert "people" in MCPClient(root).list_tools()
        decide("tool", "list_old_user", root, is_enabled=False)
        assert "people" not in MCPClient(root).list_tools()
        for name in ("people", "list_old_user"):
            assert MCPClient(root).fail(name)["message"] == f"Unknown tool: {name}"


# What they say


def test_a_title_and_a_description_replace_text_and_nothing_else(client, root) -> None:
    before = client.list_tools()["list_users_user"]
    decide("tool", "list_users_user", root, title="People", description="Who <b>works</b> here.")
    after = client.list_tools()["list_users_user"]

    assert after["title"] == after["annotations"]["title"] == "People"
    assert after["description"] == "Who <b>works</b> here."
    assert after["inputSchema"] == before["inputSchema"]
    texts = {"title", "description", "annotations"}
    assert {key: after[key] for key in after if key not in texts} == {
        key: before[key] for key in before if key not in texts
    }
    shown = client.send("resources/list")["result"]["resources"]
    assert "works" in next(each for each in shown if each["uri"].endswith("/api/users/"))["description"]
    forget(ToolRule.objects.get(), root)
    assert client.list_tools()["list_users_user"] == before


def test_a_rule_that_asks_makes_a_call_ask_and_its_resource_go(client, root) -> None:
    decide("tool", "retrieve_users_user", root, asks=True)

    assert "confirmation_code" in client.list_tools()["retrieve_users_user"]["inputSchema"]["properties"]
    asked = client.call("retrieve_users_user", id=root.pk)
    assert asked["isError"]
    assert "Nothing was done yet" in text_of(asked)
    code = text_of(asked).rpartition(': "')[2].rstrip('".')
    assert not client.call("retrieve_users_user", id=root.pk, confirmation_code=code).get("isError")
    assert "error" in client.send("resources/read", {"uri": f"drf:///api/users/{root.pk}/"})


# How they are kept


def test_a_change_is_written_down_with_what_held_before(root) -> None:
    editors = Group.objects.create(name="Editors")
    assert decide("tool", "list_users_user", root, description="One.")
    assert decide("tool", "list_users_user", root, description="Two.", is_limited=True, groups=[editors])
    assert not decide("tool", "list_users_user", root, description="Two.")

    newest, oldest = history_of("tool", "list_users_user")
    assert (newest.before["description"], newest.after["description"]) == ("One.", "Two.")
    assert newest.after["groups"] == ["Editors"]
    assert (oldest.username, oldest.user_pk) == ("root", str(root.pk))
    forget(ToolRule.objects.get(), root)
    assert not ToolRule.objects.exists()
    assert ToolRuleChange.objects.count() == 3


def test_what_changes_in_the_table_alone_holds_within_two_seconds(client, root) -> None:
    decide("tool", "list_users_user", root, title="People")
    assert client.list_tools()["list_users_user"]["title"] == "People"
    ToolRule.objects.update(is_enabled=False)  # sends no signal

    until = time.monotonic() + 2
    while "list_users_user" in client.list_tools():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_rules_cost_two_queries_a_second_at_most_and_none_one(client, root, django_assert_num_queries) -> None:
    with django_assert_num_queries(3):  # with a savepoint around it, since a transaction is open in a test
        assert read_rules() is NO_RULES
    decide("tool", "list_users_user", root, title="People")
    group = Group.objects.create(name="Editors")
    decide("view", USERS, root, is_limited=True, groups=[group, Group.objects.create(name="Readers")])
    with django_assert_num_queries(4):
        assert len(list(read_rules())) == 2
    snapshot.forget()
    with django_assert_num_queries(4):
        for _ in range(100):
            snapshot.current()


# Where they cannot be read


@pytest.mark.django_db(transaction=True)
def test_without_the_table_the_codes_own_catalog_is_served(client) -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(ToolRule)
    try:
        assert "list_users_user" in client.list_tools()
        assert snapshot.current() is NO_RULES
        with transaction.atomic():  # nor does it spoil a transaction that is open
            snapshot.forget()
            assert "list_users_user" in client.list_tools()
            assert ToolRuleChange.objects.count() == 0
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(ToolRule)


def test_a_database_that_fails_leaves_the_last_rules_in_force(client, root, monkeypatch, caplog) -> None:
    decide("tool", "list_users_user", root, is_enabled=False)
    assert "list_users_user" not in client.list_tools()

    with connection.execute_wrapper(fail_on_rules):
        for _ in range(2):
            snapshot.expire()
            assert "list_users_user" not in client.list_tools()
        assert [record.levelname for record in caplog.records if "rules" in record.message] == ["ERROR"]
        snapshot.forget()  # as a process that begins: what is off is known from the others
        assert "list_users_user" not in client.list_tools()
        assert "retrieve_users_user" in client.list_tools()
        cache.clear()
        snapshot.forget()  # and as the first one: what is off is not known
        assert client.send("tools/list")["error"]["code"] == -32603
    assert "list_users_user" not in client.list_tools()


def fail_on_rules(execute: Any, sql: str, *rest: Any) -> Any:
    if "drf_mcp_toolrule" in sql:
        raise OperationalError("the database is away")
    return execute(sql, *rest)


def test_what_is_no_error_of_the_database_leaves_nothing_open_either(client, root, monkeypatch) -> None:
    decide("tool", "list_users_user", root, is_enabled=False)
    snapshot.forget()
    monkeypatch.setattr(rules, "read_rules", lambda: {}["a router's own mistake"])
    assert client.send("tools/list")["error"]["code"] == -32603
    monkeypatch.undo()
    assert "list_users_user" not in client.list_tools()


def test_an_app_that_is_off_takes_what_its_code_declares_with_it(client, root) -> None:
    uri, name = "demo://projects/{slug}/summary", "project_report"

    def offered() -> tuple[bool, bool]:
        templates = client.send("resources/templates/list")["result"]["resourceTemplates"]
        prompts = client.send("prompts/list")["result"]["prompts"]
        return uri in {each["uriTemplate"] for each in templates}, name in {each["name"] for each in prompts}

    assert offered() == (True, True)
    decide("app", "projects", root, is_enabled=False)
    assert offered() == (False, False)
    read = client.send("resources/read", {"uri": "demo://projects/garden/summary"})
    got = client.send("prompts/get", {"name": name, "arguments": {"project": "garden"}})
    assert ("error" in read, "error" in got) == (True, True)


def test_the_bound_is_the_one_that_is_promised() -> None:
    assert POLL_SECONDS <= 1
