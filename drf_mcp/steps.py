"""What a function does with its request, step by step, and how it is noted."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any, Literal, NamedTuple

from .aliases import Aliases, Kind, constant, is_stored


class Step(NamedTuple):
    """One thing that a function does with what it was given.

    ``key``, ``key_of`` (a key that an attribute of the class holds) and ``open`` read the part ``name``;
    ``fills`` sets a key of the body, an empty one where it is unknown; ``handed_on`` gives the request to
    code that is not seen; ``attribute``, ``call``, ``super`` and ``function`` lead on; ``serializer`` makes
    the view's serializer from the body (``whole``), from something else (``part``) or from nothing; ``sees``
    looks at something of the caller.
    """

    what: Literal[
        "key", "key_of", "open", "fills", "handed_on", "attribute", "call", "super", "function", "serializer", "sees"
    ]
    name: Any = ""
    detail: Any = ""
    positional: tuple[Kind, ...] = ()
    keywords: tuple[tuple[str, Kind], ...] = ()


class StepNotes(ast.NodeVisitor):
    """Notes what is done with the request and its parts; whatever else meets them hands them on.

    Args:
        function: The function that is read.
    """

    def __init__(self, function: FunctionType) -> None:
        self.aliases = Aliases(function)
        self.steps: list[Step] = []

    def kind(self, node: ast.AST | None) -> Kind:
        """What an expression stands for."""
        return self.aliases.kind(node)

    def note(self, what: Any, name: Any = "", detail: Any = "") -> None:
        """Note one step."""
        self.steps.append(Step(what, name, detail))

    def note_key(self, part: str, key: ast.AST) -> None:
        """Note a key of the body or the query; one that is not known here may be any."""
        match key:
            case _ if name := self.aliases.text(key):
                self.note("key", part, name)
            case ast.Attribute(value=value, attr=attr) if self.kind(value) == "view":
                self.note("key_of", part, attr)
            case _:
                self.note("open", part)
                self.visit(key)

    def hand_on(self, kind: Kind) -> None:
        """Something goes where it is not seen from here."""
        if kind in ("body", "query"):
            self.note("open", kind)
        elif kind == "context":
            self.note("sees", "context")
        elif kind in ("view", "request", "super") or (isinstance(kind, tuple) and {"view", "request"} & set(kind)):
            self.note("handed_on")

    def visit(self, node: ast.AST) -> None:
        """Visit an expression; one that stands for the request goes where nobody looked out for it."""
        kind = self.kind(node) if isinstance(node, ast.expr) and not is_stored(node) else None
        if kind:
            self.absorb(node)
            self.hand_on(kind)
        else:
            super().visit(node)

    def absorb(self, node: ast.AST) -> None:  # noqa: C901  (one case for each form of expression)
        """Visit what is beside the request or its part in an expression that stands for it."""
        match node:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    self.fill(key, value)
            case ast.BinOp(left=left, right=right):
                for side in (left, right):
                    if self.kind(side) != "body":
                        self.merge(side)
            case ast.Call(func=ast.Attribute(value=value, attr="get_serializer_class")):
                self.steps.append(Step("super" if self.kind(value) == "super" else "call", "get_serializer_class"))
            case ast.Attribute(attr="serializer_class"):
                self.note("attribute", "serializer_class")
            case ast.Call(func=ast.Attribute(value=value)) if self.kind(value):
                self.absorb(value)
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                self.absorb(value)
            case ast.IfExp(test=test):
                self.test(test)

    def fill(self, key: ast.AST | None, value: ast.AST) -> None:
        """A key of the body that the handler sets by itself; without a key a whole mapping is merged in."""
        if key is None:
            if self.kind(value) == "body":
                self.absorb(value)
            else:
                self.merge(value)
            return
        name = constant(key)
        self.note("fills", name if isinstance(name, str) else "")
        self.visit(value)

    def merge(self, mapping: ast.AST) -> None:
        """A mapping whose keys the handler sets by itself."""
        if isinstance(mapping, ast.Dict):
            for key, value in zip(mapping.keys, mapping.values, strict=True):
                self.fill(key, value)
        else:
            self.note("fills")
            self.visit(mapping)

    def test(self, node: ast.AST) -> None:
        """A condition asks whether something is there, not what is in it."""
        match node:
            case ast.BoolOp(values=values):
                for value in values:
                    self.test(value)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.test(operand)
            case _ if not self.kind(node):
                self.visit(node)
