"""What the tests of Django admin begin with."""

from __future__ import annotations

import pytest

from drf_mcp.models import Call


@pytest.fixture(autouse=True)
def no_calls(request: pytest.FixtureRequest) -> None:
    """Begin without the calls that streams of other tests recorded in threads, which no transaction takes back."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Call.objects.all().delete()
