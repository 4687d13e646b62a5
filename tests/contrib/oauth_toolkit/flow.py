"""The steps of signing in, each of which a test may take in a way of its own."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.core.cache import cache
from django.test import Client
from oauth2_provider.models import get_application_model

from tests.signing_in.browser import Page

ORIGIN = "https://example.com"
RESOURCE = f"{ORIGIN}/mcp"
REDIRECT = "https://client.example/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
Application = get_application_model()


def register(**metadata: Any) -> Any:
    """Register a client; gives the response."""
    body = {"client_name": "Test", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", **metadata}
    return Client().post("/oauth/register/", json.dumps(body), content_type="application/json")


def new_client(**metadata: Any) -> dict[str, Any]:
    """Register a client; gives what it was told."""
    cache.clear()
    response = register(**metadata)
    assert response.status_code == 201, response.content
    return dict(response.json())


def authorize_url(client_id: str, **changed: Any) -> str:
    """Where a client sends the browser; None leaves a parameter out."""
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "scope": "mcp",
        "state": "a state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "resource": RESOURCE,
        **changed,
    }
    kept = {name: value for name, value in parameters.items() if value is not None}
    return f"/oauth/authorize/?{urlencode(kept, doseq=True)}"


def signed_in(user: Any, **options: Any) -> Client:
    """A browser in which somebody is signed in."""
    client = Client(**options)
    client.force_login(user)
    return client


def fields_of(response: Any) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return Page("", response.status_code, response.headers, response.content.decode()).fields


def allow(browser: Client, url: str, **changed: str) -> Any:
    """Open the page and press its button, with fields changed by somebody."""
    page = browser.get(url)
    assert page.status_code == 200, (page.status_code, page.get("Location"))
    return browser.post(url, {**fields_of(page), "allow": "True", **changed})


def parameters_of(response: Any) -> dict[str, str]:
    """What is told to the client in the address to which the browser is sent."""
    assert response.status_code == 302, response.content
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def code_for(user: Any, client_id: str, **changed: Any) -> str:
    """A code, allowed by a user."""
    return parameters_of(allow(signed_in(user), authorize_url(client_id, **changed)))["code"]


def ask_token(**parameters: Any) -> Any:
    """Ask for tokens; gives the response."""
    kept = {name: value for name, value in parameters.items() if value is not None}
    return Client().post("/oauth/token/", urlencode(kept, doseq=True), content_type="application/x-www-form-urlencoded")


def exchange(client_id: str, code: str, **changed: Any) -> Any:
    """Ask for tokens with a code."""
    parameters = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": client_id,
        "code_verifier": VERIFIER,
        **changed,
    }
    return ask_token(**parameters)


def refresh(client_id: str, token: str, **changed: Any) -> Any:
    """Ask for new tokens."""
    return ask_token(**{"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id, **changed})


def tokens_for(user: Any, client_id: str, **changed: Any) -> dict[str, Any]:
    """Go all the way."""
    response = exchange(client_id, code_for(user, client_id, **changed))
    assert response.status_code == 200, response.content
    return dict(response.json())
