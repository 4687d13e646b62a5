"""Section 9: projects that are mostly APIViews."""

from __future__ import annotations

import pytest

from tests.shop.models import Coupon, Product

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.plain")]


@pytest.fixture
def exposed(settings):
    settings.DRF_MCP = {**settings.DRF_MCP, "API_VIEWS": True}


def only(mcp, prefix, *required):
    tools = mcp.tools()
    found = [
        n for n, t in tools.items() if n.startswith(prefix) and set(t["inputSchema"].get("required", ())) == {*required}
    ]
    assert len(found) == 1, (prefix, required, found, sorted(tools))
    return found[0]


def test_without_the_setting_only_viewsets_are_tools(alice):
    assert set(alice.mcp.tools()) == {"list_ping", "echo_ping"}


def test_with_the_setting_every_method_of_every_view_is_a_tool_and_the_endpoint_is_none(exposed, staff):
    tools = staff.mcp.tools()
    assert len(tools) == 2 + 2 + 3 + 1 + 4 + 1 + 2 + 1, sorted(tools)
    assert not [name for name in tools if "mcp" in name.lower() or "endpoint" in name]


def test_generic_views_do_what_viewsets_do(exposed, alice):
    product = Product.objects.create(sku="s", name="S")
    pk, body = str(product.pk), {"sku": "t", "name": "T"}
    alice.compare("get", "/products/", "list_shop_product")
    alice.compare("post", "/products/", "create_shop_product", body, body)
    alice.compare("get", f"/products/{pk}/", "retrieve_shop_product", {"id": pk})
    alice.compare("patch", f"/products/{pk}/", "update_shop_product", {"id": pk, "stock": 2}, {"stock": 2})
    alice.compare("delete", f"/products/{pk}/", "destroy_shop_product", {"id": pk})


def test_generic_view_without_a_name_is_a_tool(exposed, alice):
    Coupon.objects.create(code="c1")
    alice.compare("get", "/coupons/c1/", "retrieve_shop_coupon", {"code": "c1"})


def test_api_view_class_on_two_routes(exposed, alice):
    names = [name for name in alice.mcp.tools() if "status" in name]
    assert len(names) == 4
    gets = {name: alice.mcp.tool(name) for name in names if name.startswith("get")}
    (flat,) = [n for n, t in gets.items() if not t["inputSchema"].get("required")]
    (area,) = [n for n, t in gets.items() if t["inputSchema"].get("required") == ["area"]]
    alice.compare("get", "/status/?verbose=1", flat, {"verbose": "1"})
    alice.compare("get", "/status/north/", area, {"area": "north"})
    (post,) = [n for n in names if n not in gets and "area" in alice.mcp.properties(n)]
    body = {"state": "open"}
    alice.compare("post", "/status/north/", post, {"area": "north", **body}, body)


def test_permissions_of_api_views_hold(exposed, alice, staff):
    for path, part in (("/admin-only/", "admin-only"), ("/admin-greet/", "admin-greet")):
        (name,) = [n for n in staff.mcp.tools() if part in n.replace("_", "-")]
        assert name not in alice.mcp.tools()
        assert alice.mcp.call(name).error["message"].startswith("Unknown tool")
        staff.compare("get", path, name)


def test_function_views_are_called(exposed, alice):
    names = [n for n in alice.mcp.tools() if "greet" in n and "admin" not in n]
    assert len(names) == 2
    get, post = sorted(names)
    alice.compare("get", "/greet/ann/", get, {"name": "ann"})
    alice.compare("post", "/greet/ann/", post, {"name": "ann", "word": "hi"}, {"word": "hi"})
