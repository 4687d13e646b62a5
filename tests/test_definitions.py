"""Every definition of every test project, held to the standard and to the narrow dialect."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from django.test import override_settings
from jsonschema import Draft202012Validator
from rest_framework.viewsets import ModelViewSet

from drf_mcp.catalog import get_catalog
from drf_mcp.tools import Tool
from tests.factories import MCPClient, UserFactory, mcp_urls, routed
from tests.zoo.harness import lint
from users.models import User
from users.serializers import UserSerializer

URLCONFS = [
    "config.urls",
    *(
        f"tests.shop.urls.{name}"
        for name in ("bodies", "choosy", "hooks", "odd_routes", "partner", "tenants", "twins", "url_kwargs")
    ),
    "tests.contrib.test_spectacular",
    "tests.hard_cases.test_async_views",
]


def tools(urlconf: str) -> tuple[Tool, ...]:
    found = get_catalog(urlconf).tools
    assert found
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("urlconf", URLCONFS)
def test_every_input_schema_is_lawful_and_narrow(urlconf: str) -> None:
    for tool in tools(urlconf):
        Draft202012Validator.check_schema(tool.input_schema)
        assert not lint(tool.input_schema), tool.name


@pytest.mark.django_db
@pytest.mark.parametrize("urlconf", URLCONFS)
def test_every_output_schema_is_lawful_and_of_an_object(urlconf: str) -> None:
    for tool in tools(urlconf):
        if tool.output_schema is not None:
            Draft202012Validator.check_schema(tool.output_schema)
            assert tool.output_schema["type"] == "object", tool.name


@pytest.mark.django_db
@pytest.mark.parametrize("urlconf", URLCONFS)
def test_every_name_is_legal_short_and_given_once(urlconf: str) -> None:
    names = [tool.name for tool in tools(urlconf)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,52}", name) for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.django_db
@pytest.mark.parametrize("urlconf", URLCONFS)
def test_every_tool_has_a_title_a_description_and_all_five_hints(urlconf: str) -> None:
    for tool in tools(urlconf):
        wire = tool.to_wire()
        assert wire["title"]
        assert wire["description"]
        hints = {"title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
        assert wire["annotations"].keys() == hints


def empty_in(schema: Any, path: str = "") -> list[str]:
    """Where a schema has a keyword that says nothing, leaving alone the values that an author chose."""
    if not isinstance(schema, dict):
        return [path] if schema in ("", []) else []
    found: list[str] = []
    for keyword, value in schema.items():
        here = f"{path}/{keyword}"
        if keyword in ("properties", "$defs", "patternProperties"):
            # An object without properties says so at the top, where many clients insist on the key.
            found += [here] if value == {} and path != "/inputSchema" else []
            found += [each for name, inner in value.items() for each in empty_in(inner, f"{here}/{name}")]
        elif keyword in ("anyOf", "oneOf", "allOf"):
            found += [each for inner in value for each in empty_in(inner, here)] if value else [here]
        elif keyword not in ("default", "const", "examples"):
            found += empty_in(value, here)
    return found


def test_what_says_nothing_is_found() -> None:
    noise = {"required": [], "properties": {}, "title": "", "default": "", "items": {}}
    assert empty_in({"outputSchema": {"properties": {"a": noise}, "anyOf": []}}) == [
        *(f"/outputSchema/properties/a/{keyword}" for keyword in ("required", "properties", "title")),
        "/outputSchema/anyOf",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("urlconf", URLCONFS)
def test_no_definition_has_a_key_that_says_nothing(urlconf: str) -> None:
    for tool in tools(urlconf):
        wire = tool.to_wire()
        assert not empty_in(wire), tool.name
        assert {} not in (wire["annotations"], wire["inputSchema"], wire.get("outputSchema")), tool.name


@pytest.mark.django_db
def test_the_demos_whole_list_stays_as_small_as_it_is() -> None:
    """It has 18,323 bytes for 22 tools. Whoever needs more room raises the ceiling, and knows it then."""
    listed = MCPClient(UserFactory(is_staff=True, is_superuser=True)).send("tools/list")["result"]["tools"]
    assert len(listed) == len(tools("config.urls"))
    assert size_of(listed) < 19_000
    assert size_of(listed) / len(listed) < 900


def size_of(listed: list[Any]) -> int:
    return len(json.dumps(listed, separators=(",", ":"), ensure_ascii=False).encode())


def large() -> list[Any]:
    """The routes of 60 ViewSets, with 300 tools."""
    made = [
        type(f"{name}{number}ViewSet", (ModelViewSet,), {"queryset": queryset, "serializer_class": UserSerializer})
        for number in range(30)
        for name, queryset in (("Member", User.objects.all()), ("Guest", User.objects.filter(is_staff=False)))
    ]
    return [*routed(*made), *mcp_urls()]


@pytest.mark.django_db
def test_a_search_lists_at_least_95_percent_fewer_bytes_than_the_tools_that_it_stands_for(settings) -> None:
    settings.ROOT_URLCONF = type(sys)("tests.large")
    settings.ROOT_URLCONF.urlpatterns = large()
    sizes = []
    for search in (False, 100):
        settings.DRF_MCP = {"ANONYMOUS": True, "TOOL_SEARCH": search}
        client, listed, cursor = MCPClient(), [], {}
        while cursor is not None:
            page = client.send("tools/list", cursor)["result"]
            listed += page["tools"]
            cursor = {"cursor": page["nextCursor"]} if "nextCursor" in page else None
        sizes.append((len(listed), size_of(listed)))
    (count, flat), (three, less) = sizes
    assert (count, three) == (300, 3)
    assert less <= 0.05 * flat


@pytest.mark.django_db
@pytest.mark.parametrize("urlconf", URLCONFS)
def test_every_project_lists_its_resources_under_different_uris(urlconf: str) -> None:
    with override_settings(ROOT_URLCONF=urlconf):
        clients = MCPClient(), MCPClient(UserFactory(is_staff=True, is_superuser=True))
        listed = [
            [entry[uri] for entry in client.send(method).get("result", {key: []})[key]]
            for client in clients
            for method, key, uri in (
                ("resources/list", "resources", "uri"),
                ("resources/templates/list", "resourceTemplates", "uriTemplate"),
            )
        ]
    for uris in listed:
        assert len(set(uris)) == len(uris)
        assert all(re.fullmatch(r"[a-z]+://[\w.~!$&'()*+,;=:@%/{}#-]*", uri, re.ASCII) for uri in uris)
    assert set(listed[0]) <= set(listed[2])
    assert any(listed)
