"""``python -m benchmarks.parts``: where the time of a call goes, in REST and in MCP.

Both are called in turns that lots decide, in this process, whose stack is looked at each half millisecond of CPU time.
What runs then is counted for the innermost function of ``PARTS`` that it runs for. Parts are right to a percent or two
where the machine has nothing else to do; a run of twice the rounds says how far chance goes.
"""

from __future__ import annotations

import argparse
import random
import signal
import tempfile
from collections import Counter
from functools import cache
from types import CodeType, FrameType
from typing import Any

from .in_process import WARM_UP, application

OUTSIDE = "WSGI, middleware, the resolver"
OWN_DISPATCH = "the endpoint's own dispatch by DRF"

PARTS = {
    "proving the caller": ["rest_framework/request.py:_authenticate"],
    "DRF's dispatch": ["rest_framework/views.py:dispatch"],
    "the view": [f"rest_framework/mixins.py:{name}" for name in ("list", "retrieve", "create")],
    "rendering by DRF": ["rest_framework/response.py:rendered_content"],
    "second middleware": ["drf_mcp/inner_handler.py:get_response"],
    "Django's handler around the view": ["drf_mcp/inner_handler.py:_get_response"],
    "second look-up of the URL": ["drf_mcp/inner_handler.py:resolve_request"],
    OWN_DISPATCH: ["drf_mcp/views.py:finalize_response", "drf_mcp/views.py:get_authenticators"],
    "building the inner request": [f"drf_mcp/invocation.py:{name}" for name in ("invoke", "build_request", "release")],
    "finding the tool": ["drf_mcp/methods.py:tools_call", "drf_mcp/methods.py:get_tool"],
    "asking the permissions again": ["drf_mcp/visibility.py:may_enter"],
    "binding the arguments": ["drf_mcp/arguments.py:bind_arguments"],
    "reading, checking and answering the message": ["drf_mcp/views.py:post", "drf_mcp/answers.py:to_response"],
    "the result or the error": [
        "drf_mcp/rendering.py:render_result",
        "drf_mcp/links.py:file_links",
        "drf_mcp/protocol/results.py:to_wire",
        "drf_mcp/protocol/jsonrpc.py:encode_result",
        "drf_mcp/protocol/jsonrpc.py:encode_error",
    ],
    "around the proof: origin, size, what narrows": ["drf_mcp/views.py:initial", "drf_mcp/reception.py:prove"],
    "telling those who listen": ["drf_mcp/observing.py:observed", "drf_mcp/observing.py:_conclude"],
    "what the method does": [
        "drf_mcp/legacy.py:initialize",
        "drf_mcp/stateless.py:server_discover",
        "drf_mcp/methods.py:tools_list",
    ],
}
"""The functions that a part begins with, by the name of the part."""

_BEGINNINGS = {beginning: part for part, beginnings in PARTS.items() for beginning in beginnings}
EVERY = 0.0005
"""How many seconds of CPU time lie between two looks."""


def main() -> None:
    """Set the project up, look, and print a table."""
    from .operations import OPERATIONS

    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=900)
    parser.add_argument("--skip-middleware", action="store_true", help="leave all of it out of the call inside")
    options = parser.parse_args()
    operations = [operation for operation in OPERATIONS if not operation.name.startswith("control")]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        prepare = application(folder, BENCHMARK_SKIP_MIDDLEWARE="1" if options.skip_middleware else "")
        found = {operation.name: looked_at(operation, prepare, options.rounds) for operation in operations}
    print("In percent of the REST call:\n")
    print(f"| part | {' | '.join(found)} |")
    print(f"|---|{'---:|' * len(found)}")
    for part in [OUTSIDE, *PARTS]:
        print(f"| {part} | {' | '.join(_cell(counts, part) for counts in found.values())} |")
    sums = [f"**{100 * _sum(counts, 'MCP') / _sum(counts, 'REST'):.0f}**" for counts in found.values()]
    print(f"| **sum** | {' | '.join(sums)} |")


def looked_at(operation: Any, prepare: Any, rounds: int) -> Counter[tuple[str, str]]:
    """How often the stack stood in each part, by side and part."""
    sides = {"REST": operation.rest, "MCP": operation.mcp}
    counts: Counter[tuple[str, str]] = Counter()
    running = ""

    def look(_: int, frame: FrameType | None) -> None:
        if running:
            counts[running, part_of(frame)] += 1

    signal.signal(signal.SIGPROF, look)
    for number in range(WARM_UP + rounds):
        for side in random.sample([*sides], 2):
            call = prepare(sides[side]())
            if number == WARM_UP:
                signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
            running = side if number >= WARM_UP else ""
            call()
            running = ""
    signal.setitimer(signal.ITIMER_PROF, 0)
    return counts


def part_of(frame: FrameType | None) -> str:
    """The part that a stack is in."""
    while frame is not None:
        part = _beginning(frame.f_code)
        if part == "DRF's dispatch" and type(frame.f_locals.get("self")).__name__ == "MCPView":
            return OWN_DISPATCH
        if part is not None:
            return part
        frame = frame.f_back
    return OUTSIDE


@cache
def _beginning(code: CodeType) -> str | None:
    return _BEGINNINGS.get(f"{'/'.join(code.co_filename.split('/')[-2:])}:{code.co_name}") or _BEGINNINGS.get(
        f"{'/'.join(code.co_filename.split('/')[-3:])}:{code.co_name}"
    )


def _sum(counts: Counter[tuple[str, str]], side: str) -> int:
    return sum(count for (counted, _), count in counts.items() if counted == side)


def _cell(counts: Counter[tuple[str, str]], part: str) -> str:
    """What a part takes of MCP and, behind it, of REST, where it takes any."""
    of_mcp, of_rest = (100 * counts[side, part] / _sum(counts, "REST") for side in ("MCP", "REST"))
    return f"{of_mcp:.1f} ({of_rest:.1f})" if of_rest else f"{of_mcp:.1f}" if of_mcp else "-"


if __name__ == "__main__":
    main()
