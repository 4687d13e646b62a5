"""Official clients sign in at a live server: from the 401 to a tool's result, and on with a refreshed token."""

from __future__ import annotations

import json
import os
import subprocess
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from tests.servers import Server
from tests.signing_in.browser import Browser
from tests.signing_in.documents import DOCUMENTS

from .test_node_clients import BIN, FOLDER

pytestmark = pytest.mark.live

CIMD = [name for name, document in DOCUMENTS.items() if "client_id" in document]
PORT = 53682
"""The port at which a program on the user's computer happens to wait."""


def redirect_of(document: dict[str, Any]) -> str:
    """The address that the client will use: with a port of its own where it is on the user's computer."""
    uri = document["redirect_uris"][0]
    parts = urlsplit(uri)
    return parts._replace(netloc=f"{parts.hostname}:{PORT}").geturl() if parts.scheme == "http" else uri


class Memory:
    """What a client keeps."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


async def sign_in(url: str, mode: str = "auto", document_url: str | None = None, **metadata: Any) -> dict[str, Any]:
    """Call a tool with the Python SDK, once after signing in and once after the token was refreshed."""
    memory, seen, requests = Memory(), {}, []

    async def redirect(address: str) -> None:
        seen["asked"] = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        seen["came_back"] = await anyio.to_thread.run_sync(Browser().allow, address)

    async def callback() -> AuthorizationCodeResult:
        came_back = urlsplit(seen["came_back"])
        seen["redirect"] = came_back._replace(query="").geturl()
        given = {name: values[0] for name, values in parse_qs(came_back.query).items()}
        return AuthorizationCodeResult(**given)

    async def keep(response: httpx2.Response) -> None:
        requests.append((response.request.method, response.request.url.path, response.status_code))

    wanted = OAuthClientMetadata(**{"token_endpoint_auth_method": "none", "client_name": "Test", **metadata})
    provider = OAuthClientProvider(url, wanted, memory, redirect, callback, client_metadata_url=document_url)
    async with (
        httpx2.AsyncClient(auth=provider, timeout=60, event_hooks={"response": [keep]}) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        first = await client.call_tool("list_users_user", {})
        before = memory.tokens
        provider.context.token_expiry_time = 1
        second = await client.call_tool("list_users_user", {})
    seen.update(
        answers=[first, second], tokens=[before, memory.tokens], client=memory.client, requests=requests, issued=memory
    )
    return seen


def assert_signed_in(seen: dict[str, Any], url: str, redirect: str) -> None:
    origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
    for answer in seen["answers"]:
        assert answer.is_error is False
        assert answer.structured_content["result"][0]["username"] == "admin"
    before, after = seen["tokens"]
    assert before.access_token != after.access_token
    assert before.refresh_token != after.refresh_token
    assert after.scope == "mcp"
    assert seen["asked"]["resource"] == url
    assert seen["asked"]["scope"] == "mcp"
    assert seen["redirect"] == redirect
    assert f"iss={origin.replace(':', '%3A').replace('/', '%2F')}" in seen["came_back"]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("name", CIMD)
def test_a_client_that_has_a_document_signs_in(signing_in, name, path):
    url = f"{signing_in('uvicorn').url}{path}"
    document = DOCUMENTS[name]
    redirect = redirect_of(document)

    seen = anyio.run(
        partial(sign_in, url, document_url=document["client_id"], redirect_uris=[redirect], client_name=name)
    )

    assert_signed_in(seen, url, redirect)
    assert seen["client"].client_id == document["client_id"]
    assert not [request for request in seen["requests"] if request[1] == "/oauth/register/"]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
def test_a_client_that_registers_itself_signs_in(signing_in, method, path):
    url = f"{signing_in('gunicorn').url}{path}"
    redirect = f"http://127.0.0.1:{PORT}/callback"

    seen = anyio.run(partial(sign_in, url, redirect_uris=[redirect], token_endpoint_auth_method=method))

    assert_signed_in(seen, url, redirect)


def test_cursor_signs_in_with_the_three_redirects_that_it_registers(signing_in):
    url = f"{signing_in('gunicorn').url}/mcp"
    document = DOCUMENTS["cursor"]

    seen = anyio.run(partial(sign_in, url, **document))

    assert_signed_in(seen, url, document["redirect_uris"][0])
    assert [str(uri) for uri in seen["client"].redirect_uris] == document["redirect_uris"]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_a_client_of_the_handshake_era_signs_in(signing_in, path):
    url = f"{signing_in('uvicorn').url}{path}"
    redirect = f"http://localhost:{PORT}/callback"

    assert_signed_in(anyio.run(partial(sign_in, url, mode="legacy", redirect_uris=[redirect])), url, redirect)


node_clients = [
    pytest.mark.node,
    pytest.mark.skipif(not (FOLDER / "node_modules").exists(), reason="`make check` installs the Node clients."),
]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("registration", ["claude_code", "claude_ai", "vs_code", "dynamic"])
@pytest.mark.parametrize(
    "client",
    [
        pytest.param(["v1"], marks=node_clients, id="v1"),
        pytest.param(["v2", "legacy"], marks=node_clients, id="v2-legacy"),
        pytest.param(["v2", "2026-07-28"], marks=node_clients, id="v2"),
    ],
)
def test_a_typescript_client_signs_in(signing_in, client, registration, path, tmp_path):
    server = signing_in("uvicorn")
    url = f"{server.url}{path}"
    document = DOCUMENTS.get(registration)
    redirect = redirect_of(document) if document else f"http://127.0.0.1:{PORT}/callback"
    document_url = document["client_id"] if document else ""

    seen = run_node(tmp_path, *client[:1], url, redirect, document_url, *client[1:])

    assert [answer["isError"] for answer in seen["answers"]] == [False, False]
    assert [answer["structuredContent"]["result"][0]["username"] for answer in seen["answers"]] == ["admin"] * 2
    before, after = seen["tokens"]
    assert before["access_token"] != after["access_token"]
    assert seen["asked"]["resource"] == url
    assert seen["asked"]["scope"] == "mcp"
    assert seen["redirects"] == 1
    assert (seen["client_id"] == document_url) == bool(document_url)


def run_node(home: Path, *arguments: str) -> dict[str, Any]:
    ran = subprocess.run(
        ["node", "sign_in.mjs", *arguments],
        cwd=FOLDER,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def test_the_server_is_the_origin_whatever_the_host(signing_in):
    server: Server = signing_in("gunicorn")
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp"):
        response = httpx2.get(f"{server.url}{path}", headers={"Host": "localhost"})
        assert response.status_code == 200
        assert "localhost" not in response.text
        assert server.url in response.text
    assert httpx2.get(f"{server.url}{path}", headers={"Host": "evil.example"}).status_code == 400
