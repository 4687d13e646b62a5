"""The call: the request that a REST client would have sent, through the project's own middleware and view.

The project's callback is called as the resolver returns it, decorators included, and its class is
neither patched nor subclassed. The identity that was proved at the MCP endpoint rides on the request
object, where DRF's ``Request`` looks before it asks any authentication class.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from io import BytesIO
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import BadRequest, MiddlewareNotUsed, PermissionDenied, SuspiciousOperation
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import response_for_exception
from django.core.signals import got_request_exception, setting_changed
from django.http import Http404, HttpResponseNotFound, HttpResponseServerError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_urlconf, set_urlconf
from django.utils import timezone, translation
from django.utils.log import log_response
from django.utils.module_loading import import_string

from .arguments import BoundArguments
from .auth.identity import opaque_credentials
from .bodies import encode_body
from .conf import mcp_settings
from .context import Context
from .endpoints import Endpoint
from .inner_request import Call, InnerRequest
from .protocol.errors import InternalError, InvalidParamsError

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

_ANSWERED_BY_DJANGO = (Http404, PermissionDenied, MultiPartParserError, BadRequest, SuspiciousOperation)


class InnerHandler(BaseHandler):
    """Django's handler with the project's middleware, for requests that no server received."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Load ``MIDDLEWARE`` as Django does, without what ``SKIP_MIDDLEWARE`` names.

        Django's own loader takes the list from the settings alone, and what middleware raises becomes a
        page and a line in the log before anyone else hears of it.
        """
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        chain, chain_is_async = self._answering(self._get_response), is_async
        for path in reversed([path for path in settings.MIDDLEWARE if path not in mcp_settings.SKIP_MIDDLEWARE]):
            factory = import_string(path)
            can_sync, can_async = getattr(factory, "sync_capable", True), getattr(factory, "async_capable", False)
            factory_is_async = can_async if chain_is_async or not can_sync else False
            adapted = self.adapt_method_mode(factory_is_async, chain, chain_is_async)
            try:
                middleware = factory(adapted)
            except MiddlewareNotUsed:
                continue
            if hasattr(middleware, "process_view"):
                self._view_middleware.insert(0, self.adapt_method_mode(is_async, middleware.process_view))
            if hasattr(middleware, "process_template_response"):
                hook = self.adapt_method_mode(is_async, middleware.process_template_response)
                self._template_response_middleware.append(hook)
            if hasattr(middleware, "process_exception"):
                self._exception_middleware.append(self.adapt_method_mode(is_async, middleware.process_exception))
            chain, chain_is_async = self._answering(middleware), factory_is_async
        self._middleware_chain = self.adapt_method_mode(is_async, chain, chain_is_async)

    def _answering(self, get_response: Any) -> Any:
        """Turn what one part of the chain raises into the response that the part before it sees."""
        if not iscoroutinefunction(get_response):

            def answer(request: Any) -> HttpResponseBase:
                try:
                    return get_response(request)  # type: ignore[no-any-return]
                except Exception as error:  # noqa: BLE001  (whatever a project raises)
                    return self.response_for(request, error)

            return answer

        async def answer_async(request: Any) -> HttpResponseBase:
            try:
                return await get_response(request)  # type: ignore[no-any-return]
            except Exception as error:  # noqa: BLE001  (whatever a project raises)
                return await sync_to_async(self.response_for, thread_sensitive=False)(request, error)

        return answer_async

    def response_for(self, request: Any, error: Exception) -> HttpResponseBase:
        """The response that Django has for an exception, but no page for one that nobody foresaw."""
        if isinstance(error, _MisroutedError):
            request._drf_mcp.is_misrouted = True
            return HttpResponseNotFound()
        if isinstance(error, _ANSWERED_BY_DJANGO):
            return response_for_exception(request, error)
        got_request_exception.send(sender=None, request=request)
        response = HttpResponseServerError()
        self.log_failure(request, response, error)
        return response

    def get_response(self, request: Any) -> HttpResponseBase:
        """Respond as Django does, and give the log the id under which the client hears of a failure."""
        set_urlconf(settings.ROOT_URLCONF)
        response: Any = self._middleware_chain(request)
        response._resource_closers.append(request.close)
        if response.status_code < 500:
            if response.status_code >= 400:
                log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        elif request._drf_mcp.failure is None:
            response._has_been_logged = False  # whoever has logged it knew no id
            self.log_failure(request, response)
        return response  # type: ignore[no-any-return]

    @staticmethod
    def log_failure(request: Any, response: Any, error: Exception | None = None) -> None:
        """Log a failure with an id to find it by."""
        request._drf_mcp.failure = InternalError()
        log_response(
            "%s: %s (error %s)",
            response.reason_phrase,
            request.path,
            request._drf_mcp.failure.error_id,
            response=response,
            request=request,
            exception=error,
        )

    def resolve_request(self, request: Any) -> Any:
        """Resolve as Django does, and go on only if the path leads to what was meant.

        Raises:
            _MisroutedError: An argument steered the path to another endpoint, to another object of this
                one, or to one of its formats.
        """
        try:
            match = super().resolve_request(request)
        except Resolver404:
            raise _MisroutedError from None
        found = {name: value for name, value in match.kwargs.items() if name not in match.extra_kwargs}  # type: ignore[attr-defined]
        if match.func is not request._drf_mcp.endpoint.callback or not request._drf_mcp.endpoint.route.is_same(
            found, request._drf_mcp.url_kwargs
        ):
            raise _MisroutedError
        return match

    def _get_response(self, request: Any) -> HttpResponseBase:
        try:
            response: Any = super()._get_response(request)  # type: ignore[misc]  # the stubs leave it out
            if request._drf_mcp.look is not None and response.status_code < 300:
                request._drf_mcp.look(response)
        except Exception as error:
            request._drf_mcp.error = error
            raise
        request._drf_mcp.rendered = None if response.streaming else response.content
        return response  # type: ignore[no-any-return]


class _MisroutedError(Exception):
    """The path does not lead to the endpoint."""


_loading = threading.Lock()


def inner_handler() -> InnerHandler:
    """The one handler of this process, with its middleware loaded on first use."""
    with _loading:
        return _make_handler()


@cache
def _make_handler() -> InnerHandler:
    handler = InnerHandler()
    handler.load_middleware()
    return handler


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("MIDDLEWARE", "DRF_MCP", "SECURE_PROXY_SSL_HEADER"):
        _make_handler.cache_clear()
        _passed_on.cache_clear()


setting_changed.connect(_forget, dispatch_uid="drf_mcp.invocation")


def invoke(
    endpoint: Endpoint, arguments: BoundArguments, context: Context, look: Callable[[Any], None] | None = None
) -> tuple[InnerRequest, HttpResponseBase]:
    """Send the request that a REST client would have sent.

    Args:
        endpoint: What is called.
        arguments: What the request carries.
        context: Who calls; the view finds it as ``request.mcp``.
        look: Sees a successful response before it leaves the project's middleware.

    Returns:
        The request as it was sent, and the response with its content still to be read. The caller
        closes the response's resources with ``release``.

    Raises:
        InvalidParamsError: The arguments lead to no path, or to another endpoint's.
    """
    request = build_request(endpoint, arguments, context)
    request._drf_mcp.look = look
    urlconf, language = get_urlconf(), translation.get_language()
    try:
        with timezone.override(timezone.get_current_timezone()):
            response = inner_handler().get_response(request)
    finally:
        set_urlconf(urlconf)
        if translation.get_language() != language:
            _activate(language)
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


def _activate(language: str | None) -> None:
    translation.activate(language) if language else translation.deactivate_all()


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
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in arguments.headers.items()},
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
    environ = {key: outer.META[key] for key in _passed_on() if key in outer.META}
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
        opaque = opaque_credentials(identity, outer.META.get("HTTP_AUTHORIZATION", ""))
        environ.update({"HTTP_AUTHORIZATION": f"MCP {opaque}", "HTTP_COOKIE": f"drf_mcp={opaque}"})
    request = InnerRequest(environ)
    request.mcp, request._drf_mcp = context, call
    return request


@cache
def _passed_on() -> tuple[str, ...]:
    """The keys of META that the inner request takes from the outer one."""
    names = [f"HTTP_{name.upper().replace('-', '_')}" for name in mcp_settings.FORWARD_HEADERS]
    if settings.SECURE_PROXY_SSL_HEADER:
        names.append(settings.SECURE_PROXY_SSL_HEADER[0])
    return (*_KEPT_META, *(name for name in names if name not in ("HTTP_AUTHORIZATION", "HTTP_COOKIE")))


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
    return InvalidParamsError(
        f"{', '.join(names) or 'The call'}: no such address. The value has a form that the URL cannot hold.",
        data={"arguments": names},
    )
