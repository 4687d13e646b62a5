"""The demo project's settings with the test apps beside it, on SQLite or on ``tests/with-postgres``."""

import os

from config.settings import *  # noqa: F403
from drf_mcp.contrib.oauth_toolkit.settings import oauth2_provider

DEBUG = False
INSTALLED_APPS = [
    *INSTALLED_APPS,  # noqa: F405
    "guardian",
    "knox",
    "oauth2_provider",
    "polymorphic",
    "rest_framework_simplejwt",
    "drf_mcp.contrib.oauth_toolkit",
    "tests.guests",
    "tests.zoo",
    "tests.shop",
]
OAUTH2_PROVIDER = oauth2_provider("https://example.com")
# The test apps have no migrations, so that their models can change freely; tables are made all at once.
MIGRATION_MODULES = dict.fromkeys(app.rpartition(".")[2] for app in INSTALLED_APPS)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DRF_MCP = {"SERVER_INFO": {"name": "django-drf-mcp", "version": "1.0.0"}, "ANONYMOUS": True}
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}

# django-guardian changes neither the users' model nor the users.
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None

if "TEST_POSTGRES_PORT" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "PORT": os.environ["TEST_POSTGRES_PORT"],
            "NAME": "postgres",
            "USER": "test",
        }
    }
