"""pretix with its test settings on SQLite, and drf_mcp."""

import os

from pretix.testutils.settings import *  # noqa: F403

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("COMPAT_DB", "pretix.sqlite3")}}
DATABASE_REPLICA = "default"
DEBUG = DEBUG_PROPAGATE_EXCEPTIONS = False
SITE_URL = "http://testserver"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [*INSTALLED_APPS, "drf_mcp", "apps.pretix.plugin.MCPPlugin"]  # noqa: F405
