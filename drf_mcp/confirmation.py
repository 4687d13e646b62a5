"""Confirmation: a call that may destroy something asks first, where the project wants that.

A client that can ask its user shows the question. For any other, the tool answers with the question
and with a code that is good for this one call; with the code, the call is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rest_framework import serializers

from .arguments import bind_arguments
from .catalog import get_catalog
from .context import Context
from .elicitation import Declined
from .engines import is_cache_in_database
from .failures import not_done
from .invocation import invoke, release
from .protocol.errors import InvalidParamsError, MCPError
from .protocol.results import CallToolResult
from .sealing import Seal, SealError
from .tools import Tool

_NAMES = ("name", "title", "username", "label")
_LONGEST_NAME = 100
_VERBS = {"destroy": "Delete", "partial_update": "Update"}


class ConfirmationSerializer(serializers.Serializer[Any]):
    """The form that the person behind the client sees."""

    confirm = serializers.BooleanField(label="Yes, do it", default=False)


def confirm(tool: Tool, arguments: Mapping[str, Any], code: Any, context: Context) -> CallToolResult | None:
    """Make sure that the caller wants what a tool would do.

    Args:
        tool: The tool; it needs a confirmation.
        arguments: The arguments of the call, without the code; they fit the tool.
        code: What the call has as its code, None where it has none.
        context: Who calls.

    Returns:
        None where it is confirmed, else the result that says what to do.

    Raises:
        InputRequired: The client has to ask its user.
        NoAnswer: Its user does not want it.
        InvalidParamsError: The code is not this call's.
    """
    seal = Seal("confirmation", context.identity, [tool.name, arguments])
    if code:
        # The rounds of one call bring the code that the first of them has spent, unless that was rolled back.
        is_first = context._dialogue is None or not context._dialogue.round or is_cache_in_database()
        try:
            seal.open(code, spend=is_first)
        except SealError:
            raise InvalidParamsError(
                f"{tool.confirmation}: this is not the code of this call, was used before or is too old. Call without "
                "it to get one.",
                data={"argument": tool.confirmation},
            ) from None
        return None
    question = _question(tool, arguments, context)
    if context.can_ask("elicitation"):
        if not context.elicit(question, ConfirmationSerializer, key="drf_mcp_confirmation")["confirm"]:
            raise Declined
        return None
    code = seal.close()
    detail = (
        f"{question} Nothing was done yet. Ask the user and, only if they agree, call again with the same "
        f'arguments and "{tool.confirmation}": "{code}".'
    )
    return not_done(428, "confirmation_required", detail)


def _question(tool: Tool, arguments: Mapping[str, Any], context: Context) -> str:
    """What would be done to which object, in a sentence: ``Delete User 3 (testuser)?``."""
    action = tool.endpoint.action
    verb = _VERBS.get(action, action.replace("_", " ").capitalize())
    lookup = {
        parameter.name: arguments[parameter.name]
        for parameter in tool.parameters.values()
        if parameter.location == "path" and parameter.name in arguments
    }
    words = [verb, tool.noun.name, ", ".join(map(str, lookup.values()))]
    called = _object_name(tool, lookup, context)
    return f"{' '.join(filter(None, words))}{f' ({called})' if called else ''}?"


def _object_name(tool: Tool, lookup: Mapping[str, Any], context: Context) -> str:
    """What the object is called, as far as REST shows this caller; empty where it does not."""
    siblings = [
        other
        for other in get_catalog(getattr(context._http_request, "urlconf", None)).tools
        if other.endpoint.action == "retrieve"
        and str(other.endpoint.route) == str(tool.endpoint.route)
        and context.allows(other)
    ]
    if not siblings or not lookup:
        return ""
    silent = replace(context, _channel=None, _dialogue=None)
    try:
        _, response = invoke(siblings[0].endpoint, bind_arguments(siblings[0], lookup), silent)
    except MCPError:
        return ""
    try:
        data = getattr(response, "data", None)
        return _name_in(data) if response.status_code == 200 and isinstance(data, Mapping) else ""
    finally:
        release(response)


def _name_in(data: Mapping[str, Any]) -> str:
    """The object's own name where it is among what is shown, else the field that most looks like one."""
    called = str(getattr(getattr(data, "serializer", None), "instance", None) or "")
    shown = [str(value) for value in data.values()]
    name = called if called in shown else next((str(data[name]) for name in _NAMES if data.get(name)), "")
    name = " ".join(name.split())
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
