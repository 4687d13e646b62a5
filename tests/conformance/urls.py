from django.urls import include, path
from rest_framework.routers import SimpleRouter

from .speaking import QuestionViewSet, ReportViewSet
from .views import ChangeViewSet, ContentViewSet, RequirementViewSet

router = SimpleRouter()
router.register("content", ContentViewSet, basename="content")
router.register("requirements", RequirementViewSet, basename="requirement")
router.register("changes", ChangeViewSet, basename="change")
router.register("reports", ReportViewSet, basename="report")
router.register("questions", QuestionViewSet, basename="question")

urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
