"""Tokens that are nobody's, somebody's no more, or for something else open nothing, at once; nor does junk."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Site
from .fill import ACCESS, TOKENS
from .sign_in import DEAD, PING, SignIn
from .test_wires import CLOSE, LIST, raw

pytestmark = pytest.mark.live

OWN = ACCESS["bob"]
JUNK = [
    None, "", "Bearer", "Bearer ", "Bearer x y", "Bearer x", f"Bearer {OWN} x", f"Bearer {OWN},Bearer {OWN}",
    f"Bearer  {OWN[:-1]}", OWN, "Basic", "Basic Ym9iOnBhc3N3b3JkLW9mLWJvYg==", "Token", f"Token {OWN}", "Digest x",
    f"Bearer mcp_{'0' * 64}", f"Bearer mcp_{'0' * 7_900}", f"Bearer {OWN[:-1]}{'0' if OWN[-1] != '0' else '1'}",
]  # fmt: skip


def test_junk_is_refused_and_writes_nothing(site: Site) -> None:
    before = site.dump()
    for credentials in JUNK:
        reply = site.post(PING, None, **({} if credentials is None else {"Authorization": credentials}))
        assert reply.status == 401
        challenge = 'Bearer realm="mcp"' + ("" if credentials is None else ', error="invalid_token"')
        assert reply.headers["www-authenticate"] == challenge
        assert not [name for name in (b"alice", b"bob", b"admin") if name in reply.content]
    assert site.dump() == before


def test_two_headers_are_none_and_one_of_100_kb_goes_no_further_than_the_server(serving: Any) -> None:
    for kind in ("gthread", "uvicorn"):
        site = serving(kind)
        assert site.post(LIST).status == 200
        before = site.dump()
        length = f"Content-Length: {len(LIST)}"
        for more in (f"Authorization: Bearer {ACCESS['alice']}", f"Authorization: Bearer {OWN}", "Authorization: x"):
            assert raw(site, [more, length, CLOSE], LIST).startswith(b"HTTP/1.1 401")
        assert site.post(PING, None, Authorization=f"Bearer {'x' * 100_000}").status in (400, 401, 431)
        assert site.dump() == before


@pytest.mark.parametrize("value", [OWN, TOKENS["bob"]])
def test_credentials_outside_the_header_do_not_count(site: Site, value: str) -> None:
    body = b"access_token=" + value.encode()
    form = "application/x-www-form-urlencoded"
    for name in ("access_token", "token", "authorization", "Authorization", "key"):
        assert site.post(PING, None, f"/mcp?{name}={value}").status == 401
        assert site.post({**PING, name: value, "params": {"_meta": {name: value}}}, None).status == 401
        assert site.post(PING, None, Cookie=f"{name}={value}").status == 401
    assert site.post(body, None, Content_Type=form).status == 415
    for name in ("X_Access_Token", "X_Authorization", "Proxy_Authorization", "X_API_Key", "Mcp_Session_Id"):
        assert site.post(PING, None, **{name: f"Bearer {value}"}).status == 401
        assert site.post(PING, None, **{name: value}).status == 401
    assert value not in site.log


def spoiling(sql: str, undo: str) -> Any:
    return pytest.param(sql, undo, id=sql.split(" SET ")[1].split(" ")[0])


@pytest.mark.parametrize(
    ("sql", "undo"),
    [
        spoiling(
            f"UPDATE drf_mcp_accesstoken SET expires = '{DEAD}' WHERE user_id = 1",
            "UPDATE drf_mcp_accesstoken SET expires = NULL WHERE user_id = 1",
        ),
        spoiling(
            f"UPDATE drf_mcp_accesstoken SET revoked = '{DEAD}' WHERE user_id = 1",
            "UPDATE drf_mcp_accesstoken SET revoked = NULL WHERE user_id = 1",
        ),
        spoiling(
            "UPDATE users_user SET is_active = false WHERE id = 1",
            "UPDATE users_user SET is_active = true WHERE id = 1",
        ),
    ],
)
def test_an_access_token_is_dead_at_once(sign_in: SignIn, sql: str, undo: str) -> None:
    assert not sign_in.is_dead(ACCESS["alice"])
    sign_in.site.execute(sql)
    try:
        assert sign_in.is_dead(ACCESS["alice"])
    finally:
        sign_in.site.execute(undo)
    assert not sign_in.is_dead(ACCESS["alice"])


def test_a_token_of_the_sign_in_is_dead_at_once(sign_in: SignIn, client_id: str) -> None:
    for sql in (
        f"UPDATE oauth2_provider_accesstoken SET expires = '{DEAD}' WHERE user_id = 2",
        "UPDATE oauth2_provider_accesstoken SET user_id = NULL WHERE user_id = 2",
        "UPDATE users_user SET is_active = false WHERE id = 2",
    ):
        token = sign_in.tokens(client_id, "bob")["access_token"]
        assert not sign_in.is_dead(token)
        sign_in.site.execute(sql)
        try:
            assert sign_in.is_dead(token), sql
        finally:
            sign_in.site.execute("UPDATE users_user SET is_active = true WHERE id = 2")


def test_a_token_that_was_taken_back_is_dead_at_once(sign_in: SignIn, client_id: str) -> None:
    for which in ("access_token", "refresh_token"):
        tokens = sign_in.tokens(client_id)
        assert not sign_in.is_dead(tokens["access_token"])
        body = f"token={tokens[which]}&client_id={client_id}".encode()
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        assert sign_in.site.request("POST", "/oauth/revoke_token/", body, **form).status == 200
        assert sign_in.is_dead(tokens["access_token"])


def test_a_token_dies_with_its_client(sign_in: SignIn) -> None:
    client = sign_in.new_client()
    token = sign_in.tokens(client["client_id"])["access_token"]
    assert not sign_in.is_dead(token)
    registration = {"Authorization": f"Bearer {client['registration_access_token']}"}
    path = client["registration_client_uri"].removeprefix(sign_in.site.url)
    assert sign_in.site.request("DELETE", path, **registration).status == 204
    assert sign_in.is_dead(token)


def test_a_client_is_no_user(sign_in: SignIn) -> None:
    client = sign_in.new_client(token_endpoint_auth_method="client_secret_post")
    known = {name: client[name] for name in ("client_id", "client_secret")}
    reply = sign_in.ask_token(grant_type="client_credentials", scope="mcp", resource=sign_in.resource, **known)
    assert (reply.status, reply.json["error"]) == (400, "unsupported_grant_type")
    for value in (client["registration_access_token"], client["client_secret"], client["client_id"]):
        assert sign_in.is_dead(value)


def test_a_token_for_something_else_is_refused_in_either_direction(sign_in: SignIn, client_id: str) -> None:
    site = sign_in.site
    token = sign_in.tokens(client_id)["access_token"]
    assert site.rest("GET", "note/", caller=None, Authorization=f"Bearer {token}").status == 401
    for resource in ("[]", '["https://other.example/mcp"]', f'["{site.url}"]', f'["{site.url}/"]',
                     f'["{site.url}/api/"]', f'["{site.url}/mcp2"]', '["mcp"]'):  # fmt: skip
        site.execute(f"UPDATE oauth2_provider_accesstoken SET resource = '{resource}' WHERE user_id = 1")
        assert sign_in.is_dead(token), resource
        by_rest = site.rest("GET", "note/", caller=None, Authorization=f"Bearer {token}").status
        assert by_rest == (
            200 if resource in ("[]", f'["{site.url}"]', f'["{site.url}/"]', f'["{site.url}/api/"]') else 401
        )
    site.execute(f"UPDATE oauth2_provider_accesstoken SET resource = '[\"{site.url}/mcp\"]' WHERE user_id = 1")
    assert not sign_in.is_dead(token)
