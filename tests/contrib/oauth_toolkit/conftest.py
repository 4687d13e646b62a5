"""The demo with sign-in, in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from drf_mcp.contrib.oauth_toolkit.settings import oauth2_provider, sign_in
from tests.factories import UserFactory

from .flow import ORIGIN, new_client


@pytest.fixture(autouse=True)
def _site(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "config.oauth_urls"
    settings.LOGIN_URL = "login"
    settings.OAUTH2_PROVIDER = {
        **oauth2_provider(ORIGIN),
        "CIMD_METADATA_FETCHER": "tests.signing_in.documents.FixtureFetcher",
    }
    settings.DRF_MCP = sign_in(ORIGIN)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alice(db: None) -> Any:
    return UserFactory(username="alice")


@pytest.fixture
def bob(db: None) -> Any:
    return UserFactory(username="bob")


@pytest.fixture
def client_id(db: None) -> str:
    """A client that registered itself."""
    return str(new_client()["client_id"])
