"""A client for tests, as DRF's ``APIClient``: it calls the project's tools through the whole project.

    client = MCPClient()
    client.force_authenticate(user)
    assert client.call_tool("retrieve_users_user", id=user.pk).structured["email"] == user.email

Each message is a POST to the routed endpoint through Django's test client: the project's middleware, the
endpoint, and the tool's own request behind it. Who calls is proved by the endpoint's authentication classes
from ``credentials()``, or forced by ``force_authenticate()`` the way DRF's own test client does it: on the
request object, where nothing that comes from outside can put anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.test.client import AsyncClient, AsyncClientHandler
from rest_framework.test import APIClient

from .audit import write_waiting
from .local import find_mount, mirrored_by, received
from .protocol.client import LATEST, Client, Conversation, Received, Sent, Steps
from .protocol.heard import Reading, Rendered, ResponseError, Result
from .protocol.revisions import REVISIONS
from .snapshots import catalog_definitions, differences, read_snapshot, write_snapshot

__all__ = ["AsyncMCPClient", "MCPClient", "ResponseError", "assert_tools_snapshot"]

Answer = Callable[[str, dict[str, Any]], Any]
WRITE_SNAPSHOTS = "DRF_MCP_WRITE_SNAPSHOTS"
"""The environment variable that has snapshots written instead of compared."""


class _Forced:
    """Who a test says is calling, and what it says in headers."""

    def __init__(self) -> None:
        self.user: Any = None
        self.token: Any = None
        self.headers: dict[str, str] = {}

    def apply(self, request: Any) -> None:
        """Put the user where DRF looks for it."""
        if self.user is not None:
            request._force_auth_user, request._force_auth_token = self.user, self.token


class _TestClient:
    """What both test clients have: whom they are, and how a message becomes a POST."""

    def __init__(
        self,
        user: Any = None,
        *,
        version: str = LATEST,
        path: str | None = None,
        answer: Answer | None = None,
        raise_request_exception: bool = True,
    ) -> None:
        if version not in REVISIONS:
            raise ValueError(f"{version!r} is none of the revisions {', '.join(REVISIONS)}.")
        self._version, self._answer = version, answer
        self._path, self._raises = path, raise_request_exception
        self._forced = _Forced()
        self._conversation = self._begin()
        self.force_authenticate(user)

    def _begin(self) -> Conversation:
        return Conversation(self._version, mirrored_by, self._answer, "drf_mcp.test")

    def force_authenticate(self, user: Any = None, token: Any = None) -> None:
        """Call as this user from now on, whatever the endpoint's authentication classes say; None for nobody.

        ViewSets that chose authentication classes of their own refuse such a caller, as they refuse all whom they
        would not have proved by themselves: send those ``credentials()``.

        Args:
            user: Who calls.
            token: What views find as ``request.auth``.
        """
        self._forced.user, self._forced.token = user, token
        self._conversation = self._begin()

    def credentials(self, **headers: str) -> None:
        """Send these headers with each message from now on, and no others that were given here before.

        Args:
            headers: As Django's test client takes them, such as ``HTTP_AUTHORIZATION="Token ..."``.
        """
        self._forced.headers = headers
        self._conversation = self._begin()

    def _post(self, sent: Sent) -> dict[str, Any]:
        return {
            "path": find_mount(self._path).path,
            "data": json.dumps(sent.message),
            "content_type": "application/json",
            "HTTP_ACCEPT": "application/json",
            **sent.headers,
            **self._forced.headers,
        }


class MCPClient(_TestClient, Client):
    """Calls the project's tools in a test.

    Args:
        user: Who calls; see ``force_authenticate``.
        version: The protocol revision that the client speaks.
        path: The endpoint's path, None for the first one that the project routes.
        answer: Answers what tools ask: gets the method, such as ``elicitation/create``, and its params, and
            gives the result, such as ``{"action": "accept", "content": {...}}``. None for a client that cannot
            be asked. Only in revisions without a handshake.
        raise_request_exception: Whether an exception in a view is raised in the test, as Django's test client
            does it, or answered as clients see it.
    """

    def exchange(self, sent: Sent) -> Received:
        """POST a message through the project."""
        http = APIClient(enforce_csrf_checks=True, raise_request_exception=self._raises)
        if self._forced.user is not None:
            http.force_authenticate(self._forced.user, self._forced.token)
        return received(http.generic("POST", **self._post(sent)))


class _Handler(AsyncClientHandler):
    forced: _Forced

    async def get_response_async(self, request: Any) -> Any:
        self.forced.apply(request)
        response = await super().get_response_async(request)
        # Django closes it in another thread, which has a connection of its own, outside of the test's transaction.
        await sync_to_async(write_waiting)()
        return response


class AsyncMCPClient(_TestClient):
    """The same for tests that are coroutines: it goes through the project's ASGI handler.

    It takes the arguments of ``MCPClient`` and has its methods.
    """

    async def exchange(self, sent: Sent) -> Received:
        """POST a message through the project."""
        http = AsyncClient(enforce_csrf_checks=True, raise_request_exception=self._raises)
        http.handler = _Handler(enforce_csrf_checks=True)
        http.handler.forced = self._forced
        post = self._post(sent)
        headers = {name: post.pop(name) for name in list(post) if name.startswith("HTTP_")}
        names = {name.removeprefix("HTTP_").replace("_", "-").title(): value for name, value in headers.items()}
        return received(await http.generic("POST", headers=names, **post))

    async def run(self, steps: Steps) -> Any:
        """Send what a conversation wants to be sent, until it has its result."""
        try:
            sent = next(steps)
            while True:
                sent = steps.send(await self.exchange(sent))
        except StopIteration as end:
            return end.value

    async def request(self, method: str, params: Any = None) -> Any:
        """As ``MCPClient.request``."""
        return await self.run(self._conversation.request(method, params))

    async def list_tools(self) -> dict[str, dict[str, Any]]:
        """As ``MCPClient.list_tools``."""
        tools: dict[str, dict[str, Any]] = await self.run(self._conversation.list_tools())
        return tools

    async def list_resources(self) -> list[dict[str, Any]]:
        """As ``MCPClient.list_resources``."""
        return list(await self.run(self._conversation.list_all("resources/list", "resources")))

    async def list_resource_templates(self) -> list[dict[str, Any]]:
        """As ``MCPClient.list_resource_templates``."""
        return list(await self.run(self._conversation.list_all("resources/templates/list", "resourceTemplates")))

    async def list_prompts(self) -> list[dict[str, Any]]:
        """As ``MCPClient.list_prompts``."""
        return list(await self.run(self._conversation.list_all("prompts/list", "prompts")))

    async def call_tool(self, name: str, /, **arguments: Any) -> Result:
        """As ``MCPClient.call_tool``."""
        result: Result = await self.run(self._conversation.call_tool(name, arguments))
        return result

    async def read_resource(self, uri: str) -> Reading:
        """As ``MCPClient.read_resource``."""
        reading: Reading = await self.run(self._conversation.read_resource(uri))
        return reading

    async def get_prompt(self, name: str, /, **arguments: str) -> Rendered:
        """As ``MCPClient.get_prompt``."""
        rendered: Rendered = await self.run(self._conversation.get_prompt(name, arguments))
        return rendered


def assert_tools_snapshot(path: str | Path, client: MCPClient | None = None) -> None:
    """Assert that the tools are those of a committed file, which ``mcp_tools --write`` writes as well.

    With ``DRF_MCP_WRITE_SNAPSHOTS=1`` in the environment, the file is written instead.

    Args:
        path: The file.
        client: Whose tools are compared, None for all tools of the project.

    Raises:
        AssertionError: They differ, or there is no file yet; the message says in which way.
    """
    tools = catalog_definitions() if client is None else client.list_tools()
    if os.environ.get(WRITE_SNAPSHOTS) == "1":
        write_snapshot(path, tools)
        return
    how = f"To write the file, run the test with {WRITE_SNAPSHOTS}=1 in the environment."
    if not Path(path).exists():
        raise AssertionError(f"There is no snapshot at {path}. {how}")
    if lines := differences(read_snapshot(path), tools):
        changes = "\n".join(lines)
        raise AssertionError(f"The tools differ from {path}:\n\n{changes}\n\nIf that is right: {how}")
