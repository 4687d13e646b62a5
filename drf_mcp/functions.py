"""An author's function: its typed parameters as a serializer, and the call of it."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import inspect
import types
import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Choices
from rest_framework import serializers

FIELDS: dict[Any, Callable[..., Any]] = {
    str: lambda **options: serializers.CharField(allow_blank=True, trim_whitespace=False, **options),
    int: serializers.IntegerField,
    float: serializers.FloatField,
    bool: serializers.BooleanField,
    decimal.Decimal: lambda **options: serializers.DecimalField(max_digits=None, decimal_places=None, **options),
    dt.date: serializers.DateField,
    dt.datetime: serializers.DateTimeField,
    dt.time: serializers.TimeField,
    uuid.UUID: serializers.UUIDField,
}


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """What a function takes by name from a client: all of its parameters but ``request``."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p for p in inspect.signature(function).parameters.values() if p.kind in kinds and p.name != "request"]


def call(function: Callable[..., Any], request: Any, values: Mapping[str, Any]) -> Any:
    """Call a function, async or not, with those values that it takes, and with the request if it takes that.

    Args:
        function: An author's.
        request: The caller's.
        values: By parameter name.
    """
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    given = {**values, "request": request}
    answer = function(**(given if takes_all else {name: given[name] for name in given if name in parameters}))
    return async_to_sync(_awaited)(answer) if inspect.isawaitable(answer) else answer


async def _awaited(answer: Any) -> Any:
    return await answer


def serializer_of(function: Callable[..., Any]) -> type[serializers.Serializer[Any]]:
    """A serializer for the arguments that a function's signature names.

    A parameter without a default is required. ``Annotated[str, "What it is"]`` gives the description,
    ``Literal`` and enumerations give choices; a parameter without a type is a string.

    Args:
        function: An author's.

    Returns:
        A serializer class with a field for each parameter, in order.

    Raises:
        ImproperlyConfigured: A type that no text of a client can become.
    """
    hints = _hints_of(function)
    fields = {p.name: _field(function, p, hints.get(p.name, str)) for p in parameters_of(function)}
    return type("ArgumentsSerializer", (serializers.Serializer,), fields)


class MemberField(serializers.ChoiceField):
    """The values of an enumeration, which the function gets as its members."""

    def __init__(self, members: type[enum.Enum], **options: Any) -> None:
        self.members = members
        pairs = members.choices if issubclass(members, Choices) else [(m.value, m.value) for m in members]
        super().__init__(choices=[(value, label) for value, label in pairs if value is not None], **options)

    def to_internal_value(self, data: Any) -> Any:
        """The member that has this value."""
        return self.members(super().to_internal_value(data))


def _hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of what a client sends; what else a signature names may be there for type checkers alone."""
    needed = {p.name: p.annotation for p in parameters_of(function) if p.annotation is not p.empty}

    def shown() -> None: ...

    shown.__annotations__ = needed
    known = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        return get_type_hints(shown, globalns=known, include_extras=True)
    except NameError as error:
        raise ImproperlyConfigured(f"{function.__module__}.{function.__qualname__}: {error}.") from error


def _field(function: Callable[..., Any], parameter: inspect.Parameter, hint: Any) -> Any:
    options: dict[str, Any] = {}
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        options["help_text"] = next((note for note in notes if isinstance(note, str)), None)
    if get_origin(hint) in (Union, types.UnionType):
        options["allow_null"] = type(None) in get_args(hint)
        inner = [argument for argument in get_args(hint) if argument is not type(None)]
        hint = inner[0] if len(inner) == 1 else hint
    if parameter.default is not inspect.Parameter.empty:
        options.update(required=False, default=parameter.default)
    if get_origin(hint) is Literal:
        return serializers.ChoiceField(choices=list(get_args(hint)), **options)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return MemberField(hint, **options)
    if hint not in FIELDS:
        raise ImproperlyConfigured(
            f"{function.__module__}.{function.__qualname__}: {parameter.name} is of type {hint!r}, which no text of a "
            "client can become. Use a type such as str, int, bool, date or Literal, or a serializer."
        )
    return FIELDS[hint](**options)
