"""The tools in Django admin: who sees, decides and tries them out, and what bad input does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import path
from django.utils import translation
from rest_framework.permissions import BasePermission

from config.projects.models import Attachment
from config.projects.models import Task as TaskModel
from drf_mcp.admin import register_pages
from drf_mcp.admin.permission_words import who_may_call
from drf_mcp.decisions import decide
from drf_mcp.models import Call, ToolRule, ToolRuleChange
from drf_mcp.views import MCPView
from tests.factories import CallFactory, MCPClient, UserFactory, mcp_urls, routed, tools_of
from users.models import User
from users.views import UserViewSet

from .test_calls import logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls"), pytest.mark.usefixtures("rules_are_read")]

URL = "/admin/drf_mcp/toolrule/"
RULE = f"{URL}rule/tool/list_users_user/"
TRY = f"{URL}try/list_users_user/"
ON = {"is_enabled": "on", "title": "", "description": ""}


@pytest.fixture
def admin() -> Client:
    return logged_in(username="root", is_superuser=True)


def names(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200
    return [row.tool.name for row, _url in answer.context["rows"]]


# Who may


@pytest.mark.parametrize(
    ("permissions", "sees", "decides", "tries"),
    [
        ([], False, False, False),
        (["run_tool"], False, False, False),
        (["view_toolrule"], True, False, False),
        (["change_toolrule"], True, True, False),
        (["view_toolrule", "run_tool"], True, False, False),
        (["view_toolrule", "run_tool", "view_user"], True, False, True),
    ],
    ids=str,
)
def test_permissions_decide_who_sees_decides_and_tries(permissions, sees, decides, tries) -> None:
    client = logged_in(*permissions)
    chosen = {"action": "off", "_selected_action": "list_users_user", "scope": "tool", "apply": "1"}

    assert client.get(URL).status_code == (200 if sees else 403)
    assert client.get(RULE).status_code == (200 if sees else 403)
    assert client.get(TRY).status_code == (200 if tries else 403)
    assert client.post(TRY, {"_run": "1"}).status_code == (200 if tries else 403)
    assert client.post(RULE, {**ON, "title": "People"}).status_code == (302 if decides else 403)
    assert client.post(f"{URL}clear/").status_code == (302 if decides else 403)
    assert client.post(URL, chosen).status_code == (302 if decides else 403)
    assert ToolRule.objects.exists() == decides
    page = client.get(RULE).content.decode()
    assert ("Try it" in page) == tries
    assert ('value="Save"' in page) == decides
    assert (URL in client.get("/admin/").content.decode()) == sees


def test_visitors_and_other_sites_get_nowhere(admin) -> None:
    for url in (URL, RULE, TRY):
        assert Client().get(url).headers["Location"].startswith("/admin/login/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(UserFactory(is_staff=True, is_superuser=True))
    for url in (URL, RULE, TRY, f"{URL}clear/"):
        assert strict.post(url, {"_run": "1"}).status_code == 403
    assert admin.get(f"{URL}clear/").status_code == 403
    assert admin.get(TRY, {"_run": "1", "_confirmed": "1", "arguments": "{}"}).context.get("result") is None


def test_calls_are_counted_for_those_who_may_see_them(django_assert_max_num_queries) -> None:
    CallFactory(name="list_users_user", outcome="error")
    CallFactory(name="list_users_user")
    client = logged_in("view_toolrule", "view_call")
    with django_assert_max_num_queries(8):
        rows = client.get(URL).context["rows"]
    (row,) = [row for row, _url in rows if row.tool.name == "list_users_user"]
    assert (row.calls, row.failures) == (2, 1)
    assert "7 days" not in logged_in("view_toolrule").get(URL).content.decode()


# The list


def test_tools_are_found_by_words_and_filters(admin) -> None:
    decide("view", "users.views.UserViewSet", User.objects.get(), is_enabled=False)
    decide("tool", "list_projects_task", User.objects.get(), asks=True)

    assert names(admin, "q=LIST+user") == ["list_users_user"]
    assert names(admin, "q=/api/users/{pk}/activate") == ["activate_users_user"]
    assert {name.rpartition("_")[2] for name in names(admin, "state=off")} == {"user"}
    assert names(admin, "state=asks") == ["list_projects_task"]
    assert "destroy_users_user" in names(admin, "kind=destructive&app=users")
    assert names(admin, "kind=read&app=users") == ["list_users_user", "retrieve_users_user"]
    for nothing in ("q=%5B%2A%28%5C", "q=nothing+is+like+this", "app=%00", "kind=x", f"q={'x' * 5000}"):
        assert names(admin, nothing) == []
    assert len(names(admin, "p=-4")) == len(names(admin, "p=x")) == len(names(admin)) > 20


@pytest.mark.parametrize(
    ("action", "scope", "off"), [("off", "tool", 1), ("off", "view", 6), ("off", "app", 6)], ids=str
)
def test_several_are_switched_off_and_on(admin, action, scope, off) -> None:
    root = MCPClient(User.objects.get())
    before = root.list_tools()
    chosen = {"action": action, "_selected_action": ["list_users_user"]}
    assert b"Switch off" in admin.post(URL, chosen).content
    assert root.list_tools() == before  # nothing is done before it is said for what
    admin.post(URL, {**chosen, "scope": scope, "apply": "1"})
    assert len(before) - len(root.list_tools()) == off
    admin.post(URL, {**chosen, "action": "on", "scope": scope, "apply": "1"})
    assert root.list_tools() == before
    assert ToolRuleChange.objects.count() == 2


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"action": "off"},
        {"action": "no such", "_selected_action": "list_users_user"},
        {"action": "off", "_selected_action": "no_such_tool", "apply": "1", "scope": "tool"},
        {"action": "off", "_selected_action": "list_users_user", "apply": "1", "scope": "no such"},
        {"action": "limit", "_selected_action": "list_users_user", "apply": "1", "scope": "tool"},
        {"action": "limit", "_selected_action": "list_users_user", "apply": "1", "scope": "tool", "groups": "x"},
    ],
    ids=str,
)
def test_a_choice_that_says_nothing_does_nothing(admin, data) -> None:
    assert admin.post(URL, data).status_code in (200, 302)
    assert not ToolRule.objects.exists()


def test_what_is_gone_is_shown_and_cleared(admin) -> None:
    root = User.objects.get()
    for kind, key in [("tool", "gone"), ("view", "gone.views.GoneViewSet"), ("app", "gone<b>")]:
        decide(kind, key, root, is_enabled=False)
    decide("tool", "list_users_user", root, is_enabled=False)

    page = admin.get(URL)
    assert {rule.key for rule in page.context["vanished"]} == {"gone", "gone.views.GoneViewSet", "gone<b>"}
    assert "gone<b>" not in page.content.decode()
    assert admin.get(f"{URL}rule/view/gone.views.GoneViewSet/").status_code == 200
    admin.post(f"{URL}clear/", {"rule": ["tool gone", "app gone<b>", "tool list_users_user"]})
    assert {rule.key for rule in ToolRule.objects.all()} == {"gone.views.GoneViewSet", "list_users_user"}


# One tool


@pytest.mark.parametrize("url", ["rule/tool/no_such_tool/", "rule/plane/list_users_user/", "try/no_such_tool/"])
def test_what_is_not_there_is_not_found(admin, url) -> None:
    assert admin.get(f"{URL}{url}").status_code == 404


def test_a_form_changes_a_rule_and_its_history_shows_how(admin) -> None:
    editors = Group.objects.create(name="Editors")
    admin.post(RULE, {**ON, "description": "One."})
    admin.post(RULE, {**ON, "description": "Two.", "is_limited": "on", "groups": [editors.pk]})

    shown = admin.get(RULE).context["history"]
    assert [line[1:] for line in shown[0][1]] == [("no", "yes"), ("", "Editors"), ("One.", "Two.")]
    admin.post(f"{URL}rule/app/users/", {"title": "Not of an app", "is_enabled": ""})
    assert not ToolRule.objects.get(kind="app").title
    assert "The rule for" not in admin.get(RULE).content.decode()
    assert "Other rules hold for it" in admin.get(RULE).content.decode()
    admin.post(f"{URL}rule/app/users/", {"is_enabled": "on"})
    admin.post(RULE, ON)
    assert not ToolRule.objects.exists()


def test_words_that_are_too_long_are_refused(admin) -> None:
    answer = admin.post(RULE, {**ON, "title": "x" * 201, "description": "x" * 1_000_000})
    assert {*answer.context["errors"]} == {"title", "description"}
    assert not ToolRule.objects.exists()


# Who may call, in words


def test_permission_classes_are_words() -> None:
    from rest_framework.permissions import (
        AllowAny,
        DjangoModelPermissions,
        IsAdminUser,
        IsAuthenticated,
        IsAuthenticatedOrReadOnly,
    )

    class Own(IsAdminUser):
        pass

    def words(*classes: Any, action: str = "create") -> str:
        viewset = type("People", (UserViewSet,), {"permission_classes": classes})
        return who_may_call(tools_of(*routed(viewset))[action])

    assert words() == words(AllowAny) == "everybody"
    assert words(IsAuthenticated, IsAdminUser) == "signed-in users, staff"
    assert words(IsAuthenticatedOrReadOnly, action="list") == "everybody"
    assert words(IsAdminUser | Own) == "staff or Own"
    assert words(IsAuthenticated & ~IsAdminUser) == "signed-in users and not: staff"
    assert words(DjangoModelPermissions) == "users with users.add_user"
    assert words(DjangoModelPermissions, action="list") == "signed-in users"
    chosen = type("Chosen", (UserViewSet,), {"get_permissions": lambda self: []})
    assert who_may_call(tools_of(*routed(chosen))["list"]) == "whom the ViewSet's own code lets in"


# Trying out


def test_a_read_runs_and_shows_its_result(admin) -> None:
    UserFactory(username="<b>ada</b>")
    answer = admin.post(TRY, {"_run": "1"})

    result = answer.context["result"]
    assert not result["is_error"]
    assert json.loads(result["structured"])
    assert result["took_ms"] > 0
    assert json.loads(result["json_rpc"])["params"]["name"] == "list_users_user"
    assert "<b>ada</b>" not in answer.content.decode()
    assert "&lt;b&gt;ada&lt;/b&gt;" in answer.content.decode()


def test_a_write_runs_only_once_it_is_confirmed_and_is_recorded(admin) -> None:
    url = f"{URL}try/create_users_user/"
    filled = {"arg/username": "ada", "arg/email": "ada@example.com", "arg/password": "wonderland-1", "_run": "1"}
    asked = admin.post(url, filled)
    assert not User.objects.filter(username="ada").exists()
    assert b"run this for real?" in asked.content

    answer = admin.post(url, {"_confirmed": "1", "arguments": asked.context["arguments"]})
    assert not answer.context["result"]["is_error"], answer.context["result"]
    assert User.objects.filter(username="ada").exists()
    assert [(call.name, call.username) for call in Call.objects.all()] == [("create_users_user", "root")]


def test_who_lacks_the_views_permission_cannot_run_it_here(settings) -> None:
    class Nobody(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return view.action != "destroy"

    class Guarded(UserViewSet):
        permission_classes = (Nobody,)

    from django.contrib.admin import site

    urls = (*routed(Guarded, prefix="users", basename="user"), *mcp_urls(), path("admin/", site.urls))
    with override_settings(ROOT_URLCONF=urls):
        client = logged_in("view_toolrule", "run_tool", "delete_user")
        asked = client.post(f"{URL}try/destroy_users_user/", {"arg/id": "1", "_run": "1"})
        answer = client.post(
            f"{URL}try/destroy_users_user/", {"_confirmed": "1", "arguments": asked.context["arguments"]}
        )
    assert "Unknown tool" in answer.context["result"]["error"]["message"]
    assert User.objects.count() == 1


def test_who_lacks_the_models_permission_cannot_run_it_here_although_the_view_lets_anybody_in() -> None:
    url, sent = f"{URL}try/destroy_users_user/", {"_confirmed": "1", "arguments": "{}"}
    client = logged_in("view_toolrule", "run_tool", "view_user")
    sent["arguments"] = f'{{"id": {User.objects.get().pk}}}'
    assert client.get(f"{URL}try/list_users_user/").status_code == 200
    assert client.post(url, sent).status_code == client.get(url).status_code == 403
    assert "Try it" not in client.get(f"{URL}rule/tool/destroy_users_user/").content.decode()
    assert User.objects.count() == 1


def test_a_tool_is_tried_at_an_endpoint_that_has_it(admin) -> None:
    from django.contrib.admin import site

    views = routed(UserViewSet, prefix="users", basename="user")
    only = path("ro/mcp/", MCPView.as_view(read_only=True))
    with override_settings(ROOT_URLCONF=(*views, only, *mcp_urls(), path("admin/", site.urls))):
        arguments = '{"username": "ada", "email": "ada@example.com", "password": "x-1234567"}'
        answer = admin.post(f"{URL}try/create_users_user/", {"_confirmed": "1", "arguments": arguments})
    assert answer.context["result"]["error"] is None, answer.context["result"]
    assert "/mcp/" in answer.context["result"]["curl"]
    assert "/ro/mcp/" not in answer.context["result"]["curl"]


def test_half_a_character_is_refused_in_words(admin) -> None:
    answer = admin.post(f"{URL}try/retrieve_users_user/", {"_run": "1", "_json": '{"id": "\\ud800"}'})
    assert answer.status_code == 200
    assert "This is no JSON object." in answer.content.decode()


def test_a_tool_that_raises_shows_an_error_with_its_id(admin) -> None:
    class Broken(UserViewSet):
        def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("<secret>")

    from django.contrib.admin import site

    urls = (*routed(Broken, prefix="users", basename="user"), *mcp_urls(), path("admin/", site.urls))
    admin.raise_request_exception = False
    with override_settings(ROOT_URLCONF=urls):
        name = next(name for name in names(admin) if name.startswith("list_"))
        answer = admin.post(f"{URL}try/{name}/", {"_run": "1", "_confirmed": "1", "arguments": "{}"})
    error = answer.context["result"]["error"]
    assert error["code"] == -32603
    assert "secret" not in answer.content.decode()
    assert "error_id" in error["data"] or "errorId" in error["data"]


def test_a_file_is_sent_along(admin, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    url = f"{URL}try/create_projects_attachment/"
    project = MCPClient(User.objects.get()).call(
        "create_projects_project", name="P", slug="p", owner=User.objects.get().pk
    )
    assert not project.get("isError")
    task = TaskModel.objects.create(
        **{field.name: "T" for field in TaskModel._meta.fields if field.name in ("title", "name")},
        project_id=json.loads(json.dumps(project["structuredContent"]))["id"],
    )
    file = SimpleUploadedFile("note.txt", b"hello")
    asked = admin.post(url, {"arg/task": f"{task.pk}", "arg/file": file, "_run": "1"})
    answer = admin.post(url, {"_confirmed": "1", "arguments": asked.context["arguments"]})
    assert not answer.context["result"]["is_error"], answer.context["result"]
    with Attachment.objects.get().file as sent:
        assert sent.read() == b"hello"


@pytest.mark.parametrize(
    "data",
    [
        {"_run": "1", "_json": "nonsense"},
        {"_run": "1", "_json": "[1]"},
        {"_run": "1", "_json": "[" * 100_000},
        {"_run": "1", "arg/page": "NaN"},
        {"_run": "1", "arg/page": "x" * 100},
        {"_confirmed": "1", "arguments": "nonsense"},
        {"_confirmed": "1"},
        {"_change": "1", "arguments": "nonsense"},
        {"_add": "arg/no-such"},
    ],
    ids=lambda data: str(data)[:40],
)
def test_nonsense_runs_nothing(admin, data) -> None:
    answer = admin.post(f"{URL}try/list_projects_project/", data)
    assert answer.status_code == 200
    assert answer.context.get("result") is None


def test_curl_quotes_what_a_shell_would_read(admin) -> None:
    text = "it's $(rm -rf ~) `id`"
    result = admin.post(f"{URL}try/list_projects_project/", {"arg/search": text, "_run": "1"}).context["result"]
    import shlex

    words = shlex.split(result["curl"].replace("\\\n", ""))
    assert json.loads(words[-1])["params"]["arguments"] == {"search": text}
    assert "Mcp-Method: tools/call" in words
    assert "Authorization: Bearer $MCP_TOKEN" in words


# Elsewhere


def test_the_pages_work_on_a_site_of_the_projects_own() -> None:
    site = AdminSite(name="backoffice")
    register_pages(site)
    register_pages(site)
    urls = (*mcp_urls(), *routed(UserViewSet, prefix="users", basename="user"), path("office/", site.urls))
    with override_settings(ROOT_URLCONF=urls):
        client = logged_in(username="root", is_superuser=True)
        page = client.get("/office/drf_mcp/toolrule/")
        assert page.status_code == 200
        assert 'href="/office/drf_mcp/toolrule/rule/tool/list_users_user/"' in page.content.decode()
        for url in ("rule/tool/list_users_user/", "rule/app/users/", "try/list_users_user/"):
            shown = client.get(f"/office/drf_mcp/toolrule/{url}").content.decode()
            assert 'href="/admin/' not in shown
            assert 'action="/admin/' not in shown
        assert client.get("/office/drf_mcp/aswho/?user=root").status_code == 200


def test_the_pages_can_be_translated(admin) -> None:
    with translation.override("de"):
        page = admin.get(URL, headers={"accept-language": "de"}).content.decode()
    assert "What agents may do" in page
    assert Permission.objects.filter(codename__in=["run_tool", "view_as_user"]).count() == 2
