"""Access tokens in Django admin."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.utils import timezone

from drf_mcp.models import AccessToken, digest_of
from tests.factories import MCPClient, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]

URL = "/admin/drf_mcp/accesstoken/"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root():
    return UserFactory(username="root", is_staff=True, is_superuser=True)


@pytest.fixture
def staff():
    """Somebody who may do everything with tokens, and nothing else."""
    user = UserFactory(username="staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="drf_mcp"))
    return user


def form(user, **values) -> dict[str, str]:
    data = {"user": user.pk, "name": "laptop", "expires_0": "", "expires_1": "", "tools": ""}
    return {**data, **values}


def make_token(user, **fields) -> AccessToken:
    token = AccessToken(user=user, name="laptop", **fields)
    token.make_value()
    token.save()
    return token


def test_a_token_is_shown_once_and_kept_nowhere(root) -> None:
    alice, client = UserFactory(username="alice"), signed_in(root)
    response = client.post(f"{URL}add/", form(alice, is_read_only="on", tools="list_*"))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    (value,) = set(re.findall(r"mcp_[0-9a-f]{64}", response.content.decode()))
    token = AccessToken.objects.get()
    assert (token.user, token.digest, token.is_read_only, token.tools) == (alice, digest_of(value), True, "list_*")
    assert MCPClient(HTTP_AUTHORIZATION=f"Bearer {value}").post(PING).status_code == 200

    pages = [client.get(URL), client.get(f"{URL}{token.pk}/change/"), client.get(f"{URL}{token.pk}/history/")]
    for page in pages:
        assert page.status_code == 200
        assert value not in page.content.decode()
        assert token.digest not in page.content.decode()
    kept = f"{list(LogEntry.objects.values())} {[s.get_decoded() for s in Session.objects.all()]} {client.cookies}"
    assert value not in kept


def test_the_page_of_a_new_token_has_the_line_for_claude_code(root) -> None:
    with override_settings(DRF_MCP={"PUBLIC_URL": "https://example.com"}):
        page = signed_in(root).post(f"{URL}add/", form(root)).content.decode()
    assert "claude mcp add --transport http drf-viewset-mcp https://example.com/mcp --header" in page


@pytest.mark.parametrize("more", ["_continue", "_addanother"])
def test_whatever_button_was_pressed_the_token_is_shown(root, more) -> None:
    response = signed_in(root).post(f"{URL}add/", form(root, **{more: "1"}))
    assert re.search(r"mcp_[0-9a-f]{64}", response.content.decode())


def test_what_people_wrote_is_escaped(root) -> None:
    user = UserFactory(username="<i>mallory</i>")
    client = signed_in(root)
    made = client.post(f"{URL}add/", form(user, name="<script>alert(1)</script>")).content.decode()
    listed = client.get(URL).content.decode()
    changed = client.get(f"{URL}{AccessToken.objects.get().pk}/change/").content.decode()
    for page in (made, listed, changed):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page
        assert "<i>mallory" not in page


def test_a_token_can_be_given_an_end_and_narrowed_and_stays_its_users(root) -> None:
    alice, bob = UserFactory(), UserFactory()
    token = make_token(alice)
    sent = form(bob, name="desktop", expires_0="2999-01-31", expires_1="12:00", is_read_only="on", digest="0" * 64)
    assert signed_in(root).post(f"{URL}{token.pk}/change/", sent).status_code == 302
    before, token = token, AccessToken.objects.get()
    assert (token.user, token.name, token.is_read_only) == (alice, "desktop", True)
    assert token.expires.year == 2999
    assert token.digest == before.digest


def test_a_pattern_that_no_tool_is_like_is_named(root) -> None:
    answer = signed_in(root).post(f"{URL}add/", form(root, tools="list_*\nnomatch_*"))
    assert "it leaves nothing: nomatch_*" in answer.content.decode()


def test_tokens_are_revoked_at_once_and_for_good(root) -> None:
    lost, before = make_token(root), timezone.now() - timedelta(days=1)
    gone, kept = make_token(root, revoked=before), make_token(root)
    sent = {"action": "revoke", "_selected_action": [lost.pk, gone.pk]}
    answer = signed_in(root).post(URL, sent, follow=True).content.decode()
    assert "Access tokens that were revoked: 1." in answer
    lost.refresh_from_db(), gone.refresh_from_db(), kept.refresh_from_db()
    assert lost.revoked is not None
    assert gone.revoked == before
    assert kept.revoked is None


def test_the_list_can_be_filtered_and_searched(root) -> None:
    make_token(root, is_read_only=True)
    client = signed_in(root)
    for query in ("is_read_only__exact=1", "revoked__isnull=True", "q=root", "q=lap"):
        page = client.get(f"{URL}?{query}")
        assert page.status_code == 200, query
        assert "1 access token" in page.content.decode(), query
    assert "0 access tokens" in client.get(f"{URL}?q=alice").content.decode()


def test_who_is_no_superuser_makes_tokens_for_themselves_alone(staff, root) -> None:
    client = signed_in(staff)
    refused = client.post(f"{URL}add/", form(root))
    assert refused.status_code == 200
    assert "Select a valid choice" in refused.content.decode()
    assert not AccessToken.objects.exists()
    assert f'value="{staff.pk}"' in client.get(f"{URL}add/").content.decode()
    assert client.post(f"{URL}add/", form(staff)).status_code == 200
    assert AccessToken.objects.get().user == staff


def test_who_is_no_superuser_takes_nothing_off_somebody_elses_token_but_may_revoke_it(staff, root) -> None:
    token = make_token(root, is_read_only=True)
    client = signed_in(staff)
    assert client.post(f"{URL}{token.pk}/change/", form(root)).status_code == 403
    assert client.get(f"{URL}{token.pk}/change/").status_code == 200
    client.post(URL, {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.is_read_only
    assert token.revoked is not None


def test_who_has_no_permission_sees_and_makes_nothing(root) -> None:
    token = make_token(root)
    client = signed_in(UserFactory(is_staff=True))
    assert {client.get(url).status_code for url in (URL, f"{URL}add/", f"{URL}{token.pk}/change/")} == {403}
    assert client.post(f"{URL}add/", form(root)).status_code == 403
    assert client.post(URL, {"action": "revoke", "_selected_action": [token.pk]}).status_code == 403


def test_who_may_only_look_revokes_nothing(root) -> None:
    token, user = make_token(root), UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_accesstoken"))
    client = signed_in(user)
    assert "laptop" in client.get(URL).content.decode()
    client.post(URL, {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked is None


# What is pasted into clients


def test_the_page_of_a_new_token_has_each_clients_configuration_with_the_value(root) -> None:
    with override_settings(DRF_MCP={"PUBLIC_URL": "https://example.com", "SERVER_INFO": {"name": "shop"}}):
        answer = signed_in(root).post(f"{URL}add/", form(root))
    (value,) = set(re.findall(r"mcp_[0-9a-f]{64}", answer.content.decode()))
    texts = {name: text for name, _, text in answer.context["configs"]}
    assert set(texts) >= {"claude-code", "cursor", "vscode", "codex", "generic"}
    header = {"Authorization": f"Bearer {value}"}
    assert json.loads(texts["vscode"]) == {
        "servers": {"shop": {"type": "http", "url": "https://example.com/mcp", "headers": header}}
    }
    assert json.loads(texts["cursor"])["mcpServers"]["shop"]["headers"] == header
    assert json.loads(texts["generic"])["mcpServers"]["shop"]["headers"] == header
    assert tomllib.loads(texts["codex"])["mcp_servers"]["shop"]["http_headers"] == header
    assert all(text.count(value) == 1 for text in texts.values())


def test_an_endpoint_that_does_not_take_the_token_is_named(root) -> None:
    said = "The endpoint does not take this token"
    assert said not in signed_in(root).post(f"{URL}add/", form(root)).content.decode()
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}):
        assert said in signed_in(root).post(f"{URL}add/", form(root)).content.decode()


def test_a_project_without_a_route_is_told_how_a_token_is_sent(root) -> None:
    with override_settings(ROOT_URLCONF="tests.admin.no_endpoint"):
        page = signed_in(root).post(f"{URL}add/", form(root)).content.decode()
    assert "<code>Authorization: Bearer &lt;token&gt;</code>" in page
    assert "claude mcp add" not in page


def test_who_may_not_see_the_page_for_clients_gets_no_link_to_it(staff) -> None:
    staff.user_permissions.remove(Permission.objects.get(codename="view_connection"))
    page = signed_in(staff).post(f"{URL}add/", form(staff)).content.decode()
    assert "/drf_mcp/connection/" not in page


# One token


def test_a_token_is_revoked_on_its_page_by_those_who_may(root, staff) -> None:
    token = make_token(root)
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_accesstoken"))
    url = f"{URL}{token.pk}/revoke/"
    assert signed_in(viewer).post(url).status_code == 403
    assert "Revoke this token" not in signed_in(viewer).get(f"{URL}{token.pk}/change/").content.decode()
    assert signed_in(staff).get(url).status_code == 405
    assert signed_in(staff).post(f"{URL}999/revoke/").status_code == 302
    token.refresh_from_db()
    assert token.revoked is None

    assert "Revoke this token" in signed_in(staff).get(f"{URL}{token.pk}/change/").content.decode()
    assert signed_in(staff).post(url).headers["Location"] == f"{URL}{token.pk}/change/"
    token.refresh_from_db()
    assert token.revoked is not None
    assert LogEntry.objects.get().get_change_message() == "Revoked."
    assert "Revoke this token" not in signed_in(root).get(f"{URL}{token.pk}/change/").content.decode()


def test_a_forged_form_revokes_nothing(root) -> None:
    token, client = make_token(root), Client(enforce_csrf_checks=True)
    client.force_login(root)
    assert client.post(f"{URL}{token.pk}/revoke/").status_code == 403
    token.refresh_from_db()
    assert token.revoked is None


def test_states_are_shown_and_filtered(root) -> None:
    past = timezone.now() - timedelta(days=1)
    make_token(root), make_token(root, expires=timezone.now() + timedelta(days=1))
    make_token(root, expires=past), make_token(root, revoked=past, expires=past)
    make_token(UserFactory(is_active=False))
    client = signed_in(root)
    counts = {
        state: client.get(f"{URL}?state={state}").context["cl"].result_count
        for state in ("valid", "expired", "revoked", "nonsense")
    }
    assert counts == {"valid": 3, "expired": 1, "revoked": 1, "nonsense": 5}
    page = client.get(URL).content.decode()
    for label in ("valid", "expired", "revoked", "account off"):
        assert f">{label}</span>" in page


def test_a_token_leads_to_its_calls_for_those_who_may_see_them(root, staff) -> None:
    token = make_token(root)
    link = f"/admin/drf_mcp/call/?only=with%3A{token.pk}"
    assert link in signed_in(staff).get(f"{URL}{token.pk}/change/").content.decode()
    staff.user_permissions.remove(Permission.objects.get(codename="view_call"))
    assert link not in signed_in(staff).get(f"{URL}{token.pk}/change/").content.decode()
    assert signed_in(root).get("/admin/drf_mcp/call/?only=with:nonsense").status_code == 302
