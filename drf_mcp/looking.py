"""A look at a view's permissions before anything is called: what they are asked with, and which are asked once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from rest_framework import permissions

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

    _outset: Mapping[str, Any]
    GET = POST = FILES = body = resolver_match = _read_started = property(_cannot_tell)

    @classmethod
    def at(cls, endpoint: Endpoint, outset: Mapping[str, Any]) -> Look:
        """A look at an endpoint.

        Args:
            endpoint: What is looked at.
            outset: The attributes of a request by the same caller. They are copied, so that no view finds what
                another one left.
        """
        look, path = cls.__new__(cls), _path_to(endpoint)
        vars(look).update(outset)
        look._outset, look.method, look.path_info = outset, endpoint.method.upper(), path
        look.path = f"{outset['META'].get('SCRIPT_NAME', '').rstrip('/')}{path}"
        del look.META, look.environ
        return look

    @cached_property
    def META(self) -> dict[str, Any]:  # type: ignore[override]  # noqa: N802  (Django's own name)
        """The environ, made when somebody looks into it."""
        path = self.path_info.encode().decode("latin-1")
        return {**self._outset["META"], "REQUEST_METHOD": self.method, "PATH_INFO": path, "CONTENT_LENGTH": "1"}

    @cached_property
    def environ(self) -> dict[str, Any]:  # type: ignore[override]
        """The same, as WSGI calls it."""
        return self.META

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # of DRF's and Django's own, which look for it in vain in any request
            raise AttributeError(name)
        raise CannotTell


@remembered
def _path_to(endpoint: Endpoint) -> str:
    try:
        return endpoint.route.build_path({})
    except (KeyError, ValueError):
        return f"/{endpoint.route}"


_BEFORE_PERMISSIONS = (
    *("__init__", "__getattribute__", "__getattr__", "setup", "initialize_request", "get_authenticators"),
    *("get_parsers", "get_content_negotiator", "get_parser_context", "perform_authentication"),
)
"""What of a view runs before its permissions are asked for."""


@remembered
def has_plain_request(viewset: type) -> bool:
    """Whether nothing of a project has a say in the request that a view's permissions are asked with."""
    return not overriding(viewset, _BEFORE_PERMISSIONS)


@remembered
def _has_plain_permissions(viewset: type) -> bool:
    return not overriding(viewset, ("check_permissions", "get_permissions", "permission_denied"))


@remembered
def _has_plain_queryset(viewset: type) -> bool:
    return not overriding(viewset, ("get_queryset",))


_decisions: WeakKeyDictionary[Endpoint, tuple[Any, Any, Any, Hashable | None]] = WeakKeyDictionary()


def what_decides(endpoint: Endpoint) -> Hashable | None:
    """What two endpoints have in common that let the same callers in; None where only each itself can tell.

    Args:
        endpoint: One that is asked about.
    """
    viewset, own = endpoint.viewset, endpoint.initkwargs
    asked = own.get("permission_classes", viewset.permission_classes)
    proofs = own.get("authentication_classes", viewset.authentication_classes)
    queryset = own.get("queryset", getattr(viewset, "queryset", None))
    known = _decisions.get(endpoint)
    if known is None or known[0] is not asked or known[1] is not proofs or known[2] is not queryset:
        decision = _decision(endpoint, asked, proofs, queryset)  # also where a project changes its mind as it runs
        known = _decisions[endpoint] = asked, proofs, queryset, decision
    return known[3]


def _decision(endpoint: Endpoint, asked: Any, proofs: Any, queryset: Any) -> Hashable | None:
    viewset = endpoint.viewset
    if not (has_plain_request(viewset) and _has_plain_permissions(viewset)):
        return None
    if not isinstance(asked, (list, tuple)) or not isinstance(proofs, (list, tuple)):
        return None
    asked, proofs = tuple(asked), tuple(proofs)
    looks = [_looks_at_model(cls) for cls in asked]
    if None in looks:
        return None
    if True not in looks:
        return asked, proofs, endpoint.method
    model = getattr(queryset, "model", None)
    if model is None or getattr(viewset, "_ignore_model_permissions", False) or not _has_plain_queryset(viewset):
        return None
    return asked, proofs, endpoint.method, model


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
