"""Less of each object: the fields that a caller asks for, and what identifies an object that was written.

The view is called as ever and prints what it always prints: what is not wanted leaves the answer, and no
shape of an answer promises what may have left.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from rest_framework.settings import api_settings

from .endpoints import Endpoint
from .parameters import Parameter, Schema, Signature
from .protocol.errors import InvalidParamsError, ParseError
from .protocol.jsonrpc import loads
from .wire_names import printed_name

FIELDS = "fields"
"""The argument that names the fields, where the tool's own arguments leave it that name."""

_NAMES = ("name", "title", "username", "label", "slug", "code")
"""How fields are called by which people know an object, the likeliest first."""

_PLAIN = frozenset({"type", "properties", "required", "additionalProperties", "title", "description"})
"""The keywords of an object's shape of which none minds a property that is gone, once it is not required."""


def identity_of(endpoint: Endpoint) -> tuple[str, ...]:
    """What an answer calls the fields by which an object is found again, whether it prints them or not."""
    pk = "id" if endpoint.model is None else endpoint.model._meta.pk.name
    names = dict.fromkeys((pk, endpoint.attribute("lookup_field"), api_settings.URL_FIELD_NAME))
    return tuple(printed_name(endpoint, name) for name in names)


def with_fields(signature: Signature, endpoint: Endpoint, output: Schema | None) -> Schema | None:
    """Let the callers of a tool choose fields, where it is certain what there is to choose.

    Args:
        signature: The tool's arguments; it gets one more.
        endpoint: What is called.
        output: The shape of the structured content, None where nothing is promised.

    Returns:
        The shape that holds whatever is chosen: it requires of an object what identifies it, and no more.
    """
    is_taken = FIELDS in signature.parameters or signature.open_location is not None
    if output is None or is_taken or endpoint.method != "get" or endpoint.action not in ("list", "retrieve"):
        return output
    names = list(object_in(endpoint, output).get("properties", {}))
    identity = [name for name in identity_of(endpoint) if name in names]
    if len(names) - len(identity) < 2:  # there is nothing to choose
        return output
    description = "Only these fields"
    if identity:
        description += f", and {', '.join(identity)}"
    items = {"type": "string", "enum": names}
    signature.add("answer", FIELDS, {"type": "array", "items": items, "description": description})
    return _with_object(endpoint, output, names, required=identity)


def repeats(endpoint: Endpoint) -> bool:
    """Whether an action's answer is DRF's own, which repeats what was written."""
    return endpoint.is_drfs_own and endpoint.action in ("create", "update", "partial_update")


def briefly(endpoint: Endpoint, output: Schema | None) -> Schema | None:
    """The shape of the structured content of a write that answers with no more than what identifies the object."""
    if output is None or not (kept := identifying(endpoint, object_in(endpoint, output).get("properties", {}))):
        return output
    return _with_object(endpoint, output, kept, required=kept)


def identifying(endpoint: Endpoint, keys: Collection[str]) -> list[str]:
    """Which of an object's keys identify it, for programs and for people; none where programs would lack one."""
    found = [name for name in identity_of(endpoint) if name in keys]
    return found and list(dict.fromkeys([*found, *[name for name in _NAMES if name in keys][:1]]))


def wanted_fields(parameters: Mapping[str, Parameter], arguments: Mapping[str, Any]) -> Sequence[str] | None:
    """The fields that a call names, None where it names none.

    Args:
        parameters: The tool's.
        arguments: The call's.

    Raises:
        InvalidParamsError: They are no list of fields that there are; the message names the nearest.
    """
    parameter, value = parameters.get(FIELDS), arguments.get(FIELDS)
    if parameter is None or parameter.location != "answer" or value is None:
        return None
    if isinstance(value, str):  # as some models send a list
        try:
            value = loads(value.encode())
        except (ParseError, UnicodeEncodeError):
            value = [value]
    if not isinstance(value, list):
        raise InvalidParamsError(f"Argument {FIELDS!r} must be of type array.", data={"argument": FIELDS})
    known: list[str] = parameter.schema["items"]["enum"]
    for name in value:
        if name not in known:
            shown = str(name)[:100]
            nearest = difflib.get_close_matches(shown, known, n=1, cutoff=0.5)
            hint = f"Did you mean {nearest[0]!r}?" if nearest else f"There are {', '.join(known)}."
            data = {"argument": FIELDS, "nearest": nearest, "fields": known}
            raise InvalidParamsError(f"Argument {FIELDS!r}: there is no field {shown!r}. {hint}", data=data)
    return value


def selected(endpoint: Endpoint, data: Any, change: Callable[[Mapping[str, Any]], Any]) -> Any:
    """An answer with each of its objects changed: those of a page or a list, or itself."""
    if isinstance(data, (list, tuple)):
        return [change(item) if isinstance(item, Mapping) else item for item in data]
    if not isinstance(data, Mapping):
        return data
    if endpoint.action != "list":
        return change(data)
    is_page = isinstance(data.get("results"), (list, tuple))
    return {**data, "results": selected(endpoint, data["results"], change)} if is_page else data


def object_in(endpoint: Endpoint, output: Schema) -> Schema:
    """The shape of one object in that of an answer, empty where it is not plain."""
    key = _list_in(endpoint, output)
    if endpoint.action == "list" and not key:
        return {}
    found: Schema = output["properties"][key].get("items", {}) if key else output
    return found if found.get("type") == "object" and found.keys() <= _PLAIN else {}


def _list_in(endpoint: Endpoint, output: Schema) -> str:
    """Under which key an answer has its objects, empty where it is one itself."""
    properties = output.get("properties", {})
    keys = ("results", "result") if endpoint.action == "list" else ("result",) if len(properties) == 1 else ()
    return next((key for key in keys if properties.get(key, {}).get("type") == "array"), "")


def _with_object(endpoint: Endpoint, output: Schema, names: Collection[str], required: Collection[str]) -> Schema:
    """An answer's shape whose objects have these properties, and require no others than those."""
    before = object_in(endpoint, output)
    after = {
        **before,
        "properties": {name: before["properties"][name] for name in before["properties"] if name in names},
    }
    after["required"] = [name for name in before.get("required", ()) if name in required]
    if not after["required"]:
        del after["required"]
    key = _list_in(endpoint, output)
    if not key:
        return after
    return {**output, "properties": {**output["properties"], key: {**output["properties"][key], "items": after}}}
