"""On SQLite, with a second database and a cache of files, which several processes share."""

import os

from config.settings import INSTALLED_APPS as DEMO_APPS
from tests.settings import *  # noqa: F403

INSTALLED_APPS = DEMO_APPS
MIDDLEWARE = [*MIDDLEWARE, "tests.speaking.middleware.only_async"]  # noqa: F405
ROOT_URLCONF = "tests.speaking.urls"
DATABASES = {
    **DATABASES,  # noqa: F405
    "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{os.environ.get('DEMO_DATABASE', '')}.other"},
}
if "SPEAKING_CACHE" in os.environ:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": os.environ["SPEAKING_CACHE"],
        }
    }
DRF_MCP = {
    **DRF_MCP,  # noqa: F405
    "CONFIRM": "destroy",
    "REDIS_URL": os.environ.get("SPEAKING_REDIS"),
    "ANSWER_SECONDS": int(os.environ.get("SPEAKING_ANSWER_SECONDS", "60")),
}
