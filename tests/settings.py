"""The demo project's settings with the test apps beside it."""

from config.settings import *  # noqa: F403

DEBUG = False
INSTALLED_APPS = [*INSTALLED_APPS, "tests.zoo"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DRF_MCP = {"SERVER_INFO": {"name": "django-drf-mcp", "version": "1.0.0"}, "ANONYMOUS": True}
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}
INSTALLED_APPS += ["tests.shop"]
