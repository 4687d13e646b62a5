"""What a stream hears of changes."""

from __future__ import annotations

from asgiref.sync import async_to_sync

from drf_mcp.changes import Ear


def test_changes_that_nobody_takes_are_kept_once():
    ear = Ear("somebody")
    ear.topics = frozenset({"app.model", "app.model:1"})
    for number in range(1000):
        ear.hear({"app.model": False, f"app.model:{number}": False})
    ear.hear({"app.model:1": True})
    assert len(ear._heard) == 2
    assert async_to_sync(ear.wait)(0) == {"app.model": False, "app.model:1": True}
    assert async_to_sync(ear.wait)(0) == {}
