"""What breaks: the project that the threats attack, with a Redis that can go and a database that can be full."""

import os

from tests.threats.settings import *  # noqa: F403

ROOT_URLCONF = "tests.faults.urls"
if "FAULTS_HANGING" in os.environ and "TEST_POSTGRES_PORT" not in os.environ:
    for known in DATABASES.values():  # noqa: F405
        known["OPTIONS"] = {"timeout": 20}  # a transaction that has not written yet locks nobody out
if redis := os.environ.get("FAULTS_REDIS"):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}}
    DRF_MCP = {**DRF_MCP, "REDIS_URL": redis}  # noqa: F405
if full := os.environ.get("FAULTS_FULL"):
    # SQLite lets a database grow to so many pages: as many as it has, if it has more.
    DATABASES[full]["OPTIONS"] |= {"init_command": "PRAGMA max_page_count=1"}  # noqa: F405
    DATABASE_ROUTERS = ["tests.faults.settings.CallsElsewhere"] if full == "other" else []


class CallsElsewhere:
    """Keeps the calls in the database that is full."""

    def db_for_write(self, model, **hints):
        return "other" if model._meta.label == "drf_mcp.Call" else None
