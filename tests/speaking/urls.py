from django.urls import include, path
from rest_framework.routers import SimpleRouter

from .views import AccountViewSet, AsyncViewSet, QuestionViewSet, WorkViewSet

router = SimpleRouter()
router.register("work", WorkViewSet, basename="work")
router.register("async", AsyncViewSet, basename="async")
router.register("questions", QuestionViewSet, basename="question")
router.register("accounts", AccountViewSet, basename="account")

urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
