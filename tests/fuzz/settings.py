"""What a live server is fuzzed with: the demo and the tools that speak, with a cache that all workers share."""

import os

from config.settings import INSTALLED_APPS as DEMO_APPS
from tests.settings import *  # noqa: F403

INSTALLED_APPS = DEMO_APPS
MIGRATION_MODULES: dict[str, None] = {}
ROOT_URLCONF = "tests.fuzz.urls"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": f"{os.environ.get('DEMO_DATABASE', '')}.cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
DRF_MCP = {**DRF_MCP, "ANSWER_SECONDS": 5}  # noqa: F405
