"""One caller, by REST and by MCP, and the comparison of what it gets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

NOTHING = object()


@dataclass
class Answer:
    """The HTTP answer of the MCP endpoint to one message."""

    status_code: int
    payload: dict[str, Any]
    headers: Any = field(repr=False)

    @property
    def result(self) -> dict[str, Any]:
        assert "result" in self.payload, self.payload
        return self.payload["result"]

    @property
    def error(self) -> dict[str, Any]:
        assert "error" in self.payload, self.payload
        return self.payload["error"]

    @property
    def is_refused(self) -> bool:
        return bool(self.result.get("isError"))

    @property
    def structured(self) -> Any:
        return self.result.get("structuredContent")

    @property
    def text(self) -> str:
        return "\n".join(block.get("text", "") for block in self.result["content"])

    @property
    def status(self) -> int:
        """The HTTP status that REST has for it; 200 stands for every success."""
        if self.status_code == 401:
            return 401
        if "error" in self.payload:
            return {-32602: 400, -32603: 500}.get(self.error["code"], self.error["code"])
        return self.structured["status"] if self.is_refused else 200

    @property
    def data(self) -> Any:
        """The REST answer, out of its envelope."""
        assert not self.is_refused, self.payload
        structured = self.structured
        if isinstance(structured, dict) and list(structured) == ["result"]:
            return structured["result"]
        return structured


class MCP:
    """A client of the MCP endpoint."""

    def __init__(self, token: str | None = None, **headers: str) -> None:
        self.headers = {"HTTP_MCP_PROTOCOL_VERSION": "2025-06-18", **headers}
        if token:
            self.headers["HTTP_AUTHORIZATION"] = f"Token {token}"

    @cached_property
    def client(self) -> Client:
        return Client(raise_request_exception=False)

    def post(self, method: str, params: Any = None, **headers: str) -> Answer:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        response = self.client.post(
            "/mcp/", json.dumps(message), content_type="application/json", **{**self.headers, **headers}
        )
        assert response["Content-Type"] == "application/json", response.content[:200]
        return Answer(response.status_code, response.json(), response.headers)

    def call(self, name: str, arguments: dict[str, Any] | None = None, **headers: str) -> Answer:
        return self.post("tools/call", {"name": name, "arguments": arguments or {}}, **headers)

    def tools(self, **headers: str) -> dict[str, dict[str, Any]]:
        listed = self.post("tools/list", **headers).result["tools"]
        names = [tool["name"] for tool in listed]
        assert len(names) == len(set(names)), f"names are not unique: {sorted(names)}"
        return {tool["name"]: tool for tool in listed}

    def tool(self, name: str, **headers: str) -> dict[str, Any]:
        tools = self.tools(**headers)
        assert name in tools, f"{name} is not among {sorted(tools)}"
        return tools[name]

    def properties(self, name: str) -> dict[str, Any]:
        return self.tool(name)["inputSchema"]["properties"]

    def required(self, name: str) -> set[str]:
        return set(self.tool(name)["inputSchema"].get("required", ()))


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of the shop, without the keys that the database gave."""
    found = {}
    for model in apps.get_app_config("shop").get_models():
        if model._meta.managed:
            manager = getattr(model, "everywhere", model._base_manager)
            drop = model._meta.pk.name if model._meta.pk.name == "id" else ""
            found[model.__name__] = sorted(
                ({k: v for k, v in row.items() if k not in (drop, "token")} for row in manager.values()), key=repr
            )
    return found


def messages(errors: Any) -> Any:
    """DRF's error data without codes, from what MCP says."""
    if isinstance(errors, dict):
        if set(errors) == {"message", "code"}:
            return errors["message"]
        return {key: messages(value) for key, value in errors.items()}
    return [messages(value) for value in errors] if isinstance(errors, list) else errors


class Both:
    """One user's REST client and MCP client."""

    def __init__(self, user: Any = None, token: str | None = None) -> None:
        self.user = user
        self.token = token
        self.rest = APIClient(raise_request_exception=False)
        if token:
            self.rest.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        self.mcp = MCP(token)

    def compare(
        self,
        verb: str,
        path: str,
        tool: str,
        arguments: dict[str, Any] | None = None,
        data: Any = NOTHING,
        **rest: Any,
    ) -> Answer:
        """Make the REST call, take it back, make the tool call; both must have done and said the same.

        Returns the tool's answer, for tests that want to know more.
        """
        if data is not NOTHING:
            rest = {"data": data, "format": "json", **rest}
        with transaction.atomic():
            response = getattr(self.rest, verb)(path, **rest)
            if response.status_code == 404 and not response.get("Content-Type", "").startswith("application/json"):
                raise AssertionError(f"{path} is not routed")
            rest_rows = rows()
            transaction.set_rollback(True)
        answer = self.mcp.call(tool, arguments)
        assert_same(response, answer)
        assert rows() == rest_rows
        return answer


def assert_same(response: Any, answer: Answer) -> None:
    """The same status class, and the same data or errors."""
    status = response.status_code
    shown = (status, getattr(response, "data", None), answer.payload)
    if status < 300:
        assert answer.status == 200, shown
        if response.content and "json" in response["Content-Type"]:
            expected = response.json()
            got = answer.data
            if status == 201 and isinstance(expected, dict):
                expected, got = ({k: v for k, v in d.items() if k not in ("id", "url")} for d in (expected, got))
            assert got == expected, shown
    elif status == 400:
        assert answer.error["code"] == -32602, shown
        assert messages(answer.error["data"]["errors"]) == response.json(), shown
    elif status >= 500:
        assert answer.error["code"] == -32603, shown
        assert answer.error["data"]["error_id"], shown
        assert answer.error["message"] == "Internal error", shown
    else:
        assert answer.status == status, shown
        if status != 401 and "json" in response.get("Content-Type", ""):
            detail = response.json()
            detail = detail.get("detail", detail) if isinstance(detail, dict) else detail
            if isinstance(detail, str):
                assert answer.structured["detail"] == detail, shown
