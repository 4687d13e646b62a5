"""What tests make: users and their tokens, clients of the endpoint, and the tools of a ViewSet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from django.utils import timezone
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.routers import SimpleRouter

from drf_mcp.auth.identity import Identity
from drf_mcp.catalog import ToolCatalog, build_catalog
from drf_mcp.context import Context
from drf_mcp.discovery import discover_endpoints
from drf_mcp.endpoints import Endpoint
from drf_mcp.models import Call
from drf_mcp.protocol.gate import NAMED_BY
from drf_mcp.protocol.revisions import CLIENT_CAPABILITIES_META, PROTOCOL_VERSION_META, REVISIONS
from drf_mcp.tools import Tool
from users.models import User


class UserFactory(factory.django.DjangoModelFactory):
    """A user of the demo, with the password ``password123``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence("user{}".format)
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = factory.django.Password("password123")


class TokenFactory(factory.django.DjangoModelFactory):
    """A token of DRF's own kind, with a user of its own."""

    class Meta:
        model = Token

    user = factory.SubFactory(UserFactory)


class CallFactory(factory.django.DjangoModelFactory):
    """A call that went well, a minute ago, unless something else is said."""

    class Meta:
        model = Call

    at = factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=1))
    method = Call.Method.TOOL
    name = "list_users_user"
    is_write = False
    outcome = Call.Outcome.OK
    status = 200
    duration_ms = 12.5
    size = 2_048
    request_id = factory.Sequence(str)
    username = "ada"
    client_name = "claude-code"
    client_version = "2.1.3"


TOOLS = ["list_users_user", "activate_users_user", "create_projects_task", "destroy_users_user", "update_users_user"]


def make_month_of_calls(users: list[User]) -> None:
    """400 calls of the last month, more on some days than on others, and always the same.

    Args:
        users: Three who called.
    """
    now = timezone.now()
    made = []
    for number in range(400):
        tool = TOOLS[number % 7 % 5]
        user = users[number % 5 % 3]
        outcome = {0: "error", 7: "refused", 13: "refused"}.get(number % 23, "ok")
        made.append(
            CallFactory.build(
                at=now - timedelta(minutes=3 + number * number % 42_000),
                name=tool,
                is_write=not tool.startswith("list"),
                outcome=outcome,
                status={"ok": 200, "refused": 403}.get(outcome),
                error_code=-32603 if outcome == "error" else None,
                error_id="a1b2c3d4e5f6" if outcome == "error" else "",
                duration_ms=4 + number % 31 * (TOOLS.index(tool) + 1) * 1.7,
                user=user,
                username=user.username,
                token_name="laptop" if number % 3 else "",
                client_name="claude-code" if number % 4 else "Cursor",
                object_model="users.user" if tool != "list_users_user" else "",
                object_id=str(users[number % 3].pk) if tool != "list_users_user" else "",
                request_id=str(number),
            )
        )
    Call.objects.bulk_create(made)


class MCPClient:
    """A client of the handshake era, on Django's test client.

    Args:
        user: Who calls, with a token made on the spot; None for nobody.
        version: The revision in the header, None for a client that sends none.
        path: Where the endpoint is.
        headers: More headers, as Django's test client takes them.
    """

    def __init__(
        self, user: Any = None, *, version: str | None = "2025-06-18", path: str = "/mcp/", **headers: str
    ) -> None:
        self.path = path
        self.headers = dict(headers)
        if version is not None:
            self.headers["HTTP_MCP_PROTOCOL_VERSION"] = version
        if user is not None:
            self.headers["HTTP_AUTHORIZATION"] = f"Token {Token.objects.get_or_create(user=user)[0].key}"
        self.http = Client(raise_request_exception=False)

    def post(self, body: Any, **headers: str) -> HttpResponse:
        """Post bytes as they are, and anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        # Django's client leaves these two out where the body is empty, which no other client does.
        headers = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(data)), **self.headers, **headers}
        return self.http.generic("POST", self.path, data, headers["CONTENT_TYPE"], **headers)

    def send(self, method: str, params: Any = None) -> dict[str, Any]:
        """Send one request and give back the whole answer."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method}
        if params is not None:
            message["params"] = params
        return dict(json.loads(self.post(message).content))

    def list_tools(self) -> dict[str, dict[str, Any]]:
        """The tools by name."""
        return {tool["name"]: tool for tool in self.send("tools/list")["result"]["tools"]}

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that answers a result, and give it back."""
        answer = self.send("tools/call", {"name": tool, "arguments": arguments})
        assert "result" in answer, answer
        return dict(answer["result"])

    def fail(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that answers an error, and give it back."""
        answer = self.send("tools/call", {"name": tool, "arguments": arguments})
        assert "error" in answer, answer
        return dict(answer["error"])


class StatelessClient(MCPClient):
    """A client of 2026-07-28, which says with each request what a handshake would have said.

    Args:
        user: Who calls, None for nobody.
        capabilities: What the client declares.
        headers: More headers, as Django's test client takes them.
    """

    def __init__(self, user: Any = None, *, capabilities: Mapping[str, Any] | None = None, **headers: str) -> None:
        super().__init__(user, version="2026-07-28", **headers)
        self.capabilities = capabilities or {}

    def ask(self, method: str, params: Any = None, *, meta: Any = None, **headers: str) -> HttpResponse:
        """Send one request, with more in its ``_meta`` and in its headers."""
        params = dict(params or {})
        params["_meta"] = {PROTOCOL_VERSION_META: "2026-07-28", CLIENT_CAPABILITIES_META: self.capabilities}
        params["_meta"].update(meta or {})
        mirrored = {"HTTP_MCP_METHOD": method}
        if method in NAMED_BY:
            mirrored["HTTP_MCP_NAME"] = str(params.get(NAMED_BY[method]))
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.post(message, **mirrored, **headers)

    def send(self, method: str, params: Any = None) -> dict[str, Any]:
        """Send one request and give back the whole answer."""
        return dict(json.loads(self.ask(method, params).content))


def text_of(result: Mapping[str, Any]) -> str:
    """The text of a result that has one text block."""
    (block,) = result["content"]
    assert block["type"] == "text"
    return str(block["text"])


def make_context(user: Any = None, *, http_request: HttpRequest | None = None, version: str = "2025-06-18") -> Context:
    """The context of a call by this user, by nobody where there is none."""
    identity = Identity(AnonymousUser(), None, None) if user is None else Identity(user, None, TokenAuthentication())
    return Context(
        _http_request=http_request if http_request is not None else RequestFactory().post("/mcp/"),
        identity=identity,
        revision=REVISIONS[version],
        sent_version=True,
    )


def routed(*viewsets: Any, prefix: str = "things", basename: str = "thing") -> tuple[Any, ...]:
    """URL patterns that route ViewSets, the second and following under names with a number."""
    router = SimpleRouter()
    for number, viewset in enumerate(viewsets):
        ending = str(number + 1) if number else ""
        router.register(f"{prefix}{ending}", viewset, basename=f"{basename}{ending}")
    return tuple(router.urls)


def endpoints_of(*patterns: Any, api_views: bool = False) -> list[Endpoint]:
    """The endpoints of a URLconf that has just these patterns."""
    return discover_endpoints(patterns, api_views=api_views)[0]


def endpoint_of(*patterns: Any) -> Endpoint:
    """The only endpoint of such a URLconf."""
    (endpoint,) = endpoints_of(*patterns)
    return endpoint


def catalog_of(*patterns: Any) -> ToolCatalog:
    """The catalog of a URLconf that has just these patterns."""
    return build_catalog(patterns)


def tools_of(*patterns: Any) -> dict[str, Tool]:
    """The tools of such a URLconf, by the action that each calls."""
    return {tool.endpoint.action: tool for tool in catalog_of(*patterns).tools}


def mcp_urls() -> list[Any]:
    """The endpoint where the demo has it."""
    return [path("mcp/", include("drf_mcp.urls"))]
