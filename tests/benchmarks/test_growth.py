"""How costs grow: their shape in calls of functions and queries, and that the curves can be measured."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.permissions import AllowAny
from rest_framework.viewsets import ModelViewSet

from drf_mcp.catalog import build_catalog, get_catalog
from drf_mcp.protocol import pagination
from tests.factories import MCPClient, UserFactory, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer

ROOT = Path(__file__).parents[2]
PAGE = 25


def patterns(tools: int) -> tuple:
    """Routes of as many tools, five for each class."""
    own = {
        "queryset": User.objects.order_by("id"),
        "serializer_class": UserSerializer,
        "permission_classes": [AllowAny],
    }
    classes = [type(f"Part{number}ViewSet", (ModelViewSet,), own) for number in range(tools // 5)]
    return (*itertools.chain(*(routed(cls, prefix=f"part{n}", basename=f"part{n}") for n, cls in enumerate(classes))),)


def calls_of(work) -> int:
    """How many functions work calls, which is the same on a busy machine."""
    count = itertools.count()

    def counting(frame, event, arg) -> None:
        if event in ("call", "c_call"):
            next(count)

    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(None)
    return next(count)


def catalog_calls(tools: int) -> int:
    routes = patterns(tools)
    return calls_of(lambda: build_catalog(routes))


def pages() -> list[int]:
    """What each page of the list of tools costs."""
    found: list[int] = []
    cursor: list[str | None] = [None]

    def page() -> None:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": cursor[0]}}
        cursor[0] = json.loads(client.post(message).content)["result"].get("nextCursor")

    client = MCPClient()
    while not found or cursor[0]:
        found.append(calls_of(page))
    return found


def costs_of_last_tool(tools: int) -> tuple[int, int]:
    """How many functions a call of the last tool calls beyond those of REST, and how many queries it makes."""
    client, last = MCPClient(), f"part{tools // 5 - 1}"
    name = next(tool.name for tool in get_catalog().tools if re.fullmatch(f"list_.*{last}", tool.name))
    path = f"/{last}/"
    assert client.call(name)["isError"] is False
    assert client.http.get(path).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        by_mcp = calls_of(lambda: client.call(name))
    return by_mcp - calls_of(lambda: client.http.get(path)), len(asked)


@pytest.mark.django_db
def test_costs_grow_straight_with_tools_and_those_of_a_call_do_not_grow(settings, monkeypatch) -> None:
    monkeypatch.setattr(pagination, "PAGE_SIZE", PAGE)
    UserFactory()
    catalog_calls(5)  # what is met for the first time
    assert catalog_calls(250) < 10 * 1.2 * catalog_calls(25)
    found = []
    for tools in (50, 250):
        settings.ROOT_URLCONF = (*mcp_urls(), *patterns(tools))
        pages()
        costs = pages()
        assert len(costs) == tools // PAGE
        assert max(costs) < 1.1 * costs[0] + 8 * tools, costs  # a page's place is looked for
        found.append(costs_of_last_tool(tools))
    # Django tries one route after another for either path; what is added to that is the same for each size.
    (few, queries_of_few), (many, queries_of_many) = found
    assert many < 1.1 * few
    assert queries_of_many == queries_of_few


@pytest.mark.live
@pytest.mark.slow
def test_each_curve_has_its_points() -> None:
    command = [sys.executable, "-m", "benchmarks.growth", "--up-to", "10", "--starts", "1"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert re.findall(r"^\| (tools|rows|listeners|\d+) \|", said, re.MULTILINE) == [
        *("tools", "10"),
        *("rows", "10"),
        *("listeners", "1", "10"),
    ]
    assert len(re.findall(r"\*\*\d\.\d\d\*\*", said)) == 2
