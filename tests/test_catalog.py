"""The catalog of a URLconf, and the demo's whole ``tools/list`` as files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.urls import include, path
from django.utils import translation
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from drf_mcp import mcp_exclude, mcp_tool
from drf_mcp.catalog import get_catalog
from tests.factories import MCPClient, catalog_of, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer

GOLDEN = Path(__file__).parent / "golden"


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class Bells(ViewSet):
    def list(self, request):
        return Response([])


urlpatterns = [*routed(Bells), *mcp_urls()]


# The demo


def demo_tools() -> dict[str, list[dict[str, Any]]]:
    """The tools of the demo as a client sees them, by the app that they belong to."""
    apps: dict[str, list[dict[str, Any]]] = {}
    labels = {tool.name: tool.endpoint.model._meta.app_label for tool in get_catalog().tools}
    for name, tool in MCPClient().list_tools().items():
        apps.setdefault(labels[name], []).append(tool)
    return apps


@pytest.mark.parametrize("app", ["users", "projects"])
def test_the_tools_of_the_demo_are_those_of_the_golden_file(app: str) -> None:
    """On a difference look at what changed; if it is right, copy the new file over the old one."""
    golden, found = GOLDEN / f"{app}.json", GOLDEN / f"{app}_out.json"
    text = json.dumps(demo_tools()[app], indent=2, ensure_ascii=False) + "\n"
    expected = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if text == expected:
        found.unlink(missing_ok=True)
    else:
        found.write_text(text, encoding="utf-8")
    assert text == expected, (
        f"tools/list differs from {golden.name}. Compare it with {found.name}, which was written beside it; "
        f"if the new one is right: cp tests/golden/{found.name} tests/golden/{golden.name}"
    )


def test_each_app_of_the_demo_has_a_golden_file() -> None:
    assert sorted(demo_tools()) == ["projects", "users"]


def test_each_tool_of_the_demo_is_one_that_clients_take() -> None:
    for tool in (tool for tools in demo_tools().values() for tool in tools):
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,52}", tool["name"])
        for schema in (tool["inputSchema"], tool.get("outputSchema", {"type": "object"})):
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
            assert not {"oneOf", "anyOf", "allOf", "not", "$ref", "$defs"} & set(schema)
        assert set(tool["annotations"]) == {
            "title",
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        }


# Any project


def test_a_catalog_is_built_once_for_each_urlconf() -> None:
    assert get_catalog() is get_catalog("config.urls")
    assert get_catalog(__name__) is get_catalog(__name__)
    assert get_catalog(__name__) is not get_catalog()


@pytest.mark.parametrize("urlconf", [__name__, tuple(urlpatterns)])
def test_a_middleware_may_choose_the_urlconf(rf, urlconf) -> None:
    class Choosing:
        def __init__(self, get_response):
            self.get_response = get_response

        def __call__(self, request):
            request.urlconf = urlconf
            return self.get_response(request)

    globals()["Choosing"] = Choosing
    with override_settings(MIDDLEWARE=[f"{__name__}.Choosing"]):
        assert list(MCPClient().list_tools()) == ["list_thing"]
        assert MCPClient().call("list_thing")["structuredContent"] == {"result": []}


def test_a_setting_that_matters_makes_a_new_catalog() -> None:
    before = get_catalog()
    with override_settings(LANGUAGE_CODE="de"):
        assert get_catalog() is not before


def test_definitions_are_in_the_language_of_the_project_whoever_asks_first() -> None:
    class Worded(serializers.Serializer):
        name = serializers.CharField(help_text=gettext_lazy("Yes"))

    class Words(GenericViewSet):
        serializer_class = Worded

        def create(self, request):
            return Response(self.get_serializer(data=request.data).initial_data)

    with translation.override("de"):
        (tool,) = get_catalog(routed(Words)).tools
        assert tool.input_schema["properties"]["name"]["description"] == "Yes"


def test_a_tool_is_found_by_its_name_and_by_its_former_names() -> None:
    @mcp_tool("list", name="new", aliases=["old", "older"])
    class Renamed(Bells):
        pass

    catalog = catalog_of(*routed(Renamed))
    assert catalog.get_tool("new") is catalog.get_tool("old") is catalog.get_tool("older") is catalog.tools[0]
    assert [json.loads(tool.encoded)["name"] for tool in catalog.tools] == ["new"]


@pytest.mark.parametrize("name", ["", "New", "new ", None, 1, ["new"]])
def test_a_name_is_exact(name: Any) -> None:
    assert catalog_of(*routed(Bells)).get_tool(name) is None


def test_an_alias_never_takes_the_name_of_another_tool() -> None:
    @mcp_tool("create", aliases=["list_users_user"])
    class Greedy(Users):
        pass

    assert catalog_of(*routed(Greedy)).get_tool("list_users_user").endpoint.action == "list"


def test_what_is_excluded_is_named_with_the_reason() -> None:
    @mcp_exclude("destroy")
    class Mostly(Users):
        pass

    (skipped,) = catalog_of(*routed(Mostly)).skipped
    assert skipped.path == "/things/{pk}/"
    assert skipped.view.endswith("Mostly.destroy")
    assert "author excluded" in skipped.reason


def test_one_viewset_that_cannot_be_described_takes_no_other_with_it() -> None:
    class Endless(serializers.Serializer):
        number = serializers.FloatField(max_value=float("inf"))

    class Broken(Users):
        serializer_class = Endless

    assert "list_thing2" in {tool.name for tool in catalog_of(*routed(Broken, Bells)).tools}


def test_many_viewsets_of_one_model_are_tools_with_names_of_their_own() -> None:
    router = SimpleRouter()
    for number in range(40):
        router.register(f"users{number}", Users, basename=f"users{number}")
    catalog = catalog_of(path("api/", include(router.urls)))
    assert len({tool.name for tool in catalog.tools}) == len(catalog.tools) == 200


def test_a_view_that_cannot_be_described_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    @mcp_tool("list", input={"type": "object", "properties": {"a": {"default": float("nan")}}})
    class Broken(ViewSet):
        def list(self, request):
            return Response([])

    catalog = catalog_of(*routed(Broken), path("bells/", Bells.as_view({"get": "list"})))
    assert [tool.endpoint.viewset for tool in catalog.tools] == [Bells]
    (skipped,) = catalog.skipped
    assert "cannot be described" in skipped.reason
    assert [record.levelname for record in caplog.records] == ["ERROR"]
