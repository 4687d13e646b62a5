"""The demo as it would stand on the internet: nothing secret is in here, it all comes from the environment.

``SECRET_KEY``, ``PUBLIC_URL`` (as ``https://example.com``) and ``CACHE_URL`` (a Redis, as ``redis://127.0.0.1:6379/0``)
must be set. Clients get in with access tokens, which ``manage.py mcp_token create`` makes, and with nothing else.
"""

import os
from urllib.parse import urlsplit

from config.settings import *  # noqa: F403

PUBLIC_URL = os.environ["PUBLIC_URL"]

DEBUG = False
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = [str(urlsplit(PUBLIC_URL).hostname)]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# The proxy in front ends TLS. It must set this header itself and drop what clients send under its name.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

# All processes count throttles, spend codes and tell each other of changes in one place.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["CACHE_URL"]},
}

REST_FRAMEWORK = {
    # The API is for the site's own pages; programs take the MCP endpoint, with access tokens.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
}
DRF_MCP = {
    "SERVER_INFO": {"name": "django-drf-mcp", "version": "1.0.0"},
    "PUBLIC_URL": PUBLIC_URL,
}
