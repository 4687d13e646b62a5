"""A site whose only view is for those who signed in."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet


class SecretViewSet(ViewSet):
    permission_classes = [IsAuthenticated]

    def list(self, request):
        return Response([str(request.user)])


router = SimpleRouter()
router.register("secrets", SecretViewSet, basename="secret")

urlpatterns = [
    path("", include("drf_mcp.auth.urls")),
    path("api/", include(router.urls)),
    path("mcp/", include("drf_mcp.urls")),
]
