"""What a prompt is, whoever wrote it, and how its arguments are checked."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers

from .context import Context
from .failures import error_text, errors_with_codes
from .protocol.errors import InvalidParamsError, MCPError
from .protocol.jsonrpc import loads

logger = logging.getLogger("drf_mcp")

_SHOWN = 100

Arguments = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Prompt:
    """A prompt, whoever wrote it.

    Args:
        name: What clients call it.
        title: What people call it.
        description: What it is for.
        serializer_class: Its arguments.
        render: Makes its messages of the validated arguments and of the caller's request.
        is_visible: Whether a caller may see it.
        completions: An author's functions that suggest values, by argument.
        asks: Whether it asks its caller before it has its messages.
    """

    name: str
    title: str
    description: str
    serializer_class: type[serializers.BaseSerializer[Any]]
    render: Callable[[Arguments, Any], Any]
    is_visible: Callable[[Context], bool]
    completions: Mapping[str, Callable[..., Any]]
    asks: bool = False

    def fields(self, request: Any) -> dict[str, Any]:
        """The fields of the arguments, in order; those that its class declares where it cannot say more."""
        try:
            serializer: Any = self.serializer_class(context={"request": request})
            fields = serializer.fields
        except ImproperlyConfigured:
            raise
        except Exception:
            logger.warning("The arguments of the prompt %r cannot all be read.", self.name, exc_info=True)
            fields = getattr(self.serializer_class, "_declared_fields", {})
        return {
            name: field
            for name, field in fields.items()
            if not field.read_only and not isinstance(field, serializers.HiddenField)
        }

    def to_wire(self, request: Any) -> dict[str, Any]:
        """The prompt as ``prompts/list`` shows it to the caller of a request.

        Spec: server/prompts#prompt
        """
        wire: dict[str, Any] = {"name": self.name}
        wire.update({k: text for k, text in {"title": self.title, "description": self.description}.items() if text})
        wire["arguments"] = [_argument(name, field) for name, field in self.fields(request).items()]
        return wire


def _argument(name: str, field: Any) -> dict[str, Any]:
    notes = [str(field.help_text).rstrip(".")] if field.help_text else []
    if isinstance(field, serializers.ChoiceField):
        notes.append(f"One of: {', '.join(map(str, field.choices))}" if len(field.choices) <= _SHOWN_CHOICES else "")
    wire = {"name": name, "title": str(field.label or name), "description": ". ".join(filter(None, notes))}
    return {**{key: text for key, text in wire.items() if text}, "required": bool(field.required)}


_SHOWN_CHOICES = 20


def validated(prompt: Prompt, arguments: Arguments, request: Any) -> Arguments:
    """Check what a client sent by a prompt's arguments.

    Args:
        prompt: The prompt.
        arguments: By name, as they came.
        request: The caller's.

    Returns:
        The validated values.

    Raises:
        InvalidParamsError: One is none of the prompt's.
        ValidationError: They do not fit.
    """
    fields = prompt.fields(request)
    for name in arguments:
        if name not in fields:
            nearest = difflib.get_close_matches(name[:_SHOWN], fields, n=1, cutoff=0.5)
            hint = f" Did you mean {nearest[0]!r}?" if nearest else f" It takes {', '.join(fields) or 'no arguments'}."
            raise InvalidParamsError(
                f"Prompt {prompt.name!r}: unknown argument {name[:_SHOWN]!r}.{hint}", data={"argument": name[:_SHOWN]}
            )
    # A list or an object can only come as JSON in a string.
    given = {name: _parsed(fields[name], value) for name, value in arguments.items() if _is_said(fields[name], value)}
    serializer: Any = prompt.serializer_class(data=given, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _is_said(field: Any, value: Any) -> bool:
    """Null says nothing; nor does the empty text of a form's field that nobody filled in and nobody had to."""
    is_blank = value == "" and not field.required and not getattr(field, "allow_blank", False)
    return value is not None and not is_blank


def _parsed(field: Any, value: Any) -> Any:
    structured = (
        serializers.BaseSerializer,
        serializers.ListField,
        serializers.DictField,
        serializers.ManyRelatedField,
    )
    if not isinstance(value, str) or not isinstance(field, (*structured, serializers.MultipleChoiceField)):
        return value
    try:
        return loads(value.encode())
    except (MCPError, UnicodeEncodeError):
        return value


def invalid(prompt: Prompt, detail: Any) -> InvalidParamsError:
    """The error for arguments that a prompt does not take, with DRF's detail."""
    return InvalidParamsError(
        f"Prompt {prompt.name!r}: {error_text(detail)}", data={"name": prompt.name, "errors": errors_with_codes(detail)}
    )
