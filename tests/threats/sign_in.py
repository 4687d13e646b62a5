"""The steps of signing in, over the wire, each of which a test may take in a way of its own."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.contrib.oauth_toolkit import flow
from tests.contrib.oauth_toolkit.flow import REDIRECT, VERIFIER
from tests.signing_in.browser import Browser, Page

if TYPE_CHECKING:
    from .conftest import Reply, Site

DEAD = "2000-01-01 00:00:00"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def browser_of(name: str) -> Browser:
    """A browser with somebody in front of it."""
    return Browser(name, f"password-of-{name}")


def parameters_of(page: Page) -> dict[str, str]:
    """What is told to the client in the address to which the browser is sent."""
    assert page.status == 302, (page.status, page.text)
    return {name: values[0] for name, values in parse_qs(urlsplit(page.target).query).items()}


class SignIn:
    """An authorization server as clients see it.

    Args:
        site: Where it is.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.resource = f"{site.url}/mcp"

    def forget(self) -> None:
        """Empty the cache, and with it the count of registrations and what is known of documents."""
        shutil.rmtree(f"{self.site.server.database}.cache", ignore_errors=True)

    def register(self, body: bytes | None = None, headers: dict[str, str] | None = None, **metadata: Any) -> Reply:
        """Register a client."""
        said = {"client_name": "Test", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", **metadata}
        sent = {"Content_Type": "application/json", **(headers or {})}
        return self.site.request("POST", "/oauth/register/", body or json.dumps(said).encode(), **sent)

    def new_client(self, **metadata: Any) -> dict[str, Any]:
        """Register a client; gives what it was told."""
        self.forget()
        reply = self.register(**metadata)
        assert reply.status == 201, reply.content
        return dict(reply.json)

    def authorize_url(self, client_id: str, **changed: Any) -> str:
        """Where a client sends the browser; None leaves a parameter out."""
        return self.site.url + flow.authorize_url(client_id, **{"resource": self.resource, **changed})

    def code(self, client_id: str, user: str = "alice", **changed: Any) -> str:
        """A code, allowed by a user."""
        browser = browser_of(user)
        return parameters_of(browser.answer(browser.consent_page(self.authorize_url(client_id, **changed))))["code"]

    def ask_token(self, **parameters: Any) -> Reply:
        """Ask for tokens; None leaves a parameter out."""
        kept = {name: value for name, value in parameters.items() if value is not None}
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        return self.site.request("POST", "/oauth/token/", urlencode(kept, doseq=True).encode(), **form)

    def exchange(self, client_id: str, code: str, **changed: Any) -> Reply:
        """Ask for tokens with a code."""
        sent = {"code": code, "redirect_uri": REDIRECT, "client_id": client_id, "code_verifier": VERIFIER}
        return self.ask_token(**{"grant_type": "authorization_code", **sent, **changed})

    def refresh(self, client_id: str, token: str, **changed: Any) -> Reply:
        """Ask for new tokens."""
        sent = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id}
        return self.ask_token(**{**sent, **changed})

    def tokens(self, client_id: str, user: str = "alice", **changed: Any) -> dict[str, Any]:
        """Go all the way."""
        secret = {name: changed.pop(name) for name in ("client_secret",) if name in changed}
        reply = self.exchange(client_id, self.code(client_id, user, **changed), **secret)
        assert reply.status == 200, reply.content
        return dict(reply.json)

    def ping(self, token: str, path: str = "/mcp") -> Reply:
        """Knock at the endpoint."""
        return self.site.post(PING, None, path, Authorization=f"Bearer {token}")

    def is_dead(self, token: str) -> bool:
        """Whether a token opens nothing: not once in eight requests, which reach both processes of the server."""
        replies = [self.ping(token) for _ in range(8)]
        for reply in replies:
            if reply.status == 401:
                assert 'error="invalid_token"' in reply.headers["www-authenticate"]
                assert "resource_metadata=" in reply.headers["www-authenticate"]
        statuses = {reply.status for reply in replies}
        assert statuses in ({200}, {401})
        return statuses == {401}
