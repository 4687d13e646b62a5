"""Section 4: routes that are not the usual six."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from rest_framework.test import APIClient

from tests.shop.models import Coupon, Product, Task
from tests.shop.views import odd_routes

from .callers import MCP

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.odd_routes")]


@pytest.fixture
def products(db):
    return [Product.objects.create(sku=f"s{n}", name=f"Product {n}") for n in (1, 2)]


@pytest.fixture
def task(db):
    return Task.objects.create(title="A task")


def only(mcp, prefix, *parts):
    """The name of the one tool with this prefix and these parts."""
    found = [n for n in mcp.tools() if n.startswith(prefix) and all(part in n for part in parts)]
    assert len(found) == 1, (prefix, parts, found, sorted(mcp.tools()))
    return found[0]


@pytest.mark.parametrize("action", ["bulk_replace", "bulk_change"])
def test_bulk_write_of_the_views_own_serializer_takes_an_array(products, alice, action):
    verb = "put" if action == "bulk_replace" else "patch"
    name = only(alice.mcp, action)
    assert alice.mcp.properties(name)["items"]["type"] == "array"
    items = [{"id": p.pk, "name": f"New {p.pk}", "stock": 3} for p in products]
    assert alice.compare(verb, "/bulk-plain/", name, {"items": items}, items).status == 200


@pytest.mark.parametrize(("verb", "action"), [("put", "bulk_update"), ("patch", "bulk_partial_update")])
def test_bulk_write_on_the_list_route_takes_an_array(products, alice, verb, action):
    name = only(alice.mcp, action)
    assert alice.mcp.properties(name)["items"]["type"] == "array"
    items = [{"id": p.pk, "name": f"New {p.pk}", "stock": 3} for p in products]
    answer = alice.compare(verb, "/bulk/", name, {"items": items}, items)
    assert answer.status == 200
    assert set(Product.objects.values_list("stock", flat=True)) == {3}


def test_bulk_write_that_the_serializer_refuses_names_the_item(products, alice):
    items = [{"id": products[0].pk, "name": "x", "stock": 1}, {"id": products[1].pk, "stock": "many", "name": "y"}]
    answer = alice.compare("put", "/bulk/", only(alice.mcp, "bulk_update"), {"items": items}, items)
    assert "integer" in answer.error["message"]


def test_bulk_delete_takes_query_parameters_and_no_body(products, alice):
    name = only(alice.mcp, "bulk_destroy")
    assert "ids" in alice.mcp.properties(name)
    keys = [p.pk for p in products]
    query = "&".join(f"ids={pk}" for pk in keys)
    answer = alice.compare("delete", f"/bulk/?{query}", name, {"ids": keys})
    assert answer.data == {"deleted": 2}


def test_bulk_delete_without_its_query_parameters_is_refused_as_under_rest(products, alice):
    answer = alice.compare("delete", "/bulk/", only(alice.mcp, "bulk_destroy"))
    assert answer.status == 412
    assert "ids is required." in answer.text
    assert Product.objects.count() == 2


def test_create_of_one_or_many_takes_one(alice):
    name = only(alice.mcp, "create_shop_product", "one-or-many")
    body = {"sku": "a", "name": "A"}
    alice.compare("post", "/one-or-many/", name, body, body)


def test_create_of_only_an_array_takes_an_array(alice):
    name = only(alice.mcp, "create_shop_product", "array")
    assert alice.mcp.required(name) == {"items"}
    items = [{"sku": "a", "name": "A"}, {"sku": "b", "name": "B"}]
    answer = alice.mcp.call(name, {"items": items})
    assert [item["sku"] for item in answer.data] == ["a", "b"]
    assert alice.rest.post("/array/", [{"sku": "a", "name": "A"}], format="json").status_code == 400
    again = alice.mcp.call(name, {"items": [{"sku": "a", "name": "A"}]})
    assert again.error["code"] == -32602


def test_viewset_that_can_only_write_pages_is_no_tool(alice):
    assert not [name for name in alice.mcp.tools() if "page" in name]


def test_get_that_is_mapped_to_a_write_is_not_called_read_only(task, alice):
    for action, path, arguments in (
        ("create", "/confirm/", {}),
        ("destroy", f"/confirm/{task.pk}/", {"id": str(task.pk)}),
    ):
        name = only(alice.mcp, f"{action}_shop_task", "confirm")
        assert not alice.mcp.tool(name)["annotations"]["readOnlyHint"]
        alice.compare("get", path, name, arguments)


def test_me_is_a_tool_for_each_method_with_its_own_serializer(alice):
    names = {verb: only(alice.mcp, f"{verb}_me") for verb in ("get", "put", "patch", "delete")}
    assert alice.compare("get", "/me/me/", names["get"]).data["username"] == "alice"
    assert alice.mcp.properties(names["get"]) == {}
    assert {"email", "first_name"} <= alice.mcp.properties(names["put"]).keys()
    body = {"email": "new@shop.test", "first_name": "Al"}
    alice.compare("put", "/me/me/", names["put"], body, body)
    alice.compare("put", "/me/me/", names["put"], {"email": "x@shop.test"}, {"email": "x@shop.test"})
    assert alice.mcp.required(names["patch"]) == set()
    alice.compare("patch", "/me/me/", names["patch"], {"first_name": "Only"}, {"first_name": "Only"})
    alice.compare("delete", "/me/me/", names["delete"])
    alice.user.refresh_from_db()
    assert alice.user.first_name == "deleted"


def test_mapped_handlers_of_one_path_are_tools_of_their_own(task, alice):
    assert alice.mcp.tool("notes_shop_task")["description"].startswith("Read the notes.")
    assert alice.mcp.tool("add_note_shop_task")["description"].startswith("Add a note.")
    pk = str(task.pk)
    alice.compare("get", f"/mapping/{pk}/notes/", "notes_shop_task", {"id": pk})
    alice.compare("post", f"/mapping/{pk}/notes/", "add_note_shop_task", {"id": pk, "text": "hello"}, {"text": "hello"})
    alice.compare("delete", f"/mapping/{pk}/notes/", "clear_notes_shop_task", {"id": pk})


def test_what_is_routed_but_answers_405_is_no_tool(alice):
    Coupon.objects.create(code="c")
    names = {name for name in alice.mcp.tools() if name.endswith("_shop_coupon")}
    assert names == {"list_shop_coupon", "retrieve_shop_coupon"}
    alice.compare("get", "/coupons/", "list_shop_coupon")


def test_methods_named_like_http_verbs_without_a_route_are_no_tools(task, alice):
    assert [name for name in alice.mcp.tools() if "verb" in name] == ["list_shop_task_verb"]
    assert Task.objects.exists()


def test_action_named_delete_is_one_tool_that_posts(task, alice):
    names = [name for name in alice.mcp.tools() if name.startswith("delete_") and "task" in name]
    assert names == ["delete_shop_task"]
    answer = alice.compare("post", f"/delete-action/{task.pk}/delete/", names[0], {"id": str(task.pk)})
    assert answer.data == {"action": "delete", "method": "POST"}
    assert Task.objects.filter(is_deleted=True).exists()


def test_as_view_without_a_router_works_for_each_of_its_routes(products, alice):
    tools = alice.mcp.tools()
    found = {
        action: [n for n in tools if n.startswith(f"{action}_shop_product") and "bulk" not in n]
        for action in ("list", "retrieve", "update", "restock")
    }
    assert {action: len(names) for action, names in found.items()} == dict.fromkeys(found, 1), found
    alice.compare("get", "/plain/", found["list"][0])
    alice.compare("get", "/plain/s1/", found["retrieve"][0], {"sku": "s1"})
    alice.compare("post", "/plain/s1/restock/", found["restock"][0], {"sku": "s1", "amount": 4}, {"amount": 4})
    assert "amount" in alice.mcp.properties(found["restock"][0])


def test_route_that_has_only_put_wants_the_whole_object(products, alice):
    name = only(alice.mcp, "update_shop_product", "plain")
    assert {"sku", "name"} <= alice.mcp.required(name)
    body = {"sku": "s9", "name": "Nine"}
    answer = alice.compare("put", "/plain/s1/", name, {"sku": "s1", "new_sku": "s9", "name": "Nine"}, body)
    assert answer.data["sku"] == "s9"


def test_post_that_a_router_binds_to_the_detail_route_works(task, alice):
    alice.compare("post", f"/start/{task.pk}/", "start_shop_task", {"id": str(task.pk)})
    assert Task.objects.get().priority == 9


def test_decorator_around_the_callback_stays_in_force(task, alice, staff):
    lists, creates = (
        only(alice.mcp, "list_shop_task_staff"),
        only(alice.mcp, "create_shop_task", "stafftask"),
    )
    assert alice.compare("get", "/staff/", lists).status == 403
    assert alice.compare("post", "/staff/", creates, {"title": "x"}, {"title": "x"}).status == 403
    assert Task.objects.count() == 1


def test_decorator_that_refuses_everybody_refuses_staff(staff):
    names = [name for name in staff.mcp.tools() if name.startswith("list_shop_task") and "obody" in name]
    for name in names:
        assert staff.mcp.call(name).status == 403


def test_decorator_that_lets_staff_in_by_the_proved_identity_lets_staff_in(task, staff):
    staff.compare("get", "/staff/", only(staff.mcp, "list_shop_task_staff"))


@pytest.mark.parametrize("route", ["cached", "cached-by-cookie"])
def test_cached_answers_are_kept_for_one_caller_and_for_no_other(alice, bob, route):
    names = [name for name in alice.mcp.tools() if name.startswith("list_cached")]
    assert len(names) == 2
    for name in names:
        first, again, other = alice.mcp.call(name), alice.mcp.call(name), bob.mcp.call(name)
        assert first.data["for"] == "alice"
        assert again.data == first.data, "the cache has not been used"
        assert other.data["for"] == "bob"


def test_anonymous_caller_gets_nobodys_cached_answer(alice, nobody):
    for name in [name for name in alice.mcp.tools() if name.startswith("list_cached")]:
        assert alice.mcp.call(name).data["for"] == "alice"
        assert nobody.mcp.call(name).data["for"] == ""


def test_format_suffixes_add_no_tools(task, alice):
    tools = alice.mcp.tools()
    suffixed = ["create_shop_task_suffixed", "destroy_shop_task_suffixed", "list_shop_task_suffixed"]
    assert sorted(name for name in tools if "suffix" in name) == suffixed
    assert [name for name in tools if name.startswith("retrieve_shop_task")] == ["retrieve_shop_task"]
    assert not [name for name, tool in tools.items() if "format" in tool["inputSchema"]["properties"]]
    alice.compare("get", "/suffixes/suffixed/", "list_shop_task_suffixed")


def test_locale_prefix_is_built_into_the_path(settings, alice):
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    settings.LANGUAGE_CODE = "en"
    german = alice.mcp.call("list_language", HTTP_ACCEPT_LANGUAGE="de")
    assert german.data == {"language": "de", "path": "/de/language/"}
    assert alice.mcp.call("list_language").data == alice.rest.get("/en/language/").data


def test_urlconf_that_middleware_sets_is_the_one_that_is_listed_and_called(settings):
    settings.ALLOWED_HOSTS = ["testserver", "partner.test"]
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, "tests.shop.middleware.UrlconfByHost"]
    partner, public = MCP(HTTP_HOST="partner.test"), MCP()
    assert list(partner.tools()) == ["list_partner"]
    assert "list_partner" not in public.tools()
    assert partner.call("list_partner").data == APIClient().get("/partner/", HTTP_HOST="partner.test").data
    assert public.call("list_partner").error["code"] == -32602
    assert partner.call("list_shop_coupon").error["code"] == -32602


def test_head_that_drf_adds_at_the_first_request_is_no_tool(settings, alice):
    before = set(alice.mcp.tools())
    for path in ("/coupons/", "/verbs/", "/me/me/", "/bulk/", "/plain/"):
        alice.rest.get(path)
        alice.rest.head(path)
    settings.DRF_MCP = dict(settings.DRF_MCP)
    after = alice.mcp.tools()
    assert set(after) == before
    assert not [name for name in after if "head" in name]


def test_first_call_of_a_view_is_counted_once(alice):
    before = odd_routes.CachedViewSet.runs
    alice.mcp.call(only(alice.mcp, "list_cached", "cookie"))
    assert odd_routes.CachedViewSet.runs == before + 1
