"""The official Python SDK against each kind of server."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

from tests.servers import Server

from .rounds import ANSWERS, CALLS, DISCOVERY, HANDSHAKE, SERVER, TOOLS, gist, make_token
from .speaking_clients import HEARD

pytestmark = pytest.mark.live


async def play(client: Client) -> dict[str, Any]:
    """Play the round and hand over what the client saw."""
    async with client:
        return {
            "protocol": client.protocol_version,
            "server": client.server_info.model_dump(exclude_none=True),
            "tools": [tool.name for tool in (await client.list_tools()).tools],
            "answers": [await call(client, step) for step in CALLS],
        }


async def call(client: Client, step: dict[str, Any]) -> dict[str, Any]:
    try:
        result = await client.call_tool(**step)
    except MCPError as error:
        return {"error": error.error.model_dump()}
    return result.model_dump(by_alias=True, mode="json")


async def talk(url: str, *, mode: str, token: str | None = None) -> tuple[list[httpx2.Response], Any]:
    """List the users through a client whose HTTP is watched.

    Returns:
        The responses that the client got, and the answer to the call or the error that ended the connection.
    """
    responses: list[httpx2.Response] = []

    async def keep(response: httpx2.Response) -> None:
        responses.append(response)

    headers = {} if token is None else {"Authorization": f"Token {token}"}
    async with httpx2.AsyncClient(headers=headers, event_hooks={"response": [keep]}) as http:
        try:
            async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
                return responses, await call(client, {"name": "list_users_user"})
        except* MCPError as group:
            error: Any = group
            while isinstance(error, ExceptionGroup):
                (error,) = error.exceptions
    return responses, {"error": error.error.model_dump()}


def request_of(response: httpx2.Response) -> list[Any]:
    """The request as the round's document has it: HTTP method, JSON-RPC method, status."""
    request = response.request
    return [request.method, json.loads(request.content)["method"], response.status_code]


@pytest.mark.parametrize(
    ("kind", "path", "mode"),
    [
        ("gunicorn", "/mcp", "auto"),
        ("gunicorn", "/mcp/", "legacy"),
        ("gthread", "/mcp", "legacy"),
        ("gthread", "/mcp/", "auto"),
        ("uvicorn", "/mcp", "auto"),
        ("uvicorn", "/mcp/", "legacy"),
    ],
)
def test_a_client_plays_the_whole_round(serve, kind, path, mode):
    seen = anyio.run(play, Client(f"{serve(kind).url}{path}", mode=mode))

    assert [gist(answer) for answer in seen["answers"]] == ANSWERS
    assert seen["protocol"] == ("2025-11-25" if mode == "legacy" else "2026-07-28")
    assert seen["server"] == SERVER
    assert set(seen["tools"]) >= TOOLS


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_auto_mode_discovers_once_and_shakes_no_hands(serve, kind):
    origin = serve(kind).url

    for path in ("/mcp", "/mcp/"):
        auto, legacy = (anyio.run(partial(talk, f"{origin}{path}", mode=mode))[0] for mode in ("auto", "legacy"))

        # The list comes last: having called a tool it has not seen, the client looks up what it should have answered.
        listing = [["POST", "tools/call", 200], ["POST", "tools/list", 200]]
        assert [request_of(response) for response in auto] == [*DISCOVERY, *listing]
        # Under ASGI there is a session, with a stream on the side and an end.
        posted = [response for response in legacy if response.request.method == "POST"]
        assert [request_of(response) for response in posted] == [*HANDSHAKE, *listing]


@pytest.fixture
def closed(serve: Callable[..., Server], request: pytest.FixtureRequest) -> Server:
    """A server as projects run it: without ``DEBUG``, for administrators only."""
    return serve(request.param, DEMO_DEBUG="0")


@pytest.mark.parametrize("closed", ["gunicorn", "uvicorn"], indirect=True)
def test_a_token_lets_in_whom_the_views_permissions_let_in(closed):
    listed, refused = (
        anyio.run(partial(talk, f"{closed.url}/mcp", mode="auto", token=make_token(closed, username)))[1]
        for username in ("admin", "johndoe")
    )

    assert gist(listed) == ANSWERS[0]
    assert refused["error"]["message"] == "Unknown tool: list_users_user"


@pytest.mark.parametrize(
    ("closed", "token", "reason", "challenge"),
    [
        ("gunicorn", None, "This server wants to know who calls.", 'Bearer realm="mcp"'),
        ("uvicorn", "0" * 40, "The credentials were refused.", 'Bearer realm="mcp", error="invalid_token"'),
    ],
    indirect=["closed"],
)
def test_a_caller_whom_no_token_proves_is_told_how_to_make_one(closed, token, reason, challenge):
    responses, answer = anyio.run(partial(talk, f"{closed.url}/mcp", mode="auto", token=token))

    assert [request_of(response) for response in responses] == [
        ["POST", "server/discover", 401],
        ["POST", "initialize", 401],
    ]
    assert {response.headers["WWW-Authenticate"] for response in responses} == {challenge}
    assert answer["error"]["code"] == 401
    assert answer["error"]["message"].startswith(f"{reason} Send 'Authorization: Bearer")
    assert "manage.py mcp_token create <username>" in answer["error"]["message"]


async def hear(url: str, mode: str) -> dict[str, Any]:
    """Hear progress and log messages and answer a question."""
    heard: dict[str, Any] = {"progress": [], "logs": [], "questions": []}

    async def answer(context: Any, params: Any) -> ElicitResult:
        heard["questions"].append(params.message)
        # The first answer is too long for the question.
        return ElicitResult(action="accept", content={"name": "x" * 21 if len(heard["questions"]) == 1 else "Ann"})

    async def log(params: Any) -> None:
        heard["logs"].append(params.data)

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        heard["progress"].append({"progress": progress, "total": total, "message": message})

    client = Client(url, mode=mode, elicitation_callback=answer, logging_callback=log, log_level="info")
    async with client:
        if mode == "legacy":
            await client.set_logging_level("info")
        counted = await client.call_tool("count", progress_callback=progress)
        asked = await client.call_tool("ask_name")
    return {**heard, "counted": counted.structured_content, "asked": asked.structured_content}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*deprecated")
@pytest.mark.parametrize("kind", ["gthread", "uvicorn-workers"])
@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_hears_what_runs_and_answers_what_is_asked(speaking, kind, mode):
    assert anyio.run(hear, f"{speaking(kind).url}/mcp/", mode) == HEARD
