"""drf-nested-routers: what its ``NestedViewSetMixin`` takes from the URL is no argument of the body or the query."""

from __future__ import annotations

from typing import Any


def keys_from_url(view: Any) -> set[str]:
    """The names that the mixin fills in, whatever a request says under them.

    Args:
        view: An instance of any view.

    Returns:
        Such as ``domain`` for ``parent_lookup_kwargs = {"domain_pk": "domain__pk"}``; none without the mixin.
    """
    if not hasattr(view, "_get_parent_lookup_kwargs"):
        return set()
    return {str(lookup).partition("__")[0] for lookup in view._get_parent_lookup_kwargs().values()}
