"""What searching a large API costs and finds: ``python -m benchmarks.large_api``; README.md says what is measured."""

import argparse
import json
import os
import time
import tomllib
from pathlib import Path
from statistics import median

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.large_api.settings"

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import override_settings  # noqa: E402

from benchmarks.tokens import count  # noqa: E402
from drf_mcp.rules import NO_RULES, snapshot  # noqa: E402
from drf_mcp.test import MCPClient  # noqa: E402

FILES = {"open": "requests.toml", "held back": "requests_held_back_2.toml"}
snapshot.hold(NO_RULES)  # there is no database to read any from


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-back", action="store_true", help="run those, too, that are run once, at the end")
    parser.add_argument("--misses", action="store_true", help="print what was not found, of the open ones alone")
    options = parser.parse_args()
    client = MCPClient(get_user_model()(pk=1, username="ada", is_active=True))
    with override_settings(ALLOWED_HOSTS=["*"], DRF_MCP={"RECORD": "none"}):
        flat = listed(client)
    with override_settings(ALLOWED_HOSTS=["*"], DRF_MCP={"RECORD": "none", "TOOL_SEARCH": True}):
        searched = listed(client)
        found = {part: search(client, name) for part, name in FILES.items() if part == "open" or options.held_back}
    less = 1 - searched[1] / flat[1]
    print(f"tools/list: {flat[0]:,} tools, {flat[1]:,} tokens; with TOOL_SEARCH {searched[0]}, {searched[1]:,} tokens")
    print(f"That is {less:.2%} less.\n")
    print("| requests | as typed: first | in the first five | as asked: first | in the first five | tokens | CPU ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for part, rows in found.items():
        _, typed, asked, tokens, ms = zip(*rows, strict=True)
        shares = " | ".join(str(sum(place <= most for place in places)) for places in (typed, asked) for most in (1, 5))
        print(f"| {len(rows)} {part} | {shares} | {median(tokens):,.0f} | {median(ms):.1f} |")
    if options.misses:
        for request, typed, *_ in found["open"]:
            if typed > 5:
                print(f"\n{request['text']}\n  {', '.join(request['tools'])}")


def listed(client):
    """How many tools are listed, and how many tokens they have as they stand on the wire."""
    tools = client.list_tools()
    return len(tools), count(json.dumps([*tools.values()], separators=(",", ":"), ensure_ascii=False))


def search(client, file_name):
    """For each request of a file, the places of the first right tool for its text and for what a model asks instead,
    the size of the answer to that, and its time.
    """
    rows = []
    for request in tomllib.loads(Path(__file__).with_name(file_name).read_text())["request"]:
        typed = client.call_tool("search_tools", query=request["text"], limit=5)
        began = time.process_time()
        asked = client.call_tool("search_tools", query=request["asked"], limit=5)
        spent = (time.process_time() - began) * 1000
        places = [place_in(answer, request["tools"]) for answer in (typed, asked)]
        rows.append((request, *places, count(asked.text), spent))
    return rows


def place_in(answer, tools):
    """Where the first of these tools stands in an answer, far behind where none does."""
    names = [tool["name"] for tool in answer.structured["tools"]]
    return min((place for place, name in enumerate(names, 1) if name in tools), default=1000)


if __name__ == "__main__":
    main()
