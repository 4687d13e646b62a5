"""The callers: what each of them asks, and what they remember of it to be compared with the database."""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from .client import BrokenError, Connection
from .project.fill import name_of, token_of

HANDSHAKE, STATELESS = "2025-11-25", "2026-07-28"
META = "io.modelcontextprotocol/"
ITEMS = "project_item"

MIX = {
    "retrieve": 20,
    "list": 15,
    "create": 20,
    "update": 10,
    "invalid": 8,
    "crash": 4,
    "refuse": 4,
    "work": 10,
    "abandoned": 2,
    "tools": 7,
}
"""Of a hundred calls, how many are of each kind."""

COMPARED = {"retrieve": 40, "list": 20, "create": 25, "invalid": 15}
"""The same, of what REST has as well."""


HEARD_WITHIN = 10
"""How many seconds after the last update listeners may still hear of what was acknowledged."""


@dataclass
class Update:
    """One update of an item.

    Args:
        uri: The item's.
        began: When it was asked for.
        acknowledged: When the server said that it was done, None where it did not.
    """

    uri: str
    began: float
    acknowledged: float | None = None


@dataclass
class Ledger:
    """What the callers know.

    Args:
        acknowledged: The keys of what was made, as the server said.
        refused: The keys of what was not, as the server said.
        unknown: The keys of calls without an answer.
        calls: How many calls of a tool there were, by caller, tool and outcome.
        wrong: What no answer should have been.
        times: The seconds that each kind took, by side.
        updates: All updates.
        watched: Since when somebody listens to an item, by its URI; each is its owner's alone.
        heard: When its listener heard of it.
    """

    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    calls: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    times: dict = field(default_factory=lambda: defaultdict(list))
    updates: list[Update] = field(default_factory=list)
    watched: dict[str, float] = field(default_factory=dict)
    heard: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def watched_updates(self) -> list[Update]:
        """The updates that somebody was listening for when they were asked for."""
        return [update for update in self.updates if update.began >= self.watched.get(update.uri, float("inf"))]

    def delays(self) -> dict[str, list[float | None]]:
        """By item, how many seconds after each of its acknowledged updates its listener heard of it or of a later one.

        None where it never did. One notification may tell of several updates, and come before the answer does.
        """
        found: dict[str, list[float | None]] = defaultdict(list)
        for update in self.watched_updates():
            if update.acknowledged is not None:
                heard = next((at for at in self.heard[update.uri] if at >= update.began), None)
                found[update.uri].append(None if heard is None else max(0.0, heard - update.acknowledged))
        return found


class Caller:
    """One user with a connection.

    Args:
        number: Which one.
        port: Where the server listens.
        ledger: Where all callers write down what they know.
    """

    def __init__(self, number: int, port: int, ledger: Ledger) -> None:
        self.name, self.ledger = name_of(number), ledger
        self.lot, self.serial = random.Random(number), 0
        self.connection, self.ear = Connection(port), Connection(port)
        # Half of the callers speak one revision, half the other.
        self.version = STATELESS if number % 2 else HANDSHAKE
        self.own = list(range(number * 10 + 1, number * 10 + 11))
        common = f"Host: 127.0.0.1\r\nAuthorization: Token {token_of(number)}\r\nContent-Type: application/json\r\n"
        self.rest_head = f"{common}Accept: application/json\r\n"
        self.mcp_head = f"POST /mcp/ HTTP/1.1\r\n{common}Accept: application/json, text/event-stream\r\n"

    def next_key(self) -> str:
        """A key that nobody has used."""
        self.serial += 1
        return f"{self.name}-{self.serial}-{self.lot.randrange(10**6)}"

    async def run(self, until: float, mix: dict[str, int], side: str = "mcp") -> None:
        """Ask one thing after another until a time of the clock."""
        kinds, weights = list(mix), list(mix.values())
        while time.monotonic() < until:
            (kind,) = self.lot.choices(kinds, weights)
            began = time.perf_counter()
            try:
                await (self.by_rest(kind) if side == "rest" else self.by_mcp(kind))
            except BrokenError as error:
                self.ledger.wrong.append(f"{side} {kind}: {error}")
            self.ledger.times[side, kind].append(time.perf_counter() - began)

    def close(self) -> None:
        """Close all connections."""
        self.connection.close()
        self.ear.close()

    def expect(self, is_right: bool, what: str, answer: object) -> None:
        """Write down an answer that is not the right one."""
        if not is_right:
            self.ledger.wrong.append(f"{self.name} {what}: {str(answer)[:300]}")

    # What is asked, on both sides

    def arguments_of(self, kind: str, key: str) -> dict:
        """What a kind of call carries."""
        if kind in ("retrieve", "update"):
            return {"id": str(self.lot.choice(self.own)), **({"number": self.serial} if kind == "update" else {})}
        if kind in ("list", "tools"):
            return {}
        return {"key": key, "text": "What the item is about. " * 8, "number": "none" if kind == "invalid" else 7}

    def is_own(self, data: object, key: str, arguments: dict) -> bool:
        """Whether an answer has what this caller asked for, and nobody else's."""
        if not isinstance(data, dict):
            return False
        if "results" in data:
            return all(item["owner"] == self.name for item in data["results"]) and len(data["results"]) >= 10
        if "id" in arguments:
            return data["owner"] == self.name and data["id"] == int(arguments["id"])
        return data["owner"] == self.name and data["key"] == key

    def keep(self, kind: str, key: str, fate: list[str]) -> None:
        """Remember what is to be found, or not, in the database."""
        if kind not in ("retrieve", "list", "update", "tools"):
            fate.append(key)

    # REST

    async def by_rest(self, kind: str) -> None:
        """Ask REST."""
        key = self.next_key()
        arguments = self.arguments_of(kind, key)
        is_read = kind in ("retrieve", "list")
        path = f"/api/items/{arguments['id']}/" if kind == "retrieve" else "/api/items/"
        head = f"{'GET' if is_read else 'POST'} {path} HTTP/1.1\r\n{self.rest_head}".encode()
        try:
            status, body = await self.connection.send(head, b"" if is_read else json.dumps(arguments).encode())
        except BrokenError:
            self.keep(kind, key, self.ledger.unknown)
            raise
        data = json.loads(body)
        if kind == "invalid":
            self.expect(status == 400 and "number" in data, kind, body)
            self.keep(kind, key, self.ledger.refused)
        else:
            self.expect(status < 300 and self.is_own(data, key, arguments), kind, body)
            self.keep(kind, key, self.ledger.acknowledged)

    # MCP

    def message(self, method: str, params: dict, **meta: object) -> tuple[bytes, bytes]:
        """A request of this caller's revision: what comes before the body, and the body."""
        self.serial += 1
        head = f"{self.mcp_head}MCP-Protocol-Version: {self.version}\r\n"
        if self.version == STATELESS:
            meta |= {f"{META}protocolVersion": self.version, f"{META}clientCapabilities": {}}
            head += f"Mcp-Method: {method}\r\n" + (f"Mcp-Name: {params['name']}\r\n" if "name" in params else "")
        params = {**params, "_meta": meta} if meta else params
        message = {"jsonrpc": "2.0", "id": f"{self.name}/{self.serial}", "method": method, "params": params}
        return head.encode(), json.dumps(message).encode()

    async def by_mcp(self, kind: str) -> None:
        """Ask MCP."""
        key = self.next_key()
        arguments = self.arguments_of(kind, key)
        if kind in ("work", "abandoned"):
            await self.follow_work(kind, key, arguments)
            return
        if kind == "tools":
            head, body = self.message("tools/list", {})
        else:
            tool = f"{'create' if kind == 'invalid' else kind}_{ITEMS}"
            head, body = self.message("tools/call", {"name": tool, "arguments": arguments})
        asked = f"{self.name}/{self.serial}"
        update = Update(uri_of(arguments["id"]), time.monotonic()) if kind == "update" else None
        if update is not None:
            self.ledger.updates.append(update)
        try:
            _, content = await self.connection.send(head, body)
        except BrokenError:
            self.keep(kind, key, self.ledger.unknown)
            raise
        answer = json.loads(content)
        self.expect(answer.get("id") == asked, f"{kind}, asked as {asked}", content)
        if kind == "tools":
            self.expect(len(answer["result"]["tools"]) == 8, kind, content)
        else:
            self.judge(kind, tool, key, arguments, answer)
        if update is not None and answer.get("result", {}).get("isError") is False:
            update.acknowledged = time.monotonic()

    def judge(self, kind: str, tool: str, key: str, arguments: dict, answer: dict) -> None:
        """Hold an answer to what the call should have come to."""
        error, result = answer.get("error", {}), answer.get("result", {})
        if kind in ("invalid", "crash"):
            self.expect(error.get("code") == (-32602 if kind == "invalid" else -32603), kind, answer)
            outcome = "error"
        elif kind == "refuse":
            self.expect(result.get("isError") and result["structuredContent"]["status"] == 403, kind, answer)
            outcome = "refused"
        else:
            is_right = result.get("isError") is False and self.is_own(result["structuredContent"], key, arguments)
            self.expect(is_right, kind, answer)
            outcome = "ok"
        self.keep(kind, key, self.ledger.acknowledged if outcome == "ok" else self.ledger.refused)
        self.ledger.calls[self.name, tool, outcome] += 1

    async def follow_work(self, kind: str, key: str, arguments: dict) -> None:
        """Call what reports, and read its stream to the end or, where it is abandoned, to its first event."""
        tool = f"work_{ITEMS}"
        head, body = self.message("tools/call", {"name": tool, "arguments": arguments}, progressToken=key)
        asked, steps, is_over = f"{self.name}/{self.serial}", 0, False
        async with contextlib.aclosing(self.connection.stream(head, body)) as events:
            async for event in events:
                message = json.loads(event)
                if "id" in message:
                    self.expect(message["id"] == asked and steps == 3, f"{kind}, after {steps} steps", message)
                    self.judge(kind, tool, key, arguments, message)
                    is_over = True
                    continue
                steps += 1
                self.expect(message["params"]["message"] == key, kind, message)
                if kind == "abandoned":
                    self.connection.close()
                    self.ledger.unknown.append(key)
                    self.ledger.calls[self.name, tool, "?"] += 1
                    return
        self.expect(is_over, f"{kind}, whose stream has no answer", key)

    async def listen(self, opened: asyncio.Event) -> None:
        """Hear of what changes of the caller's own items, until it is cancelled. It takes a stateless revision.

        Args:
            opened: Is set once the server has said that it will tell, or that it will not.
        """
        uris = [uri_of(pk) for pk in self.own]
        head, body = self.message("subscriptions/listen", {"notifications": {"resourceSubscriptions": uris}})
        own, granted = f"{self.name}/{self.serial}", None
        try:
            async for event in self.ear.stream(head, body):
                message = json.loads(event)
                params = message.get("params", {})
                self.expect(params.get("_meta", {}).get(f"{META}subscriptionId") == own, "listen", message)
                if granted is None:
                    granted = params.get("notifications", {}).get("resourceSubscriptions")
                    self.expect(granted == uris, "listen", message)
                    self.ledger.watched |= dict.fromkeys(uris, time.monotonic())
                    opened.set()
                    continue
                is_update = message.get("method") == "notifications/resources/updated"
                self.expect(is_update and params.get("uri") in uris, "listen", message)
                self.ledger.heard[params.get("uri")].append(time.monotonic())
            self.ledger.wrong.append(f"{self.name} listen: the stream ended")
        except BrokenError as error:
            self.ledger.wrong.append(f"{self.name} listen: {error}")
        finally:
            opened.set()


def uri_of(pk: object) -> str:
    """An item's."""
    return f"drf:///api/items/{pk}/"


async def all_heard(ledger: Ledger) -> None:
    """Wait until the listeners have heard of everything, or should have."""
    for _ in range(HEARD_WITHIN * 10):
        if not any(None in delays for delays in ledger.delays().values()):
            return
        await asyncio.sleep(0.1)


async def run_all(callers: list[Caller], seconds: float, mix: dict[str, int], side: str = "mcp", listeners: int = 0):
    """Let all callers ask at once.

    Args:
        callers: Who asks.
        seconds: For how long; what was begun is waited for.
        mix: What is asked, with weights.
        side: ``mcp`` or ``rest``.
        listeners: How many of those that can listen do so beside it, from before the first question until they have
            heard of every update, or should have.

    Returns:
        The seconds that it took.
    """
    able = [(caller, asyncio.Event()) for caller in callers if caller.version == STATELESS][:listeners]
    ears = [asyncio.ensure_future(caller.listen(opened)) for caller, opened in able]
    await asyncio.gather(*(opened.wait() for _, opened in able))
    began = time.monotonic()
    await asyncio.gather(*(caller.run(began + seconds, mix, side) for caller in callers))
    took = time.monotonic() - began
    if able:
        await all_heard(callers[0].ledger)
        await asyncio.sleep(1)
        # Once more in quiet, where nothing that was told of something else can stand in for it.
        await asyncio.gather(*(caller.by_mcp("update") for caller, _ in able))
        await all_heard(callers[0].ledger)
    for ear in ears:
        ear.cancel()
    await asyncio.gather(*ears, return_exceptions=True)
    for caller in callers:
        caller.close()
    return took
