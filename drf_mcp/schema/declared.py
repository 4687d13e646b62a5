"""Serializers without the code that shapes them: what a class declares, where the rest needs a real request.

Some serializers remove, add or change their fields by what their context holds. Where that fails
without a request, the declared fields are still known; which of them a caller has is not.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from rest_framework import serializers

from drf_mcp.reading.library import computing, definition_of, is_library_class, overriding, remembered

from .alternatives import alternatives_of
from .serializers import is_cut

SHAPING = (
    *(
        "__new__",
        "__init__",
        "__init_subclass__",
        "many_init",
        "bind",
        "fields",
        "_writable_fields",
        "_readable_fields",
    ),
    *("get_fields", "get_field_names", "get_extra_kwargs", "include_extra_kwargs", "get_default_field_names"),
    *("build_field", "build_standard_field", "build_relational_field", "build_nested_field", "build_property_field"),
)
"""What a serializer or field class may override so that its fields or options differ from call to call."""


_OF_VALUES = {"queryset", "required", "read_only", "initial", "default", "instance", "label", "help_text"}
"""What a shaping method may set in a field without changing the type and limits of what it takes."""


def read_fields(serializer: Any, made: list[Any] | None = None, *, is_repaired: bool = False) -> Any:
    """Have the fields of a serializer and of those that nest in it read once.

    Args:
        serializer: A serializer instance.
        made: Where to keep it, whatever comes of it.
        is_repaired: True where one whose fields cannot be read shall have what its class declares.

    Returns:
        The serializer.

    Raises:
        Exception: Whatever the project's code raises.
    """
    if made is not None:
        made.append(serializer)
    for part in _parts(serializer):
        if not isinstance(part, serializers.Serializer):
            continue
        try:
            _ = part.fields
        except Exception:
            if not is_repaired:
                raise
            part.__class__ = without_shaping(type(part))
            vars(part).pop("fields", None)
            _ = part.fields
    return serializer


def classes_in(serializer: Any) -> tuple[type, ...]:
    """The classes of a serializer and of all its fields, children and nested serializers, each once.

    Args:
        serializer: A serializer whose fields can be read, None for nothing.
    """
    return () if serializer is None else _classes_in(serializer)


@remembered
def _classes_in(serializer: Any) -> tuple[type, ...]:
    return tuple(dict.fromkeys(map(type, _parts(serializer))))


def _parts(part: Any) -> Iterator[Any]:
    """Each part before those in it, so that whoever iterates may mend what it has."""
    if part is None:
        return
    yield part
    for name in ("child", "child_relation"):
        yield from _parts(getattr(part, name, None))
    if isinstance(part, serializers.Serializer) and not is_cut(part):
        for field in (*part.fields.values(), *alternatives_of(part)):
            yield from _parts(field)


def without_shaping(cls: type) -> Any:
    """A serializer class as DRF alone would make it, with its declared fields and ``Meta``, none required.

    Args:
        cls: A project's serializer class.

    Returns:
        A subclass that leaves out the project's ``__init__``, ``get_fields`` and the like. What these would put into
        a field's place, or change in it, takes anything.
    """
    own = {name: function for name in SHAPING if (function := _by_drf(cls, name)) is not None}
    changed = _changed_fields(cls)
    make_fields: Any = own.get("get_fields") or cls.get_fields  # type: ignore[attr-defined]

    def get_fields(self: Any) -> dict[str, Any]:
        try:
            fields: dict[str, Any] = make_fields(self)
        except Exception:  # noqa: BLE001  (``Meta`` may name what only a request adds)
            fields = copy.deepcopy(self._declared_fields)
        for field in fields.values():
            field.required = False
        for name in fields.keys() & changed:
            if not (fields[name].read_only or isinstance(fields[name], serializers.FileField)):
                fields[name] = serializers.Field(
                    required=False, label=fields[name].label, help_text=fields[name].help_text
                )
        return fields

    return type(cls)(cls.__name__, (cls,), {**own, "get_fields": get_fields, "__module__": cls.__module__})


@remembered
def _changed_fields(cls: type) -> set[str]:
    """The names of the fields that a project's shaping methods replace, or whose type or limits they set."""
    found = set()
    for method in overriding(cls, SHAPING):
        tree = definition_of(method) if isinstance(method := computing(method), FunctionType) else None
        for node in ast.walk(tree) if tree is not None else ():
            target = node
            if isinstance(node, ast.Attribute) and node.attr not in _OF_VALUES:
                target = node.value
            match target:
                case ast.Subscript(
                    value=ast.Attribute(attr="fields") | ast.Name(id="fields"), slice=ast.Constant(value=str(name))
                ) if isinstance(getattr(node, "ctx", None), ast.Store):
                    found.add(name)
    return found


def _by_drf(cls: type, name: str) -> Any:
    """DRF's own method of that name, where a project's class stands before it."""
    owners = [base for base in cls.__mro__ if name in vars(base)]
    drfs = next((base for base in owners if base is not object and is_library_class(base)), None)
    return vars(drfs)[name] if drfs is not None and drfs is not owners[0] else None
