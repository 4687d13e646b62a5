"""Whether a GET is seen to change nothing, in its handler and in the project's code on the way to its answer.

A client may run what reads without asking its user. So of an action of the author's own only what was seen counts: each
call has to be of a library's method that reads, or of a function of the project that is followed in turn. ``list`` and
``retrieve`` read by their names; the code that the project puts into and around them is looked through for what writes.
What decides whether a call happens at all, as authentication, permissions and throttles do, may keep books of its own.
"""

from __future__ import annotations

import ast
import builtins
import datetime as dt
import decimal
import logging
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import FunctionType, ModuleType
from typing import Any

from django.apps import apps
from django.core.paginator import Page
from django.db.models import FileField, Manager, QuerySet
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from drf_mcp.endpoints import WRITES, Endpoint
from drf_mcp.schema.declared import classes_in

from .conditions import executed_under_get
from .library import (
    COMPUTED,
    HANDLERS,
    computing,
    definition_of,
    is_library_code,
    is_serializer_class,
    led_to,
    library_of,
    named,
    operands,
    own_code,
    own_methods,
    remembered,
    written,
)

_CHANGING = {
    *("save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("add", "set", "remove", "clear", "set_password", "raw", "write", "writelines", "truncate"),
}
_ANNOUNCING = {
    *("delay", "apply_async", "send_mail", "send_mass_mail", "mail_admins", "mail_managers", "send_messages"),
    *("login", "logout", "alogin", "alogout"),
}
WRITING = {
    *_CHANGING,
    *(f"a{name}" for name in _CHANGING),
    *("perform_create", "perform_update", "perform_destroy", "partial_update", "destroy"),
    *_ANNOUNCING,
    *("send", "send_robust", "asend", "execute", "call_command", "on_commit"),
}
"""What saves, deletes or sends, by whatever it is called on."""
_SAVING = {
    *("save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("destroy", *_ANNOUNCING),
}
"""What does so in code that nobody has to see whole, where the other names are mostly those of sets and caches."""

_READ_FROM: tuple[type, ...] = (
    *(str, bytes, dict, list, set, tuple, int, float, decimal.Decimal, uuid.UUID, re.Pattern, re.Match),
    *(dt.datetime, dt.timedelta, logging.Logger, Page, QuerySet, Manager, QueryDict),
    *(FieldFile, HttpRequest, HttpResponse, Request, Response, serializers.ModelSerializer, serializers.ListSerializer),
)
_READING = {name for cls in _READ_FROM for name in dir(cls)} - WRITING - {"start", "handle", "open", "close", "log"}
"""The names of a library's methods that read, without those that have another meaning elsewhere."""
_OF_SESSIONS = {"get", "keys", "values", "items", "has_key"}
"""What can be called of a session without a change."""
_MODULES = {
    *("json", "datetime", "math", "re", "time", "random", "itertools", "functools", "collections", "decimal", "uuid"),
    *("operator", "string", "statistics", "logging", "copy", "hashlib", "base64", "io", "csv", "zoneinfo", "calendar"),
    *("typing", "warnings", "django", "rest_framework", "django_filters"),
}
"""Modules whose functions change nothing but what they are given, unless they have a writing name."""
_CONTAINERS = {"dict", "list", "set", "defaultdict", "Counter", "OrderedDict", "get_serializer_context"}


_AROUND = {
    "filter_backends": ("filter_queryset",),
    "pagination_class": ("paginate_queryset", "get_paginated_response"),
}
"""What a view is made of, and what is called of it on the way to an answer."""
_GIVING = ("to_representation", "get_")
"""How the methods are called with which a serializer or a field gives what it prints."""
_RUNNING = {"exec", "eval", "open", "compile", "__import__"}
"""Builtin functions that may do anything."""


def only_reads(endpoint: Endpoint) -> bool:
    """Whether a call is seen to change nothing: a GET, none of whose code writes on the way to its answer.

    Args:
        endpoint: The endpoint.
    """
    if endpoint.method != "get" or endpoint.action in (*WRITES, "destroy"):
        return False
    handlers = (endpoint.action, *(() if endpoint.is_viewset else (endpoint.method,)))
    is_strict = not _reads_by_name(endpoint)
    if not is_harmless(endpoint.viewset, "dispatch", is_strict=False):
        return False
    return is_harmless(endpoint.viewset, *handlers, is_strict=is_strict) and all(
        is_harmless(cls, *methods, is_strict=is_strict) for cls, methods in _around(endpoint)
    )


def _reads_by_name(endpoint: Endpoint) -> bool:
    return endpoint.is_viewset and endpoint.action in ("list", "retrieve")


def _around(endpoint: Endpoint) -> Iterator[tuple[type, tuple[str, ...]]]:
    """What a view is made of, with the methods that are called on the way to an answer."""
    for name, methods in _AROUND.items():
        yield from ((cls, methods) for cls in operands(endpoint.attribute(name)))
    begin = _GIVING if _reads_by_name(endpoint) else ""
    for cls in classes_in(endpoint.serializer):
        yield cls, tuple(name for name in _printing(cls) if name.startswith(begin))


def _printing(cls: type) -> tuple[str, ...]:
    """The methods of a serializer or a field that may run where it prints."""
    return tuple(name for name in own_methods(cls) if name not in WRITING)


@remembered
def is_harmless(cls: type, *methods: str, is_strict: bool = True) -> bool:
    """Whether nothing that some methods lead to is seen to change anything.

    Args:
        cls: The class of a view, a permission, a serializer or the like.
        methods: Where to start; the class need not have all of them.
        is_strict: Whether nothing may stay unseen either.
    """
    library = library_of(cls)
    names = None if library in (None, cls) else led_to(library, *methods)
    if names is not None and own_code(cls).isdisjoint(names):
        return is_harmless(library, *methods, is_strict=is_strict)  # nothing of the project's is on the way
    walk = _Walk(cls, is_strict=is_strict)
    return all(walk.is_method_harmless(name) for name in methods)


class _Walk:
    def __init__(self, cls: type, *, is_strict: bool, seen: set[Any] | None = None, depth: int = 0) -> None:
        self.cls, self.is_strict, self.depth = cls, is_strict, depth
        self.writing = WRITING if is_strict else _SAVING | {f"a{name}" for name in _SAVING}
        self.seen: set[Any] = set() if seen is None else seen

    def is_method_harmless(self, name: str) -> bool:
        return all(self.is_value_harmless(value) for _, value in written(self.cls, name))

    def is_value_harmless(self, value: Any) -> bool:
        """Whether what stands under a name can be called, or looked at, without a change."""
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        value = computing(value)
        if not isinstance(value, FunctionType):
            return isinstance(value, type) or not callable(value) or not self.is_strict
        if (self.cls, value) in self.seen:
            return True
        self.seen.add((self.cls, value))
        if hasattr(value, "__wrapped__") and not self.is_value_harmless(value.__wrapped__):
            return False
        if is_library_code(value):
            names = set(value.__code__.co_names) - HANDLERS
            is_view = any(value in vars(owner).values() for owner in self.cls.__mro__)
            return not is_view or all(self.is_method_harmless(name) for name in sorted(names))
        definition = definition_of(value)
        if definition is None:
            return not self.is_strict
        own = next(iter([*definition.args.posonlyargs, *definition.args.args]), None)
        return all(
            self.is_node_harmless(node, value, definition, own.arg if own else "")
            for node in executed_under_get(definition)
        )

    def is_call_of_harmless(self, value: Any) -> bool:
        """Whether a function or a class can be called without a change; what it calls counts where all must be seen."""
        if not self.is_strict and (
            self.depth or getattr(value, "__module__", "").partition(".")[0] in sys.stdlib_module_names
        ):
            return True
        self.depth += 1
        try:
            return self.is_class_harmless(value) if isinstance(value, type) else self.is_value_harmless(value)
        finally:
            self.depth -= 1

    def is_class_harmless(self, cls: type) -> bool:
        """Whether an instance of a class can be made and, where it is a serializer, printed without a change."""
        if cls in self.seen or cls.__module__.partition(".")[0] in _MODULES:
            return True
        self.seen.add(cls)
        walk = _Walk(cls, is_strict=self.is_strict, seen=self.seen, depth=self.depth)
        if is_serializer_class(cls):
            fields = (
                type(part)
                for field in getattr(cls, "_declared_fields", {}).values()
                for part in (field, getattr(field, "child", field))
            )
            return all(map(walk.is_method_harmless, _printing(cls))) and all(map(self.is_printed_harmless, fields))
        makers = [value for name in ("__init__", "__new__") for _, value in written(cls, name)]
        return is_dataclass(cls) or all(
            walk.is_value_harmless(value) for value in makers if isinstance(value, FunctionType)
        )

    def is_printed_harmless(self, field: type) -> bool:
        return is_harmless(field, *_printing(field), is_strict=self.is_strict)

    def is_node_harmless(self, node: ast.AST, function: FunctionType, whole: ast.AST, itself: str) -> bool:
        match node:
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()) if _is_session(owner):
                return False
            case ast.Call(args=args) if self.is_strict and any(self.is_writing_method(value) for value in args):
                return False
            case ast.Call(func=ast.Name(id=name)):
                return self.is_name_harmless(name, function, whole)
            case ast.Call(func=ast.Attribute(attr="update"), args=[value], keywords=[]) if (
                isinstance(value, (ast.Dict, ast.DictComp)) or not self.is_strict
            ):
                return True  # a dict's or a set's: that of a queryset takes keywords only
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
                return self.is_call_harmless(owner, attr, function, whole, itself)
            case ast.Call(func=ast.Call() | ast.Lambda()):
                makes = isinstance(node.func, ast.Call) and "get_serializer_class" in ast.unparse(node.func)
                return makes or not self.is_strict
            case ast.Call():
                return not self.is_strict
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == itself:
                values = [value for _, value in written(self.cls, attr)]
                methods = (FunctionType, staticmethod, classmethod, *COMPUTED)
                return all(self.is_value_harmless(value) for value in values if isinstance(value, methods))
            case ast.Name(ctx=ast.Load()) | ast.Attribute(value=ast.Name(), ctx=ast.Load()):
                value = named(function, ast.unparse(node))  # it may be handed to what calls it
                return not isinstance(value, FunctionType) or self.is_call_of_harmless(value)
        return True

    def is_writing_method(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in self.writing

    def is_name_harmless(self, name: str, function: FunctionType, whole: ast.AST) -> bool:
        """A call of what has a name around a function, or in it."""
        if name in self.writing - {"set"}:
            return False
        value = named(function, name)
        if value is not None:
            return name not in _RUNNING and self.is_call_of_harmless(value)
        inner = {node.name for node in ast.walk(whole) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        if name in _RUNNING:
            return False
        is_known = hasattr(builtins, name) or name in inner or name.lower().endswith(("serializer", "class"))
        return is_known or not self.is_strict

    def is_call_harmless(self, owner: ast.expr, attr: str, function: FunctionType, whole: ast.AST, itself: str) -> bool:
        """A call of a method, or of what a module or a class has."""
        text = ast.unparse(owner)
        if attr in self.writing or (_is_session(owner) and attr not in _OF_SESSIONS):
            return _is_container(owner, whole)
        if text == itself or text.startswith("super("):
            found = [value for _, value in written(self.cls, attr)]
            if found:
                return self.is_method_harmless(attr)
        around = named(function, text) if isinstance(owner, ast.Name) else None
        if isinstance(around, ModuleType):
            is_known = around.__name__.partition(".")[0] in _MODULES
            return is_known or self.is_call_of_harmless(getattr(around, attr, print))
        if isinstance(around, type) and (of_class := [value for _, value in written(around, attr)]):
            return all(
                self.is_value_harmless(value)
                for value in of_class
                if isinstance(value, (FunctionType, staticmethod, classmethod))
            )
        # By its name alone a call may be of a model's method, which counts where nothing may stay unseen.
        of_models = list(_of_models(attr)) if self.is_strict else []
        is_file = attr in ("open", "close") and _is_file(owner)
        is_known = bool(of_models or is_file or attr in _READING or attr in ("writerow", "writerows"))
        return (is_known or not self.is_strict) and all(self.is_value_harmless(value) for value in of_models)


def _is_file(node: ast.expr) -> bool:
    """Whether a value goes by the name of a model's file."""
    fields = (field for model in apps.get_models() for field in model._meta.concrete_fields)
    return any(field.name == getattr(node, "attr", None) for field in fields if isinstance(field, FileField))


def _is_session(node: ast.expr) -> bool:
    return getattr(node, "attr", getattr(node, "id", None)) == "session"


def _is_container(owner: ast.expr, whole: ast.AST) -> bool:
    """Whether a value is a dict, list or set that the function made itself, or the data of an answer."""
    if isinstance(owner, ast.Attribute):
        return owner.attr in ("data", "headers")
    if not isinstance(owner, ast.Name):
        return False
    if getattr(getattr(getattr(whole, "args", None), "kwarg", None), "arg", None) == owner.id:
        return True
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
