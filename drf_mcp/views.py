"""The endpoint: HTTP in, HTTP out, and the one place where errors become answers."""

from __future__ import annotations

import logging
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from rest_framework.exceptions import APIException
from rest_framework.metadata import SimpleMetadata
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request as DRFRequest
from rest_framework.views import APIView

from .auth.challenge import UnauthorizedError
from .auth.identity import Identity, endpoint_authentication_classes
from .conf import mcp_settings
from .context import Context
from .legacy import HANDSHAKE_METHODS
from .methods import dispatch
from .protocol.errors import HTTPRefusalError, InternalError, MCPError, UnsupportedVersionError
from .protocol.headers import PROTOCOL_VERSION_KEY, check_content_type
from .protocol.jsonrpc import Request, encode_error, encode_result, parse_message
from .protocol.revisions import revision_of

logger = logging.getLogger("drf_mcp")


class AnyMediaType(BaseContentNegotiation):
    """Every client takes JSON, whatever it says in ``Accept``."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """The only parser there is."""
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        """The only renderer there is."""
        return renderers[0], "application/json"


class NoParser(BaseParser):
    """For authentication classes that look into ``request.data``: there is nothing for them in a message."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        """Nothing, without reading the stream, which is for ``read_body`` alone."""
        return {}


class MCPView(APIView):
    """The MCP endpoint.

    Of the project's ``REST_FRAMEWORK`` defaults only authentication reaches it.

    Spec: basic/transports#streamable-http
    """

    renderer_classes = [JSONRenderer]
    parser_classes = [NoParser]
    content_negotiation_class = AnyMediaType
    versioning_class = None
    permission_classes = [AllowAny]
    throttle_classes = []
    metadata_class = SimpleMetadata
    schema = None

    message: Request | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view function: outside every transaction, because the calls inside have their own."""
        view = super().as_view(**initkwargs)
        for alias in connections:
            transaction.non_atomic_requests(alias)(view)
        return view

    def get_authenticators(self) -> list[Any]:
        """The classes that prove a caller here."""
        return [cls() for cls in endpoint_authentication_classes()]

    def initial(self, request: DRFRequest, *args: Any, **kwargs: Any) -> None:
        """Refuse what HTTP can tell, before anything of the body is read.

        Raises:
            HTTPRefusalError: 400 host, 403 origin, 405 method, 415 content type, 413 size, 401 identity.
        """
        check_origin(request._request)
        if request.method != "POST":
            raise HTTPRefusalError(
                405, "This is an MCP endpoint: POST a JSON-RPC message to it.", headers={"Allow": "POST"}
            )
        check_content_type(request.META.get("CONTENT_TYPE", ""))
        check_size(request.META.get("CONTENT_LENGTH"))
        self.check_identity(request)

    def check_identity(self, request: DRFRequest) -> None:
        """Prove the caller once; credentials that fail are final.

        Raises:
            UnauthorizedError: None or bad ones, each with the endpoint's own challenge.
        """
        presented = "HTTP_AUTHORIZATION" in request.META
        try:
            user = request.user
        except APIException as error:
            raise UnauthorizedError("The credentials were refused.", presented=presented) from error
        if request.successful_authenticator is None:
            if presented:
                raise UnauthorizedError("The credentials were refused.", presented=True)
            if not mcp_settings.ANONYMOUS:
                raise UnauthorizedError("This server wants to know who calls.")
        elif getattr(user, "is_authenticated", True) and not getattr(user, "is_active", True):
            raise UnauthorizedError("The credentials were refused.", presented=True)

    def post(self, request: DRFRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer one message.

        A tool call takes seven steps, each a function of its own:

        1. receive: ``initial`` has checked the request and proved the caller; the body is read.
        2. parse: ``parse_message`` makes a message of it, ``revision_of`` tells its revision.
        3. dispatch: the method's function is found in the table.
        4. find: ``get_tool`` finds the tool.
        5. bind: ``bind_arguments`` puts each argument where it belongs.
        6. invoke: ``invoke`` sends the request that a REST client would have sent.
        7. render: ``render_result`` makes a result of the response.

        Args:
            request: The HTTP request.
            *args: Unused; what the route captured.
            **kwargs: Unused; what the route captured.

        Returns:
            200 with a JSON-RPC response, or 202 for a message that wants none.

        Raises:
            MCPError: Anything that is wrong; ``handle_exception`` answers it.

        Spec: basic/transports#sending-messages-to-the-server
        """
        message = parse_message(read_body(request._request))
        if not isinstance(message, Request):
            return HttpResponse(status=202)
        self.message = message
        version = request.META.get(PROTOCOL_VERSION_KEY)
        identity = Identity(request.user, request.auth, request.successful_authenticator)
        context = Context(
            _http_request=request._request,
            identity=identity,
            revision=revision_of(message.method, version, message.meta),
            sent_version=version is not None,
            meta=message.meta,
        )
        result = dispatch(message, context, HANDSHAKE_METHODS)
        return json_response(encode_result(message.id, result))

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # the stubs want DRF's
        """Answer what went wrong, whoever raised it."""
        if not isinstance(exc, MCPError):
            exc = self.unexpected(exc)
        request_id = self.message.id if self.message is not None else exc.request_id
        try:
            return error_response(request_id, exc)
        except (TypeError, ValueError) as error:  # what a project put into it is no JSON
            return error_response(request_id, self.unexpected(error))

    def unexpected(self, exc: Exception) -> MCPError:
        """Log what nobody foresaw and answer without detail."""
        if isinstance(exc, UnreadablePostError):
            return HTTPRefusalError(400, "The body ended early.")
        error_id = uuid.uuid4().hex[:12]
        logger.error("Internal error %s", error_id, exc_info=exc)
        return InternalError("Internal error", data={"error_id": error_id})

    @property
    def default_response_headers(self) -> dict[str, str]:
        """What belongs to one caller is kept by no cache."""
        return {"Cache-Control": "no-store", "Vary": "Authorization"}


def check_origin(request: HttpRequest) -> None:
    """Refuse web pages of other sites, and hosts that Django does not serve.

    Raises:
        HTTPRefusalError: 403 or 400.

    Spec: basic/transports#security-warning
    """
    try:
        host = request.get_host()
    except DisallowedHost:
        raise HTTPRefusalError(400, "This host is not served here; see ALLOWED_HOSTS.") from None
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or origin in mcp_settings.ALLOWED_ORIGINS:
        return
    own = mcp_settings.PUBLIC_URL or (f"{request.scheme}://{host}" if settings.DEBUG else "")
    parts = urlsplit(own)
    if not own or origin != f"{parts.scheme}://{parts.netloc}":
        raise HTTPRefusalError(403, 'This origin may not call the endpoint; see DRF_MCP["ALLOWED_ORIGINS"].')


def check_size(content_length: str | None) -> None:
    """Refuse a body that says it is too large, without reading it.

    Raises:
        HTTPRefusalError: 413 or, where the header is no number, 400.
    """
    if content_length and not content_length.isdecimal():
        raise HTTPRefusalError(400, "Content-Length is a number of bytes.")
    if content_length and int(content_length[:20]) > mcp_settings.MAX_BODY_SIZE:
        raise _too_large()


def read_body(request: HttpRequest) -> bytes:
    """Read the body up to the limit.

    Raises:
        HTTPRefusalError: 413 where there is more, 400 where there is less than ``Content-Length`` said.
    """
    limit = mcp_settings.MAX_BODY_SIZE
    body = request.read(limit + 1)
    if len(body) > limit:
        raise _too_large()
    if len(body) < int(request.META.get("CONTENT_LENGTH") or 0):
        raise HTTPRefusalError(400, "The body ended early.")
    return body


def _too_large() -> HTTPRefusalError:
    return HTTPRefusalError(413, f"A message has at most {mcp_settings.MAX_BODY_SIZE} bytes.")


def error_response(request_id: str | int | None, error: MCPError) -> HttpResponse:
    """The HTTP response for an error."""
    response = json_response(encode_error(request_id, error), error.handshake_status)
    if error.code in (405, UnsupportedVersionError.code):
        # Every client asks for a stream and many probe for a newer revision: nothing to warn of.
        response._has_been_logged = True  # type: ignore[attr-defined]
    if isinstance(error, HTTPRefusalError):
        for name, value in error.headers.items():
            response[name] = value
    return response


def json_response(body: bytes, status: int = 200) -> HttpResponse:
    """A response that carries one JSON message."""
    return HttpResponse(body, status=status, content_type="application/json")
