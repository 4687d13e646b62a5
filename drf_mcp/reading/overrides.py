"""What a project's override leaves of the method under it.

An overridden method promises nothing by itself. Where its source shows that it hands its argument on unchanged before
anything else, that it always saves, or that it gives back a row, what was known of the method under it still holds.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from inspect import getattr_static
from types import FunctionType
from typing import Any

from .library import computing, definition_of, is_library_class, named, remembered

_STRAIGHT = (
    *(ast.Return, ast.Expr, ast.Assign, ast.AnnAssign, ast.Attribute, ast.Call, ast.Subscript, ast.Tuple, ast.List),
    *(ast.keyword, ast.BinOp),
)
"""Syntax that evaluates all of its parts, always."""

_KEEPS = {"context", "instance", "parent", "root", "partial", "field_name", "label"}
"""What an override may look up in ``self`` without changing how the method under it reads."""

_MAKING = {"__new__", "__init__", "bind"}
"""The methods that run before any input is there."""


def hands_on(function: FunctionType, owner: Any) -> bool:
    """Whether a method first of all gives its argument, as it is, to the same method of its base class.

    What comes after can only refuse more, or change the value once it was accepted. A condition that asks for
    nothing but what the serializer keeps in itself since it was made, as ``if self.nested:``, is answered by it.

    Args:
        function: A method of a class.
        owner: The serializer or field that has it.
    """
    return _hands_on(function, tuple((name, _kept(owner, name)) for name in _asked(function)))


@remembered
def _hands_on(function: FunctionType, kept: tuple[tuple[str, bool | None], ...]) -> bool:
    method, names = _method(function)
    if method is None or not names:
        return False
    return _starts_with_super(_settled(method.body, dict(kept)), method.name, names[0])


@remembered
def _asked(function: FunctionType) -> tuple[str, ...]:
    """The attributes that the conditions at the top of a method ask its object for."""
    method, _ = _method(function)
    tests = [statement.test for statement in method.body if isinstance(statement, ast.If)] if method else []
    return tuple(dict.fromkeys(name for test in tests if (name := _asked_by(test)[0])))


def _asked_by(test: ast.expr) -> tuple[str, bool]:
    """The attribute of ``self`` that is all a condition asks for, and what that has to be; no name for any other."""
    match test:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name, True
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            name, wanted = _asked_by(operand)
            return name, not wanted
    return "", True


def _kept(owner: Any, name: str) -> bool | None:
    """A flag that an object has since it was made, None for what is none or what may have been set since."""
    value = getattr_static(owner, name, ...)
    if not (value is None or isinstance(value, bool)):
        return None
    return bool(value) if _is_set_once(type(owner), name) else None


@remembered
def _is_set_once(cls: type, name: str) -> bool:
    """Whether only the methods with which a project makes an instance set an attribute; ``instance`` is the view's."""
    return not any(
        isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
        for base in cls.__mro__
        for key, value in vars(base).items()
        if (key not in _MAKING or is_library_class(base)) and isinstance(function := computing(value), FunctionType)
        if name in function.__code__.co_names and (tree := definition_of(function)) is not None
        for node in ast.walk(tree)
    )


def _settled(body: list[ast.stmt], kept: dict[str, bool | None]) -> list[ast.stmt]:
    """Some statements without those that never run, and without the conditions that always hold."""
    settled: list[ast.stmt] = []
    for statement in body:
        name, wanted = _asked_by(statement.test) if isinstance(statement, ast.If) else ("", True)
        answer = kept.get(name)
        if not isinstance(statement, ast.If) or answer is None:
            settled.append(statement)
        else:
            settled.extend(statement.body if answer is wanted else statement.orelse)
    return settled


@remembered
def always_saves(function: FunctionType) -> bool:
    """Whether a ``perform_create``, ``perform_update`` or ``save`` saves on every way to its end.

    Args:
        function: Such a method.
    """
    method, names = _method(function)

    def saves(node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="save")):
                return name in names[:1]
        return method is not None and _is_super(node, method.name)

    return method is not None and _always(method.body, saves)


@remembered
def gives_back(function: FunctionType, model: type) -> bool:
    """Whether everything that a serializer's ``create`` or ``update`` returns is a row of the model.

    Args:
        function: Such a method.
        model: The serializer's model.
    """
    method, names = _method(function)
    if method is None:
        return False
    row = names[0] if method.name == "update" else ""  # the one that the view found
    stored = [node.id for node in ast.walk(method) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    made: dict[str, list[bool]] = {row: []} if row else {}

    def makes(value: ast.expr | None) -> bool:
        """``super().create(...)``, ``Model(...)``, ``Model.objects.create...(...)``, or a name for nothing else."""
        match value:
            case ast.Name(id=name):
                return name in made and len(made[name]) == stored.count(name) and all(made[name])
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=owner), attr=attr)) if attr.startswith("create"):
                return is_model(owner)
            case ast.Call(func=called):
                return _is_super(value, method.name) or is_model(called)
        return False

    def is_model(node: ast.expr) -> bool:
        is_named = isinstance(node, ast.Name) and named(function, node.id) is model
        return is_named or ast.unparse(node) == "self.Meta.model"

    for node in ast.walk(method):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            made.setdefault(node.targets[0].id, []).append(isinstance(node.value, ast.Call) and makes(node.value))
    returned = [node.value for node in ast.walk(method) if isinstance(node, ast.Return)]
    return bool(returned) and all(makes(value) for value in returned)


def _method(function: Any) -> tuple[ast.FunctionDef | None, list[str]]:
    """A method's tree and its parameters after ``self``; nothing for what is decorated or made at run time."""
    method = definition_of(function) if isinstance(function, FunctionType) else None
    if not isinstance(method, ast.FunctionDef) or method.decorator_list:
        return None, []
    return method, [argument.arg for argument in (*method.args.posonlyargs, *method.args.args)][1:]


def _is_super(node: ast.AST, name: str) -> bool:
    """Whether a node is ``super().<name>(...)``."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=attr)):
            return attr == name
    return False


def _straight(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that are evaluated whenever it is."""
    yield node
    if isinstance(node, _STRAIGHT):
        for child in ast.iter_child_nodes(node):
            yield from _straight(child)


def _starts_with_super(body: list[ast.stmt], name: str, data: str) -> bool:
    for statement in body:
        if isinstance(statement, ast.Try):
            refuses = not statement.finalbody and all(_refuses(handler.body) for handler in statement.handlers)
            return refuses and _starts_with_super(statement.body, name, data)
        if any(_is_super(node, name) and _is_given(node, data) for node in _straight(statement)):
            return sum(isinstance(node, ast.Name) and node.id == data for node in _loaded(statement)) == 1
        if not _leaves_alone(statement, data):
            return False
    return False


def _is_given(call: Any, data: str) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return len(given) == 1 and isinstance(given[0], ast.Name) and given[0].id == data


def _loaded(statement: ast.AST) -> Iterator[ast.AST]:
    return (node for node in ast.walk(statement) if isinstance(getattr(node, "ctx", None), ast.Load))


def _refuses(body: list[ast.stmt]) -> bool:
    """Whether an exception handler always ends in another exception."""
    last = body[-1]
    fails = isinstance(last, ast.Expr) and ast.unparse(last).startswith("self.fail(")
    returns = any(isinstance(node, ast.Return) for statement in body for node in ast.walk(statement))
    return not returns and (isinstance(last, ast.Raise) or fails)


def _leaves_alone(statement: ast.stmt, data: str) -> bool:
    """Whether a statement changes neither the input nor what reads it, and does not end the method."""
    looked = {n.value for n in ast.walk(statement) if isinstance(n, ast.Attribute) and n.attr in _KEEPS}
    for node in ast.walk(statement):
        match node:
            case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Delete():
                return False
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                return False
            case ast.Attribute(attr="fields" | "validators" | "initial_data"):
                return False
            case ast.Name(id=name) if name in (data, "super") or (name == "self" and node not in looked):
                return False
    return True


def _always(body: list[ast.stmt], does: Callable[[ast.AST], bool]) -> bool:
    """Whether every way through some statements does a thing, or ends in an exception."""
    for statement in body:
        match statement:
            case ast.Raise():
                return True
            case ast.If(body=first, orelse=second) if _always(first, does) and _always(second, does):
                return True
            case ast.With(body=inner) if _always(inner, does):
                return True
            case ast.If() | ast.With():
                pass
            case _ if any(does(node) for node in _straight(statement)):
                return True
        if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            return False
    return False
