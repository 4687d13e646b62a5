"""Tool names: stable, legal for every client, and different for different endpoints.

A name follows from the endpoint and its namesakes alone, never from the order of the URLconf.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
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
    share a name each get one thing more behind it: the first of namespace, basename and route that no
    other of them has. So another namesake renames only the one that it shares this with. A name that
    ``@mcp_tool(name=...)`` declares is used exactly; others step aside for it.

    Args:
        endpoints: All endpoints of a URLconf.

    Returns:
        A name for each, in the order given; at most 52 characters of ``[A-Za-z0-9_-]``.

    Spec: server/tools#tool-names
    """
    endpoints = list(endpoints)
    declared = {e: name for e in endpoints if (name := tool_options(e.viewset, e.action).name) is not None}
    names = {endpoint: declared.get(endpoint) or base_name(endpoint) for endpoint in endpoints}
    for namesakes in _shared(names):
        names |= {endpoint: name for endpoint, name in _qualified(namesakes).items() if endpoint not in declared}
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
    if is_one_of_several(endpoint):
        verb = f"{endpoint.method}_{verb}"
    if endpoint.model is None:
        return _legal(f"{verb}_{endpoint.basename.lower()}")
    return _legal(f"{verb}_{endpoint.model._meta.app_label}_{endpoint.model._meta.model_name}")


def is_one_of_several(endpoint: Endpoint) -> bool:
    """Whether its route has the same action under another method, which is the one that goes without saying."""
    has_several = sum(action == endpoint.action for method, action in endpoint.actions.items() if method in METHODS) > 1
    return has_several and _METHODS.get(endpoint.action) != endpoint.method


def qualifier_of(endpoint: Endpoint, name: str) -> str:
    """What a tool's name says beside its base name: in words, or as the route where a digest had to do."""
    base = base_name(endpoint)
    if not name.startswith(f"{base}_"):
        return ""
    rest = name.removeprefix(f"{base}_")
    return str(endpoint.route).strip("/") if re.search(r"(^|_)[0-9a-f]{8}$", rest) else rest.replace("_", " ")


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


def _qualified(namesakes: list[Endpoint]) -> dict[Endpoint, str]:
    """Each endpoint's name with the first qualifier that it has to itself, its route where there is none."""
    names = _with_routes(namesakes)
    for qualify in (_basename, _namespace):
        qualifiers = {endpoint: _legal(qualify(endpoint)) for endpoint in namesakes}
        count = Counter(qualifiers.values())
        for endpoint, qualifier in qualifiers.items():
            if qualifier and count[qualifier] == 1:
                names[endpoint] = f"{base_name(endpoint)}_{qualifier}"
    return names


def _namespace(endpoint: Endpoint) -> str:
    return "_".join(endpoint.namespaces)


def _basename(endpoint: Endpoint) -> str:
    return endpoint.basename.lower()


def _with_routes(namesakes: list[Endpoint]) -> dict[Endpoint, str]:
    """Each endpoint's name with the words of its route behind it.

    Where these are too many: without kwargs and what the name says already, and then without words in the
    middle, since the beginning tells versions apart and the end what it is about. What is not its own by then ends
    in a digest. Each follows from the endpoint's own route, so that another namesake changes only its like.
    """
    names, brief = {}, {}
    for endpoint in namesakes:
        base, words = base_name(endpoint), _words(str(endpoint.route))
        names[endpoint] = "_".join([base, *words])
        if len(names[endpoint]) <= MAX_LENGTH:
            continue
        literal = _words("/".join(part for part in str(endpoint.route).split("/") if not part.startswith("{")))
        new = [word for word in literal if word.removesuffix("s") not in base]
        brief[endpoint] = _joined(base, new)
        names[endpoint] = _joined(base, words, _digest(f"{base} {endpoint.route}"))
    count = Counter([*names.values(), *brief.values()])
    return names | {e: name for e, name in brief.items() if len(name) <= MAX_LENGTH and count[name] == 1}


def _joined(base: str, words: list[str], *digest: str) -> str:
    words = list(words)
    while words and len("_".join([base, *words, *digest])) > MAX_LENGTH:
        del words[len(words) // 2]
    return "_".join([base, *words, *digest])


def _words(route: str) -> list[str]:
    """The words of a route.

    Left out is what goes without saying: ``api`` in front, the lookup by ``pk``, and a kwarg that is
    called after the words before it, as in ``projects/{project_pk}``.
    """
    words: list[str] = []
    for part in filter(None, route.strip("/").split("/")):
        is_kwarg = part.startswith("{") and part.endswith("}")
        known = words[-1] if words else ""
        if part == "{pk}" or (is_kwarg and known.startswith(part[1:-1].split("_")[0])):
            continue
        words += [word for word in [_legal(part)] if word]
    return words[1:] if words[:1] == ["api"] else words


def _legal(name: str) -> str:
    return _ILLEGAL.sub("_", name).strip("_")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
