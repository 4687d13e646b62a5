from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.threats.views import NoteViewSet

from .views import FaultViewSet

router = SimpleRouter()
router.register("note", NoteViewSet, basename="note")
router.register("fault", FaultViewSet, basename="fault")

urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
