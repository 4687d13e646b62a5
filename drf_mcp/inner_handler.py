"""Django's handler for the requests that no server received: the project's middleware, resolver and view."""

from __future__ import annotations

import threading
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import BadRequest, MiddlewareNotUsed, PermissionDenied, SuspiciousOperation
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import response_for_exception
from django.core.signals import got_request_exception, setting_changed
from django.http import Http404, HttpResponseNotFound, HttpResponseServerError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import Resolver404, set_urlconf
from django.utils.log import log_response
from django.utils.module_loading import import_string

from .conf import mcp_settings
from .protocol.errors import InternalError
from .time_limit import stoppable

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
        """Turn what one part of the chain raises into the response that the part before it sees.

        Code that exits, as commands do, would end the process or its connection, and everybody else's call with it.
        """
        if not iscoroutinefunction(get_response):

            def answer(request: Any) -> HttpResponseBase:
                try:
                    return get_response(request)  # type: ignore[no-any-return]
                except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever a project raises)
                    return self.response_for(request, error)

            return answer

        async def answer_async(request: Any) -> HttpResponseBase:
            try:
                return await get_response(request)  # type: ignore[no-any-return]
            except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever a project raises)
                return await sync_to_async(self.response_for, thread_sensitive=False)(request, error)

        return answer_async

    def response_for(self, request: Any, error: Exception | SystemExit) -> HttpResponseBase:
        """The response that Django has for an exception, but no page for one that nobody foresaw."""
        if isinstance(error, _MisroutedError):
            request._drf_mcp.is_misrouted = True
            return HttpResponseNotFound()
        if isinstance(error, _ANSWERED_BY_DJANGO):
            answer: Any = response_for_exception(request, error)
            if settings.DEBUG and answer.status_code in (400, 404):
                answer.content = b""  # it has the traceback and the settings, for the person at the keyboard
            return answer  # type: ignore[no-any-return]
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
    def log_failure(request: Any, response: Any, error: BaseException | None = None) -> None:
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

    def make_view_atomic(self, view: Any) -> Any:
        """Make it as Django does, around a view that its time limit stops before its transaction is committed."""
        return super().make_view_atomic(stoppable(view))

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
    if not _handlers:
        with _loading:
            if not _handlers:
                handler = InnerHandler()
                handler.load_middleware()
                _handlers.append(handler)
    return _handlers[0]


_handlers: list[InnerHandler] = []


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("MIDDLEWARE", "DRF_MCP"):
        _handlers.clear()


setting_changed.connect(_forget, dispatch_uid="drf_mcp.inner_handler")
