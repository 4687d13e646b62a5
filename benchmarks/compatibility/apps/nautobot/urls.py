from django.urls import include, path
from nautobot.core.urls import handler404, handler500, urlpatterns

__all__ = ["handler404", "handler500", "urlpatterns"]
urlpatterns = [path("mcp/", include("drf_mcp.urls")), *urlpatterns]
