"""The page of consent: it is always shown, shows what will be done, and does what it showed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from oauth2_provider.models import get_grant_model

from tests.signing_in.documents import DOCUMENTS

from .flow import (
    ORIGIN,
    REDIRECT,
    RESOURCE,
    Application,
    allow,
    authorize_url,
    fields_of,
    new_client,
    parameters_of,
    signed_in,
    tokens_for,
)

Grant = get_grant_model()
pytestmark = pytest.mark.django_db


def words_of(response: Any) -> str:
    """The page as it is read."""
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(text.split())


# What the page shows


def test_the_page_says_who_is_asked_by_whom_and_for_what(alice, client_id) -> None:
    words = words_of(signed_in(alice).get(authorize_url(client_id, scope="mcp mcp:read")))
    for part in ("Allow Test ?", "alice", "Not you?", "client.example", RESOURCE, "anybody can choose that name"):
        assert part in words
    assert "Use this site's tools as you" in words.replace("&#x27;", "'")
    assert "Read what you may read here" in words
    assert "this computer" not in words


@pytest.mark.parametrize("name", ["claude_ai", "chatgpt", "vs_code", "claude_code"])
def test_a_client_with_a_document_is_known_by_its_host(alice, name: str) -> None:
    document = DOCUMENTS[name]
    url = authorize_url(document["client_id"], redirect_uri=document["redirect_uris"][0])
    words = words_of(signed_in(alice).get(url))
    assert document["client_name"] in words
    assert f"Client {document['client_id'].split('/')[2]} " in words
    assert ("Did you just start this yourself?" in words) == document["redirect_uris"][0].startswith("http:")


def test_a_program_on_the_computer_is_warned_of(alice) -> None:
    cursor = new_client(**DOCUMENTS["cursor"])["client_id"]
    for uri in (DOCUMENTS["cursor"]["redirect_uris"][0], "http://localhost:9999/callback"):
        words = words_of(signed_in(alice).get(authorize_url(cursor, redirect_uri=uri)))
        assert "a program on this computer" in words
        assert "Did you just start this yourself?" in words


def test_what_a_client_says_of_itself_stays_text(alice) -> None:
    name = "<script>alert(1)</script>\u202egpj.\x00exe"
    page = signed_in(alice).get(authorize_url(new_client(client_name=name)["client_id"]))
    text = page.content.decode()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text


def test_a_client_that_the_site_registered_is_said_to_be_one_and_promised_nothing_about_its_tokens(alice) -> None:
    client = Application.objects.create(
        name="Own", client_type="public", authorization_grant_type="authorization-code", redirect_uris=REDIRECT
    )
    words = words_of(signed_in(alice).get(authorize_url(client.client_id, resource=None)))
    assert "Registered by this site" in words
    assert RESOURCE not in words


def test_a_client_that_names_no_resource_is_shown_with_the_one_that_it_gets(alice, client_id) -> None:
    assert RESOURCE in words_of(signed_in(alice).get(authorize_url(client_id, resource=None)))


def test_somebody_else_can_sign_in_and_comes_back(alice, client_id) -> None:
    url = authorize_url(client_id)
    (target,) = re.findall(r'<a href="([^"]+)">Not you', signed_in(alice).get(url).content.decode())
    assert target.startswith("/login/?next=%2Foauth%2Fauthorize%2F%3F")


def test_no_page_of_somebody_else_shows_it(alice, client_id) -> None:
    page = signed_in(alice).get(authorize_url(client_id))
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]


# Nothing stands for the user's answer


@pytest.mark.parametrize(
    "parameters", [{"approval_prompt": "auto"}, {"prompt": "none"}, {"allow": "1"}, {"allow": "True", "seal": "x"}]
)
def test_no_link_skips_the_page_even_for_a_client_that_was_allowed_before(alice, client_id, parameters) -> None:
    tokens_for(alice, client_id)
    response = signed_in(alice).get(authorize_url(client_id, **parameters))
    assert response.status_code == 200
    assert "Allow" in words_of(response)
    assert not Grant.objects.exists()


@pytest.mark.parametrize("parameters", [{}, {"prompt": "none"}, {"prompt": "create"}, {"prompt": "login"}])
def test_who_is_not_signed_in_signs_in_before_anything_is_looked_up(db, parameters) -> None:
    known = DOCUMENTS["claude_ai"]["client_id"]
    for client_id in (known, "nobodys"):
        response = Client().get(authorize_url(client_id, **parameters))
        assert response.status_code == 302
        assert response["Location"].startswith("/login/?next=/oauth/authorize/")
    assert not Application.objects.exists()


def test_a_form_of_another_site_is_refused(alice, client_id, settings) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "csrf" not in name]
    browser, url = signed_in(alice, enforce_csrf_checks=True), authorize_url(client_id)
    fields = fields_of(browser.get(url))
    fields.pop("csrfmiddlewaretoken")
    assert browser.post(url, {**fields, "allow": "True"}).status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.parametrize("is_allowed", [True, False])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redirect_uri", "https://evil.example/"),
        ("scope", "mcp mcp:read"),
        ("resource", f"{ORIGIN}/api/"),
        ("resource", ""),
        ("state", "another"),
        ("client_id", "another"),
        ("code_challenge", "A" * 43),
        ("code_challenge_method", "plain"),
        ("response_type", "token"),
        ("seal", "x"),
        ("seal", ""),
    ],
)
def test_a_form_that_is_not_the_one_that_was_shown_sends_nobody_anywhere(alice, client_id, name, value, is_allowed):
    browser, url = signed_in(alice), authorize_url(client_id)
    response = allow(browser, url, **{name: value, **({} if is_allowed else {"allow": ""})})
    assert response.status_code == 400
    assert "Location" not in response
    assert not Grant.objects.exists()


def test_a_form_counts_once(alice, client_id) -> None:
    browser, url = signed_in(alice), authorize_url(client_id)
    fields = {**fields_of(browser.get(url)), "allow": "True"}
    assert browser.post(url, fields).status_code == 302
    assert browser.post(url, fields).status_code == 400
    assert Grant.objects.count() == 1


def test_a_form_that_one_user_saw_counts_for_no_other(alice, bob, client_id) -> None:
    url = authorize_url(client_id)
    fields = fields_of(signed_in(alice).get(url))
    assert signed_in(bob).post(url, {**fields, "allow": "True"}).status_code == 400
    assert not Grant.objects.exists()


def test_a_client_that_is_gone_meanwhile_gets_nothing(alice, client_id) -> None:
    browser, url = signed_in(alice), authorize_url(client_id)
    fields = fields_of(browser.get(url))
    Application.objects.all().delete()
    assert browser.post(url, {**fields, "allow": "True"}).status_code == 400


def test_a_state_comes_back_as_it_was_sent(alice, client_id) -> None:
    assert parameters_of(allow(signed_in(alice), authorize_url(client_id, state='  a&b=" ')))["state"] == '  a&b=" '


# Where the browser is sent

OTHERS = [
    "https://evil.example/callback",
    "https://client.example.evil/callback",
    "https://client.example/callback?more=1",
    "https://client.example/callback#x",
    "https://client.example/callback/",
    "https://client.example/",
    "https://user@client.example/callback",
    "https://client.example:8443/callback",
    "http://client.example/callback",
    "https://client.example\\@evil.example/callback",
    "https://*.example/callback",
    f"{REDIRECT} https://evil.example",
    "javascript:alert(1)//client.example/callback",
    "other://client.example/callback",
    "//client.example/callback",
    "",
    "http://127.0.0.1:1234/other",
    "http://127.0.0.2:1234/local",
    "http://localhost:1234/local",
]


@pytest.mark.parametrize("uri", OTHERS)
def test_no_other_address_gets_a_code_or_an_error(alice, uri: str) -> None:
    client = new_client(redirect_uris=[REDIRECT, "http://127.0.0.1/local"])["client_id"]
    for changed in ({}, {"scope": "nothing"}, {"response_type": "token"}):
        response = signed_in(alice).get(authorize_url(client, redirect_uri=uri, **changed))
        assert response.status_code == 400
        assert "Location" not in response


def test_only_the_port_of_a_program_on_the_computer_may_differ(alice) -> None:
    client = new_client(redirect_uris=["http://127.0.0.1/local", "http://localhost:1/cb"])["client_id"]
    for uri in ("http://127.0.0.1:1234/local", "http://localhost:65535/cb"):
        response = allow(signed_in(alice), authorize_url(client, redirect_uri=uri))
        assert response["Location"].startswith(f"{uri}?code=")


def test_a_client_that_named_several_addresses_says_which(alice) -> None:
    client = new_client(redirect_uris=[REDIRECT, "https://client.example/other"])["client_id"]
    assert signed_in(alice).get(authorize_url(client, redirect_uri=None)).status_code == 400


# Whose answer it is


@pytest.mark.parametrize(
    ("changed", "answer", "error"),
    [
        ({}, {}, None),
        ({}, {"allow": ""}, "access_denied"),
        ({"scope": "superuser"}, None, "invalid_scope"),
        ({"response_type": "id_token"}, None, "unsupported_response_type"),
        ({"code_challenge": None}, None, "invalid_request"),
        ({"resource": f"{ORIGIN}/api/"}, None, "invalid_target"),
        ({"resource": "https://other.example/mcp"}, None, "invalid_target"),
        ({"resource": ORIGIN}, None, "invalid_target"),
        ({"resource": [RESOURCE, f"{ORIGIN}/api/"]}, None, "invalid_target"),
        ({"resource": "nonsense"}, None, "invalid_target"),
    ],
)
def test_every_answer_names_the_server_that_gave_it(alice, client_id, changed, answer, error) -> None:
    browser, url = signed_in(alice, SERVER_NAME="testserver"), authorize_url(client_id, **changed)
    response = browser.get(url) if answer is None else allow(browser, url, **answer)
    given = parameters_of(response)
    issuer = Client().get("/.well-known/oauth-authorization-server").json()["issuer"]
    assert given["iss"] == issuer == ORIGIN
    assert given["state"] == "a state"
    assert given.get("error") == error
    assert response["Location"].startswith(f"{REDIRECT}?")


def test_an_iss_in_the_clients_own_address_is_replaced(alice) -> None:
    uri = f"{REDIRECT}?iss=https%3A%2F%2Fevil.example&a=1"
    client = new_client(redirect_uris=[uri])["client_id"]
    response = allow(signed_in(alice), authorize_url(client, redirect_uri=uri))
    assert response["Location"].count("iss=") == 1
    assert parameters_of(response)["iss"] == ORIGIN
    assert parameters_of(response)["a"] == "1"


def test_a_login_page_of_the_project_may_have_parameters_of_its_own(alice, client_id, settings) -> None:
    settings.LOGIN_URL = "/login/?brand=shop"
    page = signed_in(alice).get(authorize_url(client_id)).content.decode()
    assert "/login/?brand=shop&amp;next=%2Foauth" in page
