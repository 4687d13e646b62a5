"""What a call passes, and how it fails."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.shop.views import hooks

router = SimpleRouter()
router.register("hooks", hooks.HookViewSet, "hooks")
router.register("truth", hooks.TruthViewSet, "truth")
router.register("failing", hooks.FailingViewSet, "failing")
router.register("racing", hooks.RacingViewSet, "racing")
router.register("cleaning", hooks.CleaningViewSet, "cleaning")
router.register("orders", hooks.OrderViewSet, "order")
router.register("own-handler", hooks.OwnHandlerViewSet, "own-handler")
router.register("no-user", hooks.NoUserViewSet, "no-user")
router.register("device", hooks.DeviceViewSet, "device")

urlpatterns = [path("mcp/", include("drf_mcp.urls")), *router.urls]
