"""What ``make fuzz`` and ``make fuzz-keep`` do besides, in short: live servers, the run itself, and the corpus."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, seed
from hypothesis.stateful import run_state_machine_as_test

from tests.servers import ROOT

from .database import changed
from .keeping import keep
from .live import fuzzed_database, live_requests, send, serving, sessions_on, stored
from .memory import Growth, bounded, family
from .oracle import Finding, Reply, Sent, check
from .run import steady


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fuzzed_database(tmp_path_factory.mktemp("database"))


@pytest.mark.live
@pytest.mark.parametrize("kind", ["gthread", "uvicorn"])
def test_a_live_server_answers_hostile_requests_and_sessions_in_order(
    kind: str, tmp_path: Path, database: Path
) -> None:
    with serving(kind, tmp_path, database) as server:
        before, growth = stored(server), Growth(family(server.process.pid), first=0)
        growth.check(0)

        def one(request: tuple[Sent, list[str], int]) -> None:
            send(server, *request)

        seed(20)(steady(20)(given(live_requests())(one)))()
        sessions = sessions_on(server)
        run_state_machine_as_test(seed(20)(sessions), settings=steady(2))
        growth.check(1)
        assert sessions.inputs > 20
        assert growth.largest > 20
        assert not changed(before, stored(server))


def test_the_run_says_what_it_has_sent_and_which_tools_it_has_called() -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", "--inputs", "60", "--seed", "1"]
    command += ["--only", "stateful", "--only", "calls"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "tools" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("together")
    assert done.stdout.splitlines()[-1].endswith("0 found")


@pytest.mark.django_db
def test_the_corpus_keeps_what_leads_further_and_what_was_put_there_by_hand(tmp_path: Path) -> None:
    own, found = tmp_path / "corpus" / "parse", tmp_path / "run" / "parse" / "inputs"
    for folder in (own, found):
        folder.mkdir(parents=True)
    ping = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    (own / "finding-by-hand").write_bytes(ping)
    (own / "shorter").write_bytes(ping.replace(b" ", b""))
    (found / ("0" * 40)).write_bytes(b"[")
    keep(tmp_path / "run", tmp_path / "corpus")
    assert {path.name: path.read_bytes() for path in own.iterdir()} == {
        "finding-by-hand": ping,
        "0" * 16: b"[",
    }


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (Sent(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'), 404, -32601),
        (Sent(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', {"CONTENT_LENGTH": "45"}), 400, -32700),
        (Sent(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'), 401, 401),
        (Sent(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', {"HTTP_ORIGIN": "x"}), 404, 404),
    ],
)
def test_an_answer_without_the_id_of_a_request_that_could_be_read_is_found(sent: Sent, status: int, code: int) -> None:
    body = b'{"jsonrpc": "2.0", "id": null, "error": {"code": %d, "message": "No."}}' % code
    with pytest.raises(Finding, match="the id is None, not 1"):
        check(sent, Reply(status, "application/json", body))


def test_memory_that_was_needed_for_a_moment_is_found_below_an_earlier_peak() -> None:
    bytearray(300 << 20)
    with pytest.raises(Finding, match="the peak of the memory grew by"), bounded():
        bytearray(100 << 20)
