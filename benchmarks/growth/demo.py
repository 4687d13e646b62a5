"""The demo on a database in memory, without ``drf_mcp`` where the environment says so."""

import os
import sys
from types import ModuleType

from config.settings import *  # noqa: F403

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}

if "GROWTH_WITHOUT" in os.environ:
    INSTALLED_APPS.remove("drf_mcp")  # noqa: F405
    ROOT_URLCONF = "benchmarks.growth.demo_urls"
    sys.modules["drf_mcp.admin"] = pages = ModuleType("drf_mcp.admin")  # of which the demo's own admin has one class
    pages.CallsMixin = type("CallsMixin", (), {})
