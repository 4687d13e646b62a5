from django.urls import include, path
from pulpcore.app.urls import urlpatterns

urlpatterns = [path("mcp/", include("drf_mcp.urls")), *urlpatterns]
