"""What is announced is what is there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import prompt, resource
from drf_mcp.models import Prompt
from tests.factories import MCPClient, mcp_urls, routed

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Bells(ViewSet):
    """Has neither a list nor a retrieve."""

    @action(detail=False)
    def ring(self, request):
        return Response("ding")


urlpatterns = [*routed(Bells), *mcp_urls()]
METHODS = {
    "resources": ["resources/list", "resources/templates/list", "resources/read"],
    "prompts": ["prompts/list", "prompts/get"],
    "completions": ["completion/complete"],
}


@pytest.fixture(autouse=True)
def nothing_declared(declared):
    """Only what a test declares itself."""


def announced() -> set[str]:
    client = MCPClient()
    capabilities: dict[str, Any] = client.send("initialize", {})["result"]["capabilities"]
    for noun, methods in METHODS.items():
        for method in methods:
            params = {"name": "x", "uri": "x:x", "ref": {"type": "ref/prompt", "name": "x"}}
            error = client.send(method, {**params, "argument": {"name": "x", "value": ""}}).get("error", {"code": 0})
            assert (error["code"] == -32601) == (noun not in capabilities), (method, error)
    return set(capabilities) - {"experimental"}


def test_a_project_with_tools_alone_announces_tools_alone() -> None:
    assert announced() == {"tools"}


def test_a_declared_prompt_is_announced() -> None:
    prompt(name="hello")(lambda: "Hello")
    assert announced() == {"tools", "prompts", "completions"}


def test_a_stored_prompt_is_announced_while_it_is_enabled() -> None:
    stored = Prompt.objects.create(name="hello", template="Hello")
    assert announced() == {"tools", "prompts", "completions"}
    stored.is_enabled = False
    stored.save()
    assert announced() == {"tools"}


def test_a_resource_is_announced_and_completions_only_with_a_template() -> None:
    resource("t://about")(lambda: "About")
    assert announced() == {"tools", "resources"}
    resource("t://about/{what}")(lambda what: what)
    assert announced() == {"tools", "resources", "completions"}


@override_settings(ROOT_URLCONF="config.urls")
def test_the_demo_announces_all_of_it() -> None:
    Prompt.objects.create(name="hello", template="Hello")
    assert announced() == {"tools", "resources", "prompts", "completions"}
