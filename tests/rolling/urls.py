"""What the shop sells before and after its deploy."""

import os
from typing import Any

from django.contrib.auth.models import Group
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet, ViewSet

import drf_mcp
from drf_mcp import mcp_tool
from drf_mcp.models import Call
from drf_mcp.protocol import pagination

IS_NEW = os.environ.get("ROLLING") == "after"
pagination.PAGE_SIZE = 1


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class OrderSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField()
    if IS_NEW:
        colour = serializers.CharField(required=False)


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ["id", "name"]


class GroupViewSet(ModelViewSet[Group]):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer


class ShopViewSet(ViewSet):
    @mcp_tool(name="ask")
    @action(detail=False, methods=["post"])
    def ask_nothing(self, request: Any) -> Response:
        return Response({"package": drf_mcp.__file__})

    @mcp_tool(name="recorded")
    @action(detail=False, methods=["post"])
    def name_calls(self, request: Any) -> Response:
        calls = Call.objects.filter(object_id=request.data["of"], outcome=Call.Outcome.OK)
        return Response({"names": sorted(call.name for call in calls)})

    @mcp_tool(name="brew" if IS_NEW else "clean")
    @action(detail=False, methods=["post"])
    def work(self, request: Any) -> Response:
        return Response({})

    @mcp_tool(name="sell", asks=True, input=OrderSerializer)
    @action(detail=False, methods=["post"])
    def sell(self, request: Any) -> Response:
        OrderSerializer(data=request.data).is_valid(raise_exception=True)
        return Response({"for": request.mcp.elicit("Your name?", NameSerializer)["name"], **request.data})


router = SimpleRouter()
router.register("groups", GroupViewSet, basename="group")
router.register("shop", ShopViewSet, basename="shop")
urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
