"""Tools that the demo has none of: one asks twice, one wants an argument mirrored in a header, one reports."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=20)


class RegionSerializer(serializers.Serializer[Any]):
    region = serializers.CharField(max_length=40)
    count = serializers.IntegerField(min_value=0, max_value=9, required=False)


class SpeakingViewSet(ViewSet):
    @mcp_tool(name="ask_twice", asks=True)
    @action(detail=False, methods=["post"])
    def ask_twice(self, request: Request) -> Response:
        """Ask for two names, one after the other."""
        first = request.mcp.elicit("First?", NameSerializer)
        return Response([first["name"], request.mcp.elicit("Second?", NameSerializer)["name"]])

    @mcp_tool(name="route", input=RegionSerializer, param_headers={"region": "Region", "count": "Count"})
    @action(detail=False, methods=["post"])
    def route(self, request: Request) -> Response:
        """Say where a call was routed to."""
        serializer = RegionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)

    @mcp_tool(name="report", reports=True)
    @action(detail=False, methods=["post"])
    def report(self, request: Request) -> Response:
        """Report twice."""
        request.mcp.report_progress(1, total=2)
        request.mcp.log("info", "Half of it.")
        return Response({"done": True})
