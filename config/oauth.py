"""The demo with sign-in: the settings of the demo, and what ``drf_mcp.contrib.oauth_toolkit`` adds to them."""

import os
from urllib.parse import urlsplit

from config.settings import *  # noqa: F403
from drf_mcp.contrib.oauth_toolkit.settings import oauth2_provider, sign_in

PUBLIC_URL = os.environ.get("DEMO_PUBLIC_URL", "http://127.0.0.1:8000")

ALLOWED_HOSTS += [str(urlsplit(PUBLIC_URL).hostname)]  # noqa: F405
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
INSTALLED_APPS += ["oauth2_provider", "drf_mcp.contrib.oauth_toolkit"]  # noqa: F405
ROOT_URLCONF = "config.oauth_urls"
LOGIN_URL = "login"

OAUTH2_PROVIDER = oauth2_provider(PUBLIC_URL)
DRF_MCP = {
    **sign_in(PUBLIC_URL),
    "SERVER_INFO": {"name": "django-drf-mcp", "version": "1.0.0"},
    # The pages of the MCP Inspector.
    "ALLOWED_ORIGINS": ["http://localhost:6274", "http://127.0.0.1:6274"],
}
REST_FRAMEWORK = {
    **REST_FRAMEWORK,  # noqa: F405
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
