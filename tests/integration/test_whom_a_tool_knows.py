"""A caller whom a tool has let in is not looked at before each call, and what they may no more is as hidden as ever."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import visibility
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls, routed

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

asked: list[str] = []


class Staff(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        asked.append(view.action)
        return bool(request.user.is_staff)


class Safe(ViewSet):
    permission_classes = [Staff]

    def list(self, request: Any) -> Response:
        return Response(["gold"])

    def retrieve(self, request: Any, pk: Any = None) -> Response:
        return Response({"detail": "No such gold."}, status=404)

    def create(self, request: Any) -> Response:
        raise ValidationError({"weight": ["Too heavy."]})


class Envelope(Safe):
    """Whatever goes wrong is a 400, as some projects have it."""

    def handle_exception(self, exc: Exception) -> Response:
        return Response({"error": "Something is wrong."}, status=400)


urlpatterns = [
    *routed(Safe, prefix="safe", basename="safe"),
    *routed(Envelope, prefix="envelope", basename="envelope"),
    *mcp_urls(),
]


@pytest.fixture(autouse=True)
def nobody_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "_known", set())
    asked.clear()


def answer(client: MCPClient, name: str, arguments: Any) -> tuple[int, bytes]:
    params = {"name": name, "arguments": arguments}
    if isinstance(client, StatelessClient):
        response = client.ask("tools/call", params)
    else:
        response = client.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return response.status_code, response.content.replace(name.encode(), b"")


def test_permissions_are_asked_as_often_as_under_rest_once_a_caller_is_known() -> None:
    client = MCPClient(UserFactory(is_staff=True))
    counts = []
    for _ in range(3):
        asked.clear()
        assert client.call("list_safe")["isError"] is False
        counts.append(len(asked))
    assert counts == [2, 1, 1]


def test_a_refusal_in_the_guise_of_another_failure_hides_the_tool_all_the_same() -> None:
    user = UserFactory(is_staff=True)
    client = MCPClient(user)
    assert "Something is wrong." in client.fail("create_envelope")["message"]
    user.is_staff = False
    user.save()
    assert answer(client, "create_envelope", {}) == answer(client, "create_envelopx", {})


@pytest.mark.parametrize("client", [MCPClient, StatelessClient])
@pytest.mark.parametrize("arguments", [{}, {"no": 1}, {"id": "1"}])
def test_who_has_lost_a_tool_is_told_of_none(client: Any, arguments: Any) -> None:
    user = UserFactory(is_staff=True)
    caller = client(user)
    caller.call("list_safe")
    caller.call("retrieve_safe", id="1")
    user.is_staff = False
    user.save()
    for name in ("list_safe", "retrieve_safe"):
        for _ in range(2):
            assert answer(caller, name, arguments) == answer(caller, f"{name}x", arguments)
    assert not visibility._known


def test_what_one_caller_knows_is_no_tool_for_another() -> None:
    MCPClient(UserFactory(is_staff=True)).call("list_safe")
    bob = MCPClient(UserFactory())
    assert answer(bob, "list_safe", {}) == answer(bob, "list_safx", {})
    assert answer(MCPClient(), "list_safe", {}) == answer(MCPClient(), "list_safx", {})


def test_a_narrowing_hides_a_tool_from_who_knows_it() -> None:
    user = UserFactory(is_staff=True)
    MCPClient(user).call("list_safe")
    narrowed = MCPClient(user, path="/mcp/?tools=retrieve_*")
    asked.clear()
    assert answer(narrowed, "list_safe", {}) == answer(narrowed, "list_safx", {})
    assert "list" not in asked[:1]


def test_a_failure_of_a_tool_that_is_there_stays_what_it_is() -> None:
    client = MCPClient(UserFactory(is_staff=True))
    for _ in range(2):
        assert client.call("retrieve_safe", id="1")["structuredContent"]["status"] == 404
        assert "nonsense" in json.dumps(client.fail("retrieve_safe", nonsense=1))


def test_a_name_that_is_none_is_never_answered_faster_for_a_tool_that_is_known() -> None:
    client = MCPClient(UserFactory(is_staff=True))
    for name in ("list_safe", "retrieve_safe"):
        client.send("tools/call", {"name": name, "arguments": {"id": "1"}})
    asked.clear()
    client.fail("nothing")
    assert len(asked) == 1


def test_a_process_remembers_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "MAX_KNOWN", 2)
    for _ in range(5):
        MCPClient(UserFactory(is_staff=True)).call("list_safe")
    assert len(visibility._known) <= 2
