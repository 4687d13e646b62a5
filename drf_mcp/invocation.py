"""The call: the request that a REST client would have sent, through the project's own middleware and view.

The project's callback is called as the resolver returns it, decorators included, and its class is
neither patched nor subclassed. The identity that was proved at the MCP endpoint rides on the request
object, where DRF's ``Request`` looks before it asks any authentication class.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from io import BytesIO
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.signals import setting_changed
from django.http.response import HttpResponseBase
from django.urls import get_urlconf, set_urlconf
from django.utils import timezone, translation

from .arguments import BoundArguments
from .auth.identity import opaque_credentials
from .bodies import encode_body
from .conf import mcp_settings
from .context import Context
from .endpoints import Endpoint
from .inner_handler import inner_handler
from .inner_request import Call, InnerRequest
from .protocol.errors import InvalidParamsError

_KEPT_META = (
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "REMOTE_PORT",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "wsgi.errors",
    "wsgi.multiprocess",
    "wsgi.multithread",
    "wsgi.run_once",
    "wsgi.version",
    "HTTP_HOST",
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_X_REQUEST_ID",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_USER_AGENT",
    "HTTP_TRACEPARENT",
    "HTTP_TRACESTATE",
    "HTTP_BAGGAGE",
)
"""What the inner request takes from the outer one. Credentials, cookies, conditions and everything
else that was meant for the MCP endpoint stay outside."""

WITHHELD_META = frozenset({"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_PROXY_AUTHORIZATION"})
"""What stays outside although a setting names it."""


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("DRF_MCP", "SECURE_PROXY_SSL_HEADER"):
        _passed_on.cache_clear()


setting_changed.connect(_forget, dispatch_uid="drf_mcp.invocation")


def invoke(
    endpoint: Endpoint,
    arguments: BoundArguments,
    context: Context,
    look: Callable[[Any], None] | None = None,
    prepare: Callable[[Any], None] | None = None,
) -> tuple[InnerRequest, HttpResponseBase]:
    """Send the request that a REST client would have sent.

    Args:
        endpoint: What is called.
        arguments: What the request carries.
        context: Who calls; the view finds it as ``request.mcp``.
        look: Sees a successful response before it leaves the project's middleware.
        prepare: Gets the view that was made for this call, before its handler runs.

    Returns:
        The request as it was sent, and the response with its content still to be read. The caller
        closes the response's resources with ``release``.

    Raises:
        InvalidParamsError: The arguments lead to no path, or to another endpoint's.
    """
    request = build_request(endpoint, arguments, context)
    request._drf_mcp.look, request._drf_mcp.prepare = look, prepare
    urlconf, language, zone = get_urlconf(), translation.get_language(), timezone.get_current_timezone()
    try:
        response = inner_handler().get_response(request)
    except BaseException:  # a question or a cancelled call, which pass every handler
        request.close()
        raise
    finally:
        set_urlconf(urlconf)
        if translation.get_language() != language:
            translation.activate(language) if language else translation.deactivate_all()
        if timezone.get_current_timezone() is not zone:
            timezone.deactivate() if zone is timezone.get_default_timezone() else timezone.activate(zone)
    context._call.status, context._call.exchange = response.status_code, (request, response)
    if request._drf_mcp.is_misrouted:
        release(response)
        raise _unreachable(endpoint)
    return request, response


def release(response: HttpResponseBase) -> None:
    """Close what a response holds open, and leave the outer request's database connections alone.

    ``response.close()`` would tell the whole process that a request has ended.
    """
    for closer in response._resource_closers:  # type: ignore[attr-defined]
        # As Django does it: what cannot be closed costs neither the others nor the answer.
        with suppress(Exception):
            closer()
    response._resource_closers.clear()  # type: ignore[attr-defined]


def build_request(endpoint: Endpoint, arguments: BoundArguments, context: Context) -> InnerRequest:
    """Make the request that a REST client would have sent, under the identity that MCP proved.

    Args:
        endpoint: What is called.
        arguments: What the request carries.
        context: The MCP request that it comes from.

    Returns:
        A request ready for the handler.

    Raises:
        InvalidParamsError: The route takes other kwargs, or a converter refuses a value.
    """
    try:
        path = endpoint.route.build_path(arguments.kwargs)
    except (KeyError, ValueError):
        raise _unreachable(endpoint) from None
    body, content_type = encode_body(arguments, endpoint.attribute("parser_classes") or [])
    sent: dict[str, Any] = {
        "QUERY_STRING": urlencode(arguments.query, doseq=True) if arguments.query else "",
        "HTTP_ACCEPT": "; ".join([accepted_type(endpoint), *_media_type_parameters(arguments.accept)]),
        **{meta_key(name): value for name, value in arguments.headers.items()},
        "wsgi.input": BytesIO(body),
    }
    if content_type:
        sent.update({"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))})
    return inner_request(endpoint.method, path, context, Call(context.identity, endpoint, arguments.kwargs), sent)


def inner_request(
    method: str, path: str, context: Context, call: Call, sent: Mapping[str, Any] = MappingProxyType({})
) -> InnerRequest:
    """Make a request that comes from where the outer one came from, with nothing that proves who sent that.

    Args:
        method: The HTTP method.
        path: The path, unquoted.
        context: The MCP request that it comes from.
        call: What this package knows of it.
        sent: What else of the environ it has.
    """
    identity, outer = context.identity, context._http_request
    meta = outer.META
    environ = {key: meta[key] for key in _passed_on() if key in meta}
    trace = context.trace_context
    if "traceparent" in trace:
        environ.pop("HTTP_TRACESTATE", None)  # it belongs to the header's own parent
    environ.update(
        {
            "REQUEST_METHOD": method.upper(),
            "PATH_INFO": path.encode().decode("latin-1"),
            **{f"HTTP_{name.upper()}": value for name, value in trace.items()},
            "wsgi.url_scheme": outer.scheme,
            "wsgi.input": BytesIO(),
            **sent,
        }
    )
    if not identity.is_anonymous:
        opaque = opaque_credentials(identity, meta.get("HTTP_AUTHORIZATION", ""))
        environ.update({"HTTP_AUTHORIZATION": f"MCP {opaque}", "HTTP_COOKIE": f"drf_mcp={opaque}"})
    request = InnerRequest(environ)
    request.mcp, request._drf_mcp = context, call
    return request


@cache
def _passed_on() -> tuple[str, ...]:
    """The keys of META that the inner request takes from the outer one."""
    names = [meta_key(name) for name in mcp_settings.FORWARD_HEADERS]
    if settings.SECURE_PROXY_SSL_HEADER:
        names.append(settings.SECURE_PROXY_SSL_HEADER[0])
    return (*_KEPT_META, *(name for name in names if name not in WITHHELD_META))


def meta_key(header: str) -> str:
    """Where ``META`` has a header."""
    return f"HTTP_{header.upper().replace('-', '_')}"


def accepted_type(endpoint: Endpoint) -> str:
    """Ask for JSON in the media type in which the view offers it, else for its first answer that is no page."""
    media_types = [str(renderer.media_type) for renderer in endpoint.renderer_classes if renderer.media_type]
    json_types = [name for name in media_types if name.endswith(("/json", "+json"))]
    return (json_types or media_types or ["*/*"])[0]


def _media_type_parameters(values: Mapping[str, str]) -> list[str]:
    """What a caller may add to the ``Accept`` header: words, so that none can add a media type or a weight."""
    for name, value in values.items():
        if not re.fullmatch(r"[\w.+-]+", value, re.ASCII):
            raise InvalidParamsError(
                f"Argument {name!r} may only have letters, digits and '_', '.', '+' and '-'.", data={"argument": name}
            )
    return [f"{name}={value}" for name, value in values.items()]


def _unreachable(endpoint: Endpoint) -> InvalidParamsError:
    names = ["id" if name == "pk" else name for name in endpoint.route.kwargs]
    other = "another route of the project answers there."
    why = f"The value has a form that the URL cannot hold, or {other}" if names else other.capitalize()
    return InvalidParamsError(
        f"{', '.join(names) or 'The call'}: no such address. {why}",
        data={"arguments": names},
    )
