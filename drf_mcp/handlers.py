"""What a handler's own source tells of its input: whether it reads the body or the query, and which keys.

DRF's own handlers use the serializer and say so by their serializer. A project's ``@action`` may do
anything; its source is then the only witness. What it hands on to other code stays unknown.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rest_framework.viewsets import ModelViewSet

_STANDARD_HANDLERS = ("create", "update", "partial_update")
_VIEWS_OWN = ("get_object", "get_queryset", "filter_queryset", "paginate_queryset", "list", "retrieve", "destroy")
_READERS = ("get", "getlist", "pop")
_QUERY = ("query_params", "GET")
_BODY = ("data", "POST", "FILES")


@dataclass(slots=True)
class Reading:
    """What a handler reads of its request.

    Args:
        body_keys: Names that it takes from the body, in the order in which they occur.
        query_keys: Names that it takes from the query string.
        is_body_open: True where it may read more of the body than these names.
        is_query_open: True where it may read more of the query string.
        uses_serializer: True where it makes the view's serializer or calls one of DRF's own handlers.
        uses_many: True where it makes that serializer for a list of objects.
        uses_filters: True where it applies the view's filter backends.
        uses_pages: True where it applies the view's paginator.
    """

    body_keys: list[str] = field(default_factory=list)
    query_keys: list[str] = field(default_factory=list)
    is_body_open: bool = False
    is_query_open: bool = False
    uses_serializer: bool = False
    uses_many: bool = False
    uses_filters: bool = False
    uses_pages: bool = False


UNKNOWN = Reading(is_body_open=True, is_query_open=True)
"""What is known of a handler without source."""


@cache
def read_handler(handler: Callable[..., Any]) -> Reading:
    """Read a method's source for what it takes from its request.

    Args:
        handler: A method of a view, decorated or not.

    Returns:
        What it reads; ``UNKNOWN`` where there is no source or no request to follow.
    """
    function = _innermost(handler)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return UNKNOWN
    definition = tree.body[0] if tree.body else None
    if not isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return UNKNOWN
    names = [argument.arg for argument in definition.args.args if argument.arg != "self"]
    if not names and definition.args.vararg is not None:
        return UNKNOWN
    reading = Reading()
    _Reader(reading, request=names[0] if names else None).visit(ast.Module(definition.body, []))
    return reading


def _innermost(handler: Callable[..., Any]) -> Any:
    """The function that a handler hands its request on to: what decorators and ``@api_view`` wrap."""
    function: Any = inspect.unwrap(handler)
    while inspect.isfunction(function) and function.__code__.co_flags & inspect.CO_VARARGS:
        wrapped = [cell.cell_contents for cell in function.__closure__ or () if inspect.isfunction(cell.cell_contents)]
        if len(wrapped) != 1:
            break
        function = inspect.unwrap(wrapped[0])
    return function


class _Reader(ast.NodeVisitor):
    """Follows ``request`` and ``self.request`` through a function's body.

    Args:
        reading: Where to note what is found.
        request: The name under which the function has its request.
    """

    def __init__(self, reading: Reading, request: str | None) -> None:
        self.reading = reading
        self.request = request

    def is_request(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return node.id == self.request
        if not isinstance(node, ast.Attribute):
            return False
        if node.attr == "request":
            return isinstance(node.value, ast.Name) and node.value.id == "self"
        return node.attr == "_request" and self.is_request(node.value)

    def part(self, node: ast.AST) -> str | None:
        """``"body"`` or ``"query"`` for ``request.data``, ``request.query_params`` and their kin."""
        if not (isinstance(node, ast.Attribute) and self.is_request(node.value)):
            return None
        return "query" if node.attr in _QUERY else "body" if node.attr in (*_BODY, "body") else None

    def note_key(self, part: str, key: ast.AST) -> None:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            keys = self.reading.body_keys if part == "body" else self.reading.query_keys
            if key.value not in keys:
                keys.append(key.value)
        else:
            self.note_open(part)

    def note_open(self, part: str) -> None:
        if part == "body":
            self.reading.is_body_open = True
        else:
            self.reading.is_query_open = True

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute):
            part = self.part(called.value)
            if part and called.attr in _READERS and node.args:
                self.note_key(part, node.args[0])
                self.visit_all(node.args[1:])
                return
            if called.attr == "get_serializer":
                self.visit_serializer(node)
                return
            if (
                called.attr not in _STANDARD_HANDLERS
                and self.is_super(called.value)
                and hasattr(ModelViewSet, called.attr)
            ):
                self.visit_all(argument for argument in node.args if not self.is_request(argument))
                return
            if called.attr in _STANDARD_HANDLERS and self.is_view(called.value):
                self.reading.uses_serializer = True
                self.visit_all(argument for argument in node.args if not self.is_request(argument))
                return
            if self.is_view(called.value) and not hasattr(ModelViewSet, called.attr):
                # The project's own code, which is not followed from here.
                self.note_handed_on()
            if called.attr in _VIEWS_OWN and self.is_view(called.value):
                self.reading.uses_filters |= called.attr in ("filter_queryset", "list")
                self.reading.uses_pages |= called.attr in ("paginate_queryset", "list")
                self.visit_all(argument for argument in node.args if not self.is_request(argument))
                return
        self.generic_visit(node)

    @staticmethod
    def is_super(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"

    def is_view(self, node: ast.AST) -> bool:
        return self.is_super(node) or (isinstance(node, ast.Name) and node.id == "self")

    def visit_serializer(self, node: ast.Call) -> None:
        """``self.get_serializer(data=request.data)`` reads what the serializer reads, and no more."""
        values = {keyword.arg: keyword.value for keyword in node.keywords}
        data = values.pop("data", None)
        if data is not None:
            self.reading.uses_serializer = True
            many = values.get("many")
            self.reading.uses_many = isinstance(many, ast.Constant) and many.value is True
            if self.part(data) != "body":
                self.visit(data)
        self.visit_all([*node.args, *values.values()])

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if part := self.part(node.value):
            self.note_key(part, node.slice)
        else:
            self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if (
            len(node.ops) == 1
            and isinstance(node.ops[0], (ast.In, ast.NotIn))
            and (part := self.part(node.comparators[0]))
        ):
            self.note_key(part, node.left)
        else:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if part := self.part(node):
            self.note_open(part)
        elif not self.is_request(node.value):
            # Any other attribute of the request, such as its user, is neither body nor query.
            if self.is_request(node):
                self.note_handed_on()
            else:
                self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if self.is_request(node):
            self.note_handed_on()

    def note_handed_on(self) -> None:
        """The request goes to code that is not seen from here."""
        self.reading.is_body_open = self.reading.is_query_open = True

    def visit_all(self, nodes: Any) -> None:
        for node in nodes:
            self.visit(node)


def mentions_request(*functions: Any) -> bool:
    """Whether one of these functions looks at a request or a user, so that its answer may differ by caller.

    Args:
        functions: Functions or methods; those without code of their own are passed over.

    Returns:
        True where a name or a constant of the code says so.
    """
    return any(word in {"request", "user"} for function in functions for word in _words(function))


def _words(function: Any) -> Iterator[Any]:
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is not None:
        yield from code.co_names
        yield from (constant for constant in code.co_consts if isinstance(constant, str))
