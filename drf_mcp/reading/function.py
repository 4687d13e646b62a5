"""One function: what it does with the request and its parts, under whatever names they go.

The function is run over kinds instead of values, statement by statement. A branch may happen or not, so behind it a name
stands for all that it may be; a loop is gone through twice, so that what its end leaves is there at its beginning.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from .found import ELSE, NOTHING, Call, Kinds, Reading
from .library import definition_of, remembered

QUERY = ("query_params", "GET")
BODY = ("data", "POST", "FILES", "body", "stream", "read")

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
_ITEMS = {
    ("context", "request"): "request",
    ("context", "view"): "other",
    ("holder", "request"): "request",
    ("holder", "view"): "other",
    ("options", "context"): "context",
}
_PARTS = frozenset({"body", "query"})
_COPIES = ("dict", "copy", "deepcopy")
_LOOKS = ("isinstance", "hasattr", "type", "id", "callable")
_CONTEXT_MAKERS = ("get_serializer_context", "get_serializer", "get_serializer_class")
_VIEW_NAMES = ("self", "view", "viewset", "view_instance", "instance", "_self", "this", "cls")
_CALLER = re.compile("current|request|user|tenant")


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


def named(function: FunctionType, name: str) -> Any:
    """What a name, or a name in a class or module, stands for around a function; None for one of its own."""
    first, _, attr = name.partition(".")
    code = function.__code__
    if first in code.co_varnames or first in code.co_cellvars:
        return None
    value = function.__globals__.get(first)
    if first in code.co_freevars and function.__closure__:
        try:
            value = function.__closure__[code.co_freevars.index(first)].cell_contents
        except ValueError:  # it has no value yet
            return None
    if attr:
        owners = value.__mro__ if isinstance(value, type) else [value] if isinstance(value, ModuleType) else []
        return next((vars(owner)[attr] for owner in owners if attr in vars(owner)), None)
    return value


class _FunctionReader:
    """Runs one function over kinds.

    Args:
        function: The function.
    """

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.makes_context = function.__name__ in _CONTEXT_MAKERS
        self.names: dict[str, Kinds] = {}
        self.reading = Reading()
        self.calls: dict[Call, None] = {}
        self.inner: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda] = []

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
            else:
                self.reading.hand_on(kinds)

    def run(self, definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """Run the function, and the functions in it once more as those find its names at its end."""
        self.body_of(definition)
        for inner in self.inner[:]:
            self.inside(inner)

    def body_of(self, definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        if isinstance(definition, ast.Lambda):
            self.use(definition.body)
        else:
            self.block(definition.body)

    # Statements

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def branch(self, bodies: Sequence[Sequence[ast.stmt]], *others: dict[str, Kinds]) -> None:
        """Run each of these from here; behind them a name stands for what any that goes on has left."""
        before, ends = self.names, list(others)
        for body in bodies:
            self.names = dict(before)
            self.block(body)
            if not (body and isinstance(body[-1], (ast.Return, ast.Raise))):
                ends.append(self.names)
        self.names = _joined(ends or [before])

    def statement(self, node: ast.AST) -> None:  # noqa: C901  (one case for each form of statement)
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self.assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, value)
            case ast.AugAssign(target=target, value=value):
                if "body" in self.read(target):
                    self.merge(value)
                else:
                    self.use(value)
            case ast.If(test=test, body=body, orelse=orelse):
                self.read(test)
                self.branch([body, orelse])
            case ast.While(body=body, orelse=orelse) | ast.For(body=body, orelse=orelse) | ast.AsyncFor(
                body=body, orelse=orelse
            ):
                for _ in range(2):
                    if isinstance(node, ast.While):
                        self.read(node.test)
                    else:
                        self.use(node.iter)
                        self.store(node.target, NOTHING)
                    self.branch([body], self.names)
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
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.inner.append(node)
                self.inside(node)
            case ast.Assert(test=test):
                self.read(test)
            case ast.Delete(targets=targets):
                pass
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
                if "body" in self.read(value):
                    self.reading.filled.add(_constant(key))
            case ast.Attribute(value=value):
                self.read(value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for inner in targets:
                    self.store(inner, NOTHING)
            case ast.Starred(value=value):
                self.store(value, NOTHING)
        self.reading.hand_on(kinds)

    def inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """A function in the function; one that has a request of its own is what a decorator puts in its place."""
        around, arguments = self.names, node.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        self.names = {name: kinds for name, kinds in around.items() if name not in names}
        if "request" in names:
            self.names["request"] = frozenset({"request"})
            if names[0] in _VIEW_NAMES:
                self.names[names[0]] = frozenset({"view"})
        self.body_of(node)
        self.names = around

    # Expressions

    def use(self, node: ast.AST | None) -> None:
        """Read an expression whose value goes where nobody looks out for it."""
        self.reading.hand_on(self.read(node))

    def use_children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child)
            else:
                self.use(child)

    def read(self, node: ast.AST | None) -> Kinds:  # noqa: C901, PLR0911  (one case for each form of expression)
        """Note what an expression does, and say what its value stands for."""
        match node:
            case None | ast.Constant():
                return NOTHING
            case ast.Name(id=name):
                return self.names.get(name, NOTHING)
            case ast.Attribute(value=value, attr=attr):
                return self.attribute(self.read(value), attr)
            case ast.Call():
                return self.call(node)
            case ast.Subscript(value=value, slice=key):
                self.use(key)
                return self.item(self.read(value), key)
            case ast.NamedExpr(target=target, value=value):
                self.assign(target, value)
                return self.read(target)
            case ast.Await(value=value):
                return self.read(value)
            case ast.BoolOp(op=op, values=values):
                if isinstance(op, ast.Or):
                    return self.any_of(values)
                *tests, last = [self.read(value) for value in values]
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
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.union(left, right)
            case ast.Lambda():
                self.inner.append(node)
                self.inside(node)
                return NOTHING
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                around = dict(self.names)
                for generator in node.generators:
                    self.use(generator.iter)
                    self.store(generator.target, NOTHING)
                self.use_children(node)
                self.names = around
                return NOTHING
            case ast.comprehension(ifs=conditions):
                for condition in conditions:
                    self.read(condition)
                return NOTHING
        self.use_children(node)
        return NOTHING

    def any_of(self, nodes: Sequence[ast.expr]) -> Kinds:
        """What one of these stands for; what stands in for a thing that is not there counts for nothing."""
        return frozenset().union(*(self.read(node) or (NOTHING if _is_empty(node) else ELSE) for node in nodes))

    def attribute(self, kinds: Kinds, attr: str) -> Kinds:
        found = set()
        for kind in kinds:
            leads_to = _ATTRIBUTES.get((kind, attr))
            if leads_to:
                found.add(leads_to)
            if kind in ("body", "query") and attr != "_mutable":
                self.reading.hand_on(frozenset({kind}))
            elif kind == "super":
                self.calls[Call("super", attr)] = None
            elif kind in ("view", "serializer") and leads_to in (None, "maker"):
                self.calls[Call("attribute", attr)] = None
            elif kind in ("request", "other") and leads_to is None:
                self.reading.sees.add(attr)
            elif kind == "context" or isinstance(kind, tuple) or kind == "holder":
                self.reading.hand_on(frozenset({kind}))
        if not kinds - ELSE and attr in ("user", "request", "auth", "session"):
            self.reading.sees.add("caller")
        return frozenset(found)

    def item(self, kinds: Kinds, key: ast.AST) -> Kinds:
        """What stands under a key of a part of the request or of a context, or at an index of ``*args``."""
        found: set[Any] = set()
        value = key.value if isinstance(key, ast.Constant) else None
        for kind in kinds:
            if kind in _PARTS:
                self.key(kind, key)
            elif isinstance(kind, tuple) and isinstance(value, int) and -len(kind) <= value < len(kind):
                found |= kind[value]
            elif leads_to := _ITEMS.get((kind, self.text(key))):
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
            for kind in sides[1] & _PARTS:
                self.key(kind, node.left)
            if "context" in sides[1] and self.text(node.left) not in ("request", "view"):
                self.reading.sees.add("context")

    def dictionary(self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr]) -> Kinds:
        """A copy of the body where that is merged in, a holder of the request where it has that in its usual place."""
        found, filled = set(), set()
        for key, value in zip(keys, values, strict=True):
            kinds = self.read(value)
            if key is None:
                found |= kinds & {"body", "holder"}
                filled |= set() if "body" in kinds else {""}
                kinds -= {"body", "holder"}
            else:
                self.use(key)
                filled.add(_constant(key))
                if _constant(key) in ("request", "view") and kinds & {"request", "view", "other"}:
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
            self.reading.filled.update(_constant(key) for key in mapping.keys)
        else:
            self.reading.filled.add("")
        self.use(mapping)

    def union(self, left: ast.expr, right: ast.expr) -> Kinds:
        sides = self.read(left), self.read(right)
        if not any("body" in side for side in sides):
            self.reading.hand_on(*sides)
            return NOTHING
        for node, kinds in zip((left, right), sides, strict=True):
            if "body" not in kinds:
                self.merge(node)
        return frozenset({"body"})

    # Calls

    def call(self, node: ast.Call) -> Kinds:
        """Note what is called and what that is given."""
        positional, keywords = self.arguments(node)
        if isinstance(node.func, ast.Attribute):
            owner = self.read(node.func.value)
            if owner - ELSE:
                return frozenset().union(
                    *(self.call_of(kind, node.func.attr, node, positional, keywords) for kind in owner - ELSE)
                )
        handed = [*positional, *keywords.values()]
        name = ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
        last = name.rpartition(".")[2]
        called = self.read(node.func) if not isinstance(node.func, ast.Attribute) else NOTHING
        if "maker" in called:
            self.make_serializer(node, positional, keywords)
        elif "decorated" in called:
            pass
        elif name == "super":
            return frozenset({"super"})
        elif name in ("getattr", "hasattr") and len(node.args) > 1 and (text := self.text(node.args[1])):
            self.reading.hand_on(*positional[2:])
            return self.attribute(positional[0], text)
        elif name in _LOOKS:
            self.reading.hand_on(positional[0] & _PARTS if positional else NOTHING)
        elif last in _COPIES and len(handed) == 1 and positional and positional[0] & _PARTS:
            self.reading.hand_on(positional[0] - _PARTS)
            return positional[0] & _PARTS
        else:
            if _CALLER.search(last):
                self.reading.sees.add("caller")
            if any(handed) and name.count(".") < 2 and name:
                self.calls[Call("function", name, positional, tuple(keywords.items()))] = None
            else:
                self.reading.hand_on(called, *handed)
        return NOTHING

    def arguments(self, node: ast.Call) -> tuple[tuple[Kinds, ...], dict[str, Kinds]]:
        positional: list[Kinds] = []
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                positional.append(self.read(argument))
                continue
            kinds = self.read(argument.value)
            whole = [kind for kind in kinds if isinstance(kind, tuple)]
            positional.extend(whole[0] if len(whole) == 1 else ())
            self.reading.hand_on(kinds if len(whole) != 1 else kinds - {whole[0]})
        for keyword in node.keywords:
            if keyword.arg is None:
                self.use(keyword.value)
        keywords = {keyword.arg: self.read(keyword.value) for keyword in node.keywords if keyword.arg}
        return tuple(kinds - ELSE for kinds in positional), {name: kinds - ELSE for name, kinds in keywords.items()}

    def call_of(
        self, kind: Any, attr: str, node: ast.Call, positional: tuple[Kinds, ...], keywords: dict[str, Kinds]
    ) -> Kinds:
        """A method of something is called."""
        handed = [*positional, *keywords.values()]
        if kind in _PARTS:
            return self.call_of_part(kind, attr, node, handed)
        if _ATTRIBUTES.get((kind, attr)) == "maker":
            self.make_serializer(node, positional, keywords)
        elif kind in ("view", "serializer", "super"):
            if attr == "get_serializer":
                self.make_serializer(node, positional, keywords)
                positional, keywords = positional[:1], {}
            given = tuple((name, kinds) for name, kinds in keywords.items() if kinds)
            self.calls[Call("super" if kind == "super" else "itself", attr, positional, given)] = None
            return frozenset({"maker"}) if attr == "get_serializer_class" else NOTHING
        elif kind in ("context", "holder", "options") and attr in ("get", "pop") and node.args:
            self.reading.hand_on(*handed)
            return self.item(frozenset({kind}), node.args[0])
        else:
            self.reading.hand_on(*handed)
        return self.attribute(frozenset({kind}), attr)

    def call_of_part(self, part: str, attr: str, node: ast.Call, handed: Sequence[Kinds]) -> Kinds:
        if attr in ("copy", "dict") and not handed:
            return frozenset({part})
        if attr == "update":
            for mapping in node.args:
                self.merge(mapping)
            self.reading.filled.update(keyword.arg or "" for keyword in node.keywords)
        elif attr in ("get", "getlist", "pop", "setdefault") and node.args:
            self.key(part, node.args[0])
            if attr == "setdefault":
                self.reading.filled.add(_constant(node.args[0]))
        else:
            self.reading.hand_on(frozenset({part}))
        self.reading.hand_on(*handed)
        return NOTHING

    def make_serializer(self, node: ast.Call, positional: Sequence[Kinds], keywords: dict[str, Kinds]) -> None:
        """``self.get_serializer(data=request.data)`` reads what the serializer reads, and no more."""
        reading, constants = self.reading, {k.arg: _constant(k.value, None) for k in node.keywords}
        reading.makes_serializer = True
        if len(positional) > 1 or "data" in constants:
            data = keywords["data"] if "data" in constants else positional[1]
            reading.uses_serializer = True
            reading.uses_many |= constants.get("many") is True
            if data != {"body"} or constants.get("partial") is True:
                reading.filled.add("")
            reading.hand_on(data - {"body"})
        # What a serializer does with its context is read from the serializer.
        rest = [kinds for name, kinds in keywords.items() if name not in ("data", "context")]
        reading.hand_on(keywords.get("context", NOTHING) - {"holder"}, *positional[2:], *rest)


def _constant(node: ast.AST | None, default: Any = "") -> Any:
    """The value of a constant; an empty text, or the default, for anything else."""
    if not isinstance(node, ast.Constant):
        return default
    return node.value if default is None or isinstance(node.value, str) else default


def _is_empty(node: ast.AST) -> bool:
    """``None``, ``{}`` and ``""``: what stands in for something that is not there."""
    return (isinstance(node, ast.Constant) and not node.value) or (isinstance(node, ast.Dict) and not node.keys)


def _joined(ends: Sequence[dict[str, Kinds]]) -> dict[str, Kinds]:
    """What each name stands for behind ways that meet."""
    return {name: frozenset().union(*(end.get(name, NOTHING) for end in ends)) for end in ends for name in end}
