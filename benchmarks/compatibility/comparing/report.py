"""A report in numbers."""

import re
from collections import Counter
from statistics import median
from typing import Any

from .words import DIFFERENT, FAILURE, HIDDEN, SAME, SLOW, TOLD


def outcome(endpoint: dict[str, Any]) -> str:
    """One word for an endpoint: the worst of its probes, the best of those that are the same."""
    if "absent" in endpoint:
        return f"absent: {endpoint['absent']}"
    if endpoint.get("unprobed"):
        return "not probed"
    verdicts = [probe["verdict"] for probe in endpoint["probes"]]
    for worst in (DIFFERENT, SLOW):
        if worst in verdicts:
            return worst
    if any(probe["schema_refused"] for probe in endpoint["probes"]):
        return "schema refused what REST accepts"
    for word in (SAME, TOLD, HIDDEN):
        if word in verdicts:
            return word
    return FAILURE if set(verdicts) == {FAILURE} else "same refusal"


def _median(endpoints: list[dict[str, Any]], side: int) -> float:
    """Of the calls that REST answered with data; side 2 is REST after a warm-up, side 1 the tool."""
    times = [p["ms"][side] for e in endpoints for p in e["probes"] if p["rest"] < 300 and p["verdict"] == SAME]
    return round(median(times), 2) if times else 0


def summary(report: dict[str, Any]) -> str:
    """The report for a terminal."""
    endpoints = report["endpoints"]
    first, second = report["catalog_seconds"]
    tools = max(report["tools"], 1)
    lines = [
        (
            f"{report['app']}: {report['viewsets']} ViewSets, {len(endpoints)} routed actions, "
            f"{report['tools']} tools, {report['seconds']} s"
        ),
        (
            f"catalog: {first:.2f} s ({1000 * first / tools:.2f} ms per tool), again {second:.2f} s "
            f"({1000 * second / tools:.2f} ms), {report['catalog_kib'] // 1024} MiB; "
            f"list: {report['list_bytes'] // 1024} KiB, {report['list_status']}, {report['listed']} listed, "
            f"{report['with_output']} with outputSchema, stable {report['is_stable']}"
        ),
        f"names: {report['names'][:5]}; faults: {len(report['faults'])} {list(report['faults'].items())[:3]}",
        f"largest: {report['largest'][:3]}; seeded: {report.get('seeded')}; unmatched: {report['unmatched_tools'][:5]}",
        f"could not be read without a request: {len(report['problems'])} tools",
    ]
    filters = [endpoint["filters"] for endpoint in endpoints if "filters" in endpoint]
    lines.append(f"filters: {sum(n for n, _ in filters)} under REST, {sum(n for _, n in filters)} in tools")
    lines.append(f"milliseconds a call: REST {_median(endpoints, 2)}, tool {_median(endpoints, 1)} (medians)")
    counts = Counter(map(outcome, endpoints))
    lines += [f"  {number:5} {name}" for name, number in counts.most_common()]
    probes = [(e, p) for e in endpoints for p in e["probes"]]
    lines.append(f"probes: {len(probes)}, {dict(Counter(p['verdict'] for _, p in probes))}")
    lines.append(f"REST requires, schema does not: {sum(bool(p['unsaid']) for _, p in probes)} minimal payloads")
    for label, seen in _reasons(probes).items():
        for reason, where in seen.items():
            lines.append(f"{label} x{len(where)}: {reason} (as {where[0]})")
    return "\n".join(lines)


def _reasons(probes: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, dict[str, list[str]]]:
    """Why, with the tools that it concerns; reasons that differ by a name alone are one."""
    found: dict[str, dict[str, list[str]]] = {"different": {}, "schema refused": {}, "bug": {}, "required unsaid": {}}
    for endpoint, probe in probes:
        where = f"{endpoint['tool']} [{probe['kind']}]"
        texts = (
            probe["why"] if probe["verdict"] == DIFFERENT else "",
            probe["schema_refused"],
            probe["bugs"][0][-300:] if probe["bugs"] else "",
            str(probe["unsaid"] or ""),
        )
        for seen, text in zip(found.values(), texts, strict=True):
            if text:
                reason = re.sub(r"(This tool takes|Did you mean).*", "", text)
                seen.setdefault(re.sub(r"'[^']*'|\d{2,}", "*", reason)[:260], []).append(where)
    return found
