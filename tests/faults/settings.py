"""What breaks: the project that the threats attack, with a Redis that can go and connections that are kept."""

import os

from tests.threats.settings import *  # noqa: F403

ROOT_URLCONF = "tests.faults.urls"
if "FAULTS_HANGING" in os.environ and "TEST_POSTGRES_PORT" not in os.environ:
    for known in DATABASES.values():  # noqa: F405
        known["OPTIONS"] = {"timeout": 20}  # a transaction that has not written yet locks nobody out
if kept := os.environ.get("FAULTS_KEPT"):
    for known in DATABASES.values():  # noqa: F405
        known |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": kept == "checked"}
if redis := os.environ.get("FAULTS_REDIS"):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}}
    DRF_MCP = {**DRF_MCP, "REDIS_URL": redis}  # noqa: F405
