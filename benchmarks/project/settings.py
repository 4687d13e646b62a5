"""The settings of ``startproject`` with DEBUG off, and the two dicts that an API adds to them."""

import os
from pathlib import Path

from benchmarks.others import PACKAGES

FOLDER = Path(os.environ["BENCHMARK_FOLDER"])

PACKAGE = PACKAGES.get(os.environ.get("BENCHMARK_PACKAGE", ""))
"""Another package that is measured, None for this one."""
VIEWSETS = int(os.environ.get("BENCHMARK_VIEWSETS", "1"))
"""How many ViewSets are routed; each but the first is there to be listed only."""

DEBUG = False
SECRET_KEY = "only-for-measuring-" + "0123456789abcdef" * 3
ALLOWED_HOSTS = ["127.0.0.1"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    *(PACKAGE.apps if PACKAGE else ["drf_mcp"]),
    "benchmarks.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = os.environ.get("BENCHMARK_URLCONF", "benchmarks.project.urls")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "db.sqlite3"}}
if os.environ.get("BENCHMARK_PERSISTENT"):
    DATABASES["default"]["CONN_MAX_AGE"] = None
if "BENCHMARK_POSTGRES" in os.environ:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": os.environ["TEST_POSTGRES_PORT"],
        "NAME": os.environ["BENCHMARK_POSTGRES"],
        "USER": "test",
        "CONN_MAX_AGE": None,
    }

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        f"rest_framework.permissions.{os.environ.get('BENCHMARK_PERMISSION', 'IsAuthenticated')}"
    ],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 100,
}

DRF_MCP = {
    "RECORD": os.environ.get("BENCHMARK_RECORD", "writes"),
    "SKIP_MIDDLEWARE": MIDDLEWARE if os.environ.get("BENCHMARK_SKIP_MIDDLEWARE") else [],
}
globals().update(PACKAGE.settings if PACKAGE else {})
