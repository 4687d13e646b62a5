"""Section 9."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.shop.views import plain, twins

router = SimpleRouter()
router.register("ping", twins.PingViewSet, "ping")

urlpatterns = [
    path("mcp/", include("drf_mcp.urls")),
    *router.urls,
    path("products/", plain.ProductList.as_view(), name="product-list"),
    path("products/<int:pk>/", plain.ProductDetail.as_view(), name="product-detail"),
    path("coupons/<str:code>/", plain.CouponDetail.as_view()),
    path("status/", plain.StatusView.as_view(), name="status"),
    path("status/<slug:area>/", plain.StatusView.as_view(), name="area-status"),
    path("admin-only/", plain.AdminOnlyView.as_view(), name="admin-only"),
    path("greet/<str:name>/", plain.greet, name="greet"),
    path("admin-greet/", plain.admin_greet, name="admin-greet"),
]
