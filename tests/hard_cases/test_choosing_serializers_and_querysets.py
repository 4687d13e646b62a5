"""Sections 6 and 7: ``get_serializer_class()``, ``get_serializer()``, ``get_queryset()``."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from jsonschema import Draft202012Validator

from tests.shop.models import Order, Product, Project, Task

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.choosy")]


@pytest.fixture
def product(db):
    return Product.objects.create(sku="s1", name="One", price="2.50", stock=7)


@pytest.fixture
def acme(settings):
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, "tests.shop.middleware.UserAttributes"]


def named(mcp, action, basename):
    """The tool of an action of the ViewSet with this basename."""
    names = [name for name in mcp.tools() if name.startswith(f"{action}_") and name.endswith(basename)]
    assert len(names) == 1, (action, basename, names, sorted(mcp.tools()))
    return names[0]


def allows(mcp, name, arguments):
    Draft202012Validator(mcp.tool(name)["inputSchema"]).validate(arguments)


def keeps_its_promise(mcp, name, answer):
    schema = mcp.tool(name).get("outputSchema")
    if schema is not None:
        Draft202012Validator(schema).validate(answer.structured)


def test_serializer_by_user_serves_each_as_rest_does(product, alice, staff):
    name = named(alice.mcp, "list", "by-user")
    for caller, keys in (
        (alice, {"id", "sku"}),
        (staff, {"id", "sku", "name", "price", "stock", "note", "attributes", "tags"}),
    ):
        answer = caller.compare("get", "/by-user/", name)
        assert set(answer.data[0]) == keys
        keeps_its_promise(caller.mcp, name, answer)


def test_serializer_by_user_takes_from_each_what_rest_takes(alice, staff):
    name = named(alice.mcp, "create", "by-user")
    for caller, body in ((alice, {"sku": "a"}), (staff, {"sku": "b", "name": "B", "stock": 3})):
        allows(caller.mcp, name, body)
        caller.compare("post", "/by-user/", name, body, body)
    staff.compare("post", "/by-user/", name, {"sku": "c"}, {"sku": "c"})


def test_serializer_by_method_is_read_for_the_tools_own_method(product, alice):
    create, listing = named(alice.mcp, "create", "by-method"), named(alice.mcp, "list", "by-method")
    assert "sku" in alice.mcp.properties(create)
    body = {"sku": "a", "name": "A"}
    alice.compare("post", "/by-method/", create, body, body)
    assert set(alice.compare("get", "/by-method/", listing).data[0]) == {"id", "name"}
    update = named(alice.mcp, "update", "by-method")
    alice.compare("patch", f"/by-method/{product.pk}/", update, {"id": product.pk, "stock": 1}, {"stock": 1})


def test_serializer_by_query_parameter_is_served(product, alice):
    name = named(alice.mcp, "list", "by-query")
    answer = alice.compare("get", "/by-query/", name)
    keeps_its_promise(alice.mcp, name, answer)
    full = alice.compare("get", "/by-query/?full=1", name, {"full": "1"})
    assert full.data[0]["sku"] == "s1"
    keeps_its_promise(alice.mcp, name, full)


def test_serializer_class_that_fails_without_a_request_keeps_its_tools(acme, product, alice):
    for action in ("list", "create", "retrieve", "update", "destroy"):
        named(alice.mcp, action, "fails")
    alice.compare("get", "/fails/", named(alice.mcp, "list", "fails"))
    body = {"sku": "a", "name": "A"}
    name = named(alice.mcp, "create", "fails")
    allows(alice.mcp, name, body)
    alice.compare("post", "/fails/", name, body, body)
    alice.compare("post", "/fails/", name, {"sku": "s1"}, {"sku": "s1"})


def test_viewset_without_a_serializer_keeps_its_tools_and_fails_as_under_rest(product, alice):
    assert alice.mcp.call(named(alice.mcp, "list", "missing")).status == 500
    body = {"anything": [1, {"deep": None}]}
    allows(alice.mcp, "count_shop_product", body)
    alice.compare("post", "/missing/count/", "count_shop_product", body, body)


def test_get_serializer_that_looks_at_its_first_argument_is_described_and_works(product, alice):
    name = named(alice.mcp, "create", "first")
    assert {"sku", "name"} <= alice.mcp.properties(name).keys()
    body = {"sku": "a", "name": "A"}
    alice.compare("post", "/first/", name, body, body)
    alice.compare("get", "/first/", named(alice.mcp, "list", "first"))
    alice.compare("get", f"/first/{product.pk}/", named(alice.mcp, "retrieve", "first"), {"id": str(product.pk)})


def test_action_that_uses_another_serializer_than_its_view_can_be_called(product, alice):
    other = Product.objects.create(sku="s2", name="Two")
    name = "transfer_shop_product"
    body = {"amount": 2, "to": "s2"}
    assert alice.mcp.required(name) <= {"id", "amount", "to"}
    allows(alice.mcp, name, {"id": str(product.pk), **body})
    path = f"/other-in-action/{product.pk}/transfer/"
    alice.compare("post", path, name, {"id": str(product.pk), **body}, body)
    other.refresh_from_db()
    assert other.stock == 2
    alice.compare("post", path, name, {"id": str(product.pk), "amount": 0}, {"amount": 0})
    assert "outputSchema" not in alice.mcp.tool(name)


def test_fields_that_differ_with_the_request_are_taken_and_given_as_under_rest(product, alice, staff):
    listing, create = named(alice.mcp, "list", "changing"), named(alice.mcp, "create", "changing")
    keeps_its_promise(alice.mcp, listing, alice.compare("get", "/changing/", listing))
    body = {"sku": "a", "name": "A", "price": "1.00", "stock": 5}
    for caller in (alice, staff):
        allows(caller.mcp, create, body)
        answer = caller.compare("post", "/changing/", create, body, body)
        keeps_its_promise(caller.mcp, create, answer)
        Product.objects.filter(sku="a").delete()


def test_enum_of_709_values_is_described_in_bounds_and_every_value_works(alice):
    tool = alice.mcp.tool("choose_shop_product")
    body = {"code": "c708", "size": "l"}
    allows(alice.mcp, "choose_shop_product", body)
    alice.compare("post", "/many-choices/choose/", "choose_shop_product", body, body)
    bad = {"code": "nope", "size": "l"}
    alice.compare("post", "/many-choices/choose/", "choose_shop_product", bad, bad)
    assert len(str(tool)) < 30_000


def test_hyperlinks_are_taken_and_written_for_the_rest_api(product, alice):
    body = {"product": f"http://testserver/by-user/{product.pk}/", "quantity": 2}
    alice.compare("post", "/hyper-order/", "create_shop_order", body, body)
    answer = alice.compare("get", "/hyper-order/", "list_shop_order")
    assert answer.data[0]["url"] == f"http://testserver/hyper-order/{Order.objects.get().pk}/"


def test_queryset_that_needs_a_real_user_serves_one(alice):
    Task.objects.create(title="Mine", owner=alice.user)
    answer = alice.compare("get", "/organization/", "list_shop_task_organization")
    assert [task["title"] for task in answer.data] == ["Mine"]


def test_queryset_that_fails_for_nobody_is_an_error_of_the_call_alone(nobody, caplog):
    name = "list_shop_task_organization"
    answer = nobody.compare("get", "/organization/", name)
    assert answer.status == 500
    assert nobody.mcp.tools()


@pytest.mark.parametrize("kind", ["list", "tuple"])
def test_queryset_that_is_no_queryset_is_served(alice, kind):
    name = named(alice.mcp, "list", f"{kind}-queryset")
    answer = alice.compare("get", f"/{kind}-queryset/", name)
    keeps_its_promise(alice.mcp, name, answer)
    alice.compare("get", f"/{kind}-queryset/1/", named(alice.mcp, "retrieve", f"{kind}-queryset"), {"id": "1"})


def test_queryset_that_is_none_is_answered_as_under_rest(alice):
    alice.compare("get", "/none-queryset/", named(alice.mcp, "list", "none-queryset"))
    assert alice.mcp.call(named(alice.mcp, "retrieve", "none-queryset"), {"id": "1"}).status == (
        alice.rest.get("/none-queryset/1/").status_code
    )


def test_class_attribute_of_another_model_changes_no_answer_and_no_description(alice):
    Project.objects.create(slug="red", name="Red")
    task = Task.objects.create(title="True")
    (name,) = [n for n in alice.mcp.tools() if n.startswith("list_") and n.endswith("lying")]
    answer = alice.compare("get", "/lying/", name)
    keeps_its_promise(alice.mcp, name, answer)
    assert [found["title"] for found in answer.data] == ["True"]
    retrieve = named(alice.mcp, "retrieve", "lying")
    alice.compare("get", f"/lying/{task.pk}/", retrieve, {"id": str(task.pk)})
    assert "project" not in alice.mcp.tool(name)["title"].lower()
    assert "project" not in answer.text


def test_queryset_of_another_model_than_the_serializers_is_served(alice):
    Project.objects.create(slug="red", name="Red")
    names = [n for n in alice.mcp.tools() if n.startswith("list_") and ("other-model" in n or n == "list_shop_project")]
    answers = [alice.mcp.call(name) for name in names]
    assert alice.rest.get("/other-model/").json() in [answer.data for answer in answers]


def test_viewset_without_a_queryset_creates(alice):
    body = {"sku": "a", "name": "A"}
    alice.compare("post", "/no-queryset/", named(alice.mcp, "create", "no-queryset"), body, body)
