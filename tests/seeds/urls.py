from django.urls import include, path
from rest_framework.routers import SimpleRouter

from .views import GreetingViewSet, MathViewSet

router = SimpleRouter()
router.register("greetings", GreetingViewSet, basename="greeting")
router.register("math", MathViewSet, basename="math")

urlpatterns = [
    path("api/", include(router.urls)),
    path("mcp/", include("drf_mcp.urls")),
]
