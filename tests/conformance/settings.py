"""The project that the conformance suite tests: open to everybody, on loopback."""

import os

from tests.settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "drf_mcp",
    "tests.conformance",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
AUTH_USER_MODEL = "auth.User"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
ROOT_URLCONF = "tests.conformance.urls"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
DRF_MCP = {
    "ANONYMOUS": True,
    "SERVER_INFO": {"name": "conformance", "version": "1.0.0"},
    "ALLOWED_ORIGINS": [f"http://{host}:{os.environ.get('PORT', '8765')}" for host in ALLOWED_HOSTS],
}
