"""What a call does with the request, its parts and the serializers that are made from them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from .expressions import ITSELF, PARTS, ExpressionReader, constant_of
from .found import ADDRESS, ATTRIBUTES, ELSE, NOTHING, Call, Given, Kinds

_COPIES = ("dict", "copy", "deepcopy")
_LOOKS = ("isinstance", "hasattr", "type", "id", "callable")
_CALLER = re.compile("current|request|user|tenant")
_SERIALIZERS_OWN = {"instance", "data", "many", "partial", "context"}
"""What DRF's own serializers are made with; more may decide on the fields."""


class CallReader(ExpressionReader):
    """Reads the expressions of one function, with its calls."""

    def call(self, node: ast.Call) -> Kinds:
        """Note what is called and what that is given."""
        positional, keywords = self.arguments(node)
        func = node.func
        owner = self.read(func.value) - ELSE if isinstance(func, ast.Attribute) else NOTHING
        if known := [kind for kind in owner if not isinstance(kind, type)]:
            found = [self.call_of(kind, func.attr, node, positional, keywords) for kind in known]  # type: ignore[attr-defined]
            return frozenset().union(*found)
        called = self.serializer(func) if isinstance(func, ast.Attribute) else self.read(func)
        if "maker" in called:
            return self.make_serializer(node, positional, keywords)
        if named := [kind for kind in called if isinstance(kind, type)]:
            given = self.given(node, positional, keywords)
            for cls in named:
                self.reading.make(cls, given)
            if "else" in called:
                self.reading.hand_on(*positional, *keywords.values())
            return given.made
        if "decorated" not in called:
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
            self.reading.hand_on(*(kinds & PARTS for kinds in positional[:1] if not self.makes_context))
        elif last in _COPIES and len(handed) == 1 and positional and positional[0] & PARTS:
            self.reading.hand_on(positional[0] - PARTS)
            return positional[0] & PARTS
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
        if kind in PARTS:
            return self.call_of_part(kind, attr, node, handed)
        if ATTRIBUTES.get((kind, attr)) == "maker":
            return self.make_serializer(node, positional, keywords)
        if kind in (*ITSELF, "super"):
            made = frozenset({"maker"}) if attr == "get_serializer_class" else NOTHING
            if attr == "get_serializer":
                made = self.make_serializer(node, positional, keywords)
                data = keywords.get("data", NOTHING) & {"body"}
                positional, keywords = positional[:1], {"data": data} if data else {}
            given = self.given(node, positional, keywords) if kind == "view" else None
            self.lead_to("super" if kind == "super" else "itself", attr, positional, keywords, given)
            return made
        if kind in ("context", "holder", "options", "meta") and attr in ("get", "pop") and node.args:
            self.reading.hand_on(*handed)
            return self.item(frozenset({kind}), node.args[0])
        if kind == "options" and attr == "setdefault" and constant_of(node.args[0]) == "many":
            self.reading.made_for.add("many")
        else:
            is_whole = kind == "request" and attr in ADDRESS and not node.args and not node.keywords
            self.reading.hand_on(*handed, frozenset({"query"} if is_whole else ()))
        return self.attribute(frozenset({kind}), attr)

    def lead_to(
        self,
        to: Any,
        name: str,
        positional: Sequence[Kinds],
        keywords: dict[str, Kinds],
        given: Given | None = None,
    ) -> None:
        """Note a call with what of the request and its parts it is given."""
        by_name = tuple((key, kinds) for key, kinds in keywords.items() if kinds - ELSE)
        handed = tuple(kinds if kinds - ELSE else NOTHING for kinds in positional)
        self.calls[Call(to, name, handed, by_name, given)] = None

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

    def make_serializer(self, node: ast.Call, positional: Sequence[Kinds], keywords: dict[str, Kinds]) -> Kinds:
        """``self.get_serializer(data=request.data)`` reads what the serializer reads, and no more."""
        reading, given = self.reading, self.given(node, positional, keywords)
        reading.makes_serializer = True
        if given.has_data:
            many = True if "row" in given.data else given.many
            reading.made_for.update(("one", "many") if many is None else ("many",) if many else ("one",))
            if given.data not in ({"body"}, {"row"}) or given.partial is True:
                reading.filled.add("")
            reading.reshapes |= not (given.is_plain or self.makes_context)
        reading.hand_on(given.data - {"body", "files", "row"}, *given.rest)
        return given.made or frozenset({"made"} if self.makes_context else ())

    def given(self, node: ast.Call, positional: Sequence[Kinds], keywords: dict[str, Kinds]) -> Given:
        """What a serializer is made with; what it does with its context is read from the serializer."""
        constants = {keyword.arg: constant_of(keyword.value, None) for keyword in node.keywords}
        many = constants.get("many", False)
        rest = [kinds for name, kinds in keywords.items() if name not in ("data", "context")]
        return Given(
            data=keywords["data"] if "data" in keywords else frozenset().union(*positional[1:2]),
            has_data="data" in keywords or len(positional) > 1,
            many=many if isinstance(many, bool) else None,
            partial=constants.get("partial", False),
            is_plain=constants.keys() <= _SERIALIZERS_OWN,
            is_sure=not self.branches,
            rest=(keywords.get("context", NOTHING) - {"holder"}, *positional[:1], *positional[2:], *rest),
        )
