"""What Django's signals tell without being asked: what was saved or related, and that a stored prompt is another."""

from __future__ import annotations

from typing import Any

from django.core.signals import request_started
from django.db.backends.signals import connection_created
from django.db.models.signals import m2m_changed, post_delete, post_save

from .changes import look_again, related, saved
from .models import Prompt, PromptArgument
from .notifications import prompts_changed


def connect_signals() -> None:
    """Hear of what clients may listen to. Deletions are heard of only while somebody does; see ``changes``."""
    request_started.connect(look_again, dispatch_uid="drf_mcp.changes")
    connection_created.connect(look_again, dispatch_uid="drf_mcp.changes")
    post_save.connect(saved, dispatch_uid="drf_mcp.changes")
    m2m_changed.connect(related, dispatch_uid="drf_mcp.changes")
    for model in (Prompt, PromptArgument):
        for signal in (post_save, post_delete):
            signal.connect(_prompt_changed, sender=model, dispatch_uid="drf_mcp.prompts")
    m2m_changed.connect(_prompt_changed, sender=Prompt.groups.through, dispatch_uid="drf_mcp.prompts")


def _prompt_changed(**kwargs: Any) -> None:
    prompts_changed()
