"""A ViewSet whose every action breaks in another way, most of them after they have written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Repeat
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from tests.threats.models import Entry

from . import LARGE

MEGABYTE = 1024 * 1024


def breaks(**options: Any) -> Any:
    def declare(method: Any) -> Any:
        return mcp_tool(name=method.__name__, **options)(action(detail=False, methods=["post"])(method))

    return declare


SLOW = {"type": "object", "properties": {"text": {"type": "string"}, "seconds": {"type": "number"}}}


class LargeSerializer(serializers.Serializer[Entry]):
    text = serializers.CharField()
    much = serializers.CharField()


def writes_and_breaks(text: str) -> Iterator[str]:
    """Yields once, and breaks within a transaction; the view's own is over by then."""
    with transaction.atomic():
        Entry.objects.create(text=text)
        yield "one"
        raise RuntimeError("broken")


class FaultViewSet(ViewSet):
    @breaks()
    def raises(self, request: Any) -> Any:
        Entry.objects.create(text="raises")
        raise RuntimeError("broken")

    @breaks()
    def exits(self, request: Any) -> Any:
        Entry.objects.create(text="exits")
        raise SystemExit(1)

    @breaks()
    def recurses(self, request: Any) -> Any:
        Entry.objects.create(text="recurses")
        return self.recurses(request)

    @breaks()
    def generates(self, request: Any) -> Any:
        Entry.objects.create(text="generates")
        yield Response({})

    @breaks()
    def answers_a_generator(self, request: Any) -> Any:
        return Response(number for number in range(3))

    @breaks()
    def answers_a_generator_that_breaks(self, request: Any) -> Any:
        return Response(writes_and_breaks("answers"))

    @breaks()
    def streams_a_generator_that_breaks(self, request: Any) -> Any:
        return StreamingHttpResponse(writes_and_breaks("streams"), content_type="text/plain")

    @breaks()
    def writes_and_streams(self, request: Any) -> Any:
        Entry.objects.create(text="by the view")
        return self.streams_a_generator_that_breaks(request)

    @breaks()
    def answers_nan(self, request: Any) -> Any:
        return Response({"ratio": float("nan")})

    @breaks()
    def answers_a_circle(self, request: Any) -> Any:
        circle: dict[str, Any] = {}
        circle["in"] = [circle]
        return Response(circle)

    @breaks()
    def closes_the_connection(self, request: Any) -> Any:
        Entry.objects.create(text="closes")
        connection.close()
        return Response({})

    @breaks()
    def answers_many_large_rows(self, request: Any) -> Any:
        return Response([{"text": "x" * MEGABYTE} for _ in range(LARGE)])

    @breaks()
    def answers_a_large_queryset(self, request: Any) -> Any:
        Entry.objects.bulk_create([Entry(text="large")] * LARGE)
        rows = Entry.objects.annotate(much=Repeat(Value("x"), MEGABYTE))
        return Response(LargeSerializer(rows, many=True).data)

    @breaks()
    def answers_a_large_row(self, request: Any) -> Any:
        return Response({"text": "x" * LARGE * MEGABYTE})

    @breaks(time_limit=0.5)
    def hangs(self, request: Any) -> Any:
        time.sleep(1.5)
        Entry.objects.create(text="hangs")
        return Response({})

    @breaks(input=SLOW)
    def writes_and_waits(self, request: Any) -> Any:
        Entry.objects.create(text=request.data["text"])
        Path(f"{os.environ['DEMO_DATABASE']}.{request.data['text']}").write_text(str(os.getpid()))
        time.sleep(request.data.get("seconds", 0))
        return Response({"text": request.data["text"]})

    @breaks(reports=True)
    def says_much(self, request: Any) -> Any:
        for _ in range(20):  # more than all buffers on the way hold
            request.mcp.log("info", "x" * MEGABYTE)
        return Response({})

    @breaks()
    def names_its_process(self, request: Any) -> Any:
        return Response({"pid": os.getpid()})
