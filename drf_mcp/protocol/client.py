"""The other side: what a client says in a message and its headers, and what it makes of the answers.

Nothing here sends anything. A conversation is a generator that yields what is to be sent and is sent
what came back, so that one and the same runs in a function and in a coroutine.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .gate import NAMED_BY
from .headers import METHOD_KEY, NAME_KEY, PROTOCOL_VERSION_KEY, SESSION_KEY, encode_value
from .heard import Reading, Rendered, ResponseError, Result
from .revisions import CLIENT_CAPABILITIES_META, PROTOCOL_VERSION_META, REVISIONS

Mirrored = Callable[[Any], Mapping[tuple[str, ...], str]]
"""Finds which arguments of a tool are mirrored in headers, by the tool's name."""

LATEST = max(REVISIONS)
"""The newest revision."""

MAX_ROUNDS = 20
"""How often one call is answered what it asks."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client sends: one POST.

    Args:
        message: The JSON-RPC message.
        headers: Its own headers, named as in WSGI.
    """

    message: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Received:
    """What came back.

    Args:
        message: The JSON-RPC response, None where there was none.
        session_id: The session that was opened with it, None for none.
        status: What HTTP said with it.
    """

    message: Any
    session_id: str | None = None
    status: int = 200


Steps = Generator[Sent, Received, Any]


def headers_of(message: Any, mirrored: Mapping[tuple[str, ...], str]) -> dict[str, str]:
    """The headers that a message of a stateless revision has beside it; none for other messages.

    Args:
        message: Any JSON value.
        mirrored: Which of its arguments have a header of their own, as ``mirrored_params`` finds them.

    Returns:
        The headers, named as in WSGI.

    Spec: basic/transports/streamable-http#standard-request-headers
    """
    params = message.get("params") if isinstance(message, dict) else None
    meta = params.get("_meta") if isinstance(params, dict) else None
    version = meta.get(PROTOCOL_VERSION_META) if isinstance(meta, dict) else None
    if not isinstance(params, dict) or not isinstance(version, str):
        return {}
    method = str(message.get("method", ""))
    headers = {PROTOCOL_VERSION_KEY: encode_value(version), METHOD_KEY: encode_value(method)}
    if method in NAMED_BY:
        headers[NAME_KEY] = encode_value(str(params.get(NAMED_BY[method])))
    for path, name in mirrored.items():
        value: Any = params.get("arguments")
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            headers[f"HTTP_MCP_PARAM_{name.upper().replace('-', '_')}"] = encode_value(text)
    return headers


@dataclass(slots=True)
class Conversation:
    """One client's side of a connection.

    Args:
        version: The revision that it speaks.
        mirrored: Finds which arguments of a tool are mirrored in headers.
        answer: Answers what a tool asks: gets the method, such as ``elicitation/create``, and its params, and
            gives the result. None for a client that cannot be asked.
        name: How it introduces itself.
    """

    version: str
    mirrored: Mirrored
    answer: Callable[[str, dict[str, Any]], Any] | None = None
    name: str = "drf_mcp"
    _headers: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    @property
    def capabilities(self) -> dict[str, Any]:
        """What it declares that it can do."""
        return {} if self.answer is None else {"elicitation": {"form": {}}, "sampling": {}, "roots": {}}

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> Steps:
        """Send a request, after the handshake where the revision has one, and answer what it is asked.

        Args:
            method: The method's name on the wire.
            params: Its params, without ``_meta``.

        Returns:
            The result.

        Raises:
            ResponseError: The server answered with an error.
        """
        if REVISIONS[self.version].has_handshake and not self._headers:
            yield from self._shake_hands()
        answers: dict[str, Any] = {}
        for _ in range(MAX_ROUNDS):
            result = yield from self._send(method, {**(params or {}), **answers})
            if not isinstance(result, dict) or result.get("resultType") != "input_required" or self.answer is None:
                break
            asked = {
                name: self.answer(question["method"], question.get("params", {}))
                for name, question in result["inputRequests"].items()
            }
            answers = {"inputResponses": asked, "requestState": result["requestState"]}
        return result

    def list_all(self, method: str, key: str) -> Steps:
        """All pages of a list.

        Args:
            method: Such as ``tools/list``.
            key: Under which the result has its items.
        """
        items: list[Any] = []
        params: dict[str, Any] = {}
        while True:
            result = yield from self.request(method, params)
            items += result[key]
            if "nextCursor" not in result:
                return items
            params = {"cursor": result["nextCursor"]}

    def list_tools(self) -> Steps:
        """The definitions of the tools, by their names."""
        tools = yield from self.list_all("tools/list", "tools")
        return {tool["name"]: tool for tool in tools}

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> Steps:
        """Call a tool."""
        result = yield from self.request("tools/call", {"name": name, "arguments": dict(arguments)})
        return Result(result.get("content", []), result.get("structuredContent"), result.get("isError", False))

    def read_resource(self, uri: str) -> Steps:
        """Read a resource."""
        result = yield from self.request("resources/read", {"uri": uri})
        return Reading(result["contents"])

    def get_prompt(self, name: str, arguments: Mapping[str, Any]) -> Steps:
        """Fill in a prompt."""
        result = yield from self.request("prompts/get", {"name": name, "arguments": dict(arguments)})
        return Rendered(result["messages"], result.get("description", ""))

    def _shake_hands(self) -> Steps:
        self._headers[PROTOCOL_VERSION_KEY] = self.version
        client = {"name": self.name, "version": "1"}
        params = {"protocolVersion": self.version, "capabilities": self.capabilities, "clientInfo": client}
        try:
            yield from self._send("initialize", params)
        except ResponseError:
            self._headers.clear()
            raise
        yield Sent({"jsonrpc": "2.0", "method": "notifications/initialized"}, dict(self._headers))

    def _send(self, method: str, params: dict[str, Any]) -> Steps:
        self._count += 1
        message = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}
        mirrored: Mapping[tuple[str, ...], str] = {}
        if not REVISIONS[self.version].has_handshake:
            meta = {PROTOCOL_VERSION_META: self.version, CLIENT_CAPABILITIES_META: self.capabilities}
            params["_meta"] = {**meta, **params.get("_meta", {})}
            mirrored = self.mirrored(params.get("name")) if method == "tools/call" else {}
        received = yield Sent(message, {**self._headers, **headers_of(message, mirrored)})
        if received.session_id is not None:
            self._headers[SESSION_KEY] = received.session_id
        return result_of(received)


def result_of(received: Received) -> Any:
    """The result in a response.

    Raises:
        ResponseError: There is an error instead.
    """
    answer = received.message
    if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
        raise ResponseError(received.status, f"The endpoint answered HTTP {received.status} without a response.")
    if "error" in answer:
        error = answer["error"]
        raise ResponseError(error["code"], error["message"], error.get("data"))
    return answer["result"]


class Client(ABC):
    """A client whose methods wait for their answers; subclasses say how a message gets to the server.

    Args:
        conversation: What it says.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    @abstractmethod
    def exchange(self, sent: Sent) -> Received:
        """Send a message and give back what came."""

    def run(self, steps: Steps) -> Any:
        """Send what a conversation wants to be sent, until it has its result."""
        try:
            sent = next(steps)
            while True:
                sent = steps.send(self.exchange(sent))
        except StopIteration as end:
            return end.value

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Send a request of any method and give back its result, as it came.

        Args:
            method: The method's name on the wire, such as ``completion/complete``.
            params: Its params, without ``_meta``.

        Raises:
            ResponseError: The server answered with an error.
        """
        return self.run(self._conversation.request(method, params))

    def list_tools(self) -> dict[str, dict[str, Any]]:
        """The definitions of all tools, by their names."""
        tools: dict[str, dict[str, Any]] = self.run(self._conversation.list_tools())
        return tools

    def list_resources(self) -> list[dict[str, Any]]:
        """All resources."""
        return list(self.run(self._conversation.list_all("resources/list", "resources")))

    def list_resource_templates(self) -> list[dict[str, Any]]:
        """All resource templates."""
        return list(self.run(self._conversation.list_all("resources/templates/list", "resourceTemplates")))

    def list_prompts(self) -> list[dict[str, Any]]:
        """All prompts."""
        return list(self.run(self._conversation.list_all("prompts/list", "prompts")))

    def call_tool(self, name: str, /, **arguments: Any) -> Result:
        """Call a tool.

        Args:
            name: The tool's name.
            arguments: Its arguments.

        Returns:
            What it answered, also where it refused.

        Raises:
            ResponseError: The call itself was refused: no such tool, or arguments that do not fit.
        """
        result: Result = self.run(self._conversation.call_tool(name, arguments))
        return result

    def read_resource(self, uri: str) -> Reading:
        """Read a resource.

        Raises:
            ResponseError: There is none, or none for this caller.
        """
        reading: Reading = self.run(self._conversation.read_resource(uri))
        return reading

    def get_prompt(self, name: str, /, **arguments: str) -> Rendered:
        """Fill in a prompt.

        Raises:
            ResponseError: There is none, or its arguments do not fit.
        """
        rendered: Rendered = self.run(self._conversation.get_prompt(name, arguments))
        return rendered
