"""What is attacked: two databases with a transaction around each request, a cache that processes share, loud logs."""

import os

from tests.settings import *  # noqa: F403

DEBUG = os.environ.get("THREATS_DEBUG") == "1"
INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith("tests.")] + ["tests.threats"]  # noqa: F405
MIGRATION_MODULES = dict.fromkeys(app.rpartition(".")[2] for app in INSTALLED_APPS)
SECRET_KEY = os.environ.get("THREATS_KEY", SECRET_KEY)  # noqa: F405
ROOT_URLCONF = "tests.threats.urls"
_FILE = os.environ.get("DEMO_DATABASE", "")
if "TEST_POSTGRES_PORT" in os.environ:
    _DEFAULT = {**DATABASES["default"], "NAME": os.environ.get("THREATS_DATABASE", "postgres")}  # noqa: F405
    _OTHER = {**_DEFAULT, "NAME": f"{_DEFAULT['NAME']}_other"}
else:
    _DEFAULT = DATABASES["default"]  # noqa: F405
    _OTHER = {**_DEFAULT, "NAME": f"{_FILE}.other"}
DATABASES = {"default": {**_DEFAULT, "ATOMIC_REQUESTS": True}, "other": {**_OTHER, "ATOMIC_REQUESTS": True}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": f"{_FILE}.cache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
DRF_MCP = {"PUBLIC_URL": os.environ.get("DEMO_PUBLIC_URL", "http://testserver"), "RECORD": "all"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"all": {"()": "tests.threats.logs.Everything"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "all"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "drf_mcp": {"level": os.environ.get("THREATS_LOG", "INFO")},
        "django": {"level": "INFO", "handlers": []},
    },
}
