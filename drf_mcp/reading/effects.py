"""Whether a view's code is seen to change nothing, in its handler and in all of the project's code on the way to it.

A client may run what reads without asking its user, so only what was seen counts: each call has to be of a library's
method that reads, or of a function of the project that is followed in turn.
"""

from __future__ import annotations

import ast
import builtins
import datetime as dt
import decimal
import logging
import re
import uuid
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from django.apps import apps
from django.core.paginator import Page
from django.db.models import Manager, QuerySet
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from .library import COMPUTED, computing, definition_of, is_library_code, named, written

_CHANGING = {
    *("save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("add", "set", "remove", "clear", "set_password", "raw", "write", "writelines", "truncate"),
}
WRITING = {
    *_CHANGING,
    *(f"a{name}" for name in _CHANGING),
    *("perform_create", "perform_update", "perform_destroy", "partial_update", "destroy"),
    *("delay", "apply_async", "send_mail", "send_messages", "send", "send_robust", "asend", "execute"),
}
"""What saves, deletes or sends, by whatever it is called on."""

_READ_FROM: tuple[type, ...] = (
    *(str, bytes, dict, list, set, tuple, int, float, decimal.Decimal, uuid.UUID, re.Pattern, re.Match),
    *(dt.datetime, dt.timedelta, logging.Logger, Page, QuerySet, Manager, QueryDict),
    *(FieldFile, HttpRequest, HttpResponse, Request, Response, serializers.ModelSerializer, serializers.ListSerializer),
)
_READING = {name for cls in _READ_FROM for name in dir(cls)} - WRITING
_MODULES = {
    *("json", "datetime", "math", "re", "time", "random", "itertools", "functools", "collections", "decimal", "uuid"),
    *("operator", "string", "statistics", "logging", "copy", "hashlib", "base64", "io", "csv", "zoneinfo", "calendar"),
    *("typing", "warnings", "django", "rest_framework", "django_filters"),
}
"""Modules whose functions change nothing but what they are given, unless they have a writing name."""
_CONTAINERS = {"dict", "list", "set", "defaultdict", "Counter", "OrderedDict", "get_serializer_context"}
_HANDLERS = {
    *("get", "post", "put", "patch", "delete", "head", "options", "trace"),
    *("list", "retrieve", "create", "update", "partial_update", "destroy"),
}


def is_harmless(cls: type, *methods: str) -> bool:
    """Whether nothing that some methods lead to is seen to change anything, and nothing of it stays unseen.

    Args:
        cls: The class of a view.
        methods: Where to start; the class need not have all of them.
    """
    walk = _Walk(cls)
    return all(walk.is_method_harmless(name) for name in methods)


class _Walk:
    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.seen: set[Any] = set()

    def is_method_harmless(self, name: str) -> bool:
        return all(self.is_value_harmless(value) for _, value in written(self.cls, name))

    def is_value_harmless(self, value: Any) -> bool:
        """Whether what stands under a name can be called, or looked at, without a change."""
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        value = computing(value)
        if not isinstance(value, FunctionType):
            return isinstance(value, type) or not callable(value)
        if value in self.seen:
            return True
        self.seen.add(value)
        if hasattr(value, "__wrapped__") and not self.is_value_harmless(value.__wrapped__):
            return False
        if is_library_code(value):
            names = set(value.__code__.co_names) - _HANDLERS
            is_view = any(value in vars(owner).values() for owner in self.cls.__mro__)
            return not is_view or all(self.is_method_harmless(name) for name in sorted(names))
        definition = definition_of(value)
        if definition is None:
            return False
        own = next(iter([*definition.args.posonlyargs, *definition.args.args]), None)
        return all(
            self.is_node_harmless(node, value, definition, own.arg if own else "") for node in _executed(definition)
        )

    def is_node_harmless(self, node: ast.AST, function: FunctionType, whole: ast.AST, itself: str) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name)):
                return self.is_name_harmless(name, function, whole)
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
                return self.is_call_harmless(owner, attr, function, whole, itself)
            case ast.Call(func=ast.Call() | ast.Lambda()):
                return isinstance(node.func, ast.Call) and "get_serializer_class" in ast.unparse(node.func)
            case ast.Call():
                return False
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == itself:
                values = [value for _, value in written(self.cls, attr)]
                return all(self.is_value_harmless(value) for value in values if isinstance(value, COMPUTED))
        return True

    def is_name_harmless(self, name: str, function: FunctionType, whole: ast.AST) -> bool:
        """A call of what has a name around a function, or in it."""
        if name in WRITING - {"set"}:
            return False
        value = named(function, name)
        if value is not None:
            return isinstance(value, type) or self.is_value_harmless(value)
        inner = {node.name for node in ast.walk(whole) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        return hasattr(builtins, name) or name in inner or name.lower().endswith(("serializer", "class"))

    def is_call_harmless(self, owner: ast.expr, attr: str, function: FunctionType, whole: ast.AST, itself: str) -> bool:
        """A call of a method, or of what a module or a class has."""
        text = ast.unparse(owner)
        if attr in WRITING:
            return _is_container(owner, whole)
        if text == itself or text.startswith("super("):
            found = [value for _, value in written(self.cls, attr)]
            if found:
                return self.is_method_harmless(attr)
        around = named(function, text) if isinstance(owner, ast.Name) else None
        if isinstance(around, ModuleType):
            return around.__name__.partition(".")[0] in _MODULES or self.is_value_harmless(getattr(around, attr, print))
        if isinstance(around, type) and (of_class := [value for _, value in written(around, attr)]):
            return all(
                self.is_value_harmless(value)
                for value in of_class
                if isinstance(value, (FunctionType, staticmethod, classmethod))
            )
        of_models = list(_of_models(attr))
        return bool(of_models or attr in _READING or attr in ("writerow", "writerows")) and all(
            self.is_value_harmless(value) for value in of_models
        )


def _executed(definition: Any) -> Iterator[ast.AST]:
    """The nodes of a function's body, without its decorators and annotations."""
    for part in definition.body if isinstance(definition.body, list) else [definition.body]:
        yield from ast.walk(part)


def _is_container(owner: ast.expr, whole: ast.AST) -> bool:
    """Whether a value is a dict, list or set that the function made itself, or the data of an answer."""
    if isinstance(owner, ast.Attribute):
        return owner.attr in ("data", "headers")
    if not isinstance(owner, ast.Name):
        return False
    made = [
        node.value
        for node in ast.walk(whole)
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        and any(
            isinstance(part, ast.Name) and part.id == owner.id and isinstance(part.ctx, ast.Store)
            for part in ast.walk(node)
        )
    ]
    return bool(made) and all(_makes_container(value) for value in made)


def _makes_container(node: ast.expr | None) -> bool:
    match node:
        case ast.Dict() | ast.List() | ast.Set() | ast.DictComp() | ast.ListComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _CONTAINERS
        case ast.Attribute(attr=name):
            return name == "data"
    return False


def _of_models(name: str) -> Iterator[Any]:
    """What the models of projects, their managers and their querysets have under a name."""
    for model in apps.get_models():
        managers = [type(manager) for manager in model._meta.managers]
        querysets = [getattr(manager, "_queryset_class", QuerySet) for manager in managers]
        for cls in dict.fromkeys((model, *managers, *querysets)):
            for _, value in written(cls, name):
                if isinstance(value, (FunctionType, staticmethod, classmethod)):
                    yield value
