"""NetBox on a local PostgreSQL and Redis, and drf_mcp."""

import os

os.environ.setdefault("NETBOX_CONFIGURATION", "apps.netbox.configuration")

from netbox.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "drf_mcp"]  # noqa: F405
ROOT_URLCONF = "apps.netbox.urls"
