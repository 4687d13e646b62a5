"""Which endpoints let in the same callers, so that a list of thousands asks once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework import permissions

from .endpoints import Endpoint
from .looking import sight_of
from .reading.library import overriding, remembered
from .reading.querysets import model_of_rows

_GIVEN = ("permission_classes", "authentication_classes", "queryset")
"""What a decision is made from, which a project may also change while it runs."""


@dataclass(frozen=True, eq=False, slots=True)
class Decision:
    """What the endpoints have in common that let the same callers in; one object for all of a catalog's.

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


class Basis:
    """What the decisions on a ViewSet were made from.

    Args:
        endpoint: One of the ViewSet's, which speaks for those whose routes do not say otherwise.
    """

    __slots__ = ("_endpoint", "_found")

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint, self._found = endpoint, _given(endpoint)

    def holds(self) -> bool:
        """Whether all of it is still there."""
        return all(now is then for now, then in zip(_given(self._endpoint), self._found, strict=True))


def _given(endpoint: Endpoint) -> list[Any]:
    own, viewset = endpoint.initkwargs, endpoint.viewset
    return [own[name] if name in own else getattr(viewset, name, None) for name in _GIVEN]


def what_decides(endpoint: Endpoint) -> tuple[Basis, Decision | None]:
    """What decides on who is let into an endpoint, found anew where its basis does not hold any more.

    Args:
        endpoint: One that is asked about.

    Returns:
        The basis, and the decision; None where only the endpoint itself can tell.
    """
    known = vars(endpoint).get("_decided")  # as a cached property would be: a list has thousands of them
    if known is not None and known[0].holds():
        return known[0], known[1]
    shared, speaks_for_itself = endpoint.shared, any(name in endpoint.initkwargs for name in _GIVEN)
    basis = None if speaks_for_itself else shared.bases.get(endpoint.viewset)
    if basis is None or not basis.holds():
        basis = Basis(endpoint)
        if not speaks_for_itself:
            shared.bases[endpoint.viewset] = basis
    vars(endpoint)["_decided"] = found = basis, _decision(endpoint)
    return found


def _decision(endpoint: Endpoint) -> Decision | None:
    viewset, sight = endpoint.viewset, sight_of(endpoint)
    asked, proofs, queryset = _given(endpoint)
    if not (sight.has_plain_request and sight.has_plain_permissions) or overriding(viewset, ("get_permissions",)):
        return None
    if not isinstance(asked, (list, tuple)) or not isinstance(proofs, (list, tuple)):
        return None
    asked, proofs = tuple(asked), tuple(proofs)
    looks = [_looks_at_model(cls) for cls in asked]
    if None in looks:
        return None
    if True not in looks:
        return _interned(endpoint, asked, proofs)
    model = None if getattr(viewset, "_ignore_model_permissions", False) else model_of_rows(viewset, queryset)
    return None if model is None else _interned(endpoint, asked, proofs, model)


def _interned(endpoint: Endpoint, asked: Any, proofs: Any, model: Any = None) -> Decision:
    key = asked, proofs, endpoint.method, model
    decision: Decision = endpoint.shared.decisions.setdefault(key, Decision(*key))
    return decision


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
