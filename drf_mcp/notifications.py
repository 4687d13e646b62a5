"""What a project says has changed, where nobody else could know: clients that listen are told.

Each takes effect when the transaction commits that is open, and at once where none is. Nothing happens
where nobody listens.
"""

from __future__ import annotations

from .changes import tell_on_commit


def tools_changed() -> None:
    """Say that the list of tools is another one.

    Spec: server/tools#list-changed-notification
    """
    _tell("tools")


def prompts_changed() -> None:
    """Say that the list of prompts is another one. Prompts in the database say so by themselves.

    Spec: server/prompts#list-changed-notification
    """
    _tell("prompts")


def resources_changed() -> None:
    """Say that the list of resources, or of their templates, is another one.

    Spec: server/resources#list-changed-notification
    """
    _tell("resources")


def resource_updated(uri: str) -> None:
    """Say that a resource has changed, such as after ``QuerySet.update()``, which sends no signals.

    Args:
        uri: The resource's, exactly as clients know it.

    Spec: server/resources#subscriptions
    """
    _tell(f"uri:{uri}")


def _tell(topic: str) -> None:
    tell_on_commit({topic: False})
