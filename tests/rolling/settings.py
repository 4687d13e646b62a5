"""One version of the shop, which shares its database and its cache with the other."""

import os

from tests.speaking.settings import *  # noqa: F403

ROOT_URLCONF = "tests.rolling.urls"
MIGRATION_MODULES: dict[str, str | None] = {}
DRF_MCP = {**DRF_MCP, "SERVER_INFO": {"name": "shop", "version": os.environ.get("ROLLING", "")}}  # noqa: F405
if "TEST_POSTGRES_PORT" in os.environ:
    DATABASES["default"] |= {"NAME": os.environ.get("ROLLING_DATABASE", "postgres")}  # noqa: F405
if redis := os.environ.get("SPEAKING_REDIS"):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}}
