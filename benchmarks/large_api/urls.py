"""A router for each domain, and the MCP endpoint."""

from django.urls import include, path

from .building import routers

urlpatterns = [
    *(path(f"api/{domain}/", include(router.urls)) for domain, router in routers().items()),
    path("mcp/", include("drf_mcp.urls")),
]
