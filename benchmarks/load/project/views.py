"""Items, of which each user has their own, and actions that end in every way a call can end."""

import time

from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.serializers import CharField, ModelSerializer
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_tool

from .models import Item


class ItemSerializer(ModelSerializer):
    owner = CharField(source="owner.username", read_only=True)

    class Meta:
        model = Item
        fields = ["id", "owner", "key", "text", "number"]


class ItemViewSet(ModelViewSet):
    serializer_class = ItemSerializer
    queryset = Item.objects.select_related("owner").order_by("-id")

    def get_queryset(self):
        return super().get_queryset().filter(owner=self.request.user.pk)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)

    @action(detail=False, methods=["post"])
    def crash(self, request):
        """Write, then break."""
        self.create(request)
        raise RuntimeError("broken after it has written")

    @action(detail=False, methods=["post"])
    def refuse(self, request):
        """Write, then refuse."""
        self.create(request)
        raise PermissionDenied

    @mcp_tool(reports=True)
    @action(detail=False, methods=["post"])
    def work(self, request):
        """Write, and say three times how far it is."""
        response = self.create(request)
        for step in range(1, 4):
            if request.mcp:
                request.mcp.report_progress(step, 3, response.data["key"])
            time.sleep(0.02)
        return response
