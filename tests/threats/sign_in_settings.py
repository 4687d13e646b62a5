"""What is attacked, with an authorization server of its own; clients' documents come from ``outside.test``."""

from drf_mcp.contrib.oauth_toolkit.settings import oauth2_provider, sign_in

from .settings import *  # noqa: F403

ROOT_URLCONF = "tests.threats.sign_in_urls"
LOGIN_URL = "login"
# A second instead of five, so that tests need not wait for so long.
OAUTH2_PROVIDER = {**oauth2_provider(DRF_MCP["PUBLIC_URL"]), "CIMD_FETCH_TIMEOUT_SECONDS": 1}  # noqa: F405
DRF_MCP = {**DRF_MCP, **sign_in(DRF_MCP["PUBLIC_URL"])}  # noqa: F405
REST_FRAMEWORK = {
    **REST_FRAMEWORK,  # noqa: F405
    # REST takes tokens of the sign-in, too: those that are for REST.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oauth2_provider.contrib.rest_framework.OAuth2Authentication",
        *REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"],  # noqa: F405
    ],
    # Less than usual, since each registration costs a transaction that reaches the disk.
    "DEFAULT_THROTTLE_RATES": {"mcp_registration": "20/hour", "mcp_registrations": "60/hour"},
}
# This backend forgets at random what is over its limit, and a flood of registrations is over the usual one.
CACHES = {"default": {**CACHES["default"], "OPTIONS": {"MAX_ENTRIES": 5_000}}}  # noqa: F405
