"""The settings to spread in the project's own; nothing here looks at Django's.

PUBLIC_URL = "https://example.com"
OAUTH2_PROVIDER = oauth2_provider(PUBLIC_URL)
DRF_MCP = {**sign_in(PUBLIC_URL), "SERVER_INFO": {...}}
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from drf_mcp.auth.scopes import ALL_TOOLS, READING_TOOLS

HERE = "drf_mcp.contrib.oauth_toolkit"
DAY = 86400


def sign_in(public_url: str) -> dict[str, Any]:
    """What ``DRF_MCP`` needs: where the site is, that people sign in there, and the classes that take tokens.

    Args:
        public_url: The site's address as clients see it.
    """
    return {
        "PUBLIC_URL": public_url,
        "AUTHORIZATION_SERVERS": [issuer(public_url)],
        "AUTHENTICATION_CLASSES": [
            "drf_mcp.auth.tokens.AccessTokenAuthentication",
            f"{HERE}.authentication.OAuthAuthentication",
        ],
    }


def oauth2_provider(public_url: str) -> dict[str, Any]:
    """What django-oauth-toolkit needs, so that real MCP clients get in and nobody else does.

    Args:
        public_url: The site's address as clients see it.
    """
    return {
        # Metadata at the root of the site, whatever the Host header says.
        "OIDC_ISS_ENDPOINT": issuer(public_url),
        "SCOPES": {ALL_TOOLS: "Use this site's tools as you", READING_TOOLS: "Read what you may read here"},
        "DEFAULT_SCOPES": [ALL_TOOLS],
        # Clients that nobody has registered: by the address of a document, or by themselves.
        "CIMD_ENABLED": True,
        "CIMD_METADATA_FETCHER": f"{HERE}.client_documents.Fetcher",
        "CIMD_REGISTRATION_PERMISSION_CLASSES": [f"{HERE}.client_documents.AfterSignIn"],
        "DCR_ENABLED": True,
        "DCR_REGISTRATION_PERMISSION_CLASSES": ["oauth2_provider.dcr.AllowAllDCRPermission"],
        "DCR_REGISTRATION_TOKEN_EXPIRE_SECONDS": DAY,
        "OAUTH2_VALIDATOR_CLASS": f"{HERE}.validator.Validator",
        # Programs on the user's own computer; which addresses of these schemes may be used says redirects.py.
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http", "cursor"],
        "ALLOW_LOCALHOST_LOOPBACK": True,
        # What is said to be offered, which is also all that is taken.
        "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "refresh_token"],
        "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
        "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["none", "client_secret_post", "client_secret_basic"],
        # RFC 9700, as django-oauth-toolkit 4 will have it by default.
        "PKCE_REQUIRED": True,
        "ALLOW_URI_WILDCARDS": False,
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
        "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
        "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * DAY,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
    }


def issuer(public_url: str) -> str:
    """The origin of the site, which is the name of its authorization server."""
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{parts.netloc}"
