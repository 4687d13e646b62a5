"""The demo's API: users, and a way to activate one."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_tool

from .models import User
from .serializers import UserSerializer


class UserViewSet(ModelViewSet[User]):
    queryset = User.objects.all()
    serializer_class = UserSerializer

    @mcp_tool(done="User ID {id} has been activated.")
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: Any = None) -> Response:
        user = self.get_object()
        user.is_active = True
        user.save(update_fields=["is_active"])
        return Response({"status": "user activated"})
