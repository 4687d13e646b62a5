"""The demo with sign-in; ``SIGNING_IN_CACHE`` names a folder that several processes share."""

import os

from config.oauth import *  # noqa: F403

OAUTH2_PROVIDER = {
    **OAUTH2_PROVIDER,  # noqa: F405
    "CIMD_METADATA_FETCHER": "tests.signing_in.documents.FixtureFetcher",
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
if "SIGNING_IN_CACHE" in os.environ:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": os.environ["SIGNING_IN_CACHE"],
        }
    }
