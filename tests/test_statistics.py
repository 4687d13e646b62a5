"""Statistics: what is counted in which step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from drf_mcp import statistics
from drf_mcp.models import Call
from drf_mcp.statistics import PERIODS, statistics_of
from tests.factories import CallFactory, MCPClient, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_calls(db):
    """Begin without the calls that streams of other tests recorded in threads, which no transaction takes back."""
    Call.objects.all().delete()


NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


def counted(period: str, now: datetime = NOW) -> dict[str, dict[str, int]]:
    found = statistics_of(PERIODS[period], now)
    return {step.start.strftime("%m-%d %H:%M"): step.counts for step in found.steps if step.counts}


@pytest.mark.parametrize(("period", "steps", "first"), [("day", 24, 18), ("week", 7, 0), ("month", 30, 0)])
def test_a_period_has_its_steps_up_to_now(period, steps, first) -> None:
    found = statistics_of(PERIODS[period], NOW)

    assert len(found.steps) == steps
    assert found.steps[0].start.hour == first
    assert found.steps[-1].start <= NOW
    assert (found.total, found.failures, found.most_called, found.users) == (0, 0, [], [])


def test_a_call_counts_in_the_step_in_which_it_began() -> None:
    for at in ("2026-11-21 17:00", "2026-11-21 16:59:59.9", "2026-11-20 18:00", "2026-11-20 17:59", "2026-11-15 00:00"):
        CallFactory(at=datetime.fromisoformat(f"{at}+00:00"))
    CallFactory(at=NOW, outcome="refused")
    CallFactory(at=NOW + timedelta(seconds=1))

    assert counted("day") == {
        "11-20 18:00": {"ok": 1},
        "11-21 16:00": {"ok": 1},
        "11-21 17:00": {"ok": 1, "refused": 1},
    }
    assert counted("week") == {
        "11-15 00:00": {"ok": 1},
        "11-20 00:00": {"ok": 2},
        "11-21 00:00": {"ok": 2, "refused": 1},
    }


def test_days_are_those_of_the_current_time_zone() -> None:
    CallFactory(at=datetime(2026, 11, 20, 22, 59, tzinfo=UTC))
    CallFactory(at=datetime(2026, 11, 20, 23, 1, tzinfo=UTC))

    with timezone.override("Europe/Berlin"):
        assert counted("week") == {"11-20 00:00": {"ok": 1}, "11-21 00:00": {"ok": 1}}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"])
def test_no_call_is_lost_when_clocks_change(zone) -> None:
    for hours in range(24 * 30):
        CallFactory(at=datetime(2026, 11, 10, tzinfo=UTC) - timedelta(hours=hours))

    with timezone.override(zone):
        for now in (datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC)):
            found = statistics_of(PERIODS["day"], now)
            assert found.total == sum(1 for step in found.steps for _ in step.counts)
            assert found.total in (23, 24)
            assert statistics_of(PERIODS["week"], now).total > 6 * 24


def test_tools_are_ranked_by_calls_failures_and_time() -> None:
    for name, outcome, duration in [("a", "ok", 10), ("a", "ok", 30), ("a", "error", 20), ("b", "refused", 90)]:
        CallFactory(name=name, outcome=outcome, duration_ms=duration)
    CallFactory(name="c", outcome="cancelled", duration_ms=1)
    CallFactory(method="resources/read", name="drf:///api/users/", outcome="error")

    found = statistics_of(PERIODS["day"])

    shown = [(tool.key, tool.total, tool.failures, tool.mean_ms, tool.longest_ms) for tool in found.most_called]
    assert shown == [("a", 3, 1, 20, 30), ("b", 1, 1, 90, 90), ("c", 1, 0, 1, 1)]
    assert [tool.key for tool in found.most_failing] == ["a", "b"]
    assert [tool.key for tool in found.slowest] == ["b", "a", "c"]
    assert (found.total, found.failures) == (6, 3)


def test_names_that_no_tool_has_are_counted_and_not_ranked() -> None:
    for number in range(3):
        MCPClient().fail(f"nope{number}")
    MCPClient().fail("destroy_users_user", no_such=1)
    CallFactory(name="gone_since", outcome="ok", status=200)
    CallFactory(name="gone_since", outcome="error", error_code=-32602, status=None)
    CallFactory(name="strict", outcome="error", error_code=-32602, status=400)  # its view refused the arguments

    found = statistics_of(PERIODS["day"])

    assert [(tool.key, tool.failures) for tool in found.most_called] == [
        ("gone_since", 1),
        ("destroy_users_user", 1),
        ("strict", 1),
    ]
    assert (found.unknown, found.total) == (3, 7)


def test_users_are_told_apart_by_their_key_and_anonymous_ones_are_one() -> None:
    ada = UserFactory(username="ada")
    CallFactory(user=ada, outcome="error")
    CallFactory(user=ada)
    CallFactory(user_id=12345, username="ada")
    CallFactory(username="")

    users = statistics_of(PERIODS["day"]).users

    assert [(user.key, user.label, user.total, user.failures) for user in users] == [
        (ada.pk, "ada", 2, 1),
        (None, "", 1, 0),
        (12345, "ada", 1, 0),
    ]


def test_a_ranking_is_short_and_three_queries_are_enough(django_assert_num_queries) -> None:
    for number in range(statistics.RANKED + 5):
        CallFactory(name=f"tool{number}", username=f"user{number}", outcome="error")

    with django_assert_num_queries(3):
        found = statistics_of(PERIODS["day"])

    assert {len(ranking) for ranking in (found.users, found.most_called, found.most_failing, found.slowest)} == {10}
    assert len(found.tools) == 15
