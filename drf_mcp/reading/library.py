"""Whose code it is, who wrote a method, and where its source stands: one answer for all that read."""

from __future__ import annotations

import ast
import functools
import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FunctionType, ModuleType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.utils import functional
from rest_framework.serializers import BaseSerializer

LIBRARIES = (
    *("django", "rest_framework", "django_filters", "adrf", "contextlib"),
    *("djangorestframework_camel_case", "drf_writable_nested", "polymorphic", "rest_framework_nested"),
    "rest_polymorphic",
)
"""The packages whose own code is known, since serializers, filters and paginators describe what it takes and gives, or
a file of ``drf_mcp.contrib`` does."""

HANDLERS = {
    *("get", "post", "put", "patch", "delete", "head", "options", "trace"),
    *("list", "retrieve", "create", "update", "partial_update", "destroy"),
}
"""What handles a request, which its method chooses and no name in the code of a library."""

COMPUTED = (property, functools.cached_property, functional.cached_property)
"""What computes an attribute of an instance."""

_known: ContextVar[dict[Any, tuple[Callable[..., Any], ...]] | None] = ContextVar("drf_mcp_overriding", default=None)
"""What classes override, as far as a build has looked; None while nothing is built."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
T = TypeVar("T")


def is_library_code(function: Any) -> bool:
    """Whether a library wrote a function's own code, whatever ``functools.wraps`` made it look like."""
    return str(getattr(function, "__globals__", {}).get("__name__", "")).partition(".")[0] in LIBRARIES


def is_library_class(cls: type) -> bool:
    """Whether a library wrote a class.

    What a class says of its module is not enough: one that ``type()`` makes of a serializer names DRF's.
    """
    if cls is object:
        return True
    if cls.__module__.partition(".")[0] not in LIBRARIES:
        return False
    return vars(sys.modules.get(cls.__module__, sys)).get(cls.__qualname__) is cls


def is_serializer_class(value: Any) -> bool:
    """Whether something is a class of serializers."""
    return isinstance(value, type) and issubclass(value, BaseSerializer)


def written(cls: type, name: str, below: type | None = None) -> Iterator[tuple[type, Any]]:
    """Each class along the MRO that writes an attribute down, with what it wrote.

    A method that drf-spectacular puts over an inherited one is none: nobody wrote it.

    Args:
        cls: The class to start from.
        name: The attribute.
        below: The class after which to start instead, as ``super()`` does.
    """
    mro = cls.__mro__
    if below in mro:
        mro = mro[mro.index(below) + 1 :]
    owners = [owner for owner in mro if name in vars(owner)]
    for number, owner in enumerate(owners, 1):
        value = vars(owner)[name]
        if number == len(owners) or not _only_describes(value, vars(owners[number])[name]):
            yield owner, value


def _only_describes(value: Any, under: Any) -> bool:
    """Whether a method just calls the one under it, as where ``@extend_schema_view`` keeps what it says of that."""
    module = getattr(value, "__globals__", {}).get("__name__")
    return module == "drf_spectacular.drainage" and getattr(value, "__wrapped__", None) is under


def overriding(obj: Any, methods: tuple[str, ...], below: type = object) -> tuple[Callable[..., Any], ...]:
    """The functions of projects that stand over a library's own methods.

    Args:
        obj: A serializer, a field, a view or a class.
        methods: The names of the methods that matter.
        below: The class at which to stop; what it and its bases do is known.

    Returns:
        Those functions, the outermost first.
    """
    key = obj if isinstance(obj, type) else type(obj), methods, below
    known = _known.get()
    found = None if known is None else known.get(key)
    if found is None:
        found = _overriding(*key)
        if known is not None:
            known[key] = found
    return found


def _overriding(cls: type, methods: tuple[str, ...], below: type) -> tuple[Callable[..., Any], ...]:
    mro = cls.__mro__
    own = [owner for owner in mro[: mro.index(below) if below in mro else None] if not is_library_class(owner)]
    return tuple(value for name in methods for owner, value in written(cls, name) if owner in own) if own else ()


def remembered(compute: Callable[..., T]) -> Callable[..., T]:
    """Remember what was found out about a function or class for as long as that exists."""
    known: WeakKeyDictionary[Any, dict[Any, T]] = WeakKeyDictionary()

    @functools.wraps(compute)
    def remember(subject: Any, *rest: Any, **options: Any) -> T:
        if type(subject).__hash__ is None:  # a serializer that compares itself to others, for one
            return compute(subject, *rest, **options)
        answers = known.get(subject)
        if answers is None:
            answers = known[subject] = {}
        key = (*rest, *options.items()) if rest or options else ()
        if key not in answers:
            answers[key] = compute(subject, *rest, **options)
        return answers[key]

    return remember


def library_of(cls: type) -> Any:
    """The library's class that a class adds to, with nothing of another library between them; None where it is none."""
    library = next(owner for owner in cls.__mro__ if is_library_class(owner))
    rest = cls.__mro__[cls.__mro__.index(library) :]
    return library if library is not object and rest == library.__mro__ else None


def own_code(cls: type) -> set[str]:
    """The names of all that a project wrote in a class and that can be run."""
    own = [item for owner in cls.__mro__ if not is_library_class(owner) for item in vars(owner).items()]
    run = (staticmethod, classmethod, *COMPUTED)
    return {name for name, v in own if isinstance(v, run) or (callable(v) and not isinstance(v, type))}


@remembered
def led_to(library: type, *methods: str) -> set[str] | None:
    """The names to which some methods of a library's class lead through its own code; None where others changed it."""
    found, new = set[str](), set(methods)
    while new:
        found |= new
        values = [computing(getattr(value, "__func__", value)) for name in new for _, value in written(library, name)]
        wrapped = [value.__wrapped__ for value in values if hasattr(value, "__wrapped__")]
        functions = [value for value in (*values, *wrapped) if isinstance(value, FunctionType)]
        if not all(map(is_library_code, functions)):
            return None
        new = {name for function in functions for name in function.__code__.co_names} - HANDLERS - found
    return found


def operands(classes: Any) -> Iterator[type]:
    """A class or several, and the classes that a permission such as ``A & ~B`` is made of."""
    if isinstance(classes, type):
        yield classes
        return
    parts = (getattr(classes, name, None) for name in ("op1_class", "op2_class"))
    for part in classes if isinstance(classes, (list, tuple)) else parts:
        if part is not None:
            yield from operands(part)


def computing(value: Any) -> Any:
    """The function behind a property, anything else as it is."""
    if isinstance(value, COMPUTED):
        return value.fget if isinstance(value, property) else value.func
    return value


def own_methods(cls: type) -> list[str]:
    """The names of the methods and properties that a project wrote in a class, without those of Python's own."""
    own = [vars(owner).items() for owner in cls.__mro__ if not is_library_class(owner)]
    methods = (FunctionType, *COMPUTED)
    return sorted({name for items in own for name, v in items if isinstance(v, methods) and not name.startswith("__")})


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


@functools.lru_cache(maxsize=4096)
def definition_of(function: FunctionType) -> Definition | None:
    """The tree of a function's own source, without what may be wrapped around it; None where it cannot be told."""
    code = function.__code__
    lines = "".join(linecache.getlines(code.co_filename, function.__globals__))
    found = _definitions(lines).get((code.co_name, code.co_firstlineno), [])
    return found[0] if len(found) == 1 else None


@contextmanager
def reading_once() -> Iterator[None]:
    """Look once for what each class overrides, and at the end let go of the trees of functions and whole files."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)
        definition_of.cache_clear()
        _definitions.cache_clear()


@functools.lru_cache(maxsize=32)
def _definitions(source: str) -> dict[tuple[str, int], list[Definition]]:
    """Every function of a file by its name and first line; a whole file at once is cheaper than one function."""
    found: dict[tuple[str, int], list[Definition]] = {}
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            found.setdefault(("<lambda>", node.lineno), []).append(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.setdefault((node.name, line), []).append(node)
    return found
