"""The tenant of the current request, as multi-tenant projects keep it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_tenant: ContextVar[Any] = ContextVar("tenant", default=None)


class NoScopeError(RuntimeError):
    """A query was made outside of any tenant."""


def current_tenant() -> Any:
    tenant = _tenant.get()
    if tenant is None:
        raise NoScopeError("no tenant is active")
    return tenant


def is_open() -> bool:
    return _tenant.get() is not None


@contextmanager
def scope(tenant: Any) -> Iterator[None]:
    token = _tenant.set(tenant)
    try:
        yield
    finally:
        _tenant.reset(token)
