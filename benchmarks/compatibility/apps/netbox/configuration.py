"""NetBox's own configuration file."""

import os

ALLOWED_HOSTS = ["*"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "netbox",
        "USER": os.environ.get("PGUSER", "postgres"),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
    }
}
_REDIS = {"HOST": "127.0.0.1", "PORT": int(os.environ.get("REDIS_PORT", "6379")), "PASSWORD": "", "SSL": False}
REDIS = {"tasks": {**_REDIS, "DATABASE": 0}, "caching": {**_REDIS, "DATABASE": 1}}
SECRET_KEY = "for-a-comparison-on-one-machine-and-nothing-else-whatsoever"
API_TOKEN_PEPPERS = {1: "for-a-comparison-on-one-machine-and-nothing-else-whatsoever"}
CENSUS_REPORTING_ENABLED = False
LOGGING = {"version": 1, "disable_existing_loggers": True}
