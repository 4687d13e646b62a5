"""Nautobot on a local PostgreSQL and Redis, and drf_mcp."""

import os

from nautobot.core.settings import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
DATABASES["default"].update(  # noqa: F405
    NAME="nautobot",
    USER=os.environ.get("PGUSER", "postgres"),
    HOST=os.environ.get("PGHOST", "127.0.0.1"),
    PORT=os.environ.get("PGPORT", "5432"),
)
SECRET_KEY = "for-a-comparison-on-one-machine-and-nothing-else-whatsoever"
INSTALLATION_METRICS_ENABLED = False
CELERY_TASK_ALWAYS_EAGER = True
CELERY_BROKER_URL = "memory://"
EXTRA_INSTALLED_APPS = ["drf_mcp"]
ROOT_URLCONF = "apps.nautobot.urls"
