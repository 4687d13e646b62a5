"""A look at a view's permissions before anything is called: what they are asked with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

from .endpoints import Endpoint
from .inner_request import InnerRequest
from .reading.library import overriding, remembered


class CannotTell(BaseException):
    """What was asked for is known when something is called, and not before.

    It is no ``Exception``: a permission that catches these would take what is not known for a no.
    """


def _cannot_tell(*args: Any, **kwargs: Any) -> NoReturn:
    raise CannotTell


class UnknownKwargs(dict[str, Any]):
    """The URL kwargs of a route, of which nobody knows anything yet."""

    __getitem__ = __contains__ = __iter__ = __len__ = __eq__ = __repr__ = __or__ = __ror__ = _cannot_tell
    get = keys = values = items = copy = pop = setdefault = _cannot_tell
    __hash__ = None


NO_KWARGS_YET = UnknownKwargs()


class Look(InnerRequest):
    """The request of somebody who only looks: without what a call would send, or middleware would add."""

    _sent: Mapping[str, Any]
    GET = POST = FILES = body = resolver_match = _read_started = property(_cannot_tell)

    @classmethod
    def at(cls, sight: Sight, outset: Mapping[str, Any]) -> Look:
        """A look at an endpoint.

        Args:
            sight: What is known of it.
            outset: From ``outset_of``. It is copied, so that no view finds what another one left.
        """
        look, path = cls.__new__(cls), sight.path
        look.__dict__ = {**outset, "method": sight.method, "path_info": path, "path": outset["path"] + path}
        return look

    @cached_property
    def META(self) -> dict[str, Any]:  # type: ignore[override]  # noqa: N802  (Django's own name)
        """The environ, made when somebody looks into it."""
        path = self.path_info.encode().decode("latin-1")
        return {**self._sent, "REQUEST_METHOD": self.method, "PATH_INFO": path, "CONTENT_LENGTH": "1"}

    @cached_property
    def environ(self) -> dict[str, Any]:  # type: ignore[override]
        """The same, as WSGI calls it."""
        return self.META

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # of DRF's and Django's own, which look for it in vain in any request
            raise AttributeError(name)
        raise CannotTell


def outset_of(request: InnerRequest) -> dict[str, Any]:
    """The attributes that all looks of one caller have in common, read from a request by the same."""
    outset = vars(request).copy()
    del outset["environ"]
    outset["_sent"] = sent = outset.pop("META")
    outset["path"] = sent.get("SCRIPT_NAME", "").rstrip("/")
    return outset


_BEFORE_PERMISSIONS = (
    *("__init__", "__getattribute__", "__getattr__", "setup", "initialize_request", "get_authenticators"),
    *("get_parsers", "get_content_negotiator", "get_parser_context", "perform_authentication"),
)
"""What of a view runs before its permissions are asked for."""


class Sight(NamedTuple):
    """What is known of an endpoint before anybody looks at it.

    Args:
        path: Where it is.
        method: Its HTTP method.
        has_plain_request: Whether nothing of a project has a say in the request that its permissions get.
        has_plain_permissions: Whether its view asks its permissions as DRF does, whichever these are.
    """

    path: str
    method: str
    has_plain_request: bool
    has_plain_permissions: bool


@remembered
def sight_of(endpoint: Endpoint) -> Sight:
    """What is known of an endpoint before anybody looks at it."""
    try:
        path = endpoint.route.build_path({})
    except (KeyError, ValueError):
        path = f"/{endpoint.route}"
    return Sight(
        path,
        endpoint.method.upper(),
        not overriding(endpoint.viewset, _BEFORE_PERMISSIONS),
        not overriding(endpoint.viewset, ("check_permissions", "permission_denied")),
    )
