from django.urls import include, path
from rest_framework.routers import SimpleRouter

from .views import ContentViewSet, RequirementViewSet

router = SimpleRouter()
router.register("content", ContentViewSet, basename="content")
router.register("requirements", RequirementViewSet, basename="requirement")

urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
