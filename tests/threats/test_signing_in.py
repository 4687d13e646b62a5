"""Registration, consent, codes, tokens and scopes of an authorization server, each as an attacker would use it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.contrib.oauth_toolkit.flow import REDIRECT, VERIFIER
from tests.contrib.oauth_toolkit.test_consent import OTHERS
from tests.servers import ROOT, demo_environment
from tests.signing_in.browser import Browser, Page

from .conftest import Reply
from .fill import ACCESS
from .sign_in import DEAD, SignIn, browser_of, parameters_of

pytestmark = pytest.mark.live


def count(sign_in: SignIn, table: str) -> int:
    return int(sign_in.site.rows(f"SELECT count(*) FROM oauth2_provider_{table}")[0][0])


def assert_sends_nobody_anywhere(page: Page) -> None:
    assert page.status == 400
    assert "Location" not in page.headers


# Where the browser is sent


def test_no_other_address_gets_a_code_or_an_error(sign_in: SignIn) -> None:
    client_id = sign_in.new_client(redirect_uris=[REDIRECT, "http://127.0.0.1/local"])["client_id"]
    browser, grants = browser_of("alice"), count(sign_in, "grant")
    browser.consent_page(sign_in.authorize_url(client_id))
    for uri in OTHERS:
        for changed in ({}, {"scope": "nothing"}, {"response_type": "token"}):
            assert_sends_nobody_anywhere(browser.open(sign_in.authorize_url(client_id, redirect_uri=uri, **changed)))
    assert count(sign_in, "grant") == grants


@pytest.mark.parametrize(
    "uri",
    [
        "http://evil.example/cb", "https://user:pass@client.example/cb", "https://*.example/cb", "javascript:alert(1)",
        f"{REDIRECT} https://evil.example", "https://client.example/cb#x", "https://client.example\\cb",
        "data:text/html,x",
        "cursor://other/callback", "https:///cb", "other://client.example/cb",
    ],
)  # fmt: skip
def test_no_such_address_is_registered(sign_in: SignIn, uri: str) -> None:
    sign_in.forget()
    before = count(sign_in, "application")
    for uris in ([uri], [REDIRECT, uri]):
        reply = sign_in.register(redirect_uris=uris)
        assert (reply.status, reply.json["error"]) == (400, "invalid_redirect_uri")
        assert b"evil" not in reply.content
    assert count(sign_in, "application") == before


def test_only_the_port_of_a_program_on_the_computer_may_differ(sign_in: SignIn) -> None:
    client_id = sign_in.new_client(redirect_uris=["http://127.0.0.1/local", "http://localhost:1/cb"])["client_id"]
    for uri in ("http://127.0.0.1:1234/local", "http://localhost:65535/cb"):
        assert browser_of("alice").allow(sign_in.authorize_url(client_id, redirect_uri=uri)).startswith(f"{uri}?code=")


# The page of consent


@pytest.mark.parametrize(
    "parameters", [{"approval_prompt": "auto"}, {"prompt": "none"}, {"allow": "1"}, {"allow": "True", "seal": "x"}]
)
def test_no_link_skips_the_page(sign_in: SignIn, client_id: str, parameters: dict[str, str]) -> None:
    sign_in.tokens(client_id)  # allowed once
    before, browser = count(sign_in, "grant"), browser_of("alice")
    url = sign_in.authorize_url(client_id, **parameters)
    stranger = browser.open(url)
    assert (stranger.status, stranger.target.startswith(f"{sign_in.site.url}/login/")) == (302, True)
    page = browser.sign_in(stranger)
    for shown in (page, browser.open(url)):
        assert shown.status == 200
        assert "client.example" in shown.text
        assert "alice" in shown.text
        assert shown.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
    assert count(sign_in, "grant") == before


CHANGES = [
    ("redirect_uri", "https://evil.example/"), ("scope", "mcp mcp:read"), ("resource", "https://example.com/api/"),
    ("resource", ""), ("client_id", "another"), ("code_challenge", "A" * 43), ("code_challenge_method", "plain"),
    ("state", "another"), ("seal", "x"), ("seal", ""),
]  # fmt: skip


def test_a_form_counts_once_and_as_it_was_shown(sign_in: SignIn, client_id: str) -> None:
    alice, before = browser_of("alice"), count(sign_in, "grant")
    page = alice.consent_page(sign_in.authorize_url(client_id))
    for is_allowed in (True, False):
        for name, value in CHANGES:
            assert_sends_nobody_anywhere(alice.answer(page, allow=is_allowed, **{name: value}))
    other = browser_of("bob")
    others = other.consent_page(page.url)
    own_token = {"csrfmiddlewaretoken": others.fields["csrfmiddlewaretoken"]}
    assert_sends_nobody_anywhere(other.answer(page, **own_token))
    assert count(sign_in, "grant") == before
    page = alice.open(page.url)
    assert alice.answer(page).status == 302
    assert_sends_nobody_anywhere(alice.answer(page))
    assert count(sign_in, "grant") == before + 1


def test_a_form_of_another_site_is_refused(sign_in: SignIn, client_id: str) -> None:
    alice, before = browser_of("alice"), count(sign_in, "grant")
    page = alice.consent_page(sign_in.authorize_url(client_id))
    fields = {name: value for name, value in page.fields.items() if name != "csrfmiddlewaretoken"}
    assert alice.open(page.url, {**fields, "allow": "True"}).status == 403
    assert alice.answer(page, csrfmiddlewaretoken="x" * 64).status == 403
    assert alice.open(page.url, {**page.fields, "allow": "True"}, Origin="https://evil.example").status == 403
    assert Browser().open(page.url, {**page.fields, "allow": "True"}).status == 403  # without the cookies
    assert count(sign_in, "grant") == before


def test_every_answer_names_the_server_that_gave_it(sign_in: SignIn, client_id: str) -> None:
    site = sign_in.site
    well_known = "/.well-known/oauth-authorization-server"
    issuers = {site.request("GET", well_known, Host=host).json["issuer"] for host in ("127.0.0.1", "localhost")}
    assert issuers == {site.url}
    assert site.request("GET", well_known, Host="evil.example").status == 400
    protected = site.request("GET", "/.well-known/oauth-protected-resource/mcp", Host="localhost").json
    assert protected["authorization_servers"] == [site.url]
    assert protected["resource"] == sign_in.resource
    alice = browser_of("alice")
    allowed, denied = (
        alice.answer(alice.consent_page(sign_in.authorize_url(client_id)), allow=is_allowed)
        for is_allowed in (True, False)
    )
    given = [(parameters_of(allowed), None), (parameters_of(denied), "access_denied")]
    for changed, error in (
        ({"scope": "superuser"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"resource": f"{site.url}/api/"}, "invalid_target"),
    ):
        given.append((parameters_of(alice.open(sign_in.authorize_url(client_id, **changed))), error))
    for parameters, error in given:
        assert (parameters["iss"], parameters.get("error")) == (site.url, error)


def test_an_unlisted_host_and_a_forged_one_say_nothing_of_where_the_site_is(sign_in: SignIn) -> None:
    site = sign_in.site
    for headers in ({"Host": "localhost"}, {"X_Forwarded_Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        challenge = site.post({}, None, **headers).headers["www-authenticate"]
        assert f'resource_metadata="{site.url}/.well-known/' in challenge
        for path in ("/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server"):
            found = site.request("GET", path, **headers)
            assert found.status == 200
            assert b"localhost" not in found.content
            assert b"evil" not in found.content
        # What a view makes of its request's host is what REST makes of it, and only of a host that is served.
        link = site.call("list_auth_group", {}, **headers).data["result"][0]["url"]
        assert link.startswith(f"{'http://localhost' if 'Host' in headers else site.url}/api/group/")
    for path in ("/.well-known/oauth-protected-resource/mcp", "/mcp"):
        assert site.request("GET", path, Host="evil.example").status == 400


# Codes and refresh tokens


def assert_refused(reply: Reply, *errors: str) -> None:
    assert reply.status in (400, 401), reply.content
    assert reply.json["error"] in errors


def test_a_code_counts_once_for_its_own_client_and_for_a_minute(sign_in: SignIn, client_id: str) -> None:
    code = sign_in.code(client_id)
    another = sign_in.new_client()["client_id"]
    assert_refused(sign_in.exchange(another, code), "invalid_grant")
    code = sign_in.code(client_id)
    assert sign_in.exchange(client_id, code).status == 200
    assert_refused(sign_in.exchange(client_id, code), "invalid_grant")
    code = sign_in.code(client_id)
    sign_in.site.execute(f"UPDATE oauth2_provider_grant SET expires = '{DEAD}'")
    assert_refused(sign_in.exchange(client_id, code), "invalid_grant")


def test_a_code_wants_its_verifier_and_its_resource(sign_in: SignIn, client_id: str) -> None:
    before = count(sign_in, "accesstoken")
    for verifier in (None, "", "w" * 64, VERIFIER.upper()):
        reply = sign_in.exchange(client_id, sign_in.code(client_id), code_verifier=verifier)
        assert_refused(reply, "invalid_grant", "invalid_request")
    for resource in (sign_in.site.url, f"{sign_in.site.url}/api/", "https://other.example/mcp"):
        assert_refused(sign_in.exchange(client_id, sign_in.code(client_id), resource=resource), "invalid_target")
    alice = browser_of("alice")
    url = sign_in.authorize_url(client_id, code_challenge=VERIFIER, code_challenge_method="plain")
    assert parameters_of(alice.answer(alice.consent_page(url)))["error"] == "invalid_request"
    assert count(sign_in, "accesstoken") == before


def test_a_refresh_token_counts_once_and_takes_its_family_with_it(sign_in: SignIn, client_id: str) -> None:
    first = sign_in.tokens(client_id)
    second = sign_in.refresh(client_id, first["refresh_token"]).json
    third = sign_in.refresh(client_id, second["refresh_token"]).json
    assert sign_in.is_dead(first["access_token"])
    assert not sign_in.is_dead(third["access_token"])
    assert_refused(sign_in.refresh(client_id, first["refresh_token"]), "invalid_grant")
    assert sign_in.is_dead(third["access_token"])
    assert_refused(sign_in.refresh(client_id, third["refresh_token"]), "invalid_grant")


def test_a_refresh_token_gives_no_more_than_was_allowed(sign_in: SignIn, client_id: str) -> None:
    token = sign_in.tokens(client_id, scope="mcp:read")["refresh_token"]
    for scope in ("mcp mcp:read", "mcp", "mcp:read other"):
        assert_refused(sign_in.refresh(client_id, token, scope=scope), "invalid_scope")
    for resource in (f"{sign_in.site.url}/api/", sign_in.site.url, "https://other.example/mcp"):
        assert_refused(sign_in.refresh(client_id, token, resource=resource), "invalid_target")
    assert_refused(sign_in.refresh(sign_in.new_client()["client_id"], token), "invalid_grant")
    again = sign_in.refresh(client_id, token).json
    assert again["scope"] == "mcp:read"
    assert not sign_in.is_dead(again["access_token"])


# Registration


def test_a_thousand_registrations_are_bounded_and_swept(sign_in: SignIn) -> None:
    sign_in.forget()
    before = count(sign_in, "application")
    one_address = [sign_in.register() for _ in range(100)]
    assert [reply.status for reply in one_address] == [201] * 20 + [429] * 80
    made_up = [sign_in.register(headers={"X_Forwarded_For": f"10.1.{n // 250}.{n % 250}"}) for n in range(900)]
    assert [reply.status for reply in made_up] == [201] * 40 + [429] * 860
    refused = [reply for reply in one_address + made_up if reply.status == 429]
    assert all(0 < int(reply.headers["retry-after"]) <= 3600 for reply in refused)
    assert count(sign_in, "application") == before + 60
    keeper = sign_in.new_client()["client_id"]
    token = sign_in.tokens(keeper)["access_token"]
    sign_in.site.execute(f"UPDATE oauth2_provider_application SET created = '{DEAD}', updated = '{DEAD}'")
    settings = "tests.threats.sign_in_settings"
    public = {"DEMO_PUBLIC_URL": sign_in.site.url}
    environment = demo_environment(sign_in.site.server.database, settings, **public, **sign_in.site.variables)
    command = [sys.executable, "-m", "django", "mcp_clear_clients"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert count(sign_in, "application") <= before + 1
    assert not sign_in.is_dead(token)


@pytest.mark.parametrize("grant", ["password", "implicit", "client_credentials", "urn:x", "", None, "x" * 9999])
def test_only_a_code_is_registered_for_and_taken(sign_in: SignIn, client_id: str, grant: str | None) -> None:
    if grant:
        reply = sign_in.register(grant_types=[grant])
        assert (reply.status, reply.json["error"]) == (400, "invalid_client_metadata")
        assert sign_in.register(grant_types=["authorization_code", grant]).json["grant_types"] == [
            "authorization_code",
            "refresh_token",
        ]
    known = {"client_id": client_id, "username": "alice", "password": "password-of-alice", "scope": "mcp"}
    assert_refused(sign_in.ask_token(grant_type=grant, **known), "unsupported_grant_type")


@pytest.mark.parametrize(
    "body",
    [
        b'{"client_name": "' + b"x" * 1_000_000 + b'", "redirect_uris": ["https://client.example/callback"]}',
        b'{"redirect_uris": [' + b", ".join([b'"https://client.example/callback"'] * 10_000) + b"]}",
        b'{"redirect_uris": [' + b", ".join(b'"https://client.example/%d"' % n for n in range(21)) + b"]}",
        b'{"a": ' * 9_999, b"[]", b"null", b"{", b"\xff",
    ],
    ids=["long name", "long list", "many addresses", "deep", "list", "null", "no JSON", "no text"],
)  # fmt: skip
def test_what_is_too_much_is_no_registration(sign_in: SignIn, body: bytes) -> None:
    sign_in.forget()
    before = count(sign_in, "application")
    reply = sign_in.register(body)
    assert (reply.status, reply.json["error"]) in ((400, "invalid_client_metadata"), (400, "invalid_redirect_uri"))
    assert len(reply.content) < 500
    assert count(sign_in, "application") == before


def test_a_name_is_shown_as_text_and_as_what_can_be_seen_of_it(sign_in: SignIn) -> None:
    told = sign_in.new_client(client_name="<script>alert(1)</script>\u202egpj.\x00exe\u200b" + "y" * 1_000)
    assert told["client_name"].startswith("<script>alert(1)</script>gpj.exeyyy")
    assert len(told["client_name"]) <= 80
    page = browser_of("alice").consent_page(sign_in.authorize_url(told["client_id"]))
    assert page.status == 200
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;gpj.exe" in page.text


# What scopes leave


@pytest.mark.parametrize("scope", ["", "read write", "mcp:write", "MCP", "mcp:read:more"])
def test_a_token_without_the_scope_is_told_once_what_is_missing(sign_in: SignIn, client_id: str, scope: str) -> None:
    token = sign_in.tokens(client_id)["access_token"]
    sign_in.site.execute(f"UPDATE oauth2_provider_accesstoken SET scope = '{scope}' WHERE user_id = 1")
    call = {"name": "list_threats_note_note", "arguments": {}}
    for method, params in (("ping", {}), ("tools/list", {}), ("tools/call", call)):
        reply = sign_in.site.ask(method, params, None, Authorization=f"Bearer {token}")
        assert reply.status == 403
        challenge = reply.headers["www-authenticate"]
        assert challenge.count("Bearer ") == challenge.count("scope=") == 1
        assert 'error="insufficient_scope"' in challenge
        assert 'scope="mcp"' in challenge  # all that anything here needs
        assert f'resource_metadata="{sign_in.site.url}/.well-known/' in challenge


def test_a_reading_scope_leaves_what_reads_and_the_wider_one_has_that_too(sign_in: SignIn, client_id: str) -> None:
    site = sign_in.site

    def seen(scope: str) -> tuple[dict[str, Any], dict[str, str]]:
        bearer = {"Authorization": f"Bearer {sign_in.tokens(client_id, scope=scope)['access_token']}"}
        return site.tools(None, **bearer), bearer

    reading, reader = seen("mcp:read")
    for scope in ("mcp", "mcp mcp:read"):
        whole, writer = seen(scope)
        assert set(reading) < set(whole) == set(site.tools("alice"))
        assert site.call("list_threats_note_note", {}, None, **writer).data["results"]
    assert all(tool["annotations"]["readOnlyHint"] for tool in reading.values())
    assert site.call("list_threats_note_note", {}, None, **reader).data["results"]
    (before,) = site.rows("SELECT count(*) FROM threats_note")
    hidden = site.call("create_threats_note_note", {"text": "x"}, None, **reader)
    absent = site.call("create_threats_note_notx", {"text": "x"}, None, **reader)
    assert hidden.status == absent.status == 200
    assert hidden.error["code"] == absent.error["code"] == -32602
    assert hidden.content == absent.content.replace(b"notx", b"note")
    assert site.rows("SELECT count(*) FROM threats_note") == [before]


def test_a_key_that_knows_no_scopes_is_judged_by_permissions_alone(sign_in: SignIn) -> None:
    site = sign_in.site
    pk = str(site.call("create_threats_report", {"title": "By key"}, "bob").data["id"])
    assert site.call("destroy_threats_report", {"id": pk}, "bob").error["message"].startswith("Unknown tool")
    assert site.call("destroy_threats_report", {"id": pk}, "admin").result["isError"] is False
    assert ACCESS["bob"] not in site.log
