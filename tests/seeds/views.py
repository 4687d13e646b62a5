"""The tools of the second, third and fourth seed: ``hello_world``, ``add`` and ``calculate``."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool

GREETED_AT = "2025-07-13T10:30:00"


class GreetingViewSet(ViewSet):
    @mcp_tool(
        name="hello_world",
        description="A simple greeting tool",
        input={
            "type": "object",
            "properties": {"name": {"type": "string", "description": "Name to greet"}},
            "required": [],
        },
        read_only=True,
    )
    @action(detail=False, methods=["post"])
    def hello(self, request: Request) -> Response:
        return Response(f"Hello, {request.data.get('name', 'World')}! 👋\n\nGenerated at: {GREETED_AT}")


class Addition(serializers.Serializer):
    a = serializers.FloatField()
    b = serializers.FloatField()


class Calculation(serializers.Serializer):
    expression = serializers.CharField(max_length=200, help_text="Mathematical expression to evaluate")


class MathViewSet(ViewSet):
    @mcp_tool(name="add", description="Add two numbers", input=Addition, read_only=True, reports=True)
    @action(detail=False, methods=["post"])
    def add(self, request: Request) -> Response:
        numbers = Addition(data=request.data)
        numbers.is_valid(raise_exception=True)
        total = numbers.validated_data["a"] + numbers.validated_data["b"]
        if not math.isfinite(total):
            raise ValidationError("The sum is not a finite number.")
        if request.mcp is not None and request.mcp.progress_token is not None:
            for progress in (0.3, 0.7):
                request.mcp.report_progress(progress, message="Adding numbers")
            return Response(total)
        return Response(int(total) if total.is_integer() else total)

    @mcp_tool(name="handle_streaming_tool", description="Stream results as they become available", reports=True)
    @action(detail=False, methods=["post"])
    def handle_streaming_tool(self, request: Request) -> StreamingHttpResponse:
        return StreamingHttpResponse(process_data(), content_type="text/plain")

    @mcp_tool(
        name="calculate", description="Perform basic mathematical calculations", input=Calculation, read_only=True
    )
    @action(detail=False, methods=["post"])
    def calculate(self, request: Request) -> Response:
        calculation = Calculation(data=request.data)
        calculation.is_valid(raise_exception=True)
        expression = calculation.validated_data["expression"]
        return Response(f"Calculation: {expression} = {evaluate(expression)}")


def process_data() -> Iterator[str]:
    yield from ("Reading. ", "Counting. ", "Done.")


_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


def evaluate(expression: str) -> float:
    """The value of numbers joined by + - * / and parentheses.

    Raises:
        ValidationError: Anything else.
    """
    try:
        value = _value(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        raise ValidationError({"expression": "This is no expression of numbers and + - * /."}) from None
    return value


def _value(node: ast.AST) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand))
    raise ValueError(node)
