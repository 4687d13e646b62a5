"""What an author declares in ``mcp.py`` beside the tools: ``@resource`` and ``@prompt``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

from .protocol.uri_templates import URITemplate

F = TypeVar("F", bound=Callable[..., Any])

PROMPT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


@dataclass(frozen=True, slots=True)
class DeclaredResource:
    """What ``@resource`` was told."""

    function: Callable[..., Any]
    template: URITemplate
    name: str
    title: str
    description: str
    mime_type: str
    permission_classes: Sequence[Any] | None
    completions: Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class DeclaredPrompt:
    """What ``@prompt`` was told."""

    function: Callable[..., Any]
    name: str
    title: str
    description: str
    arguments: Any
    permission_classes: Sequence[Any] | None
    completions: Mapping[str, Callable[..., Any]]
    asks: bool = False


@dataclass(slots=True)
class Registry:
    """What the ``mcp.py`` modules of this process have declared, by URI template and by name."""

    resources: dict[str, DeclaredResource] = field(default_factory=dict)
    prompts: dict[str, DeclaredPrompt] = field(default_factory=dict)

    def has_asking_prompts(self) -> bool:
        """Whether any prompt asks its caller."""
        return any(declared.asks for declared in self.prompts.values())

    def prompt_asks(self, name: Any) -> bool:
        """Whether the prompt of this name asks its caller."""
        declared = self.prompts.get(name) if isinstance(name, str) else None
        return declared is not None and declared.asks


registry = Registry()


def resource(
    uri: str,
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    mime_type: str | None = None,
    permission_classes: Sequence[Any] | None = None,
    completions: Mapping[str, Callable[..., Any]] | None = None,
) -> Callable[[F], F]:
    """Declare a function as a resource, or as a resource template where its URI has variables.

    In an app's ``mcp.py``::

        @resource("shop://reports/{year}", mime_type="text/csv")
        def report(year: int, request):
            return "month,total"

    The function takes the variables by name, converted to their types, and ``request`` if it asks for
    it. It returns text, bytes, anything that JSON can hold, or a Django or DRF response; what it
    does not find it says with ``Http404``.

    Args:
        uri: A URI, or a template with ``{name}`` for each variable. A value never has a slash in it.
        name: What the resource is called in programs; the function's name where none is given.
        title: What a client shows to people.
        description: What the model reads; the function's docstring where none is given.
        mime_type: What the function returns. Where none is given, it follows from that.
        permission_classes: Who may see and read it: DRF permission classes. The project's
            ``DEFAULT_PERMISSION_CLASSES`` where none are given.
        completions: For a variable, a function that suggests values for it; it takes ``value`` and
            may take ``arguments`` and ``request``.

    Returns:
        A decorator that gives back the function.

    Raises:
        ImproperlyConfigured: No URI, variables that are not the function's parameters, or a URI that
            is declared already.

    Spec: server/resources#resource-templates
    """
    try:
        template = URITemplate(uri)
    except ValueError as error:
        raise ImproperlyConfigured(f"@resource: {error}") from error

    def declare(function: F) -> F:
        parameters = inspect.signature(function).parameters
        takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
        needed = {p.name for p in parameters.values() if p.default is p.empty and p.kind is not p.VAR_KEYWORD}
        unknown = set() if takes_all else set(template.variables) - set(parameters)
        if mismatch := unknown | (needed - set(template.variables) - {"request"}):
            raise ImproperlyConfigured(
                f"@resource({uri!r}): {', '.join(sorted(mismatch))} is not both in the URI and in {_path(function)}()."
            )
        _check_completions(f"@resource({uri!r})", completions, template.variables)
        declared = DeclaredResource(
            function,
            template,
            name or function.__name__,
            title or "",
            description or inspect.getdoc(function) or "",
            mime_type or "",
            permission_classes,
            completions or {},
        )
        _register(registry.resources, uri, declared, "resource")
        return function

    return declare


def prompt(
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    arguments: Any = None,
    permission_classes: Sequence[Any] | None = None,
    completions: Mapping[str, Callable[..., Any]] | None = None,
    asks: bool = False,
) -> Callable[[F], F]:
    """Declare a function as a prompt.

    In an app's ``mcp.py``::

        @prompt(description="Review some code")
        def review(code: Annotated[str, "The code"], language: Literal["python", "rust"] = "python"):
            return f"Please review this {language} code: {code}"

    The function takes the arguments by name, validated and converted, and ``request`` if it asks for
    it. It returns a text, a content block from ``drf_mcp.responses``, or a list of messages: texts and
    blocks, which are the user's, and ``{"role": "assistant", "content": ...}``.

    Args:
        name: The prompt's name; the function's where none is given.
        title: What a client shows to people.
        description: What it is for; the function's docstring where none is given.
        arguments: A serializer class for the arguments. Where none is given, they are the function's
            own parameters, by their types.
        permission_classes: Who may see and get it: DRF permission classes. The project's
            ``DEFAULT_PERMISSION_CLASSES`` where none are given.
        completions: For an argument, a function that suggests values for it; it takes ``value`` and
            may take ``arguments`` and ``request``.
        asks: True where the function asks its caller, with ``request.mcp.elicit`` and its kin. It then runs
            again from the top with the answers, each time in a transaction.

    Returns:
        A decorator that gives back the function.

    Raises:
        ImproperlyConfigured: A name that is none, or that is declared already.

    Spec: server/prompts#prompt
    """

    def declare(function: F) -> F:
        declared = DeclaredPrompt(
            function,
            name or function.__name__,
            title or "",
            description or inspect.getdoc(function) or "",
            arguments,
            permission_classes,
            completions or {},
            asks,
        )
        if not PROMPT_NAME.fullmatch(declared.name):
            raise ImproperlyConfigured(
                f"{declared.name!r} is no prompt name: use at most 128 of A-Z, a-z, 0-9, '_', '-' and '.'."
            )
        _register(registry.prompts, declared.name, declared, "prompt")
        return function

    return declare


def _check_completions(where: str, completions: Mapping[str, Any] | None, known: Sequence[str]) -> None:
    if unknown := set(completions or ()) - set(known):
        raise ImproperlyConfigured(f"{where}: completions for {', '.join(sorted(unknown))}, which it does not take.")


def _register(declared: dict[str, Any], key: str, new: Any, what: str) -> None:
    """Keep a declaration; the same function again is a module that was loaded again."""
    first = declared.get(key)
    if first is not None and _path(first.function) != _path(new.function):
        raise ImproperlyConfigured(
            f"The {what} {key!r} is declared twice, by {_path(first.function)} and {_path(new.function)}."
        )
    declared[key] = new


def _path(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
