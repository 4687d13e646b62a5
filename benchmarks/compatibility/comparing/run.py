"""One application: the catalog, its definitions, and every call in both ways."""

import json
import logging
import resource
import time
from collections.abc import Iterator
from typing import Any

from django.test.utils import setup_test_environment
from django.urls import get_resolver

from drf_mcp.catalog import build_catalog, get_catalog

from .calls import Answer, Caller, Payload, rolled_back
from .dialect import faults_of, faults_of_names, first_fault
from .legal import legal_payload
from .objects import Objects
from .payloads import echoed, from_schema, varied
from .queries import bulk_items, filter_names, queries_of
from .routed import Routed, reason_for_absence, routed_actions
from .verdicts import structured, verdict
from .words import DIFFERENT

EMPTY = {"type": "object", "properties": {}}


def compare_all(access: dict[str, Any], *, seed: bool, only: str, deadline: float) -> dict[str, Any]:
    """Compare everything.

    Args:
        access: What the application's ``fill.access()`` gives: ``authorization`` and, if need be,
            ``rest_authorization``, ``host``, ``urlconf``, ``endpoint`` and ``given`` (values of kwargs).
        seed: Whether to create objects where lists are empty.
        only: A part of the routes to probe, all where empty.
        deadline: When to stop probing, on the monotonic clock.

    Returns:
        The report, for JSON.
    """
    setup_test_environment()
    _quieten()
    urlconf = access.get("urlconf")
    given = access.get("given", {})
    caller = Caller(**{key: value for key, value in access.items() if key not in ("urlconf", "given")})
    routes = routed_actions(urlconf)
    report = _catalog_figures(urlconf, caller)
    catalog = get_catalog(urlconf)
    tools = _tools_by_route(catalog, routes)
    objects = Objects(caller, routes, given)
    if seed:
        report["seeded"] = _seed(caller, routes, tools, objects, deadline)
    report["viewsets"] = len({route.cls for route in routes})
    report["routes"] = len({(route.path, route.callback) for route in routes})
    report["skipped"] = [[s.path, s.view, s.reason] for s in catalog.skipped]
    report["unmatched_tools"] = sorted({t.name for t in catalog.tools} - {t.name for t in tools.values()})
    report["endpoints"] = []
    for route in routes:
        if only in route.path:
            is_late = time.monotonic() > deadline
            report["endpoints"].append(_endpoint(caller, route, tools.get(route), objects, is_late=is_late))
    return report


def _quieten() -> None:
    """Thousands of refusals are provoked here; only drf_mcp's own log is looked at."""
    logging.disable(logging.WARNING)
    for logger in [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]:
        logger.handlers = [logging.NullHandler()]


def _catalog_figures(urlconf: Any, caller: Caller) -> dict[str, Any]:
    """How long the catalog takes, and what is wrong with the definitions as a client gets them."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    catalog = get_catalog(urlconf)
    first = time.perf_counter() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    started = time.perf_counter()
    second_catalog = build_catalog(urlconf or get_resolver().urlconf_name)
    second = time.perf_counter() - started
    status, message, seconds = caller.post("tools/list", {})
    listed = message.get("result", {}).get("tools", [])
    faults = {}
    for tool in listed:
        found = [f"inputSchema {fault}" for fault in faults_of(tool["inputSchema"])]
        found += [f"outputSchema {fault}" for fault in faults_of(tool.get("outputSchema", EMPTY))]
        if found:
            faults[tool["name"]] = found
    sizes = sorted(((len(json.dumps(tool)), tool["name"]) for tool in listed), reverse=True)
    return {
        "tools": len(catalog.tools),
        "is_stable": [t.name for t in catalog.tools] == [t.name for t in second_catalog.tools]
        and [t.encoded for t in catalog.tools] == [t.encoded for t in second_catalog.tools],
        "catalog_seconds": [first, second],
        "catalog_kib": grown,
        "list_status": status if listed else f"{status}: {str(message)[:500]}",
        "list_seconds": seconds,
        "list_bytes": sum(len(t.encoded) for t in catalog.tools),
        "listed": len(listed),
        "largest": sizes[:5],
        "names": faults_of_names([tool["name"] for tool in listed]),
        "faults": faults,
        "with_output": sum("outputSchema" in tool for tool in listed),
        "problems": {tool.name: tool.endpoint.problems for tool in catalog.tools if tool.endpoint.problems},
    }


def _tools_by_route(catalog: Any, routes: list[Routed]) -> dict[Routed, Any]:
    """Find the tool of each routed action: the same callback, method and action, at the same path."""
    waiting: dict[Any, list[Any]] = {}
    for tool in catalog.tools:
        endpoint = tool.endpoint
        waiting.setdefault((id(endpoint.callback), endpoint.method, endpoint.action), []).append(tool)
    found = {}
    for route in routes:
        candidates = waiting.get((id(route.callback), route.method, route.action), [])
        exact = [tool for tool in candidates if f"/{tool.endpoint.route}" == route.path]
        for tool in exact[:1] or candidates[:1]:
            candidates.remove(tool)
            found[route] = tool
    return found


def _seed(
    caller: Caller, routes: list[Routed], tools: dict[Routed, Any], objects: Objects, deadline: float
) -> dict[str, int]:
    """Create what the application has none of, over REST and for good; twice, for what needs the rest."""
    counts = {"created": 0, "refused": 0}
    for _ in range(2):
        objects.forget()
        counts["refused"] = 0
        for route in routes:
            tool = tools.get(route)
            if route.action != "create" or tool is None or route.method != "post" or time.monotonic() > deadline:
                continue
            kwargs, is_found = objects.kwargs_of(route)
            if not is_found or objects.first_at(route.path, kwargs) is not None:
                continue
            body = legal_payload(caller, route, kwargs, tool.endpoint.serializer)
            created = body is not None and caller.rest("post", route.path, Payload(kwargs, body=body)).status < 300
            counts["created" if created else "refused"] += 1
    objects.forget()
    return counts


def _endpoint(caller: Caller, route: Routed, tool: Any, objects: Objects, *, is_late: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "path": route.path,
        "method": route.method,
        "action": route.action,
        "viewset": f"{route.cls.__module__}.{route.cls.__qualname__}",
        "tool": tool.name if tool else None,
        "probes": [],
    }
    if tool is None:
        entry["absent"] = reason_for_absence(route) or "unexpectedly"
        return entry
    if is_late:
        entry["unprobed"] = True
        return entry
    kwargs, entry["object"] = objects.kwargs_of(route)
    if route.action == "list":
        filters = set(filter_names(tool.endpoint.view))
        entry["filters"] = [len(filters), len(filters & {p.key for p in tool.parameters.values()})]
    for kind, arguments in _probes(caller, route, tool, kwargs, objects):
        entry["probes"].append(_probe(caller, route, tool, kwargs, kind, arguments))
    return entry


def _probes(
    caller: Caller, route: Routed, tool: Any, kwargs: dict[str, str], objects: Objects
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What to try, each as arguments besides those of the URL."""
    if route.method == "get":
        yield "get", {}
        if route.action == "list":
            item = objects.first_at(route.path, kwargs)
            for query in queries_of(route, tool.endpoint.view, item):
                yield "query", query
        return
    yield "empty", {}
    body = from_schema(tool, only_required=True)
    if body:
        yield "minimal", body
    full = from_schema(tool, only_required=False)
    if full and full != body:
        yield "full", full
    if (items := bulk_items(route, objects, kwargs)) is not None:
        yield "bulk", {"items": items}
    if route.action in ("update", "partial_update"):
        yield from _echo(caller, route, tool, kwargs)
    elif route.action == "create" and route.method == "post":
        yield from _known_to_work(caller, route, tool, kwargs, objects)


def _echo(caller: Caller, route: Routed, tool: Any, kwargs: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What REST prints of an object, sent back."""
    with rolled_back():
        printed = caller.rest("get", route.path, Payload(kwargs))
    if printed.status == 200 and isinstance(printed.data, dict) and (echo := echoed(tool, printed.data)):
        yield "echo", echo


def _known_to_work(
    caller: Caller, route: Routed, tool: Any, kwargs: dict[str, str], objects: Objects
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What REST has accepted, whatever the schema says; and an object like one that exists."""
    legal = legal_payload(caller, route, kwargs, tool.endpoint.serializer)
    if legal is not None:
        names = {p.key: p.name for p in tool.parameters.values() if p.location in ("body", "file")}
        yield "legal", {names.get(key, key): value for key, value in legal.items()}
    item = objects.first_at(route.path, kwargs)
    if item is not None and (clone := echoed(tool, item)):
        yield "clone", varied(clone)


def _body(tool: Any, arguments: dict[str, Any]) -> Any:
    """The REST body for a tool's arguments."""
    if list(arguments) == ["items"] and isinstance(arguments["items"], list):
        return arguments["items"]
    keys = {name: parameter.key for name, parameter in tool.parameters.items()}
    return {keys.get(name, name): value for name, value in arguments.items()}


def _probe(
    caller: Caller, route: Routed, tool: Any, kwargs: dict[str, str], kind: str, body: dict[str, Any]
) -> dict[str, Any]:
    names = {p.key: p.name for p in tool.parameters.values() if p.location == "path"}
    place = "query" if route.method == "get" else ""
    named = {p.key: p.name for p in tool.parameters.values() if p.location == place}
    arguments = {names.get(key, key): value for key, value in kwargs.items()}
    arguments |= {named.get(key, key): value for key, value in body.items()}
    payload = Payload(kwargs, body) if route.method == "get" else Payload(kwargs, body=_body(tool, body))
    accept = "application/json" if any("json" in str(r.media_type) for r in _renderers(route)) else "*/*"

    def rest() -> Answer:
        with rolled_back():
            return caller.rest(route.method, route.path, payload, accept)

    first = rest()
    with rolled_back():
        tool_answer = caller.tool(tool.name, arguments)
    again = rest()
    found, why = verdict(first, tool_answer, again)
    refused = (
        first_fault(tool.input_schema, json.loads(json.dumps(arguments, default=str))) if first.status < 300 else ""
    )
    broken = first_fault(tool.output_schema, structured(first.data)) if _has_data(first, tool) else ""
    if broken:
        found, why = DIFFERENT, f"outputSchema: {broken}"
    return {
        "kind": kind,
        "arguments": json.dumps(arguments, default=str)[:500],
        "verdict": found,
        "why": why,
        "rest": first.status,
        "tool": tool_answer.status,
        "schema_refused": refused,
        "unsaid": _unsaid(first, tool) if kind in ("empty", "minimal") else [],
        "ms": [round(first.seconds * 1000, 2), round(tool_answer.seconds * 1000, 2), round(again.seconds * 1000, 2)],
        "bugs": tool_answer.bugs,
    }


def _has_data(answer: Answer, tool: Any) -> bool:
    return answer.status < 300 and answer.kind == "json" and tool.output_schema is not None


def _renderers(route: Routed) -> Any:
    return getattr(route.callback, "initkwargs", {}).get("renderer_classes", route.cls.renderer_classes)


def _unsaid(answer: Answer, tool: Any) -> list[str]:
    """The fields that REST requires and the schema does not."""
    if answer.status != 400 or not isinstance(answer.data, dict):
        return []
    said = {tool.parameters[name].key for name in tool.input_schema.get("required", ()) if name in tool.parameters}
    errors = answer.data
    if isinstance(listed := errors.get("errors"), list):  # the form of drf-standardized-errors
        errors = {str(error.get("attr")).partition(".")[0]: error for error in listed if isinstance(error, dict)}
    return [key for key, value in errors.items() if "This field is required" in str(value) and key not in said]
