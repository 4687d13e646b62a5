"""``manage.py mcp_stdio``: the same server over lines, for the official clients and for the seeds."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitResult

from tests.integration.rounds import ANSWERS, CALLS, SERVER, TOOLS, gist
from tests.integration.speaking_clients import HEARD
from tests.integration.test_python_client import play
from tests.integration.test_seeds import missing
from tests.seeds.transcripts import exchanges
from tests.servers import ROOT, demo_environment

pytestmark = pytest.mark.live

NODE = ROOT / "tests/integration/node"


@pytest.fixture
def environment(demo_database: Path, tmp_path: Path) -> Any:
    """The environment of the command, on a copy of the demo's database."""

    def make(settings: str = "config.settings", **variables: str) -> dict[str, str]:
        database = tmp_path / "db.sqlite3"
        if not database.exists():
            database.write_bytes(demo_database.read_bytes())
        return demo_environment(database, settings, **variables)

    return make


def talk(environment: dict[str, str], *lines: Any, user: str | None = "admin") -> tuple[list[Any], str, int]:
    """Send lines, and give the answers in the order of their ids, what went to standard error, and the exit code."""
    sent = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    command = [sys.executable, "manage.py", "mcp_stdio", *(["--as", user] if user else [])]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, input=sent, capture_output=True, text=True, timeout=60, check=False
    )
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    return sorted(answers, key=lambda answer: answer.get("id") or 0), ran.stderr, ran.returncode


def request(method: str, request_id: Any = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def hello(version: str, **capabilities: Any) -> dict[str, Any]:
    client = {"name": "test", "version": "1"}
    return request("initialize", 0, protocolVersion=version, capabilities=capabilities, clientInfo=client)


@pytest.mark.parametrize("seed", ["second", "fourth"])
def test_the_seeds_that_use_this_transport_are_answered_with_all_that_was_shown(environment: Any, seed: str) -> None:
    name = "learning-mcp-server" if seed == "fourth" else "math-server"
    found = exchanges(seed)

    sent = [{**json.loads(exchange.request), "id": number} for number, exchange in enumerate(found, 1)]
    answers, _, code = talk(environment("tests.seeds.settings", SEED_SERVER_NAME=name), *sent)

    assert code == 0
    assert len(answers) == len(found)
    for number, (exchange, answer) in enumerate(zip(found, answers, strict=True), 1):
        assert missing({**exchange.response, "id": number}, answer) == []


def test_a_broken_line_is_answered_and_the_next_one_is_served(environment: Any) -> None:
    answers, _, code = talk(environment(), "no JSON", "", "[" * 100_000, request("ping"))

    assert [answer.get("error", {}).get("code") for answer in answers] == [-32700, -32700, None]
    assert code == 0


def test_a_batch_is_answered_where_the_revision_has_them(environment: Any) -> None:
    batch = json.dumps([request("ping", 1), request("ping", 2)])
    ran = subprocess.run(
        [sys.executable, "manage.py", "mcp_stdio"],
        cwd=ROOT,
        env=environment(),
        input=f"{json.dumps(hello('2025-03-26'))}\n{batch}\n",
        capture_output=True,
        text=True,
        check=True,
    )

    opened, both = map(json.loads, ran.stdout.splitlines())
    assert opened["result"]["protocolVersion"] == "2025-03-26"
    assert [answer["id"] for answer in both] == [1, 2]


def test_nothing_but_messages_is_printed(environment: Any, tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(
        "from config.settings import *\n"
        "MIDDLEWARE = [*MIDDLEWARE, 'noisy.Middleware']\n"
        "LOGGING = {'version': 1, 'handlers': {'out': {'class': 'logging.StreamHandler', 'stream': 'ext://sys.stdout'}},"
        " 'root': {'handlers': ['out'], 'level': 'DEBUG'}}\n"
        "class Middleware:\n"
        "    def __init__(self, get_response): self.get_response = get_response\n"
        "    def __call__(self, request):\n"
        "        import os; print('printed'); os.system('echo from a child')\n"
        "        return self.get_response(request)\n"
    )
    variables = environment("noisy", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))

    answers, printed, _ = talk(variables, request("tools/call", name="list_users_user", arguments={}))

    assert answers[0]["result"]["isError"] is False
    assert "printed" in printed
    assert "from a child" in printed


@pytest.mark.parametrize("debug", ["0", "1"])
def test_the_user_is_the_one_who_was_named(environment: Any, debug: str) -> None:
    ask = request("tools/call", name="list_users_user", arguments={})
    variables = environment(DEMO_DEBUG=debug)

    is_refused = ["error" in talk(variables, ask, user=name)[0][0] for name in ("admin", "johndoe")]

    # Without DEBUG, the demo lets only its staff in.
    assert is_refused == [False, debug == "0"]


def test_nobody_is_served_only_where_the_endpoint_serves_them(environment: Any) -> None:
    answers, _, code = talk(environment(), request("ping"), user=None)
    assert (answers[0]["result"], code) == ({}, 0)

    answers, printed, code = talk(environment(DEMO_DEBUG="0"), request("ping"), user=None)
    assert (answers, code) == ([], 2)
    assert "--as USER" in printed


def served_by(environment: dict[str, str]) -> Any:
    command = ["manage.py", "mcp_stdio", "--as", "admin"]
    return stdio_client(StdioServerParameters(command=sys.executable, args=command, cwd=ROOT, env=environment))


@pytest.mark.parametrize(("mode", "version"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")])
def test_the_official_python_client_plays_the_whole_round(environment: Any, mode: str, version: str) -> None:
    seen = anyio.run(play, Client(served_by(environment()), mode=mode))

    assert seen["protocol"] == version
    assert [gist(answer) for answer in seen["answers"]] == ANSWERS
    assert seen["server"] == SERVER
    assert set(seen["tools"]) >= TOOLS
    assert len(CALLS) == len(seen["answers"])


async def hear(environment: dict[str, str], mode: str) -> dict[str, Any]:
    heard: dict[str, Any] = {"progress": [], "logs": [], "questions": []}

    async def answer(context: Any, params: Any) -> ElicitResult:
        heard["questions"].append(params.message)
        return ElicitResult(action="accept", content={"name": "x" * 21 if len(heard["questions"]) == 1 else "Ann"})

    async def log(params: Any) -> None:
        heard["logs"].append(params.data)

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        heard["progress"].append({"progress": progress, "total": total, "message": message})

    client = Client(
        served_by(environment), mode=mode, elicitation_callback=answer, logging_callback=log, log_level="info"
    )
    async with client:
        if mode == "legacy":
            await client.set_logging_level("info")
        counted = await client.call_tool("count", progress_callback=progress)
        asked = await client.call_tool("ask_name")
    return {**heard, "counted": counted.structured_content, "asked": asked.structured_content}


@pytest.fixture
def speaking_environment(environment: Any, tmp_path: Path) -> dict[str, str]:
    variables = environment("tests.speaking.settings", SPEAKING_CACHE=str(tmp_path / "cache"))
    with sqlite3.connect(f"{variables['DEMO_DATABASE']}.other") as other:
        other.execute("CREATE TABLE notes (note)")
    return dict(variables)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*deprecated")
@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_hears_what_runs_and_answers_what_is_asked(speaking_environment: Any, mode: str) -> None:
    assert anyio.run(hear, speaking_environment, mode) == HEARD


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_call_that_is_taken_back_stops(speaking_environment: Any, version: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "mcp_stdio", "--as", "admin"],
        cwd=ROOT,
        env=speaking_environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def send(message: dict[str, Any]) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps(message)}\n")
        process.stdin.flush()

    def read() -> Any:
        assert process.stdout is not None
        return json.loads(process.stdout.readline())

    meta: dict[str, Any] = {"progressToken": "p"}
    with process:
        if version == "2025-11-25":
            send(hello(version))
            assert read()["id"] == 0
        else:
            meta |= {
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientCapabilities": {},
            }
        send(request("tools/call", 1, name="work_until_cancelled", arguments={}, _meta=meta))
        assert read()["method"] == "notifications/progress"
        send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
        send(request("tools/list", 2, _meta=meta))
        answer = read()
        while "id" not in answer:
            answer = read()
        assert answer["id"] == 2
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0
        assert process.stdout is not None
        assert '"id":1' not in process.stdout.read()
    with sqlite3.connect(f"{speaking_environment['DEMO_DATABASE']}.other") as other:
        assert other.execute("SELECT note FROM notes").fetchall() == [("cancelled",)]


@pytest.mark.node
@pytest.mark.skipif(not (NODE / "node_modules").exists(), reason="The Node clients are missing.")
@pytest.mark.parametrize("client", [["v1", "2025-11-25"], ["v2", "legacy"], ["v2", "auto"]], ids="-".join)
def test_a_typescript_client_plays_the_whole_round(environment: Any, client: list[str]) -> None:
    ran = subprocess.run(
        ["node", "stdio.mjs", *client, sys.executable, str(ROOT)],
        cwd=NODE,
        env={**environment(), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen["protocol"] == ("2026-07-28" if client[1] == "auto" else "2025-11-25")
    assert [gist(answer) for answer in seen["answers"]] == ANSWERS
    assert set(seen["tools"]) >= TOOLS
