"""The audit: each call that the settings want is kept in a table, and that costs the call nothing but time.

A call is written when it is over, behind its transactions: what the call rolled back is known all the same. Where
the server allows it, its client has the answer by then.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from functools import cache
from typing import Any

from asgiref.local import Local
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import request_finished, setting_changed
from django.db import connections, router, transaction
from django.db.models import Model

from .calls import FinishedCall, Outcome, RunningCall
from .conf import mcp_settings
from .models import Call
from .observing import keepers, masked_arguments
from .times import as_kept

logger = logging.getLogger("drf_mcp")

MAX_ARGUMENTS = 10_000
"""How many characters of a call's arguments are kept."""

_OLD_NAMES = {"call_tool": "tools/call", "get_prompt": "prompts/get"}


def connect_audit() -> None:
    """Hear of each call that is over, and write down what still waits when a request is."""
    _listen()
    request_finished.connect(write_waiting, dispatch_uid="drf_mcp.audit")


def _listen(*, setting: str = "DRF_MCP", **kwargs: Any) -> None:
    """Hear of calls only where any is recorded: what nobody hears of is never put together."""
    if setting != "DRF_MCP":
        return
    with suppress(ImproperlyConfigured):  # which a check says
        if mcp_settings.RECORD == "none":
            keepers.pop(_is_recorded, None)
        else:
            keepers[_is_recorded] = _record


setting_changed.connect(_listen, dispatch_uid="drf_mcp.audit")


def _record(call: FinishedCall, running: RunningCall) -> None:
    """Write a call down, under WSGI once its answer is sent.

    An ASGI server may forget the response of a client that has gone, and with it what was to happen then. Nor can
    a call wait that has a thread of its own. Where somebody's transaction is open around it, every call waits.
    """
    try:
        row = _row(call, running)
        is_last = "wsgi.version" not in running.headers or running.has_thread
        if is_last and not transaction.get_connection(router.db_for_write(Call)).in_atomic_block:
            _write([row])
        else:
            _waiting.rows = [*getattr(_waiting, "rows", ()), row]
    except Exception as error:  # noqa: BLE001  (a project's own user, token or router may raise anything)
        _say_once(error)


_waiting = Local()
"""The calls of this HTTP request that are still to be written."""


def write_waiting(**kwargs: Any) -> None:
    """Write down the calls of the HTTP request that is over."""
    if rows := getattr(_waiting, "rows", ()):
        _waiting.rows = ()
        _write(rows)


def _write(rows: Iterable[Call]) -> None:
    """Write calls down; a failure is the log's, never the caller's."""
    try:
        alias = router.db_for_write(Call)
        connection = connections[alias]
        # Only a test's own transaction is still open here, and a failure must not break it.
        with transaction.atomic(alias) if connection.in_atomic_block else nullcontext():
            for row in rows:
                values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _FIELDS]
                with connection.cursor() as cursor:
                    cursor.execute(_insertion(alias), values)
    except Exception as error:  # noqa: BLE001  (whatever a database has: no table, no space, no connection)
        _say_once(error)
    else:
        _state["fails"] = False


_FIELDS = [field for field in Call._meta.concrete_fields if not field.primary_key]


@cache
def _insertion(alias: str) -> str:
    """The SQL that inserts a call: made once, which halves what a call pays beside ``save()``."""
    quote = connections[alias].ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in _FIELDS)
    return f"INSERT INTO {quote(Call._meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(_FIELDS))})"  # noqa: S608


_state = {"fails": False}
"""Whether the last call could not be written, which was said."""


def _say_once(error: Exception) -> None:
    if not _state["fails"]:
        _state["fails"] = True
        hint = "Calls are answered, but not recorded. Run 'manage.py migrate', or set DRF_MCP['RECORD'] to 'none'."
        logger.error("%s This is said once until it works again.", hint, exc_info=error)


_METHODS = frozenset((*Call.Method.values, *_OLD_NAMES))


def _is_recorded(running: RunningCall, outcome: Outcome) -> bool:
    wanted = mcp_settings.RECORD
    if wanted == "none" or running.method not in _METHODS:
        return False
    return wanted == "all" or outcome in Call.FAILURES or _is_write(running)


def _is_write(running: RunningCall) -> bool:
    return running.tool is not None and not running.tool.annotations["readOnlyHint"]


def _row(call: FinishedCall, running: RunningCall) -> Call:
    model, object_id = _object_of(running)
    client_name, client_version = call.client_name, call.client_version
    if not client_name:  # many say it once, when they connect, and with each request in a header of HTTP
        product = str(running.headers.get("HTTP_USER_AGENT", "")).partition(" ")[0]
        client_name, _, client_version = product.partition("/")
    row = Call(
        at=as_kept(call.started_at),
        method=_OLD_NAMES.get(call.method, call.method),
        name=call.name,
        is_write=_is_write(running),
        outcome=call.outcome,
        status=call.status,
        error_code=call.error_code,
        error_id=call.error_id,
        duration_ms=call.duration_ms,
        size=running.size,
        request_id=call.request_id,
        trace_id=call.trace_id,
        token_pk="" if call.token_pk is None else call.token_pk,
        client_name=client_name,
        client_version=client_version,
        object_model=model,
        object_id=object_id,
        arguments=_json(masked_arguments(running)) if mcp_settings.RECORD_ARGUMENTS else "",
        **_caller(running.identity),
    )
    for field in Call._meta.concrete_fields:
        if field.get_internal_type() in ("CharField", "TextField"):
            # Some databases hold no NUL, and none a text that is longer than its column.
            setattr(row, field.attname, str(getattr(row, field.attname)).replace("\0", "")[: field.max_length])
    return row


def _caller(identity: Any) -> dict[str, Any]:
    """Who called: the user, and the token or the OAuth client that stood for them."""
    user, auth = identity.user, identity.auth
    name = getattr(user, "get_username", user.__str__)() if not identity.is_anonymous else ""
    application = getattr(auth, "application", None)
    claims = getattr(auth, "payload", auth)
    claims = claims if isinstance(claims, Mapping) else {}
    client_id = getattr(application, "client_id", "") or claims.get("client_id") or claims.get("azp") or ""
    return {
        "user_id": user.pk if isinstance(user, get_user_model()) else None,
        "username": name,
        "token_name": getattr(auth, "name", "") if isinstance(auth, Model) else "",
        "oauth_client_id": client_id,
        "oauth_client_name": getattr(application, "name", "") or "",
    }


def _object_of(running: RunningCall) -> tuple[str, str]:
    """Which object was meant: its model, where it is sure that the second is a primary key, and its key.

    An object that the call has made is known by the serializer that printed it.
    """
    if running.exchange is None:
        return "", ""
    request, response = running.exchange
    endpoint = request._drf_mcp.endpoint
    if endpoint is None:
        return "", ""
    model, kwarg = endpoint.model, endpoint.lookup_kwarg
    sent = "" if kwarg is None else str(request._drf_mcp.url_kwargs.get(kwarg, ""))
    if sent and model is not None and endpoint.attribute("lookup_field") in ("pk", model._meta.pk.name):
        return model._meta.label_lower, sent
    made = getattr(getattr(getattr(response, "data", None), "serializer", None), "instance", None)
    if model is not None and isinstance(made, model) and made.pk is not None:
        return model._meta.label_lower, str(made.pk)
    return "", sent


def _json(arguments: Any) -> str:
    return json.dumps(arguments, ensure_ascii=False, default=str)[:MAX_ARGUMENTS]
