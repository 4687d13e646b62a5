"""The same ViewSet as REST and as tools."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import ItemViewSet

router = DefaultRouter()
router.register("items", ItemViewSet)

urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
