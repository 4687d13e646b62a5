"""Surroundings: what a thread that works for a request finds as the request's own thread has it."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.urls import get_script_prefix, get_urlconf, set_script_prefix, set_urlconf
from django.utils import timezone, translation


class Surroundings:
    """What Django keeps for each thread and a call was to find in its own: language, time zone, URLconf and prefix."""

    def __init__(self) -> None:
        self.context = contextvars.copy_context()
        self.language, self.zone = translation.get_language(), timezone.get_current_timezone()
        self.urlconf, self.prefix = get_urlconf(), get_script_prefix()

    def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """Work in them."""
        return self.context.run(self._run, work, *args)

    def _run(self, work: Callable[..., Any], *args: Any) -> Any:
        for alias in caches:
            # A cache's client belongs to one thread, and older releases of asgiref bring it along.
            with contextlib.suppress(AttributeError):
                del caches[alias]
        set_script_prefix(self.prefix)
        set_urlconf(self.urlconf)
        with translation.override(self.language), timezone.override(self.zone):
            return work(*args)
