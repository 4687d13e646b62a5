"""Caches, transactions, throttles and threads: what callers share is never mixed up, and costs what REST costs."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import Site

pytestmark = pytest.mark.live


@pytest.mark.parametrize("tool", ["list_by-header", "list_by-cookie"])
def test_a_cached_view_answers_each_with_their_own(site: Site, tool) -> None:
    for _ in range(3):
        for caller in ("alice", "bob", "admin"):
            reply = site.call(tool, {}, caller)
            assert reply.data == {"for": caller}
            assert reply.headers["cache-control"] == "no-store"
            assert "Authorization" in reply.headers["vary"]
    uri = f"drf:///api/{tool.removeprefix('list_')}/"
    for caller in ("alice", "bob"):
        text = json.dumps(site.ask("resources/read", {"uri": uri}, caller).result)
        assert caller in text
        assert "admin" not in text
    path = tool.removeprefix("list_")
    assert site.rest("GET", f"{path}/", caller="bob").json == {"for": "bob"}


def test_lists_and_discovery_are_for_one_caller(site: Site) -> None:
    prefix = "io.modelcontextprotocol/"
    meta = {"_meta": {f"{prefix}protocolVersion": "2026-07-28", f"{prefix}clientCapabilities": {}}}
    lists = {}
    for caller in ("admin", "bob", "admin", "bob"):
        for method in ("tools/list", "resources/list", "resources/templates/list", "server/discover"):
            reply = site.ask(method, meta, caller, MCP_Protocol_Version="2026-07-28", Mcp_Method=method)
            assert reply.headers["cache-control"] == "no-store"
            assert "Authorization" in reply.headers["vary"]
            assert reply.result.get("cacheScope", "private") == "private"
            assert lists.setdefault((caller, method), reply.content) == reply.content
    assert lists["admin", "tools/list"] != lists["bob", "tools/list"]


ENDS = ["good", "raise", "return", "crash", "good"]


def _texts(site: Site, like: str) -> dict[str, list[str]]:
    sql = f"SELECT text FROM threats_entry WHERE text LIKE '{like}%' ORDER BY text"
    return {alias: [row[0] for row in site.rows(sql, alias)] for alias in ("default", "other")}


@pytest.mark.parametrize("in_batch", [False, True])
def test_each_call_leaves_the_rows_that_rest_leaves(site: Site, in_batch) -> None:
    kind = "batch" if in_batch else "single"
    for number, end in enumerate(ENDS):
        site.rest("POST", "entry/", {"text": f"rest-{kind}-{number}-{end}", "end": end})
    messages = [
        {
            "jsonrpc": "2.0", "id": number, "method": "tools/call",
            "params": {"name": "create_entry", "arguments": {"text": f"mcp-{kind}-{number}-{end}", "end": end}},
        }
        for number, end in enumerate(ENDS)
    ]  # fmt: skip
    if in_batch:
        answers = site.post(messages, MCP_Protocol_Version="2025-03-26").json
    else:
        answers = [site.post(message).json for message in messages]
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, -32602, -32602, -32603, None]
    by_rest, by_tool = _texts(site, f"rest-{kind}"), _texts(site, f"mcp-{kind}")
    assert {a: [t.replace("rest-", "") for t in found] for a, found in by_rest.items()} == {
        a: [t.replace("mcp-", "") for t in found] for a, found in by_tool.items()
    }
    assert by_tool["default"] == by_tool["other"]
    for way in ("rest", "mcp"):
        for number, end in enumerate(ENDS):
            for alias in ("default", "other"):
                line = f"committed {way}-{kind}-{number}-{end} in {alias}"
                assert site.log.count(line) == by_rest[alias].count(f"rest-{kind}-{number}-{end}")


def test_throttles_count_all_ways_in_one_bucket(serving) -> None:
    site = serving(THREATS_CASE="throttles")
    message = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "list_bell"}}
    for _ in range(10):
        site.tools("alice")  # looking is free
    batch = site.post(
        [{**message, "id": n} for n in range(50)], "alice", MCP_Protocol_Version="2025-03-26", X_Forwarded_For="1.1.1.1"
    ).json
    refused = [answer["result"] for answer in batch if answer["result"].get("isError")]
    assert len(batch) - len(refused) == 3
    assert all(0 < int(result["structuredContent"]["retry_after"]) <= 60 for result in refused)
    for address in ("2.2.2.2", "3.3.3.3"):
        assert site.rest("GET", "bell/", caller="alice", X_Forwarded_For=address).status == 429
        assert site.call("list_bell", {}, "alice", X_Forwarded_For=address).result["isError"]
        uri = {"uri": "drf:///api/bell/"}
        assert "error" in site.ask("resources/read", uri, "alice", X_Forwarded_For=address).json
    with ThreadPoolExecutor(8) as pool:
        for reply in pool.map(lambda _: site.call("list_bell", {}, "alice"), range(16)):
            assert reply.result["structuredContent"]["status"] == 429
    assert site.call("list_bell", {}, "bob").result["isError"] is False


@pytest.mark.parametrize("kind", ["gunicorn", "gthread", "uvicorn"])
def test_200_calls_at_once_are_never_crossed(serving, kind) -> None:
    site = serving(kind)

    def one(number: int) -> str | None:
        caller = ("alice", "bob")[number % 2]
        arguments = {"pause": 0.005, "fail": number % 7 == 0}
        answer = site.call("slow_curious", arguments, caller).json
        if arguments["fail"]:
            is_right = answer["error"]["message"] == "Internal error"
        else:
            is_right = answer["result"]["structuredContent"] == dict.fromkeys(("before", "after", "of"), caller)
        return None if is_right else f"{caller}: {answer}"

    start = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        assert [wrong for wrong in pool.map(one, range(200)) if wrong] == []
    assert time.monotonic() - start < 120
