"""Callers: a user, a member of staff, and nobody."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from rest_framework.authtoken.models import Token

from tests.shop import middleware

from .callers import Both


@pytest.fixture(autouse=True)
def nothing_remembered():
    cache.clear()
    middleware.seen.clear()
    yield
    cache.clear()


def make_caller(name: str, **attributes) -> Both:
    user = get_user_model().objects.create_user(name, f"{name}@shop.test", "secret-enough", **attributes)
    return Both(user, Token.objects.create(user=user).key)


@pytest.fixture
def alice(db) -> Both:
    return make_caller("alice")


@pytest.fixture
def bob(db) -> Both:
    return make_caller("bob")


@pytest.fixture
def staff(db) -> Both:
    return make_caller("staff", is_staff=True)


@pytest.fixture
def nobody(db) -> Both:
    return Both()
