"""One serializer or field: what its code takes from the request or the raw input beside its fields."""

from __future__ import annotations

from types import CodeType, FunctionType

from .following import read_class
from .found import ADDRESS, BODY, QUERY, Reading
from .library import computing, is_library_class, remembered

_READING = ("to_internal_value", "run_validation")
_TELLING = {*QUERY, *BODY, *ADDRESS, "QUERY_STRING", "initial_data"} - {"stream", "read", "body"}


@remembered
def telling_methods(cls: type) -> tuple[str, ...]:
    """The methods of a serializer or a field that look at what its fields do not tell."""
    own = [base for base in cls.__mro__ if not is_library_class(base)]
    methods = [(name, computing(value)) for base in own for name, value in vars(base).items()]
    telling = [name for name, value in methods if isinstance(value, FunctionType) and _TELLING & _words(value.__code__)]
    return tuple(sorted(set(telling)))


@remembered
def read_input(cls: type) -> Reading:
    """Read what a serializer's own methods look up in its raw input.

    Args:
        cls: The class of a serializer.
    """
    own = {name for base in cls.__mro__ if not is_library_class(base) for name in vars(base)}
    entries = [(name, ("serializer", "body")) for name in _READING if name in own]
    return read_class(
        cls, *entries, *((name, ("serializer",)) for name in telling_methods(cls) if name not in _READING)
    )


def _words(code: CodeType) -> set[str]:
    words = set(code.co_names) | {value for value in code.co_consts if isinstance(value, str)}
    return words.union(*(_words(value) for value in code.co_consts if isinstance(value, CodeType)))
