"""What a tool is called in words: its noun, its title, and what it says of itself."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Any

from django.utils.text import camel_case_to_spaces, capfirst

from .decorators import ToolOptions, tool_options
from .endpoints import WRITES, Endpoint
from .naming import is_one_of_several, qualifier_of
from .wire_names import printed_name


@dataclass(frozen=True, slots=True)
class Noun:
    """How people call the objects of an endpoint.

    Args:
        name: The model's or view's name as its code has it, such as ``User``.
        singular: In a sentence, such as ``user``.
        plural: In a sentence, such as ``users``.
        place: The app's label, empty where there is no model.
        pk: The name under which they print their primary key, such as ``id``.
    """

    name: str
    singular: str
    plural: str
    place: str
    pk: str


def noun_of(endpoint: Endpoint) -> Noun:
    """Find what an endpoint's objects are called, from the model or else from the view's name."""
    if endpoint.model is None:
        cls = endpoint.viewset
        name = cls.__name__.removesuffix("ViewSet").removesuffix("View") or cls.__name__
        singular = camel_case_to_spaces(name)
        return Noun(name, singular, singular, "", "id")
    meta: Any = endpoint.model._meta
    pk = printed_name(endpoint, meta.pk.name)
    return Noun(meta.object_name, str(meta.verbose_name), str(meta.verbose_name_plural), meta.app_label, pk)


def _verb(endpoint: Endpoint) -> str:
    """The action in words; ``partial_update`` is the one update tool of its route."""
    return capfirst("update" if endpoint.action == "partial_update" else endpoint.action.replace("_", " "))


def title_of(endpoint: Endpoint, noun: Noun, name: str) -> str:
    """What the tool does, with all that its name tells it apart by: the method, and a qualifier."""
    title = f"{_verb(endpoint)} {noun.plural if endpoint.action == 'list' else noun.singular}"
    marks = [endpoint.method.upper()] if is_one_of_several(endpoint) else []
    marks += [qualifier] if (qualifier := qualifier_of(endpoint, name)) else []
    return f"{title} ({', '.join(marks)})" if marks else title


def description_of(endpoint: Endpoint, noun: Noun, options: ToolOptions) -> str:
    """What was declared, else the action's docstring, else the ViewSet's, behind the sentence that holds for all."""
    if tool_options(endpoint.viewset, endpoint.action).description:
        return str(options.description)
    own = vars(endpoint.viewset)
    sentence = f"{_verb(endpoint)} {noun.name} in {noun.place}" if noun.place else f"{_verb(endpoint)} {noun.name}"
    if endpoint.action.endswith("update") and endpoint.action not in WRITES and endpoint.method in _EFFECTS:
        sentence += f". {_EFFECTS[endpoint.method]}"
    about = options.description
    if not about and not endpoint.is_drfs_own:
        about = _plain(inspect.getdoc(endpoint.handler))
    # What a base class says of an action, it says of every kind of object.
    if about and (endpoint.action in own or endpoint.method in own):
        return about
    about = about or _plain(own.get("__doc__"))
    return f"{sentence}. {about}" if about else sentence


_EFFECTS = {"put": "It replaces whole objects", "patch": "It changes only the fields that are given"}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROLE = re.compile(r":(?:[a-z]+:)+`~?([^`<]*?)(?:\s*<[^`>]*>)?`")


def _plain(docstring: str | None) -> str:
    """A docstring without HTML comments, and without the roles of reStructuredText around its words."""
    text = _COMMENT.sub("", inspect.cleandoc(docstring or ""))
    return re.sub(r"\n{3,}", "\n\n", _ROLE.sub(r"\1", text)).strip()
