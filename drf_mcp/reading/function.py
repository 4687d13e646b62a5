"""One function: what it does with the request and its parts, under whatever names they go.

The function is run over kinds instead of values, statement by statement. A branch may happen or not, so behind it a
name stands for all that it may be; a loop is gone through twice, so that what its end leaves is there at its beginning.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence
from importlib.util import resolve_name
from types import FunctionType
from typing import Any, NamedTuple

from .calls import CallReader
from .expressions import constant_of
from .found import ELSE, NOTHING, Call, Kinds, Reading
from .library import Definition, definition_of, is_serializer_class, remembered

_REFUSAL = re.compile(r"status(_code)?=\S*4\d\d")
_VIEW_NAMES = ("self", "view", "viewset", "view_instance", "instance", "_self", "this", "cls")
_OF_ANSWER = {"instance", "_data", "_errors", "_validated_data"}
"""What can be set in a serializer without changing what it takes."""


class FunctionReading(NamedTuple):
    """What one function reads by itself, and what it calls."""

    reading: Reading
    calls: tuple[Call, ...]


@remembered
def read_function(
    function: FunctionType, positional: tuple[Kinds, ...], keywords: tuple[tuple[str, Kinds], ...]
) -> FunctionReading | None:
    """Read what a function does with what it is given.

    Args:
        function: The function, without any wrapper around it.
        positional: What its positional arguments stand for.
        keywords: What its keyword arguments stand for.

    Returns:
        What it reads and calls, None where there is no source.
    """
    definition = definition_of(function)
    if definition is None:
        return None
    reader = _FunctionReader(function)
    reader.bind(definition.args, positional, dict(keywords))
    reader.run(definition)
    return FunctionReading(reader.reading, tuple(reader.calls))


class _FunctionReader(CallReader):
    """Runs one function over kinds."""

    def bind(self, arguments: ast.arguments, positional: Sequence[Kinds], keywords: dict[str, Kinds]) -> None:
        """Say what the function's arguments stand for."""
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        self.names.update(zip(names, positional, strict=False))
        if arguments.vararg is not None:
            self.names[arguments.vararg.arg] = frozenset({tuple(positional[len(names) :])})
        if arguments.kwarg is not None and "serializer" in frozenset().union(*positional[:1]):
            self.names[arguments.kwarg.arg] = frozenset({"options"})
        taken = {*names, *(argument.arg for argument in arguments.kwonlyargs)}
        for name, kinds in keywords.items():
            if name in taken:
                self.names[name] = kinds
            elif arguments.kwarg is not None and self.makes_context and name == "data":
                self.names[arguments.kwarg.arg] = frozenset({"options"})
            else:
                self.reading.hand_on(kinds)

    def run(self, definition: Definition) -> None:
        """Run the function, and the functions in it once more as those find its names at its end."""
        self.body_of(definition)
        if self.function.__name__ in ("update", "partial_update") and _sets_partial(definition):
            self.reading.filled.add("")
        for inner in [*self.inner]:
            self.inside(inner)

    def body_of(self, definition: Definition) -> None:
        if isinstance(definition, ast.Lambda):
            self.use(definition.body)
        else:
            self.block(definition.body)

    # Statements

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def branch(self, bodies: Sequence[Sequence[ast.stmt]], *others: dict[str, Kinds], is_settled: bool = False) -> None:
        """Run each of these from here; behind them a name stands for what any that goes on has left."""
        before, ends = self.names, list(others)
        self.branches += not is_settled
        for body in bodies:
            self.names = dict(before)
            self.block(body)
            if not (body and isinstance(body[-1], (ast.Return, ast.Raise))):
                ends.append(self.names)
        # What comes behind a way that ends well is not for every call.
        self.branches -= not (is_settled or any(map(_ends_well, bodies)))
        self.names = _joined(ends or [before])

    def statement(self, node: ast.AST) -> None:  # noqa: C901  (one case for each form of statement)
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self.assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, value)
            case ast.If(test=test, body=body, orelse=orelse):
                self.read(test)
                self.branch([body, orelse], is_settled=_is_settled(test))
            case (
                ast.While(body=body, orelse=orelse)
                | ast.For(body=body, orelse=orelse)
                | ast.AsyncFor(body=body, orelse=orelse)
            ):
                for _ in range(2):
                    rows = NOTHING
                    if isinstance(node, ast.While):
                        self.read(node.test)
                    else:
                        rows = self.rows(node.iter)
                        self.store(node.target, rows)
                    self.branch([body], self.names, is_settled=bool(rows))
                self.block(orelse)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                before = dict(self.names)
                self.block([*body, *orelse])
                after, self.names = self.names, _joined([before, self.names])
                self.branch([handler.body for handler in handlers], after)
                self.block(finalbody)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    self.use(item.context_expr)
                    if item.optional_vars is not None:
                        self.store(item.optional_vars, NOTHING)
                self.block(body)
            case ast.Match(subject=subject, cases=cases):
                self.use(subject)
                for case in cases:
                    self.read(case.guard)
                self.branch([case.body for case in cases], self.names)
            case ast.ImportFrom():
                self.names |= _imported(node, self.function.__globals__)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.inside(node)
            case _:
                self.use_children(node)

    def assign(self, target: ast.AST, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for inner, part in zip(target.elts, value.elts, strict=True):
                self.assign(inner, part)
        else:
            self.store(target, self.read(value))

    def store(self, target: ast.AST, kinds: Kinds) -> None:
        """Give a value to a name, or leave it where it is not followed."""
        match target:
            case ast.Name(id=name):
                self.names[name] = kinds or ELSE
                return
            case ast.Subscript(value=value, slice=key):
                self.use(key)
                owner = self.read(value)
                if "options" in owner and constant_of(key) == "data":
                    self.reading.filled.add("")
                    return
                if "options" in owner and constant_of(key) == "many":
                    self.reading.made_for.add("many")
                if "body" in owner:
                    self.reading.filled.add(constant_of(key))
            case ast.Attribute(value=value, attr=attr):
                self.shape(self.read(value), attr, _OF_ANSWER)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for inner in targets:
                    self.store(inner, NOTHING)
            case ast.Starred(value=value):
                self.store(value, NOTHING)
        self.reading.hand_on(kinds)

    def inside(self, node: Definition) -> None:
        """A function in the function; one that has a request of its own is what a decorator puts in its place."""
        self.inner.append(node)
        around, arguments = self.names, node.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        self.names = {name: kinds for name, kinds in around.items() if name not in names}
        if "request" in names:
            self.names["request"] = frozenset({"request"})
            if names[0] in _VIEW_NAMES:
                self.names[names[0]] = frozenset({"view"})
        self.body_of(node)
        self.names = around


def _ends_well(body: Sequence[ast.stmt]) -> bool:
    """Whether a function may be over at the end of these statements, with another answer than a 4xx."""
    returns = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Return))
    return any(not _REFUSAL.search(ast.unparse(node)) for node in returns)


def _is_settled(test: ast.expr) -> bool:
    """Whether a condition holds for all calls of an endpoint, or for none: it asks for the method or the action."""
    looks = (node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute) and node.attr != "request")
    calls = any(isinstance(node, ast.Call) for node in ast.walk(test))
    return not calls and {*looks} in ({"method"}, {"action"})


def _imported(node: ast.ImportFrom, around: dict[str, Any]) -> dict[str, Kinds]:
    """The serializer classes that a function imports by itself, from modules that are loaded."""
    try:
        name = resolve_name("." * node.level + (node.module or ""), around.get("__package__"))
    except ImportError:
        return {}
    values = {alias.asname or alias.name: getattr(sys.modules.get(name), alias.name, None) for alias in node.names}
    return {name: frozenset({value}) for name, value in values.items() if is_serializer_class(value)}


def _joined(ends: Sequence[dict[str, Kinds]]) -> dict[str, Kinds]:
    """What each name stands for behind ways that meet."""
    return {name: frozenset().union(*(end.get(name, NOTHING) for end in ends)) for end in ends for name in end}


def _sets_partial(definition: Definition) -> bool:
    """Whether an ``update`` sets ``partial`` by itself, and so requires nothing."""
    for node in ast.walk(definition):
        match node:
            case (
                ast.keyword(arg="partial", value=ast.Constant(value=True))
                | ast.Assign(targets=[ast.Name(id="partial")], value=ast.Constant(value=True))
                | ast.Subscript(slice=ast.Constant(value="partial"), ctx=ast.Store())
                | ast.Call(args=[ast.Constant(value="partial"), ast.Constant(value=True)])
            ):
                return True
            case ast.Dict(keys=keys) if "partial" in map(constant_of, keys):
                return True
    return False
