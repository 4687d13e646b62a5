"""Views that break: the call has a clear outcome, nothing is half-written, and others are served."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.threats.conftest import ON_POSTGRES, Reply, Site

from . import LARGE, LONG

pytestmark = pytest.mark.live

BREAKING = [
    *["raises", "exits", "recurses", "generates", "answers_nan", "answers_a_circle"],
    *["answers_a_generator_that_breaks", "streams_a_generator_that_breaks"],
]


def entries(site: Site) -> list[str]:
    return [text for (text,) in site.rows("SELECT text FROM threats_entry")]


def workers(site: Site) -> set[int]:
    """The processes that answer, of which each server has two."""
    found: set[int] = set()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            answers = pool.map(lambda _: site.call("names_its_process"), range(8))
            found |= {answer.data["pid"] for answer in answers}
            if len(found) == 2:
                break
    return found


def test_a_view_that_breaks_is_an_internal_error_and_leaves_nothing_and_no_process_ends(kind, site, watching) -> None:
    before = workers(site)
    with watching("a view breaks", site, kind):
        for name in BREAKING:
            reply = site.call(name)
            assert reply.status == 200, name
            assert (reply.json["id"], reply.error["code"], list(reply.error["data"])) == (1, -32603, ["error_id"]), name
            assert reply.error["data"]["error_id"] in site.log
        assert entries(site) == []
    assert workers(site) == before
    # The connection is the view's to close; its transaction is rolled back then, here as under REST.
    assert site.call("closes_the_connection").data == site.rest("POST", "fault/closes_the_connection/").json == {}
    assert entries(site) == []
    assert site.call("answers_a_generator").data == {"result": [0, 1, 2]}
    assert site.call("list_threats_note").data["count"] == 5


def test_a_stream_that_breaks_is_an_internal_error_and_leaves_what_it_leaves_under_rest(site) -> None:
    with pytest.raises((OSError, http.client.HTTPException)):
        site.rest("POST", "fault/writes_and_streams/")
    under_rest = entries(site)
    site.execute("DELETE FROM threats_entry")
    reply = site.call("writes_and_streams")
    assert (reply.json["id"], reply.error["code"]) == (1, -32603)
    assert reply.error["data"]["error_id"] in site.log
    assert entries(site) == under_rest == ["by the view"]
    site.execute("DELETE FROM threats_entry")


def test_views_that_hang_are_answered_in_time_and_change_nothing(kind_if_long, serving, watching) -> None:
    site = serving(kind_if_long, FAULTS_HANGING="1")
    with watching("12 calls hang", site, kind_if_long), ThreadPoolExecutor(12) as pool:  # more than there are threads
        hanging = [pool.submit(site.call, "hangs") for _ in range(12)]
        told = [reply.result().result["structuredContent"] for reply in hanging]
        assert {(each["status"], each["code"]) for each in told} == {(504, "time_limit")}
        assert site.call("list_threats_note").data["count"] == 5
        time.sleep(1.5)  # they go on meanwhile, and end
    assert entries(site) == []


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn-workers"])
def test_a_worker_of_one_thread_or_of_a_loop_answers_in_time_too(serving, kind, watching) -> None:
    site = serving(kind, FAULTS_HANGING="1")
    with watching("calls hang, one after another", site, kind):
        for _ in range(4 if LONG else 1):
            assert site.call("hangs").result["structuredContent"]["code"] == "time_limit"
    assert site.call("list_threats_note").data["count"] == 5


def memory(pid: int, name: str) -> float:
    """What a process has (VmRSS) or had at most (VmHWM), in MB."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) / 1024


def test_an_answer_without_bounds_is_shortened_or_refused_and_kept_a_few_times_at_most(
    kind_if_long, serving, watching
) -> None:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("This system does not tell how much memory a process needs.")
    site = serving(kind_if_long)
    pids = workers(site)

    def call(name: str) -> Reply:
        before = {pid: memory(pid, "VmRSS") for pid in pids}  # with what Python has not collected yet, as under REST
        for pid in pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget what it had at most
        reply = site.call(name)
        # As the view's data, as text and as bytes, which REST has, too, and as the rows that PostgreSQL's driver keeps.
        most = (5 if ON_POSTGRES else 4) * LARGE
        assert max(memory(pid, "VmHWM") - before[pid] for pid in pids) < most, name
        return reply

    with watching(f"a view answers {LARGE} MB, three times", site, kind_if_long):
        for name in ("answers_many_large_rows", "answers_a_large_queryset"):
            assert len(call(name).content) < 2 * 1024 * 1024
        told = call("answers_a_large_row").result["structuredContent"]
    assert (told["status"], told["code"]) == (413, "too_large")
    assert told["detail"].endswith("The tool has done its work all the same.")
    site.execute("DELETE FROM threats_entry")
