"""The demo's routes: its REST API, the same API for MCP clients, and the admin."""

from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from config.projects.views import AttachmentViewSet, ProjectViewSet, TaskViewSet
from users.views import UserViewSet

router = DefaultRouter()
router.register("users", UserViewSet)
router.register("projects", ProjectViewSet)
router.register(r"projects/(?P<project_slug>[-\w]+)/tasks", TaskViewSet, basename="task")
router.register("attachments", AttachmentViewSet)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include(router.urls)),
    path("mcp/", include("drf_mcp.urls")),
]
