"""Prompts: what authors declare and what administrators write, as one kind of thing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, OperationalError, ProgrammingError, router
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.request import Request

from .auth.challenge import UnauthorizedError
from .context import Context
from .declarations import PROMPT_NAME, DeclaredPrompt, registry
from .elicitation import NoAnswer
from .functions import call, serializer_of
from .models import Prompt as StoredPrompt
from .presence import has_rows
from .prompt_kinds import Arguments, Prompt, invalid, validated
from .protocol.errors import InternalError, InvalidParamsError, MCPError, MethodNotFoundError, RefusedError
from .protocol.pagination import page_of
from .protocol.results import InputRequiredResult, prompt_messages
from .reading.library import overriding
from .rounds import in_rounds
from .rules import groups_of
from .time_limit import OutOfTimeError, in_time
from .visibility import Viewer, is_permitted, request_for

logger = logging.getLogger("drf_mcp")


def declared_prompts() -> list[Prompt]:
    """The prompts that the ``mcp.py`` modules declare.

    Raises:
        ImproperlyConfigured: The arguments of one cannot be read.
    """
    return [_declared(declared) for declared in registry.prompts.values()]


def _declared(declared: DeclaredPrompt) -> Prompt:
    return Prompt(
        declared.name,
        declared.title,
        declared.description,
        declared.arguments or serializer_of(declared.function),
        lambda values, request: call(declared.function, request, values),
        lambda context: is_permitted(declared, request_for(context)),
        declared.completions,
        declared.asks,
    )


def check_declared_prompts() -> None:
    """Check the prompts that the ``mcp.py`` modules declare.

    Raises:
        ImproperlyConfigured: The arguments of one cannot be read, or a completion is for none of them.
    """
    nobody = Request(HttpRequest())
    nobody.user = AnonymousUser()
    for declared in registry.prompts.values():
        _check(declared, nobody)


def _check(declared: DeclaredPrompt, request: Request) -> None:
    prompt = _declared(declared)
    fields = prompt.fields(request)
    if overriding(prompt.serializer_class, ("__init__", "get_fields", "fields")):
        return  # other callers may have other fields
    if unknown := set(declared.completions) - set(fields):
        raise ImproperlyConfigured(
            f"@prompt {declared.name!r}: completions for {', '.join(sorted(unknown))}, which it does not take."
        )


def stored_prompts(**lookups: Any) -> list[Prompt]:
    """The enabled prompts that administrators wrote.

    Args:
        lookups: Which of them; all where there are none.
    """
    rows: list[StoredPrompt] = _from_database(
        lambda: list(_enabled().filter(**lookups).prefetch_related("arguments", "groups")), otherwise=[]
    )
    return [_stored(row) for row in rows]


def _enabled() -> QuerySet[StoredPrompt]:
    """The enabled prompts that no code stands before."""
    return StoredPrompt.objects.filter(is_enabled=True).exclude(name__in=registry.prompts)


def _from_database(read: Callable[[], Any], *, otherwise: Any) -> Any:
    """What the table of the prompts says; something else where it is not there yet."""
    try:
        return read()
    except (OperationalError, ProgrammingError, ImproperlyConfigured) as error:
        # A project without a database, or one that has not migrated since this app was updated.
        logger.warning("The prompts in the database cannot be read (%s). Has `manage.py migrate` been run?", error)
        return otherwise


def _stored(row: StoredPrompt) -> Prompt:
    groups = {group.pk for group in row.groups.all()}

    def is_visible(context: Context) -> bool:
        return not groups or getattr(context.user, "is_superuser", False) or bool(groups & groups_of(context.user))

    def render(values: Arguments, request: Any) -> str:
        try:
            return row.render({**dict.fromkeys(fields, ""), **values})
        except Exception as error:
            message = "The template of this prompt cannot be rendered; an administrator can correct it."
            failure = InternalError(message, data={"name": row.name})
            logger.exception("The template of the prompt %r cannot be rendered (error %s)", row.name, failure.error_id)
            raise failure from error

    fields: dict[str, Any] = {argument.name: _stored_field(argument) for argument in row.arguments.all()}
    serializer_class = type("ArgumentsSerializer", (serializers.Serializer,), dict(fields))
    return Prompt(row.name, row.title, row.description, serializer_class, render, is_visible, {})


def _stored_field(argument: Any) -> serializers.Field[Any, Any, Any, Any]:
    options = {"required": argument.is_required, "help_text": argument.description}
    if argument.allowed:
        return serializers.ChoiceField(choices=argument.allowed, **options)
    return serializers.CharField(allow_blank=True, trim_whitespace=False, **options)


def has_prompts() -> bool:
    """Whether this server has any prompt for anyone."""
    ask = partial(has_rows, StoredPrompt, router.db_for_read(StoredPrompt), is_enabled=True)
    return bool(registry.prompts) or bool(_from_database(ask, otherwise=False))


def _check_existing() -> None:
    """Check that there is any prompt for anyone: a server without prompts has no methods for them.

    Raises:
        MethodNotFoundError: There is none.
    """
    if not has_prompts():
        raise MethodNotFoundError("This server has no prompts.")


def find_prompt(name: Any, context: Context) -> Prompt:
    """Find a prompt by its name.

    Args:
        name: What the client sent.
        context: Who asks.

    Raises:
        InvalidParamsError: There is none, or none for this caller.
        UnauthorizedError: The same, for a caller without credentials where these could bring more.
    """
    if not isinstance(name, str):
        raise InvalidParamsError("A prompt has a name, which is a string.", data={"argument": "name"})
    declared = registry.prompts.get(name)
    if declared is not None:
        found: Prompt | None = _declared(declared)
    else:  # a database need not take what is no name
        found = next(iter(stored_prompts(name=name) if PROMPT_NAME.fullmatch(name) else ()), None)
    if found is not None and found.is_visible(context):
        context._call.found(name)
        return found
    if context.identity.is_anonymous and not all(prompt.is_visible(context) for prompt in _all_prompts()):
        raise UnauthorizedError("This prompt needs a signed-in caller, or there is none of this name.")
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
    raise InvalidParamsError(f"Unknown prompt: {shown}", data={"name": shown})


_SHOWN = 100


def sees_prompt(name: Any, context: Context) -> bool:
    """Whether a prompt is there for a caller."""
    try:
        return bool(find_prompt(name, context))
    except MCPError:
        return False


def _all_prompts() -> list[Prompt]:
    return [*declared_prompts(), *stored_prompts()]


def prompts_list(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """List the prompts that the caller may see.

    Args:
        params: May hold a ``cursor``.
        context: Who asks.

    Returns:
        ``prompts`` and, where there are more, ``nextCursor``.

    Raises:
        InvalidParamsError: The cursor is none of this list's.
        MethodNotFoundError: This server has no prompts.

    Spec: server/prompts#listing-prompts
    """
    every = _all_prompts()
    if not every:
        _check_existing()
    page, cursor = page_of(
        sorted(every, key=lambda prompt: prompt.name),
        params.get("cursor"),
        method="prompts/list",
        key=attrgetter("name"),
        sees=lambda prompt: prompt.is_visible(context),
        marks=Viewer(context),
    )
    request = request_for(context)
    listed: dict[str, Any] = {"prompts": [prompt.to_wire(request) for prompt in page]}
    return listed if cursor is None else {**listed, "nextCursor": cursor}


def prompts_get(params: dict[str, Any], context: Context) -> dict[str, Any] | InputRequiredResult:
    """Make a prompt's messages.

    Args:
        params: ``name`` and, where the prompt takes any, ``arguments``.
        context: Who asks.

    Returns:
        ``description`` and ``messages`` or, for a prompt that asks, what it wants to know.

    Raises:
        InvalidParamsError: No such prompt for this caller, or the arguments do not fit.
        MethodNotFoundError: This server has no prompts.
        InternalError: A template cannot be rendered.

    Spec: server/prompts#getting-a-prompt
    """
    try:
        prompt = find_prompt(params.get("name"), context)
    except InvalidParamsError:
        _check_existing()
        raise
    arguments = params.get("arguments")
    if not isinstance({} if arguments is None else arguments, dict):
        raise InvalidParamsError("The arguments of a prompt are an object.", data={"argument": "arguments"})
    if not prompt.asks:
        try:
            return in_time(f"The prompt {prompt.name}", None, partial(_rendered, prompt, arguments or {}, context))
        except OutOfTimeError as error:
            raise error.refuse("prompt", name=prompt.name) from None
    try:
        return in_rounds(f"prompts/get {prompt.name}", params, context, partial(_rendered, prompt, arguments or {}))
    except NoAnswer as error:
        raise RefusedError(422, error.detail, data={"name": prompt.name, "code": error.code}) from None


def _rendered(prompt: Prompt, arguments: Arguments, context: Context) -> dict[str, Any]:
    request = request_for(context)
    try:
        values = validated(prompt, arguments, request)
    except (ValidationError, DjangoValidationError) as error:
        raise invalid(prompt, _detail(error)) from error
    except (DataError, OverflowError) as error:
        raise invalid(prompt, "A value is one that the database cannot hold.") from error
    try:
        rendered = prompt.render(values, request)
    except (ValidationError, DjangoValidationError) as error:
        raise invalid(prompt, _detail(error)) from error
    except (APIException, Http404, ObjectDoesNotExist, PermissionDenied) as error:
        raise invalid(prompt, getattr(error, "detail", None) or str(error) or "It is not there for you.") from error
    version = context.revision.version
    return {"description": prompt.description, "messages": prompt_messages(rendered, version)}


def _detail(error: Any) -> Any:
    return get_error_detail(error) if isinstance(error, DjangoValidationError) else error.detail
