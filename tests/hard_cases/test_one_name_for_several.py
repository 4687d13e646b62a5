"""Sections 2 and 3: one name for several endpoints, and names that clients refuse."""

from __future__ import annotations

import random
import re
import sys
from types import ModuleType

import pytest
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from drf_mcp import mcp_exclude, mcp_tool
from tests.shop.models import Project, Task
from tests.shop.urls.twins import api
from tests.shop.views import twins

from .callers import MCP, rows

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.twins")]

LEGAL = re.compile(r"[A-Za-z0-9_-]{1,52}\Z")
_number = iter(range(10_000))


@pytest.fixture
def serve_urls(settings):
    """Serve a list of URL patterns as the project's URLconf."""

    def serve(patterns):
        module = ModuleType(f"tests.shop.urls.made_{next(_number)}")
        module.urlpatterns = [path("mcp/", include("drf_mcp.urls")), *patterns]
        sys.modules[module.__name__] = module
        settings.ROOT_URLCONF = module.__name__
        return MCP()

    yield serve
    for name in [name for name in sys.modules if name.startswith("tests.shop.urls.made_")]:
        del sys.modules[name]


@pytest.fixture
def tasks(alice):
    red = Project.objects.create(slug="red", name="Red")
    Task.objects.create(title="Own", owner=alice.user, slug="own")
    Task.objects.create(title="Deleted", is_deleted=True, project=red, slug="deleted")
    Task.objects.create(title="Public", is_public=True, slug="public")


def test_every_name_is_legal_and_different(alice):
    for name in alice.mcp.tools():
        assert LEGAL.match(name), name


def test_every_routed_action_is_there_once(alice):
    tools = alice.mcp.tools()
    routers = {"own": 5, "deleted": 5, "public": 5, "flat": 5, "project": 5, "owner": 5}
    jobs_and_versions = 3 + 4  # the second list of jobs can never be reached
    reports, star, ping, long, dotted, items, odd, inbox = 2, 3, 2, 3, 1, 2, 4, 3
    expected = sum(routers.values()) + jobs_and_versions + reports + star + ping + long + dotted + items + odd + inbox
    unreachable = [name for name in tools if name.startswith("list_shop_task_job_jobs")][1:]
    assert len(tools) - len(unreachable) == expected, sorted(tools)


@pytest.mark.parametrize("kind", ["own", "deleted", "public"])
def test_several_viewsets_of_one_model_are_told_apart_by_basename(tasks, alice, kind):
    answer = alice.compare("get", f"/{kind}/", f"list_shop_task_{kind}")
    assert [task["title"] for task in answer.data] == [kind.capitalize()]


def by_arguments(mcp, prefix, arguments):
    """The tools of a prefix that require exactly these arguments."""
    return [
        name
        for name, tool in mcp.tools().items()
        if name.startswith(prefix) and set(tool["inputSchema"].get("required", ())) == set(arguments)
    ]


def test_nested_twins_of_one_class_and_basename_are_told_apart_by_route(tasks, alice):
    (nested,) = by_arguments(alice.mcp, "list_shop_task", ["project_slug"])
    (owned,) = by_arguments(alice.mcp, "list_shop_task", ["owner_name"])
    answer = alice.compare("get", "/projects/red/tasks/", nested, {"project_slug": "red"})
    assert [task["title"] for task in answer.data] == ["Deleted"]
    answer = alice.compare("get", "/owners/alice/tasks/", owned, {"owner_name": "alice"})
    assert [task["title"] for task in answer.data] == ["Own"]


def test_nested_twin_finds_no_object_of_another_parent(tasks, alice):
    (nested,) = by_arguments(alice.mcp, "retrieve_shop_task", ["project_slug", "id"])
    own = Task.objects.get(title="Own").pk
    answer = alice.compare("get", f"/projects/red/tasks/{own}/", nested, {"project_slug": "red", "id": str(own)})
    assert answer.status == 404


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_namespaces_tell_versions_apart(alice, version):
    (name,) = [n for n in alice.mcp.tools() if n.startswith("list_shop_task_") and version in n.split("_")]
    assert alice.compare("get", f"/{version}/things/", name).data == {"namespace": version}


def test_same_named_classes_of_different_modules_are_both_called(alice):
    names = [name for name in alice.mcp.tools() if name.startswith("list_report")]
    assert len(names) == 2
    assert {alice.mcp.call(name).data["report"] for name in names} == {"of the shop", "of the reports"}


def test_two_viewsets_on_one_basename_are_both_called(tasks, alice):
    task = Task.objects.get(title="Own")
    (by_token,) = by_arguments(alice.mcp, "retrieve_shop_task", ["token"])
    (by_slug,) = by_arguments(alice.mcp, "retrieve_shop_task", ["slug"])
    alice.compare("get", f"/jobs/{task.token}/", by_token, {"token": str(task.token)})
    alice.compare("get", "/jobs/own/", by_slug, {"slug": "own"})
    answer = alice.mcp.call(by_token, {"token": "own"})
    assert answer.status in (400, 404), "a value of one form must not lead to the other ViewSet"


def test_list_route_that_another_registration_shadows_is_no_tool_that_fails(tasks, alice):
    # Both registrations route GET /jobs/; only the first can ever be reached.
    for name, tool in alice.mcp.tools().items():
        if name.startswith("list_shop_task_job") and not tool["inputSchema"].get("required"):
            assert alice.mcp.call(name).status == 200, name


def test_router_route_and_bare_as_view_are_two_tools(tasks, alice):
    lists = [name for name in by_arguments(alice.mcp, "list_shop_task", []) if "inbox" in name or "TaskViewSet" in name]
    assert lists, sorted(alice.mcp.tools())
    alice.compare("get", "/inbox/", lists[0])


def test_one_action_with_several_methods_is_a_tool_for_each(tasks, alice):
    pk = Task.objects.get(title="Own").pk
    names = [name for name in alice.mcp.tools() if name.endswith("star_shop_task")]
    assert len(names) == 3
    tools = alice.mcp.tools()
    for verb in ("get", "post", "delete"):
        (name,) = [name for name in names if name.startswith(f"{verb}_star")]
        answer = alice.compare(verb, f"/several/{pk}/star/", name, {"id": str(pk)})
        assert answer.data["method"] == verb.upper()
        assert tools[name]["annotations"]["readOnlyHint"] is (verb == "get")


def test_viewset_without_a_model_takes_its_basename(alice):
    assert alice.compare("get", "/ping/", "list_ping").data == {"pong": True}
    alice.compare("post", "/ping/echo/", "echo_ping", {"word": "a"}, {"word": "a"})


def test_long_names_are_shortened_and_stay_different(alice):
    names = [name for name in alice.mcp.tools() if name.startswith("an_action_with_a_name")]
    assert len(names) == 2
    assert {alice.mcp.call(name).data["long"] for name in names} == {"one", "two"}


def test_dots_of_an_app_label_are_not_in_a_name(alice):
    assert alice.compare("get", "/dotted/count/", "count_shop_archive_dotted").data == {"of": "shop.archive"}


def test_names_that_read_alike_for_different_apps_are_both_there(alice):
    names = [name for name in alice.mcp.tools() if name.startswith("list_shop_eu_item")]
    assert len(names) == 2
    assert {alice.mcp.call(name).data["app"] for name in names} == {"shop_eu", "eu"}


def test_property_names_are_legal_for_clients_and_reach_the_filter(tasks, alice):
    name = "list_shop_task_odd"
    properties = alice.mcp.properties(name)
    for argument in properties:
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", argument), argument
    answer = alice.compare("get", "/odd/?project__slug=red", name, {"project__slug": "red"})
    assert len(answer.data) == 1
    (country,) = [argument for argument in properties if "country" in argument]
    answer = alice.compare("get", "/odd/?owner__profile.country.code=Own", name, {country: "Own"})
    assert len(answer.data) == 1


def test_body_names_are_legal_for_clients_and_reach_the_serializer(alice):
    (name,) = [name for name in alice.mcp.tools() if name.startswith("odd_")]
    properties = alice.mcp.properties(name)
    for argument in properties:
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", argument), argument
    (owner,) = [argument for argument in properties if argument.startswith("owner")]
    (long,) = [argument for argument in properties if argument.startswith("xxx")]
    body = {"owner.name": "Ann", "x" * 76: "y"}
    alice.compare("post", "/odd/odd/", name, {owner: "Ann", long: "y"}, body)


def routes(mcp):
    """What each tool is, apart from its name: the same for the same endpoint whatever its place in the list."""
    return {name: {k: v for k, v in tool.items() if k != "name"} for name, tool in mcp.tools().items()}


def test_names_do_not_depend_on_the_order_of_the_patterns(serve_urls):
    before = routes(serve_urls(api))
    for seed in range(4):
        shuffled = list(api)
        random.Random(seed).shuffle(shuffled)
        assert routes(serve_urls(shuffled)) == before
    assert routes(serve_urls(list(reversed(api)))) == before


def test_names_do_not_depend_on_the_order_of_registration(serve_urls):
    classes = {"own": twins.OwnTaskViewSet, "deleted": twins.DeletedTaskViewSet, "public": twins.PublicTaskViewSet}
    found = []
    for order in (sorted(classes), sorted(classes, reverse=True)):
        router = SimpleRouter()
        for name in order:
            router.register(name, classes[name], name)
        found.append(routes(serve_urls(router.urls)))
    assert found[0] == found[1]


def test_another_endpoint_leaves_the_names_of_the_others_alone(serve_urls):
    before = set(serve_urls(api).tools())
    router = SimpleRouter()
    router.register("fourth", twins.PublicTaskViewSet, "fourth")
    after = set(serve_urls([*router.urls, *api]).tools())
    assert before < after
    without_last = set(serve_urls(api[:-1]).tools())
    assert without_last < before


def test_declared_name_is_used_exactly_even_beside_a_generated_namesake(serve_urls):
    @mcp_tool("list", name="list_shop_task")
    class Chosen(twins.PublicTaskViewSet):
        pass

    router = SimpleRouter()
    router.register("chosen", Chosen, "chosen")
    router.register("deleted", twins.DeletedTaskViewSet, "deleted")
    tools = serve_urls(router.urls).tools()
    assert "list_shop_task" in tools
    assert len([name for name in tools if name.startswith("list_")]) == 2


def test_one_route_registered_twice_is_one_tool(serve_urls):
    router = SimpleRouter()
    router.register("public", twins.PublicTaskViewSet, "public")
    once = set(serve_urls(router.urls).tools())
    twice = serve_urls([*router.urls, *router.urls])
    assert set(twice.tools()) == once
    assert twice.call("list_shop_task").data == []


def test_excluded_namesake_does_not_change_the_other_name(serve_urls):
    @mcp_exclude
    class Hidden(twins.PublicTaskViewSet):
        pass

    router = SimpleRouter()
    router.register("hidden", Hidden, "hidden")
    router.register("deleted", twins.DeletedTaskViewSet, "deleted")
    mcp = serve_urls(router.urls)
    assert set(mcp.tools()) == {f"{verb}_shop_task" for verb in ("list", "create", "retrieve", "update", "destroy")}


def test_tool_that_does_not_exist_changes_nothing(alice):
    before = rows()
    assert alice.mcp.call("destroy_shop_nothing", {"id": "1"}).error["code"] == -32602
    assert rows() == before
