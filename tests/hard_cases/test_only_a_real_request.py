"""Section 1: what only a real request has."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings

from tests.shop import middleware
from tests.shop.models import Project, Task, Tenant, Ticket
from tests.shop.scope import is_open

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.tenants")]


def put_in_front(settings, *names):
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, *(f"tests.shop.middleware.{name}" for name in names)]


@pytest.fixture
def tenants(settings):
    put_in_front(settings, "TenantFromPath")
    for slug in ("red", "blue"):
        tenant = Tenant.objects.create(slug=slug, name=slug)
        for number in (1, 2):
            Ticket.everywhere.create(tenant=tenant, title=f"{slug} {number}")


@pytest.fixture
def projects(alice):
    inside = Project.objects.create(slug="inside", name="Inside")
    inside.members.add(alice.user)
    outside = Project.objects.create(slug="outside", name="Outside")
    for project in (inside, outside):
        Task.objects.create(project=project, title=f"Task of {project}", owner=alice.user)


def task(**attributes):
    return Task.objects.create(**{"title": "A task", **attributes})


@pytest.mark.parametrize("slug", ["red", "blue"])
def test_tenant_that_middleware_takes_from_the_path_is_the_one_of_the_argument(tenants, alice, slug):
    answer = alice.compare("get", f"/t/{slug}/tickets/", "list_shop_ticket", {"tenant": slug})
    assert [ticket["title"] for ticket in answer.data] == [f"{slug} 1", f"{slug} 2"]


def test_scope_is_open_while_the_view_runs_and_closed_afterwards(tenants, alice):
    answer = alice.compare("get", "/t/red/scope/", "list_scope", {"tenant": "red"})
    assert answer.data == {"tenant": "red", "open": True, "request": "red"}
    assert not is_open()


def test_scope_is_closed_after_a_call_that_failed(tenants, alice):
    alice.compare("get", "/t/red/tickets/999/", "retrieve_shop_ticket", {"tenant": "red", "id": "999"})
    assert not is_open()


def test_another_tenants_object_is_not_found(tenants, alice):
    other = Ticket.everywhere.get(title="blue 1").pk
    answer = alice.compare(
        "get", f"/t/red/tickets/{other}/", "retrieve_shop_ticket", {"tenant": "red", "id": str(other)}
    )
    assert answer.status == 404


def test_creating_in_a_tenant_writes_the_row_that_rest_writes(tenants, alice):
    alice.compare(
        "post", "/t/blue/tickets/", "create_shop_ticket", {"tenant": "blue", "title": "New"}, {"title": "New"}
    )
    assert Ticket.everywhere.get(title="New").tenant.slug == "blue"


def test_tenant_is_a_required_argument_of_each_of_its_tools(tenants, alice):
    for name in ("list_shop_ticket", "create_shop_ticket", "destroy_shop_ticket", "list_scope"):
        assert "tenant" in alice.mcp.required(name)


def test_middleware_that_knows_no_such_tenant_answers_in_place_of_the_view(tenants, alice):
    answer = alice.compare("get", "/t/green/tickets/", "list_shop_ticket", {"tenant": "green"})
    assert "There is no such tenant." in answer.text


def test_value_that_would_lead_to_another_tenant_goes_nowhere(tenants, alice):
    for value in ("red/tickets", "../t/blue", "red/../blue", "red%2Ftickets", ""):
        answer = alice.mcp.call("list_shop_ticket", {"tenant": value})
        assert answer.error["code"] == -32602, value


@pytest.mark.parametrize(("route", "status"), [("closed", 403), ("login-first", 302), ("no-json", 403)])
def test_middleware_that_refuses_a_path_refuses_its_tools(settings, alice, route, status):
    put_in_front(settings, "KeepOut")
    assert alice.rest.get(f"/{route}/").status_code == status
    for tool, arguments in ((f"list_shop_task_{route}", {}), (f"create_shop_task_{route}", {"title": "x"})):
        answer = alice.mcp.call(tool, arguments)
        assert answer.is_refused
        assert answer.structured["status"] == status
        assert "<" not in answer.text
        assert "internal-host-17" not in str(answer.payload)
    assert not Task.objects.exists()


def test_measuring_middleware_sees_the_rest_path_the_view_name_and_the_kwargs(settings, alice):
    put_in_front(settings, "Recorder")
    pk = task().pk
    alice.rest.get(f"/own-check/{pk}/")
    by_rest = list(middleware.seen)
    middleware.seen.clear()
    alice.mcp.call("retrieve_shop_task_own-check", {"id": str(pk)})
    assert [entry for entry in middleware.seen if entry[0] != "/mcp/"] == by_rest
    assert by_rest == [
        (f"/own-check/{pk}/", "middleware in"),
        (f"/own-check/{pk}/", f"process_view own-check-detail [('pk', '{pk}')]"),
        (f"/own-check/{pk}/", "process_template_response"),
        (f"/own-check/{pk}/", "middleware out 200"),
    ]


def test_middleware_that_counts_may_be_left_out_of_the_inner_call(settings, alice):
    put_in_front(settings, "Recorder")
    settings.DRF_MCP = {**settings.DRF_MCP, "SKIP_MIDDLEWARE": ["tests.shop.middleware.Recorder"]}
    assert alice.mcp.call("list_shop_task_own-check").data == []
    assert {path for path, _ in middleware.seen} == {"/mcp/"}


def test_async_only_middleware_is_passed(settings, alice):
    put_in_front(settings, "AsyncOnly", "TenantFromPath")
    Ticket.everywhere.create(tenant=Tenant.objects.create(slug="red", name="Red"), title="Waited")
    alice.compare("get", "/t/red/tickets/", "list_shop_ticket", {"tenant": "red"})
    alice.compare("post", "/t/red/tickets/", "create_shop_ticket", {"tenant": "red", "title": "x"}, {"title": "x"})


def test_permission_reads_the_parent_from_the_resolver_match(projects, alice):
    answer = alice.compare("get", "/members/inside/tasks/", "list_shop_task_member-task", {"project_slug": "inside"})
    assert [found["title"] for found in answer.data] == ["Task of inside"]


@pytest.mark.parametrize(("slug", "status"), [("outside", 403), ("nowhere", 404)])
def test_permission_that_looks_at_the_parent_refuses_as_under_rest(projects, alice, slug, status):
    answer = alice.compare("get", f"/members/{slug}/tasks/", "list_shop_task_member-task", {"project_slug": slug})
    assert answer.status == status


def test_parent_that_a_permission_left_on_the_request_is_used_for_writing(projects, alice):
    alice.compare(
        "post",
        "/members/inside/tasks/",
        "create_shop_task_member-task",
        {"project_slug": "inside", "title": "More"},
        {"title": "More"},
    )
    assert Task.objects.get(title="More").project.slug == "inside"


def test_queryset_that_initial_narrows_for_writers_is_narrowed(alice, bob):
    mine, other = task(owner=alice.user), task(owner=bob.user)
    alice.compare("get", f"/narrowed/{other.pk}/", "retrieve_shop_task_narrowed", {"id": str(other.pk)})
    refused = alice.compare(
        "patch",
        f"/narrowed/{other.pk}/",
        "update_shop_task_narrowed",
        {"id": str(other.pk), "title": "Taken"},
        {"title": "Taken"},
    )
    assert refused.status == 404
    alice.compare(
        "patch",
        f"/narrowed/{mine.pk}/",
        "update_shop_task_narrowed",
        {"id": str(mine.pk), "title": "T"},
        {"title": "T"},
    )
    assert (
        alice.compare("post", f"/narrowed/{other.pk}/finish/", "finish_shop_task", {"id": str(other.pk)}).status == 404
    )
    assert (
        alice.compare("delete", f"/narrowed/{other.pk}/", "destroy_shop_task_narrowed", {"id": str(other.pk)}).status
        == 404
    )


def test_parent_that_initial_finds_is_there(projects, alice):
    alice.compare("get", "/parents/outside/tasks/", "list_shop_task_parent-task", {"project_slug": "outside"})
    alice.compare(
        "post",
        "/parents/outside/tasks/",
        "create_shop_task_parent-task",
        {"project_slug": "outside", "title": "New"},
        {"title": "New"},
    )


def test_parent_that_initial_misses_is_404(projects, alice):
    answer = alice.compare("get", "/parents/none/tasks/", "list_shop_task_parent-task", {"project_slug": "none"})
    assert answer.status == 404


def test_overridden_permission_check_holds(alice, staff):
    assert "create_shop_task_own-check" not in alice.mcp.tools()
    assert alice.mcp.call("create_shop_task_own-check", {"title": "x"}).error["message"].startswith("Unknown tool")
    assert alice.rest.post("/own-check/", {"title": "x"}).data["detail"] == "Only staff writes here."
    staff.compare("post", "/own-check/", "create_shop_task_own-check", {"title": "x"}, {"title": "x"})


def test_overridden_object_permission_check_holds(alice):
    hidden = task(priority=101)
    answer = alice.compare("get", f"/own-check/{hidden.pk}/", "retrieve_shop_task_own-check", {"id": str(hidden.pk)})
    assert answer.status == 404


def test_filter_backend_that_guards_rows_guards_every_action(alice, bob):
    other = task(owner=bob.user)
    task(owner=alice.user, title="Mine")
    assert [t["title"] for t in alice.compare("get", "/filtered/", "list_shop_task_filtered").data] == ["Mine"]
    for verb, tool in (("get", "retrieve"), ("patch", "update"), ("delete", "destroy")):
        answer = alice.compare(verb, f"/filtered/{other.pk}/", f"{tool}_shop_task_filtered", {"id": str(other.pk)})
        assert answer.status == 404


def test_permission_by_kind_of_authentication_sees_the_token(alice, nobody):
    task()
    alice.compare("get", "/token/", "list_shop_task_token")
    assert alice.compare("get", "/token/kind/", "kind_shop_task").data == {"auth": "Token", "user": "alice"}
    assert nobody.compare("get", "/token/", "list_shop_task_token").status == 401


def test_serializer_that_reads_the_request_in_its_constructor_is_described_and_works(alice, staff):
    schema = alice.mcp.tool("create_shop_task_needs-request")["inputSchema"]
    assert "title" in schema["properties"]
    assert "priority" in schema["properties"] or schema["additionalProperties"] is not False
    body = {"title": "x", "priority": 5}
    staff.compare("post", "/needs-request/", "create_shop_task_needs-request", body, body)
    assert Task.objects.get().priority == 5
    alice.compare("post", "/needs-request/", "create_shop_task_needs-request", body, body)
    assert sorted(Task.objects.values_list("priority", flat=True)) == [0, 5]


def test_serializer_with_a_required_positional_argument_is_described_and_works(alice):
    tool = alice.mcp.tool("create_shop_task_positional")
    assert tool["inputSchema"]["properties"]["title"]["type"] == "string"
    answer = alice.compare("post", "/positional/", "create_shop_task_positional", {"title": "x"}, {"title": "x"})
    assert answer.data["title"] == "alice: x"
    alice.compare("get", "/positional/", "list_shop_task_positional")


def test_serializer_that_needs_a_context_of_its_view_is_described_and_works(alice):
    properties = alice.mcp.properties("create_shop_task_quota")
    assert "One of 7." in str(properties["title"])
    alice.compare("post", "/quota/", "create_shop_task_quota", {"title": "x"}, {"title": "x"})


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_namespace_versioning_finds_the_version_of_the_route(alice, version):
    answer = alice.compare("get", f"/{version}/version/", f"list_version_{version}")
    assert answer.data == {"version": version, "namespace": version}
