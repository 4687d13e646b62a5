from django.urls import include, path
from weblate.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
urlpatterns = [path("mcp/", include("drf_mcp.urls")), *urlpatterns]
