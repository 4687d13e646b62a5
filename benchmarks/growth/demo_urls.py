"""The routes of the demo without those of ``drf_mcp``."""

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

urlpatterns = [path("admin/", admin.site.urls), path("api/", include(router.urls))]
