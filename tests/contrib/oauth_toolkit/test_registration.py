"""Clients that register themselves: what they get, what they do not get, and how many there may be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.signing_in.documents import DOCUMENTS

from .flow import ORIGIN, REDIRECT, Application, new_client, register

pytestmark = pytest.mark.django_db


def test_a_client_is_told_what_it_may_have() -> None:
    told = new_client(grant_types=["authorization_code", "refresh_token", "implicit"], client_name="  A\tname ")
    assert told["grant_types"] == ["authorization_code", "refresh_token"]
    assert told["client_name"] == "A name"
    assert told["redirect_uris"] == [REDIRECT]
    assert told["token_endpoint_auth_method"] == "none"
    assert told["registration_client_uri"].startswith(f"{ORIGIN}/oauth/register/")
    assert "client_secret" not in told


def test_a_client_that_wants_a_secret_gets_one_that_is_kept_as_a_hash() -> None:
    told = new_client(token_endpoint_auth_method="client_secret_post")
    assert told["client_secret"] not in str(list(Application.objects.values()))


@pytest.mark.parametrize(
    "metadata",
    [
        {"redirect_uris": None},
        {"redirect_uris": []},
        {"redirect_uris": REDIRECT},
        {"redirect_uris": [1]},
        {"redirect_uris": [REDIRECT] * 21},
        {"redirect_uris": [f"https://client.example/{'x' * 500}"]},
        {"redirect_uris": ["http://evil.example/cb"]},
        {"redirect_uris": ["https://user:pass@client.example/cb"]},
        {"redirect_uris": ["https://*.example/cb"]},
        {"redirect_uris": [f"{REDIRECT} https://evil.example"]},
        {"redirect_uris": ["https://client.example/cb#x"]},
        {"redirect_uris": ["https://client.example\\cb"]},
        {"redirect_uris": ["https://cli\u0435nt.example/cb"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["data:text/html,x"]},
        {"redirect_uris": ["cursor://anysphere.cursor-mcp/oauth/callback?x"]},
        {"redirect_uris": ["cursor://other/callback"]},
        {"redirect_uris": ["https:///cb"]},
        {"redirect_uris": ["https://client.example:port/cb"]},
        {"redirect_uris": [REDIRECT, "http://evil.example/cb"]},
        {"grant_types": ["password"]},
        {"grant_types": ["implicit"]},
        {"grant_types": ["client_credentials"]},
        {"grant_types": "authorization_code"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": ["none"]},
    ],
    ids=str,
)
def test_what_cannot_be_accepted_is_refused_and_not_echoed(metadata: dict[str, Any]) -> None:
    response = register(**metadata)
    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_redirect_uri", "invalid_client_metadata")
    assert "evil" not in response.content.decode()
    assert not Application.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"a": ' * 9999, b"\xff", b'"' + b"x" * 1_000_000 + b'"'])
def test_a_body_that_is_no_registration_is_refused(body: bytes) -> None:
    response = Client().post("/oauth/register/", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("x" * 1000, "x" * 80),
        ("a\x00b\u202ec\u200bd\ud7ff", "abcd"),
        ("\n\tTwo\u2003words\n", "Two words"),
        ("Ünïcode ✓ 名", "Ünïcode ✓ 名"),
        (None, ""),
        (["x"], ""),
        ("", ""),
    ],
)
def test_a_name_is_what_can_be_seen_of_it(name: Any, kept: str) -> None:
    assert new_client(client_name=name).get("client_name", "") == kept


def test_cursor_registers_all_its_addresses() -> None:
    assert new_client(**DOCUMENTS["cursor"])["redirect_uris"] == DOCUMENTS["cursor"]["redirect_uris"]


def test_one_address_registers_so_many_and_is_told_when_to_come_back() -> None:
    statuses = [register().status_code for _ in range(62)]
    assert statuses == [201] * 60 + [429] * 2
    response = register()
    assert 0 < int(response["Retry-After"]) <= 3600
    assert response["Access-Control-Allow-Origin"] == "*"
    assert Application.objects.count() == 60


@pytest.mark.slow
def test_a_thousand_registrations_from_addresses_that_were_made_up_are_bounded(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    body = json.dumps({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"})
    statuses = [
        Client()
        .post("/oauth/register/", body, content_type="application/json", HTTP_X_FORWARDED_FOR=f"10.0.{n // 250}.{n}")
        .status_code
        for n in range(1000)
    ]
    assert statuses.count(201) == 600
    assert statuses.count(429) == 400
    assert Application.objects.count() == 600


def test_a_project_has_rates_of_its_own(settings) -> None:
    cache.clear()
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"mcp_registration": "1/day"}}
    assert [register().status_code for _ in range(2)] == [201, 429]


def test_a_client_looks_at_its_registration_and_takes_it_back_and_cannot_change_it() -> None:
    told = new_client()
    path = told["registration_client_uri"].removeprefix(ORIGIN)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {told['registration_access_token']}"}
    assert Client().get(path, **headers).json()["redirect_uris"] == [REDIRECT]
    changed = {"redirect_uris": ["http://evil.example/"], "grant_types": ["client_credentials"]}
    assert Client().put(path, json.dumps(changed), content_type="application/json", **headers).status_code == 405
    assert Client().get(path).status_code == 401
    assert Client().delete(path, **headers).status_code == 204
    assert not Application.objects.exists()


def test_no_header_says_where_the_site_is() -> None:
    response = Client().post(
        "/oauth/register/",
        json.dumps({"redirect_uris": [REDIRECT]}),
        content_type="application/json",
        HTTP_HOST="testserver",
        HTTP_X_FORWARDED_HOST="evil.example",
    )
    assert response.status_code == 201
    for host in ("testserver", "evil.example"):
        assert host not in response.content.decode()


def test_registration_can_be_switched_off(settings) -> None:
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "DCR_ENABLED": False}
    assert register().status_code == 404
    assert "registration_endpoint" not in Client().get("/.well-known/oauth-authorization-server").json()


def test_the_metadata_says_what_is_taken() -> None:
    response = Client().get("/.well-known/oauth-authorization-server", HTTP_ORIGIN="http://localhost:6274")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.json() == {
        "issuer": ORIGIN,
        "authorization_endpoint": f"{ORIGIN}/oauth/authorize/",
        "token_endpoint": f"{ORIGIN}/oauth/token/",
        "registration_endpoint": f"{ORIGIN}/oauth/register/",
        "revocation_endpoint": f"{ORIGIN}/oauth/revoke_token/",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "scopes_supported": ["mcp", "mcp:read"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
    }
