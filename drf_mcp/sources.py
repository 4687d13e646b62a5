"""What one function's source tells: which parts of the request it reads, and where it hands them on.

A function is read on its own, without the class that it will run in, so one reading serves every class
that inherits it. ``handlers`` puts the readings of a class together.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from .aliases import CONSTANT, VIEW_NAMES, Kind, constant, is_stored
from .steps import Step, StepNotes

_CONTEXT_MAKERS = ("get_serializer_context", "get_serializer", "get_serializer_class")
_KEY_READERS = ("get", "getlist", "pop")
_CALLER = re.compile("current|request|user|tenant")


def read_source(
    function: FunctionType, positional: Sequence[Kind], keywords: Sequence[tuple[str, Kind]] = ()
) -> tuple[Step, ...] | None:
    """Read what a function does with what it is given.

    Args:
        function: The function, without any wrapper around it.
        positional: What its positional arguments stand for.
        keywords: What its keyword arguments stand for.

    Returns:
        The steps in the order in which they occur, None where there is no source.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function.__code__)))
    except (OSError, SyntaxError, TypeError):
        return None
    definition = _definition(tree)
    if definition is None:
        return None
    body = definition.body if isinstance(definition.body, list) else [ast.Return(definition.body)]
    reader = _SourceReader(function)
    reader.aliases.bind(definition.args, positional, dict(keywords))
    reader.aliases.find(body)
    for kind in reader.aliases.lost:
        reader.hand_on(kind)
    for statement in body:
        reader.visit(statement)
    return tuple(dict.fromkeys(reader.steps))


def _definition(tree: ast.Module) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None:
    """The function that a piece of source defines, also where that is a line with one lambda in it."""
    if tree.body and isinstance(tree.body[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
        return tree.body[0]
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    return lambdas[0] if len(lambdas) == 1 else None


class _SourceReader(StepNotes):
    """Follows the request and its parts through a function's body, under whatever name they go."""

    def __init__(self, function: FunctionType) -> None:
        super().__init__(function)
        self.makes_context = function.__name__ in _CONTEXT_MAKERS

    # Statements and operators

    def visit_Assign(self, node: ast.Assign) -> None:
        self.assign(node.targets, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign([node.target], node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.assign([node.target], node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if self.kind(node.target) == "body":
            self.merge(node.value)
        else:
            self.generic_visit(node)

    def assign(self, targets: Sequence[ast.AST], value: ast.AST) -> None:
        for target in targets:
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
                for inner, part in zip(target.elts, value.elts, strict=True):
                    self.assign([inner], part)
                return
        for target in targets:
            if not isinstance(target, ast.Name):
                self.visit(target)
        names = [target for target in targets if isinstance(target, ast.Name)]
        kind = self.kind(value)
        if kind and len(names) == len(targets) and all(self.aliases.names.get(name.id) == kind for name in names):
            self.absorb(value)
        else:
            self.visit(value)

    def visit_If(self, node: ast.If | ast.While | ast.IfExp) -> None:
        self.test(node.test)
        for _, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if child is not node.test and isinstance(child, ast.AST):
                    self.visit(child)

    visit_While = visit_If
    visit_IfExp = visit_If

    def visit_Assert(self, node: ast.Assert) -> None:
        self.test(node.test)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for value in node.values[:-1]:
            if isinstance(node.op, ast.And):
                self.test(value)
            else:
                self.visit(value)
        self.visit(node.values[-1])

    def visit_Compare(self, node: ast.Compare) -> None:
        is_membership = len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn))
        part = self.kind(node.comparators[0])
        if is_membership and part in ("body", "query"):
            self.note_key(part, node.left)
        elif is_membership and part == "context":
            self.note("sees", "context" if constant(node.left) not in ("request", "view") else "method")
        else:
            for side in (node.left, *node.comparators):
                self.test(side)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if self.makes_context and self.kind(value) and constant(key) in ("request", "view"):
                continue  # what a serializer does with its context is read from the serializer
            if key is not None:
                self.visit(key)
            self.visit(value)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """A function in the function; one that has a request of its own is what a decorator puts in its place."""
        around = self.aliases.names
        arguments = node.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        self.aliases.names = {name: kind for name, kind in around.items() if name not in names}
        if "request" in names:
            self.aliases.names["request"] = "request"
            if names[0] in VIEW_NAMES:
                self.aliases.names[names[0]] = "view"
        for child in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(child)
        self.aliases.names = around

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_Lambda = visit_FunctionDef

    # Reading

    def visit_Subscript(self, node: ast.Subscript) -> None:
        kind = self.kind(node.value)
        if kind in ("body", "query"):
            if isinstance(node.ctx, ast.Load):
                self.note_key(kind, node.slice)
            elif isinstance(node.ctx, ast.Store) and kind == "body":
                name = constant(node.slice)
                self.note("fills", name if isinstance(name, str) else "")
        elif kind == "context":
            self.note("sees", "context")
        elif isinstance(kind, tuple):
            self.hand_on(kind)
        else:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        kind = self.kind(node.value)
        if is_stored(node) and kind:
            return
        if kind in ("view", "serializer"):
            self.note("attribute", node.attr)
        elif kind == "super":
            self.note("super", node.attr)
        elif kind == "request":
            self.note("sees", node.attr)
        elif kind in ("body", "query") and node.attr != "_mutable":
            self.note("open", kind)
        elif not kind:
            if node.attr in ("user", "request", "auth", "session"):
                self.note("sees", node.attr)
            self.visit(node.value)
        elif kind == "context":
            self.note("sees", "context")
        elif kind == "other" and node.attr not in CONSTANT:
            self.note("sees", node.attr)

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case called if self.kind(called) == "maker":
                self.absorb(called)
                self.make_serializer(node)
                self.arguments_of(node)
            case called if self.kind(called) == "decorated":
                self.arguments_of(node, is_followed=True)
            case ast.Attribute(value=value, attr=attr):
                self.call_of(self.kind(value), attr, node)
            case ast.Name(id="getattr") if node.args and self.kind(node.args[0]):
                self.get_attribute(node)
            case ast.Call(func=ast.Name(id="getattr"), args=[value, name, *_]) if self.kind(
                value
            ) and self.aliases.text(name):
                self.call_of(self.kind(value), self.aliases.text(name), node)
            case ast.Name(id="isinstance" | "hasattr" | "type" | "id" | "callable" | "super") if node.args:
                if self.kind(node.args[0]) in ("body", "query"):
                    self.visit(node.args[0])
            case ast.Name(id=name):
                if _CALLER.search(name):
                    self.note("sees", "caller")
                self.lead_on("function", self.aliases.free.get(name, self.aliases.around.get(name)), node)
            case _:
                self.visit(node.func)
                self.arguments_of(node)

    def get_attribute(self, node: ast.Call) -> None:
        name = self.aliases.text(node.args[1]) if len(node.args) > 1 else ""
        if name:
            self.visit_Attribute(ast.Attribute(node.args[0], name, ast.Load()))
        else:
            self.hand_on(self.kind(node.args[0]))
        for argument in node.args[2:]:
            self.visit(argument)

    def call_of(self, kind: Kind, attr: str, node: ast.Call) -> None:
        """A method of something is called."""
        if kind in ("body", "query"):
            self.call_of_part(kind, attr, node)
        elif kind == "super" or kind in ("view", "serializer"):
            if attr == "get_serializer":
                self.make_serializer(node)
            self.lead_on("super" if kind == "super" else "call", attr, node)
        elif kind:
            self.visit(node.func)
            self.arguments_of(node)
        elif isinstance(function := self.aliases.of_a_class(node.func), FunctionType):
            self.lead_on("function", function, node)
        else:
            if _CALLER.search(attr):
                self.note("sees", "caller")
            self.visit(node.func)
            self.arguments_of(node)

    def call_of_part(self, part: str, attr: str, node: ast.Call) -> None:
        arguments = list(node.args)
        if attr in (*_KEY_READERS, "setdefault") and arguments:
            self.note_key(part, arguments.pop(0))
            if attr == "setdefault":
                self.note("fills", constant(node.args[0]) or "")
        elif attr == "update":
            for mapping in arguments:
                self.merge(mapping)
            for keyword in node.keywords:
                self.note("fills", keyword.arg or "")
                self.visit(keyword.value)
            return
        else:
            self.note("open", part)
        for argument in (*arguments, *(keyword.value for keyword in node.keywords)):
            self.visit(argument)

    def make_serializer(self, node: ast.Call) -> None:
        """``self.get_serializer(data=request.data)`` reads what the serializer reads, and no more."""
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        is_whole = self.kind(given.get("data")) == "body"
        self.note(
            "serializer", "whole" if is_whole else "part" * ("data" in given), constant(given.get("many")) is True
        )
        if "data" in given and constant(given.get("partial")) is True:
            self.note("fills")
        if is_whole:
            self.absorb(given["data"])
        # What a serializer does with its context is read from the serializer.
        context = given.get("context")
        if isinstance(context, ast.Dict):
            for value in context.values:
                if not self.kind(value):
                    self.visit(value)
        done = {"data"} if is_whole else set()
        done |= {"context"} if isinstance(context, ast.Dict) else set()
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in done]

    def lead_on(self, what: Any, name: Any, node: ast.Call) -> None:
        """Note a call with what it hands on; a function that cannot be found is not seen."""
        positional, keywords = self.arguments_of(node, is_followed=what != "function" or callable(name))
        if what != "function" or any(positional) or keywords:
            first: tuple[Kind, ...] = () if what == "function" else ("self",)
            self.steps.append(Step(what, name, "", (*first, *positional), keywords))

    def arguments_of(
        self, node: ast.Call, *, is_followed: bool = False
    ) -> tuple[tuple[Kind, ...], tuple[tuple[str, Kind], ...]]:
        positional: list[Kind] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                kind = self.kind(argument.value)
                if isinstance(kind, tuple) and is_followed:
                    positional.extend(kind)
                else:
                    self.visit(argument.value)
                continue
            positional.append(self.argument_of(argument, is_followed))
        keywords = [(k.arg, self.argument_of(k.value, is_followed)) for k in node.keywords if k.arg]
        for keyword in node.keywords:
            if keyword.arg is None:
                self.visit(keyword.value)
        return tuple(positional), tuple((name, kind) for name, kind in keywords if kind)

    def argument_of(self, node: ast.AST, is_followed: bool) -> Kind:
        kind = self.kind(node)
        if kind and is_followed and not isinstance(kind, tuple):
            self.absorb(node)
            return kind
        self.visit(node)
        return None
