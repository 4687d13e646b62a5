"""The whole wire as a state machine: what one answer gave, such as a cursor or a state, a later request brings back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.cache import cache
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import rule

from .endpoint import Endpoint
from .messages import HANDSHAKE, METHODS, STATELESS, ids, junk, requests, with_meta
from .oracle import Finding, Reply, Sent
from .schemas import valid
from .sessions import SessionRules

VERSIONS = st.sampled_from([*HANDSHAKE, STATELESS, STATELESS, STATELESS])
ANSWERS = [
    *[{"first": {"action": "accept", "content": {"name": "Ann"}}}, {"first": {"action": "decline"}}, {}, None, []],
    *[{"first": 1}, {"first": {"action": "accept", "content": None}}, {"first": {"action": "accept"}}],
]


def _one_of(values: list[str], which: int) -> str:
    return values[which % len(values)] if values else "none yet"


def _found(key: str, answers: list[dict[str, Any]]) -> list[str]:
    results = [answer.get("result") for answer in answers]
    return [result[key] for result in results if isinstance(result, dict) and isinstance(result.get(key), str)]


class Wire(SessionRules):
    """What is drawn never depends on an answer, or Hypothesis could not draw it again: there are no bundles."""

    endpoint: Endpoint

    def __init__(self) -> None:
        super().__init__()
        self.cursors: list[str] = []
        self.states: list[str] = []
        self.within = transaction.atomic()
        self.within.__enter__()
        self.callers = self.endpoint.callers
        cache.clear()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.within.__exit__(None, None, None)

    def exchange(self, sent: Sent) -> tuple[Reply, list[dict[str, Any]]]:
        sent = replace(sent, has_threads=True)
        try:
            answers = self.endpoint.send(sent)
        except Finding as finding:
            raise Finding(f"{finding}\nsent {sent!r}") from None
        return self.endpoint.reply, answers

    def send(self, data: Any, method: Any, params: Any, version: str, **members: Any) -> list[dict[str, Any]]:
        params = with_meta(params, version) if isinstance(params, dict) else params
        message = {"jsonrpc": "2.0", "id": data.draw(ids, "id"), "method": method, "params": params, **members}
        sent = data.draw(requests(message, version, self.endpoint.token), "sent")
        try:
            return self.endpoint.send(sent)
        except Finding as finding:
            raise Finding(f"{finding}\nsent {sent!r}") from None

    @rule(data=st.data(), version=VERSIONS, which=st.integers(0, 9), how=st.integers(0, 2))
    def list_page(self, data: Any, version: str, which: int, how: int) -> None:
        lists = ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "list_tools"]
        cursor = _one_of(self.cursors, which) if how == 0 else data.draw(junk) if how == 1 else None
        params = {} if how == 2 else {"cursor": cursor}
        answers = self.send(data, data.draw(st.sampled_from(lists)), params, version)
        self.cursors += _found("nextCursor", answers)

    @rule(data=st.data(), version=VERSIONS)
    def call(self, data: Any, version: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.endpoint.tools)))
        arguments = data.draw(valid(self.endpoint.tools[name]["inputSchema"]))
        method = data.draw(st.sampled_from(["tools/call", "tools/call", "call_tool"]))
        self.send(data, method, {"name": name, "arguments": arguments}, version)

    @rule(data=st.data(), which=st.integers(0, 9), how=st.integers(0, 3), answers=st.sampled_from(ANSWERS))
    def ask(self, data: Any, which: int, how: int, answers: Any) -> None:
        state = data.draw(junk) if how == 0 else None if how == 1 else _one_of(self.states, which)
        params = {"name": data.draw(st.sampled_from(["ask_twice", "ask_twice", "report"])), "arguments": {}}
        params |= {"inputResponses": answers, "requestState": state}
        self.states += _found("requestState", self.send(data, "tools/call", params, STATELESS))

    @rule(data=st.data(), version=VERSIONS, how=st.integers(0, 3))
    def read(self, data: Any, version: str, how: int) -> None:
        uri = data.draw(st.sampled_from(self.endpoint.uris))
        value = data.draw(st.sampled_from(["1", "relaunch", "999", "%00", "%2e%2e", "é", "a/b", "%ff"]) | st.text())
        for variable in ("{id}", "{slug}", "{project_slug}"):
            uri = uri.replace(variable, value) if how else uri
        uri += data.draw(st.sampled_from(["", "", "?page=2", "?page=x&page=1", "?search=%00", "#file", "?", "?a=b"]))
        methods = ["resources/read", "resources/read", "resources/subscribe", "resources/unsubscribe"]
        self.send(data, data.draw(st.sampled_from(methods)), {"uri": uri}, version)

    @rule(data=st.data(), version=VERSIONS)
    def complete(self, data: Any, version: str) -> None:
        prompt = {"type": "ref/prompt", "name": data.draw(st.sampled_from(["project_report", "plan_day", "x"]))}
        template = {"type": "ref/resource", "uri": data.draw(st.sampled_from(self.endpoint.uris))}
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
        sent = data.draw(requests(entries, "2025-03-26", self.endpoint.token))
        try:
            self.endpoint.send(sent)
        except Finding as finding:
            raise Finding(f"{finding}\nsent {sent!r}") from None


def machine_for(endpoint: Endpoint) -> type[Wire]:
    """The machine for an endpoint of the demo, which has to be open."""
    return type("Wire", (Wire,), {"endpoint": endpoint})
