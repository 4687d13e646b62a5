"""Resources, prompts and completions, as the official SDKs see them on real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import PromptReference, ResourceTemplateReference

from .rounds import make_token

pytestmark = pytest.mark.live

HERE = Path(__file__).parent
STEPS = json.loads((HERE / "nouns.json").read_text())
STATELESS = ["completions", "prompts", "resources", "tools"]
CAPABILITIES = sorted([*STATELESS, "experimental"])


def check(answers: list[Any]) -> None:
    """Each answer has what its step says, or is the error that it asks for."""
    for step, answer in zip(STEPS, answers, strict=True):
        if "error" in step:
            # A resource that is not there has a code of its own before 2026-07-28, and some clients translate it.
            codes = {-32602, -32002} if step["method"] == "resources/read" else {-32602}
            assert answer["error"]["code"] in codes, (step, answer)
            assert answer["error"]["data"]
        else:
            assert step["has"] in json.dumps(answer), (step, answer)


async def ask(client: Client, method: str, params: dict[str, Any]) -> Any:
    if method == "resources/list":
        return await client.list_resources()
    if method == "resources/templates/list":
        return await client.list_resource_templates()
    if method == "resources/read":
        return await client.read_resource(params["uri"])
    if method == "prompts/list":
        return await client.list_prompts()
    if method == "prompts/get":
        return await client.get_prompt(params["name"], params.get("arguments"))
    kind = PromptReference if params["ref"]["type"] == "ref/prompt" else ResourceTemplateReference
    context = params.get("context", {}).get("arguments")
    return await client.complete(kind.model_validate(params["ref"]), params["argument"], context)


async def answer(client: Client, step: dict[str, Any]) -> Any:
    try:
        result = await ask(client, step["method"], step["params"])
    except MCPError as error:
        return {"error": error.error.model_dump()}
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)


async def play(url: str, mode: str, headers: dict[str, str]) -> list[Any]:
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        found = client.server_capabilities.model_dump(exclude_none=True)
        return [sorted(found), *[await answer(client, step) for step in STEPS]]


@pytest.mark.parametrize(("kind", "mode"), [("gunicorn", "auto"), ("uvicorn", "legacy"), ("gthread", "auto")])
def test_the_python_client_lists_reads_gets_and_completes(serve, kind, mode):
    capabilities, *answers = anyio.run(play, f"{serve(kind).url}/mcp", mode, {})
    assert capabilities == (STATELESS if mode == "auto" else CAPABILITIES)
    check(answers)


def test_a_caller_without_permission_sees_none_of_it_through_any_method(serve):
    """The demo without ``DEBUG`` is for administrators; the prompt of the database is for everybody."""
    server = serve("gunicorn", DEMO_DEBUG="0")
    admin, other = (
        anyio.run(play, f"{server.url}/mcp", "auto", {"Authorization": f"Token {make_token(server, name)}"})[1:]
        for name in ("admin", "johndoe")
    )
    check(admin)
    for step, got in zip(STEPS, other, strict=True):
        if "plan_project" in json.dumps(step):
            continue
        shown = json.dumps(got)
        assert not any(word in shown for word in ("drf://", "demo://", "project_report", "johndoe", "Garden")) or (
            "error" in got and got["error"]["code"] in (-32002, -32602)
        ), (step, got)
        assert step["method"].endswith("/list") or "error" in got, (step, got)


@pytest.mark.node
@pytest.mark.skipif(not (HERE / "node/node_modules").exists(), reason="`make check` installs the Node clients.")
@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
@pytest.mark.parametrize(("sdk", "mode"), [("v1", "legacy"), ("v2", "legacy"), ("v2", "auto")])
def test_a_typescript_client_lists_reads_gets_and_completes(serve, kind, sdk, mode, tmp_path):
    ran = subprocess.run(
        ["node", "nouns.mjs", sdk, f"{serve(kind).url}/mcp", mode],
        cwd=HERE / "node",
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen["capabilities"] == (STATELESS if mode == "auto" else CAPABILITIES)
    check(seen["answers"])
