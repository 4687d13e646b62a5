"""What of a handler for several methods runs under one of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .library import Definition


def executed_under_get(definition: Definition) -> Iterator[ast.AST]:
    """The nodes of a function's body that run under GET, without its decorators and annotations.

    Args:
        definition: The tree of a function.
    """
    if isinstance(definition, ast.Lambda):
        yield from ast.walk(definition.body)
    else:
        yield from _under_get(definition.body)


def _under_get(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        if not isinstance(statement, ast.If):
            yield from ast.walk(statement)
            continue
        yield from ast.walk(statement.test)
        runs = _holds_under_get(statement.test)
        if runs is not False:
            yield from _under_get(statement.body)
        if runs is not True:
            yield from _under_get(statement.orelse)
        taken = statement.body if runs else statement.orelse if runs is False else []
        if taken and isinstance(taken[-1], (ast.Return, ast.Raise)):
            return


def _holds_under_get(test: ast.expr) -> bool | None:
    """What a comparison of ``request.method`` gives under GET, None for any other condition."""
    match test:
        case ast.Compare(left=ast.Attribute(value=owner, attr="method"), ops=[op], comparators=[right]):
            text = ast.unparse(right).upper()
            if ast.unparse(owner) not in ("request", "self.request"):
                return None
            if isinstance(op, (ast.Eq, ast.NotEq)) and isinstance(right, ast.Constant):
                return (right.value == "GET") == isinstance(op, ast.Eq)
            literal = isinstance(right, (ast.Tuple, ast.List, ast.Set)) and all(
                isinstance(element, ast.Constant) for element in right.elts
            )
            if isinstance(op, (ast.In, ast.NotIn)) and (literal or text.endswith("SAFE_METHODS")):
                return ("'GET'" in text or text.endswith("SAFE_METHODS")) == isinstance(op, ast.In)
    return None
