"""Resources and completions where only middleware knows what a caller may see."""

from __future__ import annotations

import json

import pytest
from django.conf import settings as django_settings

from tests.shop.models import Project, Task, Tenant, Ticket
from tests.shop.scope import is_open

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.tenants")]

TICKET = {"type": "ref/resource", "uri": "drf:///t/{tenant}/tickets/{id}/"}


@pytest.fixture
def tenants(settings):
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, "tests.shop.middleware.TenantFromPath"]
    for slug in ("red", "blue"):
        tenant = Tenant.objects.create(slug=slug, name=slug)
        for number in (1, 2):
            Ticket.everywhere.create(tenant=tenant, title=f"{slug} {number}")


def complete(caller, ref, name, **arguments):
    params = {"ref": ref, "argument": {"name": name, "value": ""}, "context": {"arguments": arguments}}
    return caller.mcp.post("completion/complete", params).result["completion"]["values"]


def test_a_read_sees_the_tenant_of_its_uri(tenants, alice):
    for slug in ("red", "blue"):
        uri = f"drf:///t/{slug}/tickets/"
        (contents,) = alice.mcp.post("resources/read", {"uri": uri}).result["contents"]
        assert [ticket["title"] for ticket in json.loads(contents["text"])] == [f"{slug} 1", f"{slug} 2"]
    other = Ticket.everywhere.get(title="blue 1").pk
    assert alice.mcp.post("resources/read", {"uri": f"drf:///t/red/tickets/{other}/"}).error["code"] == -32002
    assert not is_open()


def test_completions_are_looked_up_while_the_tenants_scope_is_open(tenants, alice):
    for slug in ("red", "blue"):
        own = Ticket.everywhere.filter(tenant__slug=slug).order_by("pk").values_list("pk", flat=True)
        assert complete(alice, TICKET, "id", tenant=slug) == [str(pk) for pk in own]
    assert complete(alice, TICKET, "id", tenant="green") == []
    assert complete(alice, TICKET, "id") == []
    assert not is_open()


def test_a_permission_that_wants_the_resolvers_kwargs_decides_on_reading_and_completing(alice, bob):
    inside = Project.objects.create(slug="inside", name="Inside")
    inside.members.add(alice.user)
    task = Task.objects.create(project=inside, title="A task", owner=alice.user)
    ref = {"type": "ref/resource", "uri": "drf:///members/{project_slug}/tasks/{id}/"}

    assert complete(alice, ref, "id", project_slug="inside") == [str(task.pk)]
    assert complete(bob, ref, "id", project_slug="inside") == []
    uri = f"drf:///members/inside/tasks/{task.pk}/"
    assert json.loads(alice.mcp.post("resources/read", {"uri": uri}).result["contents"][0]["text"])["title"] == "A task"
    assert bob.mcp.post("resources/read", {"uri": uri}).error["code"] == -32002
