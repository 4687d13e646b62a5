"""Weblate with its test settings on a local PostgreSQL, and drf_mcp."""

import os

os.environ.setdefault("CI_BASE_DIR", os.environ.get("COMPAT_DATA", "."))
os.environ.setdefault("CI_DB_HOST", os.environ.get("PGHOST", "127.0.0.1"))
os.environ.setdefault("CI_DB_PORT", os.environ.get("PGPORT", "5432"))
os.environ.setdefault("CI_DB_USER", os.environ.get("PGUSER", "postgres"))

from weblate.settings_test import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
SITE_DOMAIN = "testserver"
INSTALLED_APPS = (*INSTALLED_APPS, "drf_mcp")  # noqa: F405
ROOT_URLCONF = "apps.weblate.urls"
