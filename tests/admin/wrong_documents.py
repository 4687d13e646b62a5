"""Routes of a project whose documents are all wrong, and which are asked for by nobody in particular."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.urls import include, path


async def server(request: HttpRequest) -> JsonResponse:
    is_somebody = request.user.is_authenticated or request.COOKIES or "HTTP_COOKIE" in request.META
    return JsonResponse({"issuer": "nobody"}, status=418 if is_somebody or hasattr(request, "session") else 200)


def resource(request: HttpRequest) -> JsonResponse:
    raise RuntimeError("broken")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("mcp/", include("drf_mcp.urls")),
    path(".well-known/oauth-authorization-server", server),
    path(".well-known/oauth-protected-resource/mcp", resource),
]
