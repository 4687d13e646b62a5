"""The demo's routes, and those at which people and clients sign in."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

from config.urls import urlpatterns as demo_patterns

urlpatterns = [
    path("", include("drf_mcp.contrib.oauth_toolkit.urls")),
    path("login/", LoginView.as_view(), name="login"),
    *demo_patterns,
]
