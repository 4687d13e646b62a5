"""A site as it is deployed: PostgreSQL, Redis, a transaction around each request, every call recorded."""

import os
from pathlib import Path

FOLDER = Path(os.environ["LOAD_FOLDER"])

DEBUG = False
SECRET_KEY = "only-for-measuring-" + "0123456789abcdef" * 3
ALLOWED_HOSTS = ["127.0.0.1"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_mcp",
    "benchmarks.load.project",
]

# All tables are made at once, which takes seconds less.
MIGRATION_MODULES = dict.fromkeys(app.rpartition(".")[2] for app in INSTALLED_APPS)

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "benchmarks.load.project.urls"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": os.environ["TEST_POSTGRES_PORT"],
        "NAME": os.environ["LOAD_DATABASE"],
        "USER": "test",
        "ATOMIC_REQUESTS": True,
        # Under ASGI each request has a thread of its own, with which a connection that stays open would be lost.
        "CONN_MAX_AGE": None if os.environ["LOAD_SERVER"] == "gunicorn" else 0,
    }
}
REDIS = os.environ["LOAD_REDIS"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS}}

USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
}

DRF_MCP = {"RECORD": "all", "REDIS_URL": REDIS}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # The views break on purpose, thousands of times.
    "loggers": {"django.request": {"level": "CRITICAL"}},
}
