"""``manage.py mcp_clear_clients``."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from drf_mcp.contrib.oauth_toolkit.management.commands import mcp_clear_clients

from .flow import REDIRECT, Application, code_for, new_client, tokens_for

AccessToken, RefreshToken, Grant = get_access_token_model(), get_refresh_token_model(), get_grant_model()
pytestmark = pytest.mark.django_db


def clear(**options: Any) -> str:
    printed = io.StringIO()
    call_command("mcp_clear_clients", stdout=printed, **options)
    return printed.getvalue().strip()


def age(days: float) -> None:
    """Let everything that is there have been made so many days ago."""
    past = timedelta(days=days)
    for row in Application.objects.all():
        Application.objects.filter(pk=row.pk).update(created=row.created - past)
    for model in (AccessToken, Grant):
        for row in model.objects.all():
            model.objects.filter(pk=row.pk).update(expires=row.expires - past)


def test_a_client_that_was_never_allowed_anything_goes_after_a_day(client_id) -> None:
    assert clear() == "0 clients deleted."
    age(1.1)
    assert clear(dry_run=True) == "1 clients could be deleted."
    assert Application.objects.exists()
    assert clear() == "1 clients deleted."
    assert not Application.objects.exists()


def test_a_client_stays_while_it_can_refresh(alice, client_id) -> None:
    tokens_for(alice, client_id)
    for _ in range(2):
        age(29)
        assert clear() == "0 clients deleted."
    age(29)
    assert clear() == "1 clients deleted."
    assert not RefreshToken.objects.exists()


def test_a_client_stays_while_somebody_answers(alice, client_id) -> None:
    code_for(alice, client_id)
    Application.objects.update(created=timezone.now() - timedelta(days=99))
    assert clear() == "0 clients deleted."


def test_without_an_end_of_refresh_tokens_those_that_are_good_keep_their_client(alice, client_id, settings) -> None:
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "REFRESH_TOKEN_EXPIRE_SECONDS": None}
    tokens_for(alice, client_id)
    age(999)
    assert clear() == "0 clients deleted."
    RefreshToken.objects.update(revoked=timezone.now())
    assert clear() == "1 clients deleted."


def test_a_client_that_the_site_registered_stays() -> None:
    Application.objects.create(
        client_type="public", authorization_grant_type="authorization-code", redirect_uris=REDIRECT
    )
    age(999)
    assert clear(days=0) == "0 clients deleted."


def test_many_go_in_batches(monkeypatch) -> None:
    monkeypatch.setattr(mcp_clear_clients, "BATCH", 2)
    for _ in range(5):
        new_client()
    age(2)
    assert clear() == "5 clients deleted."
