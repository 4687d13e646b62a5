"""Tool names: stable, legal for every client, and different for different endpoints.

A name follows from the endpoint and its namesakes alone, never from the order of the URLconf.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from .decorators import tool_options
from .endpoints import METHODS, Endpoint

MAX_LENGTH = 52
"""Clients put a prefix before a name and drop what is longer than 60 to 64 in all."""

MAX_ARGUMENT_LENGTH = 64

_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
_VERBS = {"partial_update": "update"}
_METHODS = {
    "list": "get",
    "retrieve": "get",
    "create": "post",
    "update": "put",
    "partial_update": "patch",
    "destroy": "delete",
}
"""The method that goes without saying for an action."""


def name_tools(endpoints: Iterable[Endpoint]) -> dict[Endpoint, str]:
    """Give each endpoint its tool name.

    ``<action>_<app_label>_<model>``, or ``<action>_<basename>`` for a ViewSet without a model. An
    action that one route serves under several methods has the method in front. Endpoints that would
    share a name are told apart by their namespace, then by their basename, then by their route. A name
    that ``@mcp_tool(name=...)`` declares is used exactly; others step aside for it.

    Args:
        endpoints: All endpoints of a URLconf.

    Returns:
        A name for each, in the order given; at most 52 characters of ``[A-Za-z0-9_-]``.

    Spec: server/tools#tool-names
    """
    endpoints = list(endpoints)
    declared = {e: name for e in endpoints if (name := tool_options(e.viewset, e.action).name) is not None}
    names = {endpoint: declared.get(endpoint) or base_name(endpoint) for endpoint in endpoints}
    for qualify in (_namespace, _basename, _route):
        for namesakes in _shared(names):
            for endpoint in namesakes:
                if endpoint not in declared and (qualifier := qualify(endpoint)):
                    names[endpoint] = f"{names[endpoint]}_{_legal(qualifier)}"
    names = {endpoint: declared.get(endpoint) or shorten(name) for endpoint, name in names.items()}
    for namesakes in _shared(names):
        # A declared name stays as it is, unless two authors declared the same.
        clashing = [endpoint for endpoint in namesakes if endpoint not in declared] or namesakes
        for endpoint in clashing:
            names[endpoint] = shorten(f"{names[endpoint]}_{_digest(str(endpoint))}")
    return names


def base_name(endpoint: Endpoint) -> str:
    """The name that an endpoint has where nothing else wants the same.

    Args:
        endpoint: The endpoint.

    Returns:
        The name from the action and the model, of any length.
    """
    verb = _VERBS.get(endpoint.action, endpoint.action)
    has_several = sum(action == endpoint.action for method, action in endpoint.actions.items() if method in METHODS) > 1
    if has_several and _METHODS.get(endpoint.action) != endpoint.method:
        verb = f"{endpoint.method}_{verb}"
    if endpoint.model is None:
        return _legal(f"{verb}_{endpoint.basename.lower()}")
    return _legal(f"{verb}_{endpoint.model._meta.app_label}_{endpoint.model._meta.model_name}")


def shorten(name: str, longest: int = MAX_LENGTH) -> str:
    """Cut a name that is too long, and end it in a digest of the whole.

    Args:
        name: A legal name of any length.
        longest: How long it may be.

    Returns:
        The name itself where it fits.
    """
    if len(name) <= longest:
        return name
    return f"{name[: longest - 9]}_{_digest(name)}"


def argument_name(key: str) -> str:
    """The name of an argument for a field or parameter, legal for every client.

    Args:
        key: The field's or parameter's own name.

    Returns:
        The key itself where it is legal: at most 64 characters of ``[A-Za-z0-9_.-]``.
    """
    legal = re.sub(r"[^A-Za-z0-9_.-]+", "_", key)
    return shorten(legal if legal == key else legal.strip("_") or "field", MAX_ARGUMENT_LENGTH)


def _shared(names: Mapping[Endpoint, str]) -> list[list[Endpoint]]:
    by_name: defaultdict[str, list[Endpoint]] = defaultdict(list)
    for endpoint, name in names.items():
        by_name[name].append(endpoint)
    return [namesakes for namesakes in by_name.values() if len(namesakes) > 1]


def _namespace(endpoint: Endpoint) -> str:
    return "_".join(endpoint.namespaces)


def _basename(endpoint: Endpoint) -> str:
    return endpoint.basename.lower()


def _route(endpoint: Endpoint) -> str:
    return str(endpoint.route)


def _legal(name: str) -> str:
    return _ILLEGAL.sub("_", name).strip("_")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
