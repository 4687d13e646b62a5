"""Pulp's own configuration file: a local PostgreSQL, and drf_mcp with tokens beside Pulp's passwords."""

import os

DATA = os.environ.get("COMPAT_DATA", ".")
SECRET_KEY = "for-a-comparison-on-one-machine-and-nothing-else-whatsoever"
DB_ENCRYPTION_KEY = f"{DATA}/encryption.key"
DEPLOY_ROOT = WORKING_DIRECTORY = DATA
MEDIA_ROOT = f"{DATA}/media"
CONTENT_ORIGIN = "http://testserver"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "pulpcore",
        "USER": os.environ.get("PGUSER", "postgres"),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
    }
}
INSTALLED_APPS = ["rest_framework.authtoken", "drf_mcp", "dynaconf_merge"]
ROOT_URLCONF = "apps.pulpcore.urls"
DRF_MCP = {"AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
