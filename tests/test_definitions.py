"""Every definition of every test project, held to the standard and to the narrow dialect."""

from __future__ import annotations

import re

import pytest
from django.test import override_settings
from jsonschema import Draft202012Validator

from drf_mcp.catalog import get_catalog
from drf_mcp.tools import Tool
from tests.factories import MCPClient, UserFactory
from tests.zoo.harness import lint

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
