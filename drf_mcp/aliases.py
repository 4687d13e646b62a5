"""Under which names a function has the request and its parts."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence
from types import FunctionType
from typing import Any

QUERY = ("query_params", "GET")
BODY = ("data", "POST", "FILES", "body", "stream", "read")

Kind = Any
"""What a name stands for.

``"view"`` (the object whose class is read), ``"other"`` (another object with a request), ``"serializer"``,
``"context"``, ``"options"`` (a serializer's keyword arguments), ``"maker"`` (the view's serializer class),
``"decorated"`` (what a decorator gets), ``"request"``, ``"body"``, ``"query"``, ``"super"``, a tuple of kinds
for ``*args``, None for all else.
"""

_ATTRIBUTES = {
    ("view", "request"): "request",
    ("view", "serializer_class"): "maker",
    ("other", "request"): "request",
    ("request", "_request"): "request",
    ("serializer", "context"): "context",
    ("serializer", "_context"): "context",
    ("serializer", "initial_data"): "body",
    ("serializer", "parent"): "serializer",
    ("serializer", "root"): "serializer",
    **{("request", name): "query" for name in QUERY},
    **{("request", name): "body" for name in BODY},
}
_ITEMS = {("context", "request"): "request", ("context", "view"): "other", ("options", "context"): "context"}
CONSTANT = {
    *("action", "action_map", "args", "basename", "description", "detail", "format_kwarg", "headers", "name", "suffix"),
    *("request", "swagger_fake_view", "partial", "fields", "field_name", "parent", "root", "context", "initial_data"),
    *("read_only", "write_only", "source", "source_attrs", "_context", "_kwargs", "_args", "method", "http_method"),
}
"""What an instance has beside its class's attributes that is the same for every call of an endpoint."""
VIEW_NAMES = ("self", "view", "viewset", "view_instance", "instance", "_self", "this", "cls")


class Aliases:
    """What the names in one function stand for.

    A name that stands for two things stands for none; ``lost`` then has what it stood for.

    Args:
        function: The function.
    """

    def __init__(self, function: FunctionType) -> None:
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
        self.free = {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}
        self.around = function.__globals__
        self.locals = {*function.__code__.co_varnames, *function.__code__.co_cellvars}
        self.names: dict[str, Kind] = {}
        self.lost: list[Kind] = []

    def bind(self, arguments: ast.arguments, positional: Sequence[Kind], keywords: dict[str, Kind]) -> None:
        """Say what the function's arguments stand for."""
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        self.names.update(zip(names, positional, strict=False))
        if arguments.vararg is not None:
            self.names[arguments.vararg.arg] = tuple(positional[len(names) :])
        if arguments.kwarg is not None and positional[:1] == ("serializer",):
            self.names[arguments.kwarg.arg] = "options"
        taken = {*names, *(argument.arg for argument in arguments.kwonlyargs)}
        for name, kind in keywords.items():
            if name in taken:
                self.names[name] = kind
            elif kind in ("request", "body", "query"):
                self.lost.append(kind)
        self.names = {name: kind for name, kind in self.names.items() if kind}

    def find(self, body: Iterable[ast.AST]) -> None:
        """Names that are given to the request or a part of it; one that is also given to something else is lost."""
        pairs = [pair for statement in body for node in ast.walk(statement) for pair in _assignments(node)]
        for _ in range(3):  # an alias of an alias of an alias
            for name, value in pairs:
                if name not in self.names and (kind := self.kind(value)):
                    self.names[name] = kind
        mixed = {name for name, value in pairs if name in self.names and self.kind(value) != self.names[name]}
        for name in mixed:
            self.lost.append(self.names.pop(name))

    def kind(self, node: ast.AST | None) -> Kind:
        """What an expression stands for, None for anything else than the request and what belongs to it."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=value, attr=attr):
                return _ATTRIBUTES.get((self.kind(value), attr))
            case ast.Subscript(value=value, slice=ast.Constant(value=key)):
                return self.item(self.kind(value), key)
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self.kind(value)
            case ast.BoolOp(values=values):
                return self.common(value for value in values if not _is_empty(value))
            case ast.IfExp(body=body, orelse=orelse):
                return self.common(value for value in (body, orelse) if not _is_empty(value))
            case ast.Dict(keys=keys, values=values) if None in keys:
                merged = [self.kind(value) for key, value in zip(keys, values, strict=True) if key is None]
                return "body" if "body" in merged else None
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return "body" if "body" in (self.kind(left), self.kind(right)) else None
            case ast.Call():
                return self.kind_of_call(node)
        return None

    def kind_of_call(self, node: ast.Call) -> Kind:
        """What a call gives: a copy of a part of the request, an entry of a context, ``super()``."""
        match node:
            case ast.Call(func=ast.Name(id="super")):
                return "super"
            case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=attr), *_]):
                return _ATTRIBUTES.get((self.kind(value), str(attr)))
            case ast.Call(func=ast.Name(id="dict" | "copy" | "deepcopy"), args=[value], keywords=[]):
                kind = self.kind(value)
                return kind if kind in ("body", "query") else None
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=arguments):
                kind = self.kind(value)
                if kind in ("view", "super") and attr == "get_serializer_class":
                    return "maker"
                if kind in ("body", "query") and attr in ("copy", "dict") and not arguments:
                    return kind
                if attr in ("get", "pop") and arguments:
                    return self.item(kind, constant(arguments[0]))
                if attr in ("copy", "deepcopy") and len(arguments) == 1 and self.kind(arguments[0]) == "body":
                    return "body"
        return None

    @staticmethod
    def item(kind: Kind, key: Any) -> Kind:
        """What stands under a key of a context, or at an index of ``*args``."""
        if isinstance(kind, tuple):
            return kind[key] if isinstance(key, int) and -len(kind) <= key < len(kind) else None
        return _ITEMS.get((kind, key)) if isinstance(key, str) else None

    def common(self, nodes: Iterator[ast.AST]) -> Kind:
        """What all of these stand for, None where they differ."""
        kinds = [self.kind(node) for node in nodes]
        return kinds[0] if kinds and all(kind == kinds[0] for kind in kinds) else None

    def text(self, node: ast.AST) -> str:
        """The text of a constant, of the module or the function around included; empty for anything else."""
        value = constant(node)
        if isinstance(node, ast.Name) and node.id not in self.locals:
            value = self.free.get(node.id, self.around.get(node.id))
        return value if isinstance(value, str) else ""

    def of_a_class(self, node: ast.expr) -> Any:
        """``Base.create`` for the function, where ``Base`` is a class of the module."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            base = self.free.get(node.value.id, self.around.get(node.value.id))
            return inspect.getattr_static(base, node.attr, None) if isinstance(base, type) else None
        return None


def constant(node: ast.AST | None) -> Any:
    """The value of a constant, None for anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The plain names that a statement or expression gives a value to."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    pairs = zip(target.elts, value.elts, strict=False)
                    yield from ((inner.id, part) for inner, part in pairs if isinstance(inner, ast.Name))
                elif isinstance(target, (ast.Tuple, ast.List)):
                    yield from ((inner.id, value) for inner in target.elts if isinstance(inner, ast.Name))
                elif isinstance(target, ast.Name):
                    yield target.id, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.For(target=ast.Name(id=name)) | ast.AsyncFor(target=ast.Name(id=name)):
            yield name, node
        case ast.withitem(optional_vars=ast.Name(id=name)):
            yield name, node


def _is_empty(node: ast.AST) -> bool:
    """``None``, ``{}`` and ``""``: what stands in for something that is not there."""
    return (isinstance(node, ast.Constant) and not node.value) or (isinstance(node, ast.Dict) and not node.keys)


def is_stored(node: ast.AST) -> bool:
    """Whether an expression is given a value, or deleted."""
    return isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True
