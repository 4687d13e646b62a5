"""The clients that run on Node: both TypeScript SDKs and the Inspector's command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .rounds import ANSWERS, CALLS, DISCOVERY, HANDSHAKE, SERVER, TOOLS, gist, make_token
from .speaking_clients import HEARD
from .test_speaking import Talk

FOLDER = Path(__file__).parent / "node"
BIN = Path(sys.executable).parent

pytestmark = [
    pytest.mark.live,
    pytest.mark.node,
    pytest.mark.skipif(
        not (FOLDER / "node_modules").exists(), reason="The Node clients are missing; `make check` installs them."
    ),
]

Run = Callable[..., subprocess.CompletedProcess[str]]

on_wsgi_and_asgi = pytest.mark.parametrize(("kind", "path"), [("gunicorn", "/mcp"), ("uvicorn", "/mcp/")])


@pytest.fixture
def node(tmp_path: Path) -> Run:
    """Run a script of the Node project, with a home directory of its own."""

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["node", *command],
            cwd=FOLDER,
            env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def inspector(node: Run) -> Run:
    """Run the Inspector on an address: ``inspector(url, "tools/list")``, with more options behind."""

    def run(url: str, method: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = ["node_modules/.bin/mcp-inspector", "--cli", url, "--transport", "http", "--format", "json"]
        return node(*command, "--method", method, *options)

    return run


@on_wsgi_and_asgi
@pytest.mark.parametrize("script", [["sdk_v1.mjs"], ["sdk_v2.mjs"]], ids=["v1", "v2-legacy"])
def test_a_typescript_client_that_shakes_hands_plays_the_whole_round(serve, node, kind, path, script):
    seen = played(node, f"{serve(kind).url}{path}", *script)

    # On the side they ask for a stream of what the server has to say of its own accord. Under WSGI they do without.
    seen["requests"].remove(["GET", None, 200 if kind == "uvicorn" else 405])
    calls = [["POST", "tools/list", 200], *[["POST", "tools/call", 200]] * len(CALLS)]
    assert seen["requests"] == [*HANDSHAKE, *calls]
    assert seen["protocol"] == "2025-11-25"


@on_wsgi_and_asgi
@pytest.mark.parametrize("mode", ["auto", "2026-07-28"])
def test_a_typescript_client_stays_in_the_stateless_revision(serve, node, kind, path, mode):
    seen = played(node, f"{serve(kind).url}{path}", "sdk_v2.mjs", mode)

    # An error that a client can repair has its own HTTP status in this revision.
    calls = [["POST", "tools/call", 400 if "error" in answer else 200] for answer in ANSWERS]
    assert seen["requests"] == [*DISCOVERY, ["POST", "tools/list", 200], *calls]
    assert seen["protocol"] == "2026-07-28"


def played(node: Run, url: str, script: str, *mode: str) -> dict[str, Any]:
    """What a client saw, after the round came out as it should."""
    ran = node(script, url, *mode)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert [gist(answer) for answer in seen["answers"]] == ANSWERS
    assert seen["server"] == SERVER
    assert set(seen["tools"]) >= TOOLS
    return seen


@on_wsgi_and_asgi
def test_the_inspector_plays_the_whole_round(serve, inspector, kind, path):
    url = f"{serve(kind).url}{path}"

    for call, expected in zip(CALLS, ANSWERS, strict=True):
        arguments = json.dumps(call["arguments"])
        ran = inspector(url, "tools/call", "--tool-name", call["name"], "--tool-args-json", arguments)
        if "error" in expected:
            # It shows the message only, on the other stream.
            assert json.loads(ran.stderr)["error"]["message"] == expected["error"]["message"]
        else:
            assert gist(json.loads(ran.stdout)["result"]) == expected


@on_wsgi_and_asgi
def test_the_inspector_finds_no_fault_with_the_schemas_but_types_that_allow_null(serve, inspector, kind, path):
    ran = inspector(f"{serve(kind).url}{path}", "tools/list", "--strict")

    issues = [line.strip() for line in ran.stderr.splitlines() if line.strip().startswith("Issue: ")]
    assert [issue for issue in issues if not issue.startswith("Issue: `type` is an array")] == []
    assert ran.returncode == 0, ran.stderr
    assert {tool["name"] for tool in json.loads(ran.stdout)["result"]["tools"]} >= TOOLS


def test_the_inspector_gets_in_with_a_token_and_is_told_so_without(serve, inspector):
    server = serve("gunicorn", DEMO_DEBUG="0")
    header = f"Authorization: Token {make_token(server, 'admin')}"
    options = ["--tool-name", "list_users_user", "--stored-auth-only"]

    kept_out = inspector(f"{server.url}/mcp", "tools/call", *options)
    let_in = inspector(f"{server.url}/mcp", "tools/call", *options, "--header", header)

    assert json.loads(kept_out.stderr)["error"]["code"] == "auth_required"
    assert "manage.py mcp_token create <username>" in kept_out.stderr
    assert gist(json.loads(let_in.stdout)["result"]) == ANSWERS[0]


@pytest.mark.parametrize("kind", ["gthread", "uvicorn-workers"])
@pytest.mark.parametrize("client", [["v1"], ["v2", "legacy"], ["v2", "2026-07-28"]], ids="-".join)
def test_a_typescript_client_hears_what_runs_and_answers_what_is_asked(speaking, node, kind, client):
    sdk, *mode = client

    ran = node("speak.mjs", sdk, f"{speaking(kind).url}/mcp/", *mode)

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == HEARD


@pytest.mark.parametrize("client", [["v1", "legacy"], ["v2", "legacy"], ["v2", "2026-07-28"]], ids="-".join)
def test_a_typescript_client_hears_of_updates(speaking, client):
    server = speaking("uvicorn-workers")
    uri = "drf:///api/accounts/3/"
    sdk, mode = client
    process = subprocess.Popen(
        ["node", "listen.mjs", sdk, f"{server.url}/mcp/", uri, mode],
        cwd=FOLDER,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "READY"
        time.sleep(1)  # a client with a handshake opens its stream on the side
        changed = Talk(server, "2026-07-28").result("update_users_user", {"id": 3, "username": "changed"})
        assert changed["isError"] is False
        assert process.stdout.readline().strip() == uri
