"""What the partner's host serves."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.shop.views import odd_routes

router = SimpleRouter()
router.register("partner", odd_routes.PartnerViewSet, "partner")
urlpatterns = [path("mcp/", include("drf_mcp.urls")), *router.urls]
