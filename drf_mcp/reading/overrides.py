"""What a project's override leaves of the method under it, read from its source.

An overridden method promises nothing by itself. Where its source shows that it hands its argument on
unchanged before anything else, that it always saves, or that it gives back a row, what was known of the
method under it still holds. Where the source is missing or leaves a doubt, nothing does.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

_STRAIGHT = (
    ast.Return,
    ast.Expr,
    ast.Assign,
    ast.AnnAssign,
    ast.Attribute,
    ast.Call,
    ast.Subscript,
    ast.Tuple,
    ast.List,
    ast.keyword,
    ast.BinOp,
)
"""Syntax that evaluates all of its parts, always."""

_KEEPS = {"context", "instance", "parent", "root", "partial", "field_name", "label"}
"""What an override may look up in ``self`` without changing how the method under it reads."""


def overriding(obj: Any, methods: tuple[str, ...], below: Any = object) -> list[Callable[..., Any]]:
    """The functions outside of Django REST Framework that stand over its own methods.

    Args:
        obj: A serializer, a field or a class.
        methods: The names of the methods that matter.
        below: The class at which to stop; what it and its bases do is known.

    Returns:
        Those functions, the outermost first.
    """
    mro = (obj if isinstance(obj, type) else type(obj)).__mro__
    known = mro.index(below) if below in mro else len(mro)
    return [
        vars(cls)[name] for name in methods for cls in mro[:known] if name in vars(cls) and not is_library_class(cls)
    ]


def is_library_class(cls: type) -> bool:
    """Whether Django or DRF wrote a class.

    What a class says of its module is not enough: one that ``type()`` makes of a serializer names DRF's.
    """
    if cls is object:
        return True
    named = vars(sys.modules.get(cls.__module__, sys)).get(cls.__qualname__)
    return cls.__module__.startswith(("rest_framework.", "django.")) and named is cls


@cache
def hands_on(function: Any) -> bool:
    """Whether a method first of all gives its argument, as it is, to the same method of its base class.

    What comes after can only refuse more, or change the value once it was accepted.

    Args:
        function: A method of a class.
    """
    definition = _definition(function)
    names = _parameters(definition)
    return definition is not None and bool(names) and _starts_with_super(definition.body, definition.name, names[0])


@cache
def raw_keys(function: Any) -> frozenset[str | None]:
    """The keys that a serializer's method takes from its raw input by itself.

    Args:
        function: A method of a serializer.

    Returns:
        The keys, with None among them where it may take any.
    """
    if "initial_data" not in getattr(getattr(function, "__code__", None), "co_names", ("initial_data",)):
        names = ("to_internal_value", "run_validation")
        if getattr(function, "__name__", "") not in names:
            return frozenset()
    definition = _definition(function)
    if definition is None:
        return frozenset({None})
    data = (_parameters(definition) or [""])[0] if definition.name in ("to_internal_value", "run_validation") else ""
    parents = {child: node for node in ast.walk(definition) for child in ast.iter_child_nodes(node)}
    found = set()
    is_result = False
    for node in ast.walk(definition):
        is_result |= _replaces(node, data, definition.name)
    for node in ast.walk(definition):
        is_raw = isinstance(node, ast.Attribute) and node.attr == "initial_data"
        is_data = isinstance(node, ast.Name) and node.id == data and isinstance(node.ctx, ast.Load) and not is_result
        if is_raw or (is_data and not _is_super(parents[node], definition.name)):
            found.add(_key(node, parents))
    return frozenset(found)


@cache
def always_saves(function: Any) -> bool:
    """Whether a ``perform_create``, ``perform_update`` or ``save`` saves on every way to its end.

    Args:
        function: Such a method.
    """
    definition = _definition(function)
    names = _parameters(definition)
    if definition is None:
        return False

    def saves(node: ast.AST) -> bool:
        if _is_super(node, definition.name):
            return True
        called = node.func if isinstance(node, ast.Call) else None
        return (
            isinstance(called, ast.Attribute)
            and called.attr == "save"
            and isinstance(called.value, ast.Name)
            and called.value.id in names[:1]
        )

    return _always(definition.body, saves)


@cache
def gives_back(function: Any, model: type) -> bool:
    """Whether everything that a serializer's ``create`` or ``update`` returns is a row of the model.

    Args:
        function: Such a method.
        model: The serializer's model.
    """
    definition = _definition(function)
    if definition is None:
        return False
    globals_and_closure = {**getattr(function, "__globals__", {}), **_closure(function)}
    rows = _Rows(definition, {name for name, value in globals_and_closure.items() if value is model})
    returned = [node.value for node in ast.walk(definition) if isinstance(node, ast.Return)]
    return bool(returned) and all(rows.has(value) for value in returned)


class _Rows:
    """The expressions in a function that make or save a row of a model.

    Args:
        definition: The function.
        model_names: What it calls the model.
    """

    def __init__(self, definition: ast.FunctionDef, model_names: set[str]) -> None:
        self.method = definition.name
        nodes = list(ast.walk(definition))
        stored = Counter(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        self.model_names = model_names - stored.keys()
        self.assigned: dict[str, list[ast.expr]] = {}
        if self.method == "update":
            # The row that the view found.
            self.assigned[_parameters(definition)[0]] = []
        for node in nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.assigned.setdefault(node.targets[0].id, []).append(node.value)
        # A loop, a with or a tuple may put anything into a name.
        self.unclear = {name for name, values in self.assigned.items() if stored[name] != len(values)}

    def has(self, value: ast.expr | None) -> bool:
        if isinstance(value, ast.Name):
            is_clear = value.id in self.assigned and value.id not in self.unclear
            return is_clear and all(self.makes(one) for one in self.assigned[value.id])
        return self.makes(value)

    def makes(self, value: ast.expr | None) -> bool:
        """Whether an expression is ``super().create(...)``, ``Model(...)`` or ``Model.objects.create...(...)``."""
        if not isinstance(value, ast.Call):
            return False
        called = value.func
        if _is_super(value, self.method) or self.is_model(called):
            return True
        if not isinstance(called, ast.Attribute) or not called.attr.startswith("create"):
            return False
        return isinstance(called.value, ast.Attribute) and self.is_model(called.value.value)

    def is_model(self, node: ast.expr) -> bool:
        return ast.unparse(node) == "self.Meta.model" or (isinstance(node, ast.Name) and node.id in self.model_names)


def writes(function: Any) -> bool:
    """Whether a function's code may change something: it calls what saves, deletes or sends.

    Args:
        function: A function or method; what it calls in turn is not followed.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is None or bool(_WRITING & set(_names(code)))


_WRITING = {
    *("save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("perform_create", "perform_update", "perform_destroy", "partial_update", "destroy"),
    *("delay", "apply_async", "send_mail", "send_messages"),
}


def _names(code: Any) -> Iterator[str]:
    """The names in a function's code and in the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from _names(constant)


def _definition(function: Any) -> ast.FunctionDef | None:
    """The parsed source of a plain function; None for anything decorated, built in or made at run time."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return None
    definition = tree.body[0] if tree.body else None
    return definition if isinstance(definition, ast.FunctionDef) and not definition.decorator_list else None


def _parameters(definition: ast.FunctionDef | None) -> list[str]:
    """The names of a method's parameters after ``self``."""
    if definition is None:
        return []
    return [argument.arg for argument in (*definition.args.posonlyargs, *definition.args.args)][1:]


def _closure(function: Any) -> dict[str, Any]:
    try:
        return dict(inspect.getclosurevars(function).nonlocals)
    except (TypeError, ValueError):
        return {}


def _is_super(node: ast.AST, name: str) -> bool:
    """Whether a node is ``super().<name>(...)``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name):
        return False
    owner = node.func.value
    return isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super"


def _straight(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that are evaluated whenever it is."""
    yield node
    if isinstance(node, _STRAIGHT):
        for child in ast.iter_child_nodes(node):
            yield from _straight(child)


def _mentions(node: ast.AST, name: str) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in ast.walk(node))


def _starts_with_super(body: list[ast.stmt], name: str, data: str) -> bool:
    for statement in body:
        if isinstance(statement, ast.Try):
            refuses = not statement.finalbody and all(_refuses(handler.body) for handler in statement.handlers)
            return refuses and _starts_with_super(statement.body, name, data)
        if any(_hands(node, name, data) for node in _straight(statement)):
            return _mentions(statement, data) == 1
        if not _leaves_alone(statement, data):
            return False
    return False


def _hands(node: ast.AST, name: str, data: str) -> bool:
    if not (isinstance(node, ast.Call) and _is_super(node, name)):
        return False
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return len(given) == 1 and isinstance(given[0], ast.Name) and given[0].id == data


def _refuses(body: list[ast.stmt]) -> bool:
    """Whether an exception handler always ends in another exception."""
    last = body[-1]
    fails = isinstance(last, ast.Expr) and ast.unparse(last).startswith("self.fail(")
    returns = any(isinstance(node, ast.Return) for statement in body for node in ast.walk(statement))
    return not returns and (isinstance(last, ast.Raise) or fails)


def _leaves_alone(statement: ast.stmt, data: str) -> bool:
    """Whether a statement changes neither the input nor what reads it, and does not end the method."""
    allowed: set[ast.AST] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _KEEPS:
            allowed.add(node.value)
    for node in ast.walk(statement):
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom, ast.Delete)):
            return False
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(node, ast.Attribute) and node.attr in ("fields", "validators", "initial_data"):
            return False
        if isinstance(node, ast.Name) and (node.id in (data, "super") or (node.id == "self" and node not in allowed)):
            return False
    return True


def _replaces(node: ast.AST, data: str, name: str) -> bool:
    """Whether a statement puts what ``super()`` made in the place of the raw input."""
    if not isinstance(node, ast.Assign) or not any(_is_super(part, name) for part in _straight(node)):
        return False
    return any(isinstance(target, ast.Name) and target.id == data for target in node.targets)


def _key(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str | None:
    """The constant key under which raw input is looked up, None where it is used in any other way."""
    around = parents[node]
    key: ast.AST | None = None
    if isinstance(around, ast.Subscript) and isinstance(around.ctx, ast.Load):
        key = around.slice
    elif isinstance(around, ast.Attribute) and around.attr == "get":
        call = parents[around]
        key = call.args[0] if isinstance(call, ast.Call) and call.func is around and call.args else None
    elif isinstance(around, ast.Compare) and isinstance(around.ops[0], (ast.In, ast.NotIn)):
        key = around.left
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _always(body: list[ast.stmt], does: Callable[[ast.AST], bool]) -> bool:
    """Whether every way through some statements does a thing, or ends in an exception."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            return True
        if isinstance(statement, ast.If):
            if _always(statement.body, does) and _always(statement.orelse, does):
                return True
        elif isinstance(statement, ast.With):
            if _always(statement.body, does):
                return True
        elif any(does(node) for node in _straight(statement)):
            return True
        if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            return False
    return False
