"""Subscriptions: what a client may listen to, and whether a change is news to it.

A resource is read as its caller would read it, when it is subscribed to and again before each update.
So nobody hears of what they may not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .changes import tell_on_commit
from .context import Context
from .protocol.errors import InternalError, InvalidParamsError, MCPError, RefusedError, ResourceNotFoundError
from .protocol.jsonrpc import dumps
from .resource_kinds import Resource
from .resources import checked_uri, first_found, read_in_time
from .sessions import MAX_SUBSCRIPTIONS, Session
from .visibility import Viewer

LISTS = {
    "tools": ("toolsListChanged", "notifications/tools/list_changed"),
    "prompts": ("promptsListChanged", "notifications/prompts/list_changed"),
    "resources": ("resourcesListChanged", "notifications/resources/list_changed"),
}
"""How a client asks for the changes of each list, and how it is told of them."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A resource that somebody subscribed to.

    Args:
        uri: As the client names it.
        digest: What it held when it was read last, empty where it could not be read.
        topics: What it is made of; see ``changes``.
    """

    uri: str
    digest: str
    topics: frozenset[str]


def watch(uri: str, context: Context) -> Watched:
    """Read a resource to watch it from now on.

    Args:
        uri: The resource's.
        context: Who subscribes.

    Raises:
        MCPError: It cannot be read, or not by this caller.
    """

    def read(resource: Resource, values: dict[str, str]) -> Watched:
        contents, topics = read_in_time(resource, uri, partial(resource.watch, uri, values, context))
        return Watched(uri, hashlib.sha256(dumps(contents)).hexdigest(), frozenset({f"uri:{uri}", *topics}))

    return first_found(uri, context, read)


def watch_again(watched: Watched, changes: Mapping[str, bool], context: Context) -> tuple[Watched, bool | None]:
    """Read a resource that may have changed.

    Args:
        watched: What is known of it.
        changes: What has changed since, of whatever kind; none where one only looks.
        context: Who subscribed, as they are proved now.

    Returns:
        What is known of it from now on, and whether that is news for its subscriber: its own object was saved,
        or what it holds is different. What was deleted is news to those who could read it when they were last
        told. None where it cannot be said for now, since reading failed.
    """
    # Saving another object of the same model is news only where this caller can see a difference.
    own = {topic: changes[topic] for topic in watched.topics & changes.keys() if ":" in topic}
    try:
        fresh = watch(watched.uri, context)
    except ResourceNotFoundError:
        is_news = bool(watched.digest) and any(own.values()) and _is_visible(watched.uri, context)
        return replace(watched, digest=""), is_news
    except (InternalError, RefusedError):
        return watched, None
    except MCPError:  # not for this caller any more
        return watched, False
    return fresh, bool(own) or fresh.digest != watched.digest


def _is_visible(uri: str, context: Context) -> bool:
    """Whether a caller would be let in, if there were anything."""

    def ask(resource: Resource, values: dict[str, str]) -> bool:
        return resource.is_visible(Viewer(context))

    try:
        return first_found(uri, context, ask)
    except MCPError:
        return False


def asked_for(params: Mapping[str, Any]) -> tuple[set[str], list[str]]:
    """What a client wants to listen to.

    Args:
        params: Of ``subscriptions/listen``.

    Returns:
        The lists, and the URIs of the resources.

    Raises:
        InvalidParamsError: It does not say so as it should.

    Spec: basic/patterns/subscriptions
    """
    wanted = params.get("notifications")
    if not isinstance(wanted, dict):
        raise InvalidParamsError(
            "subscriptions/listen needs an object with what to listen to.", data={"argument": "notifications"}
        )
    uris = wanted.get("resourceSubscriptions")
    if not isinstance([] if uris is None else uris, list) or not all(isinstance(uri, str) for uri in uris or ()):
        raise InvalidParamsError("resourceSubscriptions is an array of URIs.", data={"argument": "notifications"})
    return {name for name, (key, _) in LISTS.items() if wanted.get(key) is True}, list(dict.fromkeys(uris or ()))


# With a handshake


def resources_subscribe(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Subscribe to a resource, for as long as the client's session.

    Args:
        params: The ``uri``.
        context: Who subscribes.

    Raises:
        InvalidParamsError: The URI is none.
        MCPError: The resource cannot be read, or not by this caller.
        RefusedError: 400 without a session, 429 with too many subscriptions.

    Spec: server/resources#subscriptions
    """
    uri, session = checked_uri(params, "resources/subscribe", context), _session(context)
    if not session.subscribe(_entry(watch(uri, context))):
        raise RefusedError(429, f"A session has at most {MAX_SUBSCRIPTIONS} subscriptions.", data={"uri": uri})
    tell_on_commit({session.topic: False})
    return {}


def resources_unsubscribe(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Take a subscription back; nothing happens where there is none.

    Args:
        params: The ``uri``.
        context: Who subscribed.

    Raises:
        InvalidParamsError: The URI is none.
        RefusedError: 400 without a session.

    Spec: server/resources#subscriptions
    """
    uri, session = checked_uri(params, "resources/unsubscribe", context), _session(context)
    session.unsubscribe(uri)
    tell_on_commit({session.topic: False})
    return {}


def _session(context: Context) -> Session:
    if context._session is None:
        raise RefusedError(400, "Subscriptions belong to a session, and this request names none.")
    return context._session


def subscriptions_of(session: Session) -> dict[str, Watched]:
    """What a session is subscribed to, by URI."""
    return {
        uri: Watched(uri, entry["digest"], frozenset(entry["topics"])) for uri, entry in session.subscriptions().items()
    }


def remember(session: Session, watched: Watched) -> None:
    """Keep what is known of a resource with the session, for the stream that it opens next."""
    session.renew(_entry(watched))


def _entry(watched: Watched) -> dict[str, Any]:
    return {"uri": watched.uri, "digest": watched.digest, "topics": sorted(watched.topics)}
