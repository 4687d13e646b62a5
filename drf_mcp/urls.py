"""The routes to include: ``path("mcp/", include("drf_mcp.urls"))``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import URLResolver, get_resolver, path

from .views import MCPView

app_name = "drf_mcp"
urlpatterns = [path("", MCPView.as_view(), name="endpoint")]


class SlashOptional:
    """The pattern of a route that ends in a slash, matching the same address without it, too.

    Clients strip or add that slash as they please, and Django's redirect loses the body of a POST.

    Args:
        pattern: The pattern that ``path()`` or ``re_path()`` made.
    """

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pattern, name)

    def __str__(self) -> str:
        return str(self._pattern)

    def match(self, path: str) -> tuple[str, tuple[Any, ...], dict[str, Any]] | None:
        """Match as the pattern does, or match the whole of a path that only lacks the last slash."""
        match = self._pattern.match(path)
        if match is None and not path.endswith("/"):
            match = self._pattern.match(f"{path}/")
            if match is not None and match[0]:
                match = None
        return match  # type: ignore[no-any-return]


def serve_without_slash(**kwargs: Any) -> None:
    """Answer at ``/mcp`` as at ``/mcp/``, wherever the project's URLconf includes this module.

    Receives ``request_started``, because nothing earlier has the project's URLconf; after the first
    request it costs a dictionary look-up.
    """
    _loosen_mounts(settings.ROOT_URLCONF)


@cache
def _loosen_mounts(urlconf: str) -> None:
    try:
        mounts = list(_mounts(get_resolver(urlconf)))
    except Exception:  # noqa: BLE001  (a broken URLconf is Django's to report, when it resolves the request)
        return
    for resolver in mounts:
        if not isinstance(resolver.pattern, SlashOptional):
            resolver.pattern = SlashOptional(resolver.pattern)  # type: ignore[assignment]


def _mounts(resolver: URLResolver) -> Iterator[URLResolver]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if getattr(pattern.urlconf_module, "__name__", None) == __name__:
                yield pattern
            else:
                yield from _mounts(pattern)
