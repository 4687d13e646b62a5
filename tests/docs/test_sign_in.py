"""The pages on signing in: what they show works, and the reference has all checks and options."""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

import drf_mcp
from drf_mcp.contrib.oauth_toolkit.checks import check_sign_in
from drf_mcp.contrib.oauth_toolkit.management.commands.mcp_clear_clients import Command
from tests.factories import MCPClient, UserFactory

from .conftest import apply_settings
from .pages import DOCS, blocks_of, code, table

COMMANDS = DOCS / "reference/commands.md"
CHECKS = DOCS / "reference/checks.md"
PROVIDER = DOCS / "how-to/identity-provider.md"
SIGN_IN = DOCS / "how-to/sign-in.md"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
AUDIENCE = "https://example.com/mcp"


def test_each_check_of_signing_in_is_documented():
    rows = [code(row[0]) for row in table(CHECKS, "check", "what it says")]
    folder = Path(drf_mcp.__file__).parent
    sources = [(folder / path).read_text() for path in ("auth/checks.py", "contrib/oauth_toolkit/checks.py")]
    assert set(rows) == set(re.findall(r'id="(drf_mcp\.[EWI]\d+)"', "".join(sources)))
    assert len(rows) == len(set(rows))


def test_each_option_for_clearing_clients_is_documented():
    rows = {code(row[0]) for row in table(COMMANDS, "its option", "what it does")}
    parser = Command().create_parser("manage.py", "mcp_clear_clients")
    plain = Command.__mro__[1]().create_parser("manage.py", "mcp_clear_clients")
    own = {option for action in parser._actions for option in action.option_strings}
    assert rows == own - {option for action in plain._actions for option in action.option_strings}


@pytest.mark.urls("config.oauth_urls")
def test_the_settings_to_spread_leave_nothing_to_be_found(settings, tmp_path):
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path)}}
    for block in [block for block in blocks_of(SIGN_IN, "python") if block.kind == "settings"][:1]:
        apply_settings(settings, [block])
    settings.LOGIN_URL = "login"
    assert check_sign_in(None) == []


# how-to/identity-provider.md


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def provider(key: rsa.RSAPrivateKey) -> Iterator[str]:
    """The address at which a provider publishes its keys."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    document = json.dumps({"keys": [{**public, "kid": "first", "use": "sig", "alg": "RS256"}]}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def site(load_page: Any, provider: str, settings: Any, db: None) -> Any:
    """The site of the page, where the provider's keys come from this computer."""
    module = load_page(PROVIDER)
    module.KEYS = jwt.PyJWKClient(provider)
    (block,) = [block for block in blocks_of(PROVIDER, "python") if "DRF_MCP" in block.text]
    namespace: dict[str, Any] = {}
    exec(block.text, namespace)
    settings.DRF_MCP = {**namespace["DRF_MCP"], "AUTHENTICATION_CLASSES": [module.MCPAuthentication]}
    UserFactory(username="alice")
    UserFactory(username="gone", is_active=False)
    return module


def status_of(value: str) -> int:
    return int(MCPClient(HTTP_AUTHORIZATION=f"Bearer {value}").post(PING).status_code)


def token(key: Any, site: Any, algorithm: str = "RS256", kid: str = "first", **changed: Any) -> str:
    claims = {"iss": site.ISSUER, "sub": "alice", "aud": AUDIENCE, "exp": time.time() + 60, "scope": "mcp", **changed}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid})


def test_a_token_of_the_provider_lets_its_user_in(key, site):
    assert status_of(token(key, site)) == 200
    assert status_of(token(key, site, aud=["https://other.example", f"{AUDIENCE}/"])) == 200
    assert MCPClient().post(PING).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": None},
        {"aud": "https://example.com"},
        {"aud": "https://other.example/mcp"},
        {"aud": []},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"sub": "nobody"},
        {"sub": "gone"},
        {"nbf": 9_999_999_999},
        {"kid": "other"},
    ],
    ids=str,
)
def test_any_other_token_is_refused(key, site, changed):
    assert status_of(token(key, site, **changed)) == 401


def test_a_token_that_somebody_else_signed_is_refused(key, site):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert status_of(token(stranger, site)) == 401
    assert status_of(token(None, site, algorithm="none")) == 401
    assert status_of(token("x" * 64, site, algorithm="HS256")) == 401
    assert status_of("nonsense") == 401


def test_the_challenge_leads_to_the_provider(site):
    challenge = MCPClient().post(PING)["WWW-Authenticate"]
    address = re.search(r'resource_metadata="https://example.com([^"]+)"', challenge)
    assert address is not None
    document = MCPClient().http.get(address[1]).json()
    assert document["resource"] == f"{AUDIENCE}/"
    assert document["authorization_servers"] == [site.ISSUER]
