"""Actions that speak while they run. What a test wants to know of them they write into the table of groups."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from adrf.viewsets import ViewSet as AsyncBase
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.channel import CallCancelled
from drf_mcp.elicitation import CannotAsk, Declined, Elicit, Roots, Sample
from users.models import User


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=20)


class WorkViewSet(ViewSet):
    """Actions that report."""

    @mcp_tool(name="count", reports=True, done="Counted.")
    @action(detail=False, methods=["post"])
    def count(self, request: Request) -> Response:
        """Count to three and tell."""
        request.mcp.log("info", "Counting", logger="counter")
        for step in (1, 2, 3):
            request.mcp.report_progress(step, total=3, message=f"Step {step}")
        return Response({"counted": 3})

    @mcp_tool(name="work_until_cancelled", reports=True)
    @action(detail=False, methods=["post"])
    def until_cancelled(self, request: Request) -> Response:
        """Work until the client goes away, for a minute at most."""
        with transaction.atomic():
            Group.objects.create(name="rolled back")
            try:
                for step in range(600):
                    request.mcp.report_progress(step)
                    time.sleep(0.1)
            except CallCancelled:
                connections["other"].cursor().execute("INSERT INTO notes VALUES ('cancelled')")
                raise
        return Response("Nobody went away.")

    @mcp_tool(name="yield_words", reports=True)
    @action(detail=False, methods=["post"])
    def words(self, request: Request) -> StreamingHttpResponse:
        """Yield a text word by word."""

        def words() -> Iterator[str]:
            yield from ("Stream ", "results ", "as they become available.")

        return StreamingHttpResponse(words(), content_type="text/plain")

    @mcp_tool(name="speak_and_break", reports=True)
    @action(detail=False, methods=["post"])
    def speak_and_break(self, request: Request) -> Response:
        """Say something and end the thread."""
        request.mcp.report_progress(1)
        raise SystemExit

    @mcp_tool(name="refuse", reports=True)
    @action(detail=False, methods=["post"], permission_classes=[IsAuthenticated])
    def refuse(self, request: Request) -> Response:
        """Refuse callers without credentials."""
        request.mcp.report_progress(1)
        return Response({})

    @mcp_tool(name="finish_later", reports=True)
    @action(detail=False, methods=["post"])
    def finish_later(self, request: Request) -> Response:
        """Close the stream and finish a moment later."""
        hung_up = request.mcp.hang_up(retry=0.1)
        time.sleep(0.3)
        request.mcp.report_progress(1)
        return Response({"hung_up": hung_up})

    @mcp_tool(name="say_language", reports=True)
    @action(detail=False, methods=["post"])
    def language(self, request: Request) -> Response:
        """Say something in the caller's language."""
        request.mcp.report_progress(1)
        return Response({"language": translation.get_language(), "yes": gettext("Yes")})


class AsyncViewSet(AsyncBase):
    """Actions of adrf's kind."""

    @mcp_tool(name="count_async", reports=True, asks=True)
    @action(detail=False, methods=["post"])
    async def count(self, request: Request) -> Response:
        """Report and ask from a coroutine."""
        mcp: Any = request.mcp
        await sync_to_async(mcp.report_progress)(1)
        users = await User.objects.acount()
        answer = await sync_to_async(mcp.elicit)("Your name?", NameSerializer)
        return Response({"users": users, "name": answer["name"]})


class OncePerTest(SimpleRateThrottle):
    scope, rate = "questions", "1/hour"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"questions:{request.headers.get('User-Agent', '')}"


class QuestionViewSet(ViewSet):
    """Actions that ask."""

    @mcp_tool(name="ask_name", asks=True)
    @action(detail=False, methods=["post"])
    def ask_name(self, request: Request) -> Response:
        """Write something, ask, write something else."""
        Group.objects.create(name="before")
        connections["other"].cursor().execute("INSERT INTO notes VALUES ('before')")
        answer = request.mcp.elicit("Your name?", NameSerializer)
        Group.objects.create(name=answer["name"])
        return Response({"name": answer["name"]})

    @mcp_tool(name="ask_once", asks=True)
    @action(detail=False, methods=["post"], throttle_classes=[OncePerTest], authentication_classes=[])
    def once(self, request: Request) -> Response:
        """Ask, where a call may be made once in an hour."""
        return Response(request.mcp.elicit("Your name?", NameSerializer))

    @mcp_tool(name="ask_all", asks=True, reports=True)
    @action(detail=False, methods=["post"])
    def everything(self, request: Request) -> Response:
        """Ask everything at once."""
        request.mcp.report_progress(1)
        answers = request.mcp.ask(
            name=Elicit("Your name?", NameSerializer), greeting=Sample("Greet.", max_tokens=50), folders=Roots()
        )
        text = answers["greeting"]["content"]["text"]
        return Response({"name": answers["name"]["name"], "greeting": text, "folders": len(answers["folders"])})

    @mcp_tool(name="ask_or_not", asks=True)
    @action(detail=False, methods=["post"])
    def or_not(self, request: Request) -> Response:
        """Ask, and do without an answer."""
        try:
            return Response(request.mcp.elicit("Your name?", NameSerializer))
        except (Declined, CannotAsk) as error:
            return Response({"code": error.code})

    @mcp_tool(name="ask_in_durable_block", asks=True)
    @action(detail=False, methods=["post"])
    def durable(self, request: Request) -> Response:
        """Ask inside of a block that must be the outermost."""
        with transaction.atomic(durable=True):
            transaction.on_commit(lambda: Group.objects.create(name="committed"))
            return Response(request.mcp.elicit("Your name?", NameSerializer))


class AccountSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "username", "email"]


class AccountViewSet(ModelViewSet[User]):
    """Users, which are deleted only after a question."""

    queryset = User.objects.order_by("id")
    serializer_class = AccountSerializer
