"""What an expression does, and what its value stands for."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from .found import ADDRESS, ATTRIBUTES, ELSE, ITEMS, NOTHING, Call, Kinds, Reading
from .library import Definition, named

_PARTS = frozenset({"body", "files", "query"})
_ITSELF = ("view", "serializer", "filterset")
_COPIES = ("dict", "copy", "deepcopy")
_LOOKS = ("isinstance", "hasattr", "type", "id", "callable")
_CONTEXT_MAKERS = ("get_serializer_context", "get_serializer", "get_serializer_class")
_CALLER = re.compile("current|request|user|tenant")


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

    def statement(self, node: ast.AST) -> None:
        """Run a statement, or what stands in one."""
        raise NotImplementedError

    def store(self, target: ast.AST, kinds: Kinds) -> None:
        """Give a value to a name, or leave it where it is not followed."""
        raise NotImplementedError

    def inside(self, node: Definition) -> None:
        """Run a function in the function."""
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
                return self.names.get(name, NOTHING)
            case ast.Attribute(value=value, attr=attr):
                return self.attribute(self.read(value), attr)
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
        """What an attribute of something stands for."""
        found = set()
        for kind in kinds:
            leads_to = ATTRIBUTES.get((kind, attr))
            if leads_to:
                found.add(leads_to)
            if kind in _PARTS and attr != "_mutable":
                self.reading.hand_on(frozenset({kind}))
            elif kind == "super":
                self.calls[Call("super", attr)] = None
            elif kind in _ITSELF and leads_to in (None, "maker"):
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

    def item(self, kinds: Kinds, key: ast.AST) -> Kinds:
        """What stands under a key of a part of the request or of a context, or at an index of ``*args``."""
        found: set[Any] = set()
        value = key.value if isinstance(key, ast.Constant) else None
        for kind in kinds:
            if kind in _PARTS:
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
            for kind in sides[1] & _PARTS:
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

    # Calls

    def call(self, node: ast.Call) -> Kinds:
        """Note what is called and what that is given."""
        positional, keywords = self.arguments(node)
        func = node.func
        if isinstance(func, ast.Attribute) and (owner := self.read(func.value) - ELSE):
            found = [self.call_of(kind, func.attr, node, positional, keywords) for kind in owner]
            return frozenset().union(*found)
        called = NOTHING if isinstance(func, ast.Attribute) else self.read(func)
        if "maker" in called:
            self.make_serializer(node, positional, keywords)
        elif "decorated" not in called:
            return self.call_by_name(node, called, positional, keywords)
        return NOTHING

    def call_by_name(
        self, node: ast.Call, called: Kinds, positional: tuple[Kinds, ...], keywords: dict[str, Kinds]
    ) -> Kinds:
        """A function is called that is no method of the request or of what belongs to it."""
        handed = [*positional, *keywords.values()]
        name = ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
        last = name.rpartition(".")[2]
        if name == "super":
            return frozenset({"super"})
        if name in ("getattr", "hasattr") and len(node.args) > 1 and (text := self.text(node.args[1])):
            self.reading.hand_on(*positional[2:])
            return self.attribute(positional[0], text)
        if name in _LOOKS:
            # What stands in for one object in a ``get_serializer`` is a list of them, which has no names.
            self.reading.hand_on(*(kinds & _PARTS for kinds in positional[:1] if not self.makes_context))
        elif last in _COPIES and len(handed) == 1 and positional and positional[0] & _PARTS:
            self.reading.hand_on(positional[0] - _PARTS)
            return positional[0] & _PARTS
        else:
            self.reading.sees.update({"caller"} if _CALLER.search(last) else ())
            if name and name.count(".") < 2 and any(kinds - ELSE for kinds in handed):
                self.lead_to("function", name, positional, keywords)
            else:
                self.reading.hand_on(called, *handed)
        return NOTHING

    def arguments(self, node: ast.Call) -> tuple[tuple[Kinds, ...], dict[str, Kinds]]:
        """What the arguments of a call stand for; what goes with stars is known for ``*args`` alone."""
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
        return tuple(positional), keywords

    def call_of(
        self, kind: Any, attr: str, node: ast.Call, positional: tuple[Kinds, ...], keywords: dict[str, Kinds]
    ) -> Kinds:
        """A method of something is called."""
        handed = [*positional, *keywords.values()]
        if kind in _PARTS:
            return self.call_of_part(kind, attr, node, handed)
        if ATTRIBUTES.get((kind, attr)) == "maker":
            self.make_serializer(node, positional, keywords)
        elif kind in (*_ITSELF, "super"):
            if attr == "get_serializer":
                self.make_serializer(node, positional, keywords)
                data = keywords.get("data", NOTHING) & {"body"}
                positional, keywords = positional[:1], {"data": data} if data else {}
            self.lead_to("super" if kind == "super" else "itself", attr, positional, keywords)
            return frozenset({"maker"}) if attr == "get_serializer_class" else NOTHING
        elif kind in ("context", "holder", "options", "meta") and attr in ("get", "pop") and node.args:
            self.reading.hand_on(*handed)
            return self.item(frozenset({kind}), node.args[0])
        else:
            is_whole = kind == "request" and attr in ADDRESS and not node.args and not node.keywords
            self.reading.hand_on(*handed, frozenset({"query"} if is_whole else ()))
        return self.attribute(frozenset({kind}), attr)

    def lead_to(self, to: Any, name: str, positional: Sequence[Kinds], keywords: dict[str, Kinds]) -> None:
        """Note a call with what of the request and its parts it is given."""
        given = tuple((key, kinds) for key, kinds in keywords.items() if kinds - ELSE)
        self.calls[Call(to, name, tuple(kinds if kinds - ELSE else NOTHING for kinds in positional), given)] = None

    def call_of_part(self, part: str, attr: str, node: ast.Call, handed: Sequence[Kinds]) -> Kinds:
        """A method of the body or the query is called."""
        if attr in ("copy", "dict") and not handed:
            return frozenset({part})
        if attr == "update":
            for mapping in node.args:
                self.merge(mapping)
            self.reading.filled.update(keyword.arg or "" for keyword in node.keywords)
        elif attr in ("get", "getlist", "pop", "setdefault") and node.args:
            self.key(part, node.args[0])
            if part == "files" and attr == "getlist" and (name := self.text(node.args[0])):
                self.reading.file_keys[name] = True
            if attr == "setdefault":
                self.reading.filled.add(constant_of(node.args[0]))
        else:
            self.reading.hand_on(frozenset({part}))
        self.reading.hand_on(*handed)
        return NOTHING

    def make_serializer(self, node: ast.Call, positional: Sequence[Kinds], keywords: dict[str, Kinds]) -> None:
        """``self.get_serializer(data=request.data)`` reads what the serializer reads, and no more."""
        reading, constants = self.reading, {k.arg: constant_of(k.value, None) for k in node.keywords}
        reading.makes_serializer = True
        if len(positional) > 1 or "data" in constants:
            data = keywords["data"] if "data" in constants else positional[1]
            many = constants.get("many", False)
            reading.made_for.update({True: ("many",), False: ("one",)}.get(many, ("one", "many")))
            if data != {"body"} or constants.get("partial") is True:
                reading.filled.add("")
            reading.hand_on(data - {"body", "files"})
        # What a serializer does with its context is read from the serializer.
        rest = [kinds for name, kinds in keywords.items() if name not in ("data", "context")]
        reading.hand_on(keywords.get("context", NOTHING) - {"holder"}, *positional[2:], *rest)


def constant_of(node: ast.AST | None, default: Any = "") -> Any:
    """The value of a constant; an empty text, or the default, for anything else."""
    if not isinstance(node, ast.Constant):
        return default
    return node.value if default is None or isinstance(node.value, str) else default


def _is_empty(node: ast.AST) -> bool:
    """``None``, ``{}`` and ``""``: what stands in for something that is not there."""
    return (isinstance(node, ast.Constant) and not node.value) or (isinstance(node, ast.Dict) and not node.keys)
