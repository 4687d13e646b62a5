"""Sessions as a state machine: what they give out, such as ids, questions and events, later requests bring back."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from .messages import HANDSHAKE, METHODS, encoded, headers_for, ids, junk, requests
from .oracle import Finding, Reply, Sent

CALLS = {"tools/call", "call_tool"}
QUIET = sorted({*METHODS} - CALLS - {"initialize", "notifications/initialized", "notifications/cancelled", ""})
HOW = st.sampled_from(["own", "own", "own", "foreign", "ended", "mutated"])
WHICH = st.integers(0, 9)
REPLIES = [
    *[{"result": {"action": "accept", "content": {"name": "Ann"}}}] * 3,
    *[{"result": {"action": "decline"}}, {"result": None}, {"result": []}, {"error": {"code": -1, "message": "No."}}],
    *[{"result": {"action": "accept", "content": {"name": "x" * 21}}}, {"result": {"action": 1}}, {"error": None}],
]


class SessionRules(RuleBasedStateMachine):
    """What is drawn never depends on an answer, as in ``Wire``.

    Whether a session is the caller's own decides what has to come: who names one that is somebody else's, has ended or
    never was gets a 404 and nothing else.
    """

    callers: list[str]
    """The ``Authorization`` of each caller, empty for nobody."""
    speaks = False
    """Whether calls may speak while they run, which takes threads that see the same database."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: list[tuple[str, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.events: list[tuple[tuple[str, str], str]] = []
        self.questions: list[tuple[tuple[str, str], str, str]] = []
        self.finished: set[str] = set()

    def exchange(self, sent: Sent) -> tuple[Reply, list[dict[str, Any]]]:
        """Send a request, and hold the answer to the oracle."""
        raise NotImplementedError

    def named(self, which: int, how: str) -> tuple[str, str, bool]:
        """A session, who names it, and whether that is its owner and it is there."""
        known = self.ended if how == "ended" else self.sessions
        if not known:
            return "0" * 32, self.callers[0], False
        session, caller = known[which % len(known)]
        if how == "foreign":
            caller = self.callers[(self.callers.index(caller) + 1 + which % 2) % len(self.callers)]
        return session[::-1] if how == "mutated" else session, caller, how == "own"

    def say(self, message: Any, version: str, session: str, caller: str, verb: str = "POST", **more: str) -> Any:
        """Send a message of a session without any fault."""
        headers = headers_for(message, version) | more
        headers |= {"HTTP_MCP_SESSION_ID": session} if session else {}
        headers |= {"HTTP_AUTHORIZATION": caller} if caller else {}
        return self.exchange(Sent(encoded(message) if verb == "POST" else b"", headers, verb))

    def expect(self, reply: Reply, *statuses: int) -> None:
        if reply.status not in statuses:
            raise Finding(f"{reply.status} is none of {statuses}: {reply.body[:600]!r}")

    @initialize(version=st.sampled_from(HANDSHAKE))
    def open_first(self, version: str) -> None:
        self.open_session(version, 0)

    @rule(version=st.sampled_from(HANDSHAKE), which=WHICH)
    def open_session(self, version: str, which: int) -> None:
        caller = self.callers[which % len(self.callers)]
        params = {"protocolVersion": version, "capabilities": {"elicitation": {}}, "clientInfo": {"name": "x"}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
        reply, _ = self.say(message, version, "", caller)
        self.expect(reply, 200)
        if not reply.session or reply.session in {session for session, _ in [*self.sessions, *self.ended]}:
            raise Finding(f"no session of its own: {reply.headers!r}")
        self.sessions.append((reply.session, caller))

    @rule(data=st.data(), version=st.sampled_from(HANDSHAKE), which=WHICH, how=HOW, method=st.sampled_from(QUIET))
    def ask_in_session(self, data: Any, version: str, which: int, how: str, method: str) -> None:
        session, caller, is_there = self.named(which, how)
        params = data.draw(st.dictionaries(st.sampled_from(["level", "uri", "cursor", "name"]), junk, max_size=2))
        message = {"jsonrpc": "2.0", "id": data.draw(ids), "method": method, "params": params}
        if data.draw(st.booleans()):
            reply, _ = self.say({**message, "params": {}}, version, session, caller)
            self.expect(reply, 200 if is_there else 404)
        else:
            sent = data.draw(requests(message, version, self.callers[0].partition(" ")[2]))
            headers = {"HTTP_MCP_SESSION_ID": session, **sent.headers}
            reply, _ = self.exchange(Sent(sent.body, headers, sent.verb, sent.path))
            if reply.status == 204:  # one fault is to DELETE instead
                self.forget(session)

    @rule(data=st.data(), version=st.sampled_from(HANDSHAKE), which=WHICH, how=HOW, answer=st.sampled_from(REPLIES))
    def reply(self, data: Any, version: str, which: int, how: str, answer: dict[str, Any]) -> None:
        """Answer a question, or what nobody has asked."""
        session, caller, is_there = self.named(which, how)
        asked = data.draw(st.just("0" * 32) | junk.filter(lambda name: isinstance(name, (str, int)) and name == name))
        event = ""
        if self.questions and which < 7:
            (session, caller), asked, event = self.questions[which % len(self.questions)]
            is_there = (session, caller) in self.sessions
            if how == "foreign":  # a question of another session
                session, caller, is_there = self.named(which + 1, "own")
        reply, _ = self.say({"jsonrpc": "2.0", "id": asked, **answer}, version, session, caller)
        is_message = type(asked) is int or (type(asked) is str and asked.isprintable())
        self.expect(reply, *((202 if is_there else 404,) if is_message else (202, 400, 404)))
        if event and is_there and how == "own":
            self.go_on((session, caller), event, version)

    @rule(data=st.data(), version=st.sampled_from(HANDSHAKE), which=WHICH, how=HOW)
    def take_back(self, data: Any, version: str, which: int, how: str) -> None:
        session, caller, is_there = self.named(which, how)
        params = {"requestId": data.draw(ids)}
        message = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}
        reply, _ = self.say(message, version, session, caller)
        self.expect(reply, 202 if is_there else 404)

    @rule(data=st.data(), version=st.sampled_from(HANDSHAKE), which=WHICH, how=HOW)
    def resume(self, data: Any, version: str, which: int, how: str) -> None:
        session, caller, is_there = self.named(which, how)
        event = data.draw(st.sampled_from(["x", "0" * 16 + ".1", "c" + "0" * 15 + ".0", ".", "é.1"]))
        reply, _ = self.say(None, version, session, caller, "GET", HTTP_LAST_EVENT_ID=event)
        self.expect(reply, 400 if is_there else 404)

    @rule(version=st.sampled_from(HANDSHAKE), which=WHICH, how=HOW)
    def listen(self, version: str, which: int, how: str) -> None:
        session, caller, is_there = self.named(which, how)
        reply, _ = self.say(None, version, session, caller, "GET")
        self.expect(reply, 405, *((200, 429) if is_there else (404,)))
        if reply.status == 200:
            self.keep((session, caller), reply)

    @precondition(lambda self: self.events)
    @rule(version=st.sampled_from(HANDSHAKE), which=st.integers(0, 99), how=HOW, change=st.integers(-3, 2))
    def resume_what_was(self, version: str, which: int, how: str, change: int) -> None:
        """Ask for what followed an event, or one a bit further on or back, as its client or another session."""
        (session, caller), event = self.events[which % len(self.events)]
        name, _, place = event.partition(".")
        event = f"{name}.{max(0, int(place) + change)}"
        if how == "own":
            self.go_on((session, caller), event, version)
        elif how != "ended":
            session, caller, _ = self.named(which, how)
            reply, _ = self.say(None, version, session, caller, "GET", HTTP_LAST_EVENT_ID=event)
            self.expect(reply, 200, 400, 404)

    def go_on(self, session: tuple[str, str], event: str, version: str) -> None:
        reply, _ = self.say(None, version, *session, "GET", HTTP_LAST_EVENT_ID=event)
        self.expect(reply, *((200, 400) if session in self.sessions else (404,)))
        if reply.is_open and event.partition(".")[0] in self.finished:
            reply, _ = self.say(None, version, *session, "GET", HTTP_LAST_EVENT_ID=event)
        if reply.is_open and event.partition(".")[0] in self.finished:
            raise Finding(f"the stream after {event} has ended, and stays open")
        self.keep(session, reply)

    @precondition(lambda self: self.speaks)
    @rule(data=st.data(), version=st.sampled_from(HANDSHAKE), which=WHICH, how=HOW)
    def call(self, data: Any, version: str, which: int, how: str) -> None:
        """Call what reports or asks; a stream is left where it asks."""
        session, caller, is_there = self.named(which, how)
        params = {"name": data.draw(st.sampled_from(["report", "ask_twice", "ask_twice"])), "arguments": {}}
        message = {"jsonrpc": "2.0", "id": data.draw(ids), "method": "tools/call", "params": params}
        message["params"]["_meta"] = {"progressToken": 1}
        reply, _ = self.say(message, version, session, caller)
        self.expect(reply, *((200, 429) if is_there else (404,)))
        if is_there and reply.status == 200:
            self.keep((session, caller), reply)

    @rule(version=st.sampled_from(HANDSHAKE), which=WHICH, how=HOW)
    def end(self, version: str, which: int, how: str) -> None:
        session, caller, is_there = self.named(which, how)
        reply, _ = self.say(None, version, session, caller, "DELETE")
        self.expect(reply, 204 if is_there else 404)
        if is_there:
            self.forget(session)

    def forget(self, session: str) -> None:
        """Take note of the end of a session."""
        for known in [known for known in self.sessions if known[0] == session]:
            self.sessions.remove(known)
            self.ended.append(known)

    def keep(self, session: tuple[str, str], reply: Reply) -> None:
        """Keep the events and the questions of a stream."""
        for event in reply.body.split(b"\n\n"):
            lines = dict(line.split(b": ", 1) for line in event.split(b"\n") if b": " in line[1:])
            if (name := lines.get(b"id", b"").decode()) and (session, name) not in self.events:
                self.events.append((session, name))
            message = json.loads(lines.get(b"data") or b"{}")
            if "method" in message and "id" in message:
                self.questions.append((session, message["id"], name))
            elif "id" in message and name:
                self.finished.add(name.partition(".")[0])
