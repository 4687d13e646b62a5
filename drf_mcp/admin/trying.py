"""Trying a tool out: as oneself, through exactly the code of a client's call."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import PermissionDenied
from django.db import connections, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix
from django.utils.translation import gettext as _

from drf_mcp.catalog import offered_catalog
from drf_mcp.conf import mcp_settings
from drf_mcp.local import LocalClient, find_mounts
from drf_mcp.protocol.client import Received, Sent
from drf_mcp.protocol.heard import ResponseError
from drf_mcp.readiness import BYTES_PER_TOKEN
from drf_mcp.tools import Tool

from .schema_forms import Filled, add_item, arguments_of, filled_from, form_for

MAX_SHOWN = 200_000
"""How many characters of a result are shown."""


def shown(text: str) -> str:
    """A text as a page can hold it: JSON may have halves of characters."""
    return text.encode("utf-8", "backslashreplace").decode()


def pretty(value: Any) -> str:
    """A JSON value in lines."""
    text = shown(json.dumps(value, ensure_ascii=False, indent=2))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}\n..."


def estimated_tokens(tool: Tool) -> int:
    """How many tokens of a model the definition of a tool takes, about."""
    return len(tool.encoded) // BYTES_PER_TOKEN


class TryingClient(LocalClient):
    """A client in this process that keeps what it sent."""

    def __init__(self, user: Any, *, path: str | None = None) -> None:
        super().__init__(user, path=path)
        self.sent: list[Sent] = []

    def exchange(self, sent: Sent) -> Received:
        """Send a message and give back what came."""
        self.sent.append(sent)
        return super().exchange(sent)

    @property
    def path(self) -> str:
        """The endpoint's."""
        return self._endpoint.mount.path


def path_for(tool: Tool) -> str | None:
    """The first endpoint that leaves this tool, None where there is none."""
    return next((mount.path for mount in find_mounts() if tool.is_left_by([mount.narrowing])), None)


def permission_for(tool: Tool) -> str | None:
    """The permission that Django admin asks for what a tool does to its model, None for a tool without one."""
    model: Any = tool.endpoint.model
    if model is None:
        return None
    changes = {"delete": "delete", "post": "add" if tool.endpoint.action == "create" else "change"}
    verb = "view" if tool.only_reads else changes.get(tool.endpoint.method, "change")
    return f"{model._meta.app_label}.{get_permission_codename(verb, model._meta)}"


def run(tool: Tool, arguments: Mapping[str, Any], request: HttpRequest) -> dict[str, Any]:
    """Call a tool as the user of a request.

    Args:
        tool: The tool.
        arguments: Its arguments.
        request: Who calls, and where the site is.

    Returns:
        What there is to show of the call.
    """
    # Not the session's own object: what a call changes in its user must not reach the page.
    model: Any = get_user_model()
    user = model._default_manager.get(pk=request.user.pk)
    client, prefix, began = TryingClient(user, path=path_for(tool)), get_script_prefix(), time.perf_counter()
    result, error = None, None
    try:
        result = client.request("tools/call", {"name": tool.name, "arguments": dict(arguments)})
    except ResponseError as refused:
        data = None if refused.data is None else pretty(refused.data)
        error = {"code": refused.code, "message": refused.message, "data": data}
    finally:
        set_script_prefix(prefix)
    sent = client.sent[-1]
    url = f"{(mcp_settings.PUBLIC_URL or request.build_absolute_uri('/')).rstrip('/')}{client.path}"
    return {
        "took_ms": (time.perf_counter() - began) * 1000,
        "error": error,
        "is_error": bool(error or (result and result.get("isError"))),
        "blocks": [_block(block) for block in (result or {}).get("content", ())],
        "structured": pretty(result["structuredContent"]) if result and "structuredContent" in result else None,
        "code": _confirmation_code(tool, result),
        "json_rpc": pretty(sent.message),
        "curl": curl(url, sent),
    }


def _block(block: Mapping[str, Any]) -> str:
    """A content block as text."""
    if block.get("type") == "text":
        text = shown(str(block.get("text", "")))
        return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
    if "data" in block:
        size = len(block["data"]) * 3 // 4
        return _("[{kind}, {mime_type}, about {size} bytes]").format(
            kind=block["type"], mime_type=block.get("mimeType", ""), size=size
        )
    return pretty(block)


def _confirmation_code(tool: Tool, result: Any) -> str | None:
    """The code that a call brings to be confirmed, None where it asks for none."""
    if not tool.confirmation or not result or (result.get("structuredContent") or {}).get("status") != 428:
        return None
    text = " ".join(str(block.get("text", "")) for block in result["content"])
    found = re.search(rf'"{re.escape(tool.confirmation)}": "([^"]+)"', text)
    return found[1] if found else None


def curl(url: str, sent: Sent) -> str:
    """A message as a command for a shell, with a place for the token.

    Args:
        url: The endpoint's.
        sent: The message and its headers.
    """
    headers = {
        "Authorization": "Bearer $MCP_TOKEN",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        **{name.removeprefix("HTTP_").replace("_", "-").title(): value for name, value in sent.headers.items()},
    }
    lines = [f"curl -X POST {shlex.quote(url)}"]
    for name, value in headers.items():
        line = f"{name}: {value}"
        lines.append(f'  -H "{line}"' if name == "Authorization" else f"  -H {shlex.quote(line)}")
    lines.append(f"  -d {shlex.quote(json.dumps(sent.message, ensure_ascii=False))}")
    return " \\\n".join(lines)


class TryingMixin:
    """The page of a tool's form, beside those of its rules."""

    page: Any
    url: Any
    has_view_permission: Any

    def has_run_permission(self, request: HttpRequest, tool: Tool) -> bool:
        """Who may try out a tool: as in all of Django admin, nobody without a permission for its model.

        What the call then does, the tool's ViewSet decides.
        """
        wanted = ("drf_mcp.run_tool", permission_for(tool))
        return self.has_view_permission(request) and request.user.has_perms(filter(None, wanted))

    def try_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """The form, the question before a call that writes, and the result.

        Raises:
            Http404: There is no such tool.
            PermissionDenied: For who may not try out tools, or has no permission for what this one works on.
        """
        tool = offered_catalog().get_tool(name)
        if tool is None and request.user.has_perm("drf_mcp.run_tool"):
            raise Http404
        if tool is None or not self.has_run_permission(request, tool):
            raise PermissionDenied
        filled = Filled(dict(request.POST.lists()), request.FILES) if request.method == "POST" else Filled()
        if "_confirmed" in request.POST:
            arguments, is_fine = _sent_arguments(filled.text("arguments"))
            if is_fine:
                return self._result(request, tool, arguments)
        form = form_for(tool.input_schema, filled, without=tool.confirmation)
        if grown := filled.text("_add"):
            data = dict(filled.data)
            add_item(form, grown, data)
            return self._form(request, tool, Filled(data))
        if "_change" in request.POST:
            arguments, _is_fine = _sent_arguments(filled.text("arguments"))
            return self._form(request, tool, Filled(filled_from(form, arguments)))
        if "_run" not in request.POST:
            return self._form(request, tool, filled)
        whole = filled.text("_json").strip()
        arguments, is_fine = _sent_arguments(whole) if whole else arguments_of(form, filled)
        if not is_fine:
            error = _("This is no JSON object.") if whole else ""
            return self._page(request, "try", tool, form=form, json_error=error, whole=whole, has_errors=True)
        if tool.only_reads:
            return self._result(request, tool, arguments)
        return self._page(request, "confirm", tool, arguments=json.dumps(arguments), shown=pretty(arguments))

    def _form(self, request: HttpRequest, tool: Tool, filled: Filled) -> HttpResponse:
        form = form_for(tool.input_schema, filled, without=tool.confirmation)
        return self._page(request, "try", tool, form=form)

    def _result(self, request: HttpRequest, tool: Tool, arguments: dict[str, Any]) -> HttpResponse:
        found = run(tool, arguments, request)
        kept = {key: value for key, value in arguments.items() if key != tool.confirmation}
        confirmed = {**kept, tool.confirmation: found["code"]} if found["code"] else None
        return self._page(
            request,
            "result",
            tool,
            result=found,
            arguments=json.dumps(kept),
            shown=pretty(kept),
            confirmed=confirmed and json.dumps(confirmed),
        )

    def _page(self, request: HttpRequest, template: str, tool: Tool, **context: Any) -> HttpResponse:
        title = _("Try out {name}").format(name=tool.name)
        back = self.url("rule", "tool", tool.name)
        response: HttpResponse = self.page(request, template, title=title, tool=tool, tool_url=back, **context)
        return response


def _sent_arguments(text: str) -> tuple[dict[str, Any], bool]:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # halves of characters are none
    except (ValueError, RecursionError):
        return {}, False
    return (value, True) if isinstance(value, dict) else ({}, False)


def outside_transactions(view: Any) -> Any:
    """A view that opens no transaction around what it calls: a call has its own, as a client's has."""
    for alias in connections:
        transaction.non_atomic_requests(alias)(view)
    return view
