"""What an action finds as ``request.mcp``."""

from __future__ import annotations

import pytest

from drf_mcp.context import Context
from drf_mcp.protocol.revisions import REVISIONS
from tests.factories import UserFactory, make_context


@pytest.mark.django_db
def test_the_user_is_the_one_who_was_proved() -> None:
    user = UserFactory()
    assert make_context(user).user is user
    assert make_context().user.is_anonymous


@pytest.mark.parametrize(("meta", "token"), [({"progressToken": "a"}, "a"), ({"progressToken": 0}, 0), ({}, None)])
def test_the_progress_token_is_the_clients_own(rf, meta, token) -> None:
    identity = make_context().identity
    context = Context(rf.post("/mcp/"), identity, REVISIONS["2025-06-18"], sent_version=True, meta=meta)
    assert context.progress_token == token


def test_metadata_is_empty_where_a_client_sent_none() -> None:
    assert make_context().meta == {}
