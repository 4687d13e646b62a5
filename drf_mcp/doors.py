"""Doors: what the tools that let in the same callers have in common, where a list of thousands finds it at once."""

from __future__ import annotations

from typing import Any

from .endpoints import Endpoint
from .looking import Decision, what_decides

_DECISIVE = ("permission_classes", "authentication_classes", "queryset")
"""What a project may give to a ViewSet also while it runs."""


class Door:
    """What decides on who is let into some tools of a catalog: one object for each decision, so that it is found fast.

    Args:
        decides: What decides.
    """

    __slots__ = ("decides",)

    def __init__(self, decides: Decision) -> None:
        self.decides = decides


class Frame:
    """What the doors of a ViewSet were made from.

    Args:
        endpoint: One of the ViewSet's, which speaks for those whose routes do not say otherwise.
    """

    __slots__ = ("_endpoint", "_found")

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint, self._found = endpoint, _decisive(endpoint)

    def holds(self) -> bool:
        """Whether all of it is still there."""
        return all(now is then for now, then in zip(_decisive(self._endpoint), self._found, strict=True))


def _decisive(endpoint: Endpoint) -> list[Any]:
    own, viewset = endpoint.initkwargs, endpoint.viewset
    return [own[name] if name in own else getattr(viewset, name, None) for name in _DECISIVE]


def door_of(endpoint: Endpoint) -> tuple[Frame, Door | None]:
    """The door of an endpoint, made anew where its frame does not hold any more.

    Args:
        endpoint: One that is asked about.

    Returns:
        What it was made from, and the door; None where only the endpoint itself can tell.
    """
    shared, speaks_for_itself = endpoint.shared, any(name in endpoint.initkwargs for name in _DECISIVE)
    frame = None if speaks_for_itself else shared.frames.get(endpoint.viewset)
    if frame is None or not frame.holds():
        frame = Frame(endpoint)
        if not speaks_for_itself:
            shared.frames[endpoint.viewset] = frame
    decides = what_decides(endpoint)
    door = None if decides is None else shared.doors.setdefault(decides, Door(decides))
    vars(endpoint)["_door"] = found = frame, door
    return found
