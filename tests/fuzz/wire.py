"""The whole wire as a state machine: what one answer gave, such as a cursor or a state, the next request brings back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule

from .endpoint import Endpoint
from .messages import HANDSHAKE, METHODS, STATELESS, ids, junk, requests, with_meta
from .oracle import Finding
from .schemas import valid

VERSIONS = st.sampled_from([*HANDSHAKE, STATELESS, STATELESS, STATELESS])
ANSWERS = [
    *[{"first": {"action": "accept", "content": {"name": "Ann"}}}, {"first": {"action": "decline"}}, {}, None, []],
    *[{"first": 1}, {"first": {"action": "accept", "content": None}}, {"first": {"action": "accept"}}],
]


def machine_for(endpoint: Endpoint) -> type[RuleBasedStateMachine]:
    """A state machine that sends to an endpoint, which has to be open.

    Args:
        endpoint: Of the demo.
    """
    names = sorted(endpoint.tools)

    class Wire(RuleBasedStateMachine):
        cursors = Bundle("cursors")
        states = Bundle("states")

        def __init__(self) -> None:
            super().__init__()
            self.within = transaction.atomic()
            self.within.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.within.__exit__(None, None, None)

        def send(self, data: Any, method: Any, params: Any, version: str, **members: Any) -> list[dict[str, Any]]:
            params = with_meta(params, version) if isinstance(params, dict) else params
            message = {"jsonrpc": "2.0", "id": data.draw(ids, "id"), "method": method, "params": params, **members}
            sent = data.draw(requests(message, version, endpoint.token), "sent")
            try:
                return endpoint.send(sent)
            except Finding as finding:
                raise Finding(f"{finding}\nsent {sent!r}") from None

        @rule(target=cursors, data=st.data(), version=VERSIONS, old=st.none() | cursors, how=st.integers(0, 2))
        def list_page(self, data: Any, version: str, old: Any, how: int) -> Any:
            lists = ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "list_tools"]
            cursor = old if how == 0 else data.draw(junk) if how == 1 else None
            params = {} if cursor is None else {"cursor": cursor}
            answers = self.send(data, data.draw(st.sampled_from(lists)), params, version)
            found = [answer["result"].get("nextCursor") for answer in answers if isinstance(answer.get("result"), dict)]
            return multiple(*filter(None, found))

        @rule(data=st.data(), version=VERSIONS, name=st.sampled_from(names))
        def call(self, data: Any, version: str, name: str) -> None:
            arguments = data.draw(valid(endpoint.tools[name]["inputSchema"]))
            method = data.draw(st.sampled_from(["tools/call", "tools/call", "call_tool"]))
            self.send(data, method, {"name": name, "arguments": arguments}, version)

        @rule(target=states, data=st.data(), state=st.none() | junk | states, answers=st.sampled_from(ANSWERS))
        def ask(self, data: Any, state: Any, answers: Any) -> Any:
            params = {"name": data.draw(st.sampled_from(["ask_twice", "ask_twice", "report"])), "arguments": {}}
            params |= {"inputResponses": answers, "requestState": state}
            replies = self.send(data, "tools/call", params, STATELESS)
            found = [r["result"].get("requestState") for r in replies if isinstance(r.get("result"), dict)]
            return multiple(*filter(None, found))

        @rule(data=st.data(), version=VERSIONS, uri=st.sampled_from(endpoint.uris), how=st.integers(0, 3))
        def read(self, data: Any, version: str, uri: str, how: int) -> None:
            value = data.draw(st.sampled_from(["1", "relaunch", "999", "%00", "%2e%2e", "é", "a/b", "%ff"]) | st.text())
            for variable in ("{id}", "{slug}", "{project_slug}"):
                uri = uri.replace(variable, value) if how else uri
            uri += data.draw(st.sampled_from(["", "", "?page=2", "?page=x&page=1", "?search=%00", "#file", "?", "?a=b"]))
            methods = ["resources/read", "resources/read", "resources/subscribe", "resources/unsubscribe"]
            self.send(data, data.draw(st.sampled_from(methods)), {"uri": uri}, version)

        @rule(data=st.data(), version=VERSIONS)
        def complete(self, data: Any, version: str) -> None:
            prompt = {"type": "ref/prompt", "name": data.draw(st.sampled_from(["project_report", "plan_day", "x"]))}
            template = {"type": "ref/resource", "uri": data.draw(st.sampled_from(endpoint.uris))}
            known = st.sampled_from(["project", "audience", "day", "id", "slug", "project_slug", "x"])
            argument = {"name": data.draw(known), "value": data.draw(st.text(max_size=5) | junk)}
            given = {"arguments": data.draw(st.dictionaries(known, st.sampled_from(["relaunch", "1", ""]) | junk))}
            params = {"ref": data.draw(st.sampled_from([prompt, template])), "argument": argument, "context": given}
            self.send(data, "completion/complete", params, version)

        @rule(data=st.data(), version=VERSIONS, name=st.sampled_from(["project_report", "plan_day", "x"]))
        def prompt(self, data: Any, version: str, name: str) -> None:
            keys = st.sampled_from(["project", "audience", "day"])
            values = st.sampled_from(["relaunch", "team", "Monday"]) | junk
            arguments = data.draw(st.dictionaries(keys, values, max_size=3))
            method = data.draw(st.sampled_from(["prompts/get", "get_prompt"]))
            self.send(data, method, {"name": name, "arguments": arguments}, version)

        @rule(data=st.data(), version=VERSIONS, method=st.sampled_from(METHODS) | junk)
        def anything(self, data: Any, version: str, method: Any) -> None:
            keys = st.sampled_from(["protocolVersion", "capabilities", "clientInfo", "level", "name", "uri", "requestId"])
            params = data.draw(st.dictionaries(keys, junk, max_size=3) | junk)
            self.send(data, method, params, version)

        @rule(data=st.data(), count=st.integers(1, 4))
        def batch(self, data: Any, count: int) -> None:
            entries = [
                {"jsonrpc": "2.0", "id": data.draw(ids), "method": data.draw(st.sampled_from(METHODS)), "params": {}}
                for _ in range(count)
            ]
            for entry in entries[: data.draw(st.integers(0, 2))]:
                del entry["id"]
            sent = data.draw(requests(entries, "2025-03-26", endpoint.token))
            try:
                endpoint.send(sent)
            except Finding as finding:
                raise Finding(f"{finding}\nsent {sent!r}") from None

    return Wire
