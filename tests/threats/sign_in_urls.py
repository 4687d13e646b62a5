from django.contrib.auth.views import LoginView
from django.urls import include, path

from .urls import urlpatterns as all_patterns

urlpatterns = [
    path("", include("drf_mcp.contrib.oauth_toolkit.urls")),
    path("login/", LoginView.as_view(), name="login"),
    *all_patterns,
]
