"""What an expression does, and what its value stands for."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from rest_framework.serializers import ListSerializer, ModelSerializer

from .found import ATTRIBUTES, ELSE, ITEMS, NOTHING, Call, Kinds, Reading
from .library import Definition, is_serializer_class, named

PARTS = frozenset({"body", "files", "query", "row"})
ITSELF = ("view", "serializer", "filterset")
_LEAVES_ALONE = {*dir(ModelSerializer), *dir(ListSerializer), "instance", "initial_data"} - {"fields", "validators"}
"""What can be asked of a serializer without changing what it takes."""
_CONTEXT_MAKERS = ("get_serializer_context", "get_serializer", "get_serializer_class")


class ExpressionReader:
    """Reads the expressions of one function.

    Args:
        function: The function.
    """

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.makes_context = function.__name__ in _CONTEXT_MAKERS
        self.names: dict[str, Kinds] = {}
        self.reading = Reading()
        self.calls: dict[Call, None] = {}
        self.inner: list[Definition] = []
        self.branches = 0

    def statement(self, node: ast.AST) -> None:
        """Run a statement, or what stands in one."""
        raise NotImplementedError

    def store(self, target: ast.AST, kinds: Kinds) -> None:
        """Give a value to a name, or leave it where it is not followed."""
        raise NotImplementedError

    def inside(self, node: Definition) -> None:
        """Run a function in the function."""
        raise NotImplementedError

    def call(self, node: ast.Call) -> Kinds:
        """Note what is called and what that is given."""
        raise NotImplementedError

    def use(self, node: ast.AST | None) -> None:
        """Read an expression whose value goes where nobody looks out for it."""
        self.reading.hand_on(self.read(node))

    def use_children(self, node: ast.AST) -> None:
        """The same for each expression in a node, and each statement."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child)
            else:
                self.use(child)

    def read(self, node: ast.AST | None) -> Kinds:  # noqa: C901  (one case for each form of expression)
        """Note what an expression does, and say what its value stands for."""
        match node:
            case None | ast.Constant():
                return NOTHING
            case ast.Name(id=name):
                return self.names[name] if name in self.names else self.serializer(node)
            case ast.Attribute(value=value, attr=attr):
                return self.attribute(self.read(value), attr) or self.serializer(node)
            case ast.Call():
                return self.call(node)
            case ast.Subscript(value=value, slice=key):
                self.use(key)
                return self.item(self.read(value), key)
            case ast.NamedExpr(target=target, value=value):
                self.store(target, self.read(value))
                return self.read(target)
            case ast.Await(value=value):
                return self.read(value)
            case ast.BoolOp(op=op, values=values):
                if isinstance(op, ast.Or):
                    return self.any_of(values)
                *_, last = [self.read(value) for value in values]
                return last
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.read(test)
                return self.any_of([body, orelse])
            case ast.UnaryOp(operand=operand):
                self.read(operand)
                return NOTHING
            case ast.Compare(left=left, comparators=comparators):
                self.compare(node, [self.read(side) for side in (left, *comparators)])
                return NOTHING
            case ast.Dict(keys=keys, values=values):
                return self.dictionary(keys, values)
            case ast.Lambda():
                self.inside(node)
                return NOTHING
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                around = dict(self.names)
                for generator in node.generators:
                    self.store(generator.target, self.rows(generator.iter))
                self.use_children(node)
                self.names = around
                return NOTHING
            case ast.comprehension(ifs=conditions):
                for condition in conditions:
                    self.read(condition)
                return NOTHING
        self.use_children(node)
        return NOTHING

    def serializer(self, node: ast.AST) -> Kinds:
        """The serializer class that a name around the function stands for, or one in a module or class."""
        match node:
            case ast.Name(id=name):
                value = named(self.function, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if owner not in self.names:
                value = named(self.function, f"{owner}.{attr}")
            case _:
                return NOTHING
        return frozenset({value}) if is_serializer_class(value) else NOTHING

    def rows(self, iterated: ast.expr) -> Kinds:
        """What a loop gives: each object of the body where it goes over that."""
        kinds = self.read(iterated)
        if kinds != {"body"}:
            self.reading.hand_on(kinds)
            return NOTHING
        self.reading.loops = True
        return frozenset({"row"})

    def any_of(self, nodes: Sequence[ast.expr]) -> Kinds:
        """What one of these stands for; what stands in for a thing that is not there counts for nothing."""
        return frozenset().union(*(self.read(node) or (NOTHING if _is_empty(node) else ELSE) for node in nodes))

    def attribute(self, kinds: Kinds, attr: str) -> Kinds:
        """What an attribute of something stands for."""
        found = set()
        self.shape(kinds, attr, _LEAVES_ALONE)
        for kind in kinds:
            leads_to = ATTRIBUTES.get((kind, attr))
            if leads_to:
                found.add(leads_to)
            if kind in PARTS and attr != "_mutable":
                self.reading.hand_on(frozenset({kind}))
            elif kind == "super":
                self.calls[Call("super", attr)] = None
            elif kind in ITSELF and leads_to in (None, "maker"):
                self.calls[Call("attribute", attr)] = None
            elif kind in ("request", "other") and leads_to in (None, "meta"):
                self.reading.sees.add(attr)
            elif kind == "context" or isinstance(kind, tuple) or kind == "holder":
                self.reading.hand_on(frozenset({kind}))
        if attr == "initial_data":
            found.add("body")  # whatever has it is a serializer
        if not kinds - ELSE and attr in ("user", "request", "auth", "session"):
            self.reading.sees.add("caller")
        return frozenset(found)

    def shape(self, kinds: Kinds, attr: str, harmless: set[str]) -> None:
        """Note where a serializer that was made may get other fields or options than the catalog knows.

        What a view always does where it makes one is known, and what comes after the validation is late.
        """
        is_known = self.makes_context and not self.branches
        is_late = self.function.__name__.startswith("perform_")
        self.reading.reshapes |= "made" in kinds and attr not in harmless and not (is_known or is_late)

    def item(self, kinds: Kinds, key: ast.AST) -> Kinds:
        """What stands under a key of a part of the request or of a context, or at an index of ``*args``."""
        found: set[Any] = set()
        value = key.value if isinstance(key, ast.Constant) else None
        for kind in kinds:
            if kind in PARTS:
                self.key(kind, key)
            elif isinstance(kind, tuple) and isinstance(value, int) and -len(kind) <= value < len(kind):
                found |= kind[value]
            elif leads_to := ITEMS.get((kind, self.text(key))):
                found.add(leads_to)
            elif kind != "options":
                self.reading.hand_on(frozenset({kind} if kind != "holder" else ()))
        return frozenset(found)

    def key(self, part: Any, key: ast.AST) -> None:
        """Note a key of the body or the query; one that is not known here may be any."""
        if name := self.text(key):
            self.reading.add_key(part, name)
        elif isinstance(key, ast.Attribute) and "view" in self.read(key.value):
            self.calls[Call(part, key.attr)] = None
        else:
            self.reading.hand_on(frozenset({part}))

    def text(self, node: ast.AST) -> str:
        """The text of a constant, of the module or the function around included; empty for anything else."""
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.Name):
            value = named(self.function, node.id)
        return value if isinstance(value, str) else ""

    def compare(self, node: ast.Compare, sides: Sequence[Kinds]) -> None:
        """A comparison only looks; whether a key is in a part of the request asks for that key."""
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            for kind in sides[1] & PARTS:
                self.key(kind, node.left)
            if "context" in sides[1] and self.text(node.left) not in ("request", "view"):
                self.reading.sees.add("context")

    def dictionary(self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr]) -> Kinds:
        """A copy of the body where that is merged in, a holder of the request where it has that in its usual place."""
        found: set[str] = set()
        filled: set[str] = set()
        for key, value in zip(keys, values, strict=True):
            kinds = self.read(value)
            if key is None:
                found |= kinds & {"body", "holder"}
                filled |= set() if "body" in kinds else {""}
                kinds -= {"body", "holder"}
            else:
                self.use(key)
                filled.add(constant_of(key))
                if constant_of(key) in ("request", "view") and kinds & {"request", "view", "other"}:
                    found.add("holder")
                    kinds = NOTHING
            self.reading.hand_on(kinds)
        if "body" in found:
            self.reading.filled |= filled
        if self.makes_context:
            found.discard("holder")  # what a serializer does with its context is read from the serializer
        return frozenset(found)

    def merge(self, mapping: ast.expr) -> None:
        """A mapping whose keys the code sets in the body by itself."""
        if isinstance(mapping, ast.Dict):
            self.reading.filled.update(constant_of(key) for key in mapping.keys)
        else:
            self.reading.filled.add("")
        self.use(mapping)


def constant_of(node: ast.AST | None, default: Any = "") -> Any:
    """The value of a constant; an empty text, or the default, for anything else."""
    if not isinstance(node, ast.Constant):
        return default
    return node.value if default is None or isinstance(node.value, str) else default


def _is_empty(node: ast.AST) -> bool:
    """``None``, ``{}`` and ``""``: what stands in for something that is not there."""
    return (isinstance(node, ast.Constant) and not node.value) or (isinstance(node, ast.Dict) and not node.keys)
