"""A look at a view's permissions before anything is called: what they are asked with, and which are asked once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

from rest_framework import permissions

from .endpoints import Endpoint
from .inner_request import InnerRequest
from .reading.library import overriding, remembered
from .reading.querysets import model_of_rows


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


class Decision(NamedTuple):
    """What two endpoints have in common that let the same callers in.

    Args:
        asked: Their permission classes, all of DRF's own.
        proofs: Their authentication classes.
        method: Their HTTP method.
        model: That of their rows, where a permission asks for it.
    """

    asked: tuple[Any, ...]
    proofs: tuple[Any, ...]
    method: str
    model: Any = None


def what_decides(endpoint: Endpoint) -> Decision | None:
    """What decides on who is let into an endpoint; None where only itself can tell.

    Args:
        endpoint: One that is asked about.
    """
    viewset, own = endpoint.viewset, endpoint.initkwargs
    asked = own.get("permission_classes", viewset.permission_classes)
    proofs = own.get("authentication_classes", viewset.authentication_classes)
    queryset = own["queryset"] if "queryset" in own else getattr(viewset, "queryset", None)
    known = vars(endpoint).get("_decision")  # as a cached property would be: a list has thousands of them
    if known is None or known[0] is not asked or known[1] is not proofs or known[2] is not queryset:
        decision = _decision(endpoint, asked, proofs, queryset)  # also where a project changes its mind as it runs
        known = vars(endpoint)["_decision"] = asked, proofs, queryset, decision
    return known[3]


def _decision(endpoint: Endpoint, asked: Any, proofs: Any, queryset: Any) -> Decision | None:
    viewset, sight = endpoint.viewset, sight_of(endpoint)
    if not (sight.has_plain_request and sight.has_plain_permissions) or overriding(viewset, ("get_permissions",)):
        return None
    if not isinstance(asked, (list, tuple)) or not isinstance(proofs, (list, tuple)):
        return None
    asked, proofs = tuple(asked), tuple(proofs)
    looks = [_looks_at_model(cls) for cls in asked]
    if None in looks:
        return None
    if True not in looks:
        return Decision(asked, proofs, endpoint.method)
    model = None if getattr(viewset, "_ignore_model_permissions", False) else model_of_rows(viewset, queryset)
    return None if model is None else Decision(asked, proofs, endpoint.method, model)


_OF_USER = (
    permissions.AllowAny,
    permissions.IsAuthenticated,
    permissions.IsAdminUser,
    permissions.IsAuthenticatedOrReadOnly,
)
_OF_MODEL = (
    permissions.DjangoModelPermissions,
    permissions.DjangoModelPermissionsOrAnonReadOnly,
    permissions.DjangoObjectPermissions,
)
_NO_CODE = {"__module__", "__doc__", "__qualname__", "__firstlineno__", "__static_attributes__", "perms_map"}
"""What a class may say that only adds to a table of DRF's own."""


@remembered
def _looks_at_model(permission: Any) -> bool | None:
    """Whether a class of DRF's own asks for the view's model, beside user and method; None for any other class."""
    if isinstance(permission, permissions.OperandHolder):
        looks = [_looks_at_model(permission.op1_class), _looks_at_model(permission.op2_class)]
        return None if None in looks else True in looks
    if isinstance(permission, permissions.SingleOperandHolder):
        return _looks_at_model(permission.op1_class)
    if permission in _OF_USER:
        return False
    mro = getattr(permission, "__mro__", ())
    base = next((cls for cls in mro if cls in _OF_MODEL), None)
    if base is None or any(type(vars(cls).get("perms_map", {})) is not dict for cls in mro):
        return None
    own = [cls for cls in mro if cls not in (*_OF_MODEL, permissions.BasePermission, object)]
    return True if all(vars(cls).keys() <= _NO_CODE for cls in own) else None
