"""Whose rows a view has, as far as its source shows it: a queryset that is only narrowed keeps its model."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from types import FunctionType
from typing import Any

from django.db.models import Manager, Model

from .library import definition_of, is_library_class, is_library_code, named, overriding, remembered

_NARROWING = {
    *("all", "filter", "exclude", "none", "order_by", "reverse", "distinct", "select_related", "prefetch_related"),
    *("annotate", "alias", "only", "defer", "using", "select_for_update"),
}
"""The methods of a queryset that give another one of the same model."""
_CALLS_NOTHING = (
    *(ast.Name, ast.Attribute, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.IfExp, ast.Tuple),
    *(ast.List, ast.Subscript, ast.keyword, ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop, ast.operator),
)
_OF_VIEW = {"request", "action", "kwargs", "queryset", "swagger_fake_view", "detail"}
"""The attributes of a view behind which is no code of the project's; of a request, ``_OF_REQUEST``."""
_OF_REQUEST = {"user", "auth", "method", "query_params", "GET"}
_SAME = object()
"""The model of the rows that are under an override."""


def model_of_rows(viewset: type, queryset: Any) -> Any:
    """The model of all rows that a view may ever have, None where its source does not show that.

    Args:
        viewset: The view's class.
        queryset: Its ``queryset``.
    """
    model = getattr(queryset, "model", None)
    for function in reversed(overriding(viewset, ("get_queryset",))):
        found = _returned_model(function)
        model = model if found is _SAME else found
    return model


@remembered
def _returned_model(function: Any) -> Any:
    """The one model of what a ``get_queryset`` returns on every way through it, None where there is none."""
    method = definition_of(function) if isinstance(function, FunctionType) else None
    if not isinstance(method, ast.FunctionDef) or method.decorator_list or len(method.args.args) != 1:
        return None
    reader = _Reader(function, method.args.args[0].arg)
    always_returns = reader.block(method.body)
    return reader.found.pop() if always_returns and len(reader.found) == 1 else None


class _Reader:
    """Reads one ``get_queryset``; ``found`` has the models that it returns, with None for what is not understood."""

    def __init__(self, function: FunctionType, itself: str) -> None:
        self.function = function
        self.itself = itself
        self.names: dict[str, Any] = {}
        self.found: set[Any] = set()

    def block(self, body: Iterable[ast.stmt]) -> bool:
        """Read some statements, and say whether they always return."""
        for statement in body:
            match statement:
                case ast.Return(value=value):
                    self.found.add(self.model_of(value))
                    return True
                case ast.If(test=test, body=inner, orelse=other) if self.is_plain(test):
                    if all([self.block(inner), self.block(other)]):
                        return True
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    model = self.model_of(value)
                    if model is None or self.names.setdefault(name, model) is not model:
                        self.found.add(None)
                case ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    self.found.add(None)
        return False

    def model_of(self, node: ast.expr | None) -> Any:
        """The model of what an expression stands for."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=ast.Name(id=self.itself), attr="queryset"):
                return _SAME
            case ast.Attribute(value=owner, attr=attr):
                model = named(self.function, ast.unparse(owner))
                is_model = isinstance(model, type) and issubclass(model, Model)
                return model if is_model and _is_plain_manager(getattr(model, attr, None)) else None
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[]), attr="get_queryset")):
                return None if node.args or node.keywords else _SAME
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in _NARROWING:
                return self.model_of(owner) if all(map(self.is_plain, [*node.args, *node.keywords])) else None
        return None

    def is_plain(self, node: ast.AST) -> bool:
        """Whether no code of the project's runs where an expression is evaluated."""
        match node:
            case ast.Attribute(value=ast.Name(id=self.itself), attr=attr):
                return attr in _OF_VIEW
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id=self.itself), attr="request"), attr=attr):
                return attr in _OF_REQUEST
            case ast.Call(func=ast.Attribute(value=owner, attr="get" | "getlist")) if ast.unparse(owner) in (
                f"{self.itself}.kwargs",
                f"{self.itself}.request.query_params",
                f"{self.itself}.request.GET",
            ):
                return all(map(self.is_plain, node.args))
            case ast.Call(func=func):
                called = named(self.function, ast.unparse(func))
                is_known = is_library_class(called) if isinstance(called, type) else is_library_code(called)
                return is_known and all(map(self.is_plain, [*node.args, *node.keywords]))
        return isinstance(node, _CALLS_NOTHING) and all(map(self.is_plain, ast.iter_child_nodes(node)))


def _is_plain_manager(manager: Any) -> bool:
    return type(manager) is Manager or (isinstance(manager, Manager) and is_library_class(type(manager)))
