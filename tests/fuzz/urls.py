"""The demo's routes, and tools that speak."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from config.urls import urlpatterns as demo

from .views import SpeakingViewSet

router = SimpleRouter()
router.register("speaking", SpeakingViewSet, basename="speaking")
urlpatterns = [*demo, path("api/", include(router.urls))]
