from django.urls import include, path

urlpatterns = [path("mcp/", include("drf_mcp.urls"))]
