"""What a view is asked with while a catalog is built, and what is remembered of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from io import BytesIO
from typing import Any

from django.contrib.auth import get_user_model
from django.core.handlers.wsgi import WSGIRequest
from rest_framework.renderers import AdminRenderer, BrowsableAPIRenderer, StaticHTMLRenderer, TemplateHTMLRenderer

from .reading.following import Readings

HTML_RENDERERS = (AdminRenderer, BrowsableAPIRenderer, TemplateHTMLRenderer, StaticHTMLRenderer)


class Shared:
    """What the endpoints of one catalog share, and nobody keeps any longer than these.

    ``readings`` remembers what was read of their code, ``serializers``, ``declared``, ``named``, ``querysets`` and
    ``printed`` what a view, class or serializer answers alike for several endpoints, ``bases`` and
    ``decisions`` what
    decides on who is let in, and ``user`` is somebody who may do everything.
    """

    def __init__(self) -> None:
        self.readings = Readings()
        self.serializers: dict[Any, Any] = {}
        self.declared: dict[type, Any] = {}
        self.named: dict[Any, tuple[Any, bool]] = {}
        self.querysets: dict[Any, Any] = {}
        self.printed: dict[Any, tuple[Mapping[str, Any], Any]] = {}
        self.bases: dict[type, Any] = {}
        self.decisions: dict[Any, Any] = {}

    @cached_property
    def user(self) -> Any:
        """A user who is not in the database, with a key, without which no queryset filters by a user."""
        user: Any = get_user_model()()
        if user.pk is None:
            user.pk = 0  # the first row that a database makes is 1
        for name in ("is_active", "is_staff", "is_superuser"):
            with suppress(AttributeError):  # some projects compute these
                setattr(user, name, True)
        return user


def make_request(view: Any, method: str, user: Any) -> None:
    """Give a view a request as DRF would have it on the way to a handler.

    Args:
        view: An instance of a view, which is never run.
        method: The HTTP method.
        user: Who seems to call.
    """
    request: Any = WSGIRequest(
        {
            "REQUEST_METHOD": method.upper(),
            "PATH_INFO": "/",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
        }
    )
    view.request = request
    view.request = view.initialize_request(request)
    view.request.user = user
    view.request.accepted_renderer = next((r for r in _renderers(view) if not isinstance(r, HTML_RENDERERS)), None)
    view.request.accepted_media_type = getattr(view.request.accepted_renderer, "media_type", None)
    view.request.version = view.request.versioning_scheme = None


def _renderers(view: Any) -> list[Any]:
    try:
        return list(view.get_renderers())
    except Exception:  # noqa: BLE001  (a project's own code may raise anything)
        return []
