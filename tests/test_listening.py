"""Listening through the endpoint, in one process: who is told of what, and who is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db.models.signals import post_delete
from django.test import AsyncClient
from django.urls import include, path
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

from config.projects.models import Project
from config.projects.serializers import ProjectSerializer
from drf_mcp import changes, listening, notifications, resource
from drf_mcp.changes import hub
from drf_mcp.models import Prompt
from drf_mcp.sessions import MAX_SUBSCRIPTIONS
from tests.factories import UserFactory, mcp_urls
from users.models import User
from users.serializers import UserSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

META = "io.modelcontextprotocol"
UPDATED = "notifications/resources/updated"


class OwnProjects(ModelViewSet):
    serializer_class = ProjectSerializer
    permission_classes = [IsAuthenticated]
    lookup_field = "slug"

    def get_queryset(self):
        return Project.objects.filter(owner=self.request.user).order_by("slug")


class Users(ReadOnlyModelViewSet):
    queryset = User.objects.order_by("id")
    serializer_class = UserSerializer
    permission_classes = [AllowAny]


class Once(SimpleRateThrottle):
    scope, rate = "once", "1/hour"

    def get_cache_key(self, request, view):
        return "once"


class Scarce(Users):
    throttle_classes = [Once]


class GroupsSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "groups"]


class Memberships(Users):
    serializer_class = GroupsSerializer


class GroupMembers(ReadOnlyModelViewSet):
    queryset = Group.objects.order_by("id")
    serializer_class = type(
        "MembersSerializer",
        (serializers.ModelSerializer,),
        {"Meta": type("Meta", (), {"model": Group, "fields": ["id", "user_set"]})},
    )
    permission_classes = [AllowAny]


router = SimpleRouter()
router.register("projects", OwnProjects, basename="project")
router.register("users", Users)
router.register("scarce", Scarce, basename="scarce")
router.register("memberships", Memberships, basename="membership")
router.register("groups", GroupMembers)
urlpatterns = [path("api/", include(router.urls)), *mcp_urls()]


@pytest.fixture(autouse=True)
def quick(monkeypatch, declared):
    """Streams that rest no longer than a test has to wait."""
    cache.clear()
    monkeypatch.setattr(listening, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(listening, "_SETTLE_SECONDS", 0.05)
    hub.look_at = 0.0


@pytest.fixture
def alice():
    return Token.objects.create(user=UserFactory(username="alice"))


class Stream:
    """A stream that a test reads, and what it does meanwhile."""

    def __init__(self, response: Any, commit: Callable[..., Any]) -> None:
        self.response, self.commit = response, commit
        self._events: AsyncIterator[bytes] = aiter(response.streaming_content)
        self._next: asyncio.Task[bytes] | None = None

    async def event(self, seconds: float = 5) -> Any:
        """The next message, None where there is none for so long."""
        while True:
            self._next = self._next or asyncio.ensure_future(anext(self._events))
            done, _ = await asyncio.wait([self._next], timeout=seconds)
            if not done:
                return None
            chunk, self._next = self._next.result().decode(), None
            data = chunk.partition("data: ")[2].strip()
            if data:
                return json.loads(data)

    async def is_silent(self) -> bool:
        return await self.event(0.4) is None

    async def do(self, work: Callable[[], Any]) -> None:
        """Change something, and commit."""

        def committed() -> None:
            with self.commit(execute=True):
                work()

        await sync_to_async(committed)()

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait([self._next])
        await self._events.aclose()


def headers_of(token: Token | None, **more: str) -> dict[str, str]:
    found = {"accept": "application/json, text/event-stream", **more}
    return found if token is None else {**found, "authorization": f"Token {token.key}"}


async def post(token: Token | None, method: str, params: dict[str, Any], request_id: Any = "s-1", **more: str) -> Any:
    meta = {f"{META}/protocolVersion": "2026-07-28", f"{META}/clientCapabilities": {}}
    message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": {**params, "_meta": meta}}
    headers = headers_of(token, **{"mcp-protocol-version": "2026-07-28", "mcp-method": method}, **more)
    return await AsyncClient().post("/mcp/", message, content_type="application/json", headers=headers)


@pytest.fixture
def listens(django_capture_on_commit_callbacks):
    """Run a test's coroutine with a stream of what it asks for."""

    def run(test: Callable[[Stream], Any], token: Token | None = None, **wanted: Any) -> None:
        async def go() -> None:
            response = await post(token, "subscriptions/listen", {"notifications": wanted})
            assert response.streaming, response.content
            stream = Stream(response, django_capture_on_commit_callbacks)
            try:
                await test(stream)
            finally:
                await stream.close()

        async_to_sync(go)()

    return run


def updated(uri: str) -> dict[str, Any]:
    params = {"uri": uri, "_meta": {f"{META}/subscriptionId": "s-1"}}
    return {"jsonrpc": "2.0", "method": UPDATED, "params": params}


def test_nobody_hears_of_what_they_may_not_read(listens, alice):
    bob = UserFactory(username="bob")
    own = Project.objects.create(owner=alice.user, slug="own", name="Own")
    other = Project.objects.create(owner=bob, slug="other", name="Other")
    uris = ["drf:///api/projects/own/", "drf:///api/projects/other/", "drf:///api/projects/", "drf:///nothing/"]

    async def test(stream):
        granted = (await stream.event())["params"]["notifications"]
        assert granted == {"resourceSubscriptions": [uris[0], uris[2]]}

        other.name = "Changed"
        await stream.do(other.save)
        assert await stream.is_silent()

        own.name = "Changed"
        await stream.do(own.save)
        assert [await stream.event(), await stream.event()] == [updated(uris[0]), updated(uris[2])]

        await stream.do(own.save)  # the object was saved; what the list shows is the same
        assert await stream.event() == updated(uris[0])
        assert await stream.is_silent()

        own.owner = bob
        await stream.do(own.save)
        assert await stream.event() == updated(uris[2])
        assert await stream.is_silent()
        await stream.do(own.delete)
        assert await stream.is_silent()

    listens(test, alice, resourceSubscriptions=uris)


def test_what_was_deleted_is_told_to_those_who_could_read_it(listens, alice):
    Project.objects.create(owner=alice.user, slug="own", name="Own")

    async def test(stream):
        await stream.event()
        await stream.do(Project.objects.filter(slug="own").delete)
        assert await stream.event() == updated("drf:///api/projects/own/")
        assert await stream.is_silent()

        await stream.do(lambda: Project.objects.create(owner=alice.user, slug="own", name="Another"))
        await stream.do(lambda: notifications.resource_updated("drf:///api/projects/own/"))
        assert await stream.event() == updated("drf:///api/projects/own/")

    listens(test, alice, resourceSubscriptions=["drf:///api/projects/own/"])


def test_anonymous_callers_are_granted_what_they_may_read(listens):
    async def test(stream):
        assert (await stream.event())["params"]["notifications"] == {"resourceSubscriptions": ["drf:///api/users/"]}
        await stream.do(lambda: UserFactory(username="new"))
        assert await stream.event() == updated("drf:///api/users/")

    listens(test, resourceSubscriptions=["drf:///api/users/", "drf:///api/projects/"])


def test_looking_again_is_not_counted_by_throttles(listens):
    async def test(stream):
        assert (await stream.event())["params"]["notifications"] == {"resourceSubscriptions": [uri]}
        for name in ("first", "second"):
            user.username = name
            await stream.do(user.save)
            assert await stream.event() == updated(uri)

    user = UserFactory()
    uri = f"drf:///api/scarce/{user.pk}/"
    listens(test, resourceSubscriptions=[uri, "drf:///api/scarce/"])


def test_a_caller_is_told_of_the_lists_they_asked_for(listens):
    async def test(stream):
        assert (await stream.event())["params"]["notifications"] == {"promptsListChanged": True}
        await stream.do(notifications.tools_changed)
        await stream.do(notifications.resources_changed)
        assert await stream.is_silent()
        await stream.do(lambda: Prompt.objects.create(name="new", template="New"))
        assert (await stream.event())["method"] == "notifications/prompts/list_changed"
        await stream.do(lambda: Prompt.objects.get(name="new").delete())
        assert (await stream.event())["method"] == "notifications/prompts/list_changed"

    Prompt.objects.create(name="first", template="First")
    listens(test, promptsListChanged=True, toolsListChanged=False, somethingElse=True)


def test_both_sides_are_told_that_objects_were_related(listens):
    user, group = UserFactory(), Group.objects.create(name="Staff")
    uris = [f"drf:///api/memberships/{user.pk}/", f"drf:///api/groups/{group.pk}/", "drf:///api/groups/"]

    async def test(stream):
        await stream.event()
        for change in (
            lambda: user.groups.add(group),
            lambda: user.groups.remove(group),
            lambda: group.user_set.set([user]),
        ):
            await stream.do(change)
            assert sorted([(await stream.event())["params"]["uri"] for _ in uris]) == sorted(uris)
            assert await stream.is_silent()
        await stream.do(group.user_set.clear)  # which users it had nobody says any more
        assert sorted([(await stream.event())["params"]["uri"] for _ in uris[1:]]) == sorted(uris[1:])

        await stream.do(lambda: User.objects.filter(pk=user.pk).update(username="other"))
        assert await stream.is_silent()

    listens(test, resourceSubscriptions=uris)


def test_what_was_rolled_back_is_not_told(listens):
    async def test(stream):
        await stream.event()
        await sync_to_async(notifications.tools_changed)()  # the transaction of the test is never committed
        assert await stream.is_silent()

    listens(test, toolsListChanged=True)


def test_an_authors_resource_is_updated_when_the_author_says_so(listens, declared):
    @resource("shop://report", permission_classes=[AllowAny])
    def report():
        return "12"

    async def test(stream):
        await stream.event()
        await stream.do(lambda: notifications.resource_updated("shop://report"))
        assert await stream.event() == updated("shop://report")

    listens(test, resourceSubscriptions=["shop://report"])


def test_a_caller_whose_token_is_gone_hears_the_end(listens, alice):
    async def test(stream):
        await stream.event()
        await stream.do(alice.delete)
        await stream.do(notifications.tools_changed)
        end = await stream.event()
        assert end["id"] == "s-1"
        assert end["result"]["resultType"] == "complete"
        assert end["result"]["_meta"][f"{META}/subscriptionId"] == "s-1"

    listens(test, alice, toolsListChanged=True)


def test_a_silent_stream_shows_that_it_lives(listens, monkeypatch):
    monkeypatch.setattr(listening, "KEEP_ALIVE_SECONDS", 0.05)

    async def test(stream):
        await anext(stream._events)
        assert await anext(stream._events) == b": keep-alive\n\n"

    listens(test, toolsListChanged=True)


def test_deletions_are_heard_of_only_while_somebody_watches(listens):
    def is_heard_of():
        return any(receiver is changes.deleted for receiver in post_delete._live_receivers(Project)[0])

    def hears_of_users():
        return any(receiver is changes.deleted for receiver in post_delete._live_receivers(User)[0])

    async def test(stream):
        await stream.event()
        assert hears_of_users()
        assert not is_heard_of()

    hub.look()  # another test may have watched them
    assert not hears_of_users()
    listens(test, resourceSubscriptions=["drf:///api/users/"])
    hub.look()
    assert not hears_of_users()


@pytest.mark.parametrize(
    "wanted", [None, [], {"resourceSubscriptions": "drf:///api/users/"}, {"resourceSubscriptions": [1]}]
)
def test_what_says_nothing_of_what_it_wants_is_refused(wanted):
    response = async_to_sync(post)(None, "subscriptions/listen", {"notifications": wanted})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32602


def test_a_client_that_reads_no_streams_is_refused():
    wanted = {"notifications": {"toolsListChanged": True}}
    response = async_to_sync(post)(None, "subscriptions/listen", wanted, accept="application/json")

    assert response.status_code == 406


def test_a_caller_has_only_so_many_streams_and_resources(listens, monkeypatch):
    monkeypatch.setattr(changes, "MAX_STREAMS", 1)
    monkeypatch.setattr(changes, "MAX_WATCHED", 1)

    async def test(stream):
        assert (await stream.event())["params"]["notifications"] == {"resourceSubscriptions": ["drf:///api/users/"]}
        response = await post(None, "subscriptions/listen", {"notifications": {}})
        assert response.status_code == 429

    user = UserFactory()
    listens(test, resourceSubscriptions=["drf:///api/users/", f"drf:///api/users/{user.pk}/"])
    listens(test, resourceSubscriptions=["drf:///api/users/"])  # the first one has made room


# Sessions


def opened(version: str = "2025-11-25") -> dict[str, str]:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}

    async def go() -> Any:
        return await AsyncClient().post("/mcp/", message, content_type="application/json", headers=headers_of(None))

    response = async_to_sync(go)()
    assert response.json()["result"]["capabilities"]["tools"] == {"listChanged": True}
    return {"mcp-session-id": response["Mcp-Session-Id"], "mcp-protocol-version": version}


def test_the_first_revision_has_no_stream_at_this_address():
    params = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
    response = async_to_sync(AsyncClient().post)("/mcp/", message, content_type="application/json")

    assert response.json()["result"]["capabilities"]["tools"] == {"listChanged": False}
    assert "Mcp-Session-Id" not in response


def ask(session: dict[str, str], method: str, params: dict[str, Any]) -> Any:
    async def go() -> Any:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = headers_of(None, **session)
        return await AsyncClient().post("/mcp/", message, content_type="application/json", headers=headers)

    return async_to_sync(go)().json()


def test_a_session_subscribes_to_what_its_caller_may_read():
    session = opened()
    assert ask(session, "resources/subscribe", {"uri": "drf:///api/users/"})["result"] == {}
    assert ask(session, "resources/subscribe", {"uri": "drf:///api/users/"})["result"] == {}
    assert ask(session, "resources/subscribe", {"uri": "drf:///api/users/999/"})["error"]["code"] == -32002
    assert ask(session, "resources/subscribe", {"uri": 1})["error"]["code"] == -32602
    assert ask(session, "resources/unsubscribe", {"uri": "drf:///api/users/"})["result"] == {}
    assert ask(session, "resources/unsubscribe", {"uri": "drf:///api/users/"})["result"] == {}

    without = {"mcp-protocol-version": "2025-11-25"}
    assert ask(without, "resources/subscribe", {"uri": "drf:///api/users/"})["error"]["code"] == 400


def test_a_session_has_only_so_many_subscriptions():
    session = opened()
    for user in [UserFactory() for _ in range(MAX_SUBSCRIPTIONS)]:
        assert ask(session, "resources/subscribe", {"uri": f"drf:///api/users/{user.pk}/"})["result"] == {}
    assert ask(session, "resources/subscribe", {"uri": "drf:///api/users/"})["error"]["code"] == 429


@pytest.mark.parametrize(("version", "first"), [("2025-11-25", b"id: g"), ("2025-06-18", b": keep-alive")])
def test_a_session_has_a_stream(version, first, django_capture_on_commit_callbacks):
    session = opened(version)

    async def go() -> None:
        response = await AsyncClient().get("/mcp/", headers=headers_of(None, **session))
        assert response["Content-Type"] == "text/event-stream"
        stream = Stream(response, django_capture_on_commit_callbacks)
        assert (await anext(stream._events)).startswith(first)
        await stream.do(notifications.tools_changed)
        told = await stream.event()
        await stream.close()
        assert told == {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}}

        refused = await AsyncClient().get("/mcp/", headers={**session, "accept": "application/json"})
        assert refused.status_code == 406

    async_to_sync(go)()
