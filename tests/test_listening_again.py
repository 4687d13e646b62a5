"""Listening where one look is not enough: what changes unheard, and what cannot be read for a moment."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync, sync_to_async
from django.test import AsyncClient
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from drf_mcp import listening
from drf_mcp.changes import hub
from drf_mcp.listening import Listener
from tests.factories import UserFactory, mcp_urls
from users.models import User
from users.serializers import UserSerializer

from .test_listening import UPDATED, Stream, headers_of, listens, opened, quick, updated  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Users(ReadOnlyModelViewSet):
    queryset = User.objects.order_by("id")
    serializer_class = UserSerializer
    permission_classes = [AllowAny]
    is_broken = False

    def retrieve(self, request, *args, **kwargs):
        if self.is_broken:
            raise RuntimeError("The database is locked.")
        return super().retrieve(request, *args, **kwargs)


router = SimpleRouter()
router.register("users", Users)
urlpatterns = [path("api/", include(router.urls)), *mcp_urls()]


def rename_unheard(user: User) -> None:
    """Change a user as a process does that has not heard yet that somebody listens."""
    User.objects.filter(pk=user.pk).update(username="renamed")


def test_what_could_not_be_read_for_a_moment_is_told_later(listens, monkeypatch):  # noqa: F811
    user = UserFactory()
    uri = f"drf:///api/users/{user.pk}/"

    async def test(stream: Stream) -> None:
        await stream.event()
        assert await stream.is_silent()
        monkeypatch.setattr(Users, "is_broken", True)
        user.username = "renamed"
        await stream.do(user.save)
        assert await stream.is_silent()
        monkeypatch.setattr(Users, "is_broken", False)
        assert await stream.event() == updated(uri)
        assert await stream.is_silent()

    listens(test, resourceSubscriptions=[uri])


def test_a_change_soon_after_a_session_subscribed_is_not_missed(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(listening, "_SETTLE_SECONDS", 0.5)
    user, session = UserFactory(), opened()
    uri = f"drf:///api/users/{user.pk}/"

    async def go() -> None:
        stream = Stream(
            await AsyncClient().get("/mcp/", headers=headers_of(None, **session)), django_capture_on_commit_callbacks
        )
        assert await stream.event(1) is None  # it has looked at all once more

        def subscribe() -> None:
            message = {"jsonrpc": "2.0", "id": 1, "method": "resources/subscribe", "params": {"uri": uri}}
            post: Any = async_to_sync(AsyncClient().post)
            post("/mcp/", message, content_type="application/json", headers=headers_of(None, **session))

        await stream.do(subscribe)
        assert await stream.event(0.2) is None
        await sync_to_async(rename_unheard)(user)
        assert await stream.event() == {"jsonrpc": "2.0", "method": UPDATED, "params": {"uri": uri}}
        await stream.close()

    async_to_sync(go)()


class Crowd(Listener):
    """A stream that counts how many of its kind ask at once, each in its own thread as under a server."""

    at_once, most, lock = 0, 0, threading.Lock()

    async def told(self) -> list[bytes]:
        async with ThreadSensitiveContext(), contextlib.aclosing(self.events()) as events:
            return [await anext(events), await anext(events)]

    def news(self, changes, is_settling):
        with self.lock:
            Crowd.at_once += 1
            Crowd.most = max(self.most, self.at_once)
        time.sleep(0.01)
        with self.lock:
            Crowd.at_once -= 1
        return [b"told", b"everything"]


async def crowd(size: int) -> list[list[bytes]]:
    ears = [hub.open(f"caller{number}") for number in range(size)]
    told = asyncio.gather(*(Crowd(None, ear, ["tools"]).told() for ear in ears))
    await asyncio.sleep(0)
    hub.tell({"tools": False})
    try:
        return await told
    finally:
        for ear in ears:
            hub.close(ear)


def test_many_streams_are_told_by_a_few_at_a_time():
    # In a loop of its own, in whose threads nothing of a test stands in for those of a server.
    assert asyncio.run(crowd(60)) == [[b"told", b"everything"]] * 60
    assert 1 < Crowd.most <= listening._AT_ONCE < 60


def test_streams_of_slow_callers_that_have_all_turns_keep_nobody_waiting_for_long(monkeypatch):
    monkeypatch.setattr(listening, "_TURN_SECONDS", 0.05)
    with contextlib.ExitStack() as slow:
        for _ in range(listening._AT_ONCE):
            slow.enter_context(listening._turns)
        assert asyncio.run(crowd(2)) == [[b"told", b"everything"]] * 2
