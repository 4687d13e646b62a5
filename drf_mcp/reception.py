"""What HTTP says of a request before there is a message: where it comes from, its type and its size."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request as DRFRequest

from .auth.challenge import InsufficientScopeError, UnauthorizedError
from .auth.cors import is_allowed_origin
from .auth.identity import Identity, endpoint_authentication_classes
from .auth.scopes import has_access, scopes_of
from .auth.tokens import ENDPOINT_MARK
from .catalog import get_catalog
from .conf import mcp_settings
from .protocol.errors import HTTPRefusalError
from .protocol.headers import LAST_EVENT_KEY, PROTOCOL_VERSION_KEY, SESSION_KEY, header_value
from .protocol.jsonrpc import Request, load_message, parse_message
from .protocol.revisions import handshake_revision
from .sessions import can_listen

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


def check_origin(request: HttpRequest) -> None:
    """Refuse web pages of other sites, and hosts that Django does not serve.

    Raises:
        HTTPRefusalError: 403 or 400.

    Spec: basic/transports#security-warning
    """
    try:
        request.get_host()
    except DisallowedHost:
        raise HTTPRefusalError(400, "This host is not served here; see ALLOWED_HOSTS.") from None
    if "HTTP_ORIGIN" in request.META and not is_allowed_origin(request):
        raise HTTPRefusalError(403, 'This origin may not call the endpoint; see DRF_MCP["ALLOWED_ORIGINS"].')


def check_method(request: HttpRequest) -> None:
    """Refuse every method but POST, and what only sessions have where the request names none.

    Raises:
        HTTPRefusalError: 405.

    Spec: basic/transports#session-management
    """
    if request.method == "POST":
        return
    is_stateless = handshake_revision(None, header_value(request.META, PROTOCOL_VERSION_KEY)) is None
    has_session = SESSION_KEY in request.META and not is_stateless
    can_get = has_session and has_threads(request) and (LAST_EVENT_KEY in request.META or can_listen(request))
    allowed = ["POST", *(["GET"] if can_get else []), *(["DELETE"] if has_session else [])]
    if request.method not in allowed:
        message = "This is an MCP endpoint: POST a JSON-RPC message to it."
        raise HTTPRefusalError(405, message, headers={"Allow": ", ".join(allowed)})


def prove(request: DRFRequest) -> Identity:
    """Prove who calls; credentials that fail are final.

    Args:
        request: The request to the MCP endpoint.

    Raises:
        UnauthorizedError: None or bad ones, each with the endpoint's own challenge.
        InsufficientScopeError: Good ones, whose scopes are for something else.
    """
    outer = request._request  # what DRF's own request does not know it looks up in this one, and that takes its time
    setattr(outer, ENDPOINT_MARK, True)
    presented = "HTTP_AUTHORIZATION" in outer.META
    if presented and not _is_plain(outer.META["HTTP_AUTHORIZATION"]):
        raise UnauthorizedError("The credentials were refused.", presented=True)
    try:
        with _nothing_ambient(outer):
            user = request.user
            if presented and request.successful_authenticator is None:
                user = _prove_as_views_do(request)
    except (APIException, Http404, PermissionDenied, SuspiciousOperation, BadRequest) as error:
        raise UnauthorizedError("The credentials were refused.", presented=presented) from error
    if request.successful_authenticator is None:
        if presented:
            raise UnauthorizedError("The credentials were refused.", presented=True)
        if not mcp_settings.ANONYMOUS:
            raise UnauthorizedError("This server wants to know who calls.")
    elif user is None or (getattr(user, "is_authenticated", True) and not getattr(user, "is_active", True)):
        raise UnauthorizedError("The credentials were refused.", presented=True)
    if not has_access(scopes_of(request.auth)):
        raise InsufficientScopeError
    return Identity(user, request.auth, request.successful_authenticator)


def _is_plain(header: str) -> bool:
    """Whether a header has what all schemes have; few classes and databases are prepared for anything else."""
    return header.isascii() and header.isprintable()


@contextmanager
def _nothing_ambient(request: HttpRequest) -> Iterator[None]:
    """Hide what a browser sends by itself from authentication classes that would take it, such as a JWT's in a cookie.

    Whom the session names is not put back: DRF puts whom it proved there, or nobody. What is hidden is no local of
    ``prove``, whose frame a report of a failure below it shows.
    """
    hidden = {"META": request.META, "COOKIES": request.COOKIES}
    if "HTTP_COOKIE" in request.META:
        request.META = {key: value for key, value in request.META.items() if key != "HTTP_COOKIE"}
    request.COOKIES, request.user = {}, AnonymousUser()
    try:
        yield
    finally:
        vars(request).update(hidden)


def _prove_as_views_do(request: DRFRequest) -> Any:
    """Prove a caller by the classes that only views name; these views alone will take it.

    Returns:
        The user, an anonymous one where no class proves any.
    """
    if mcp_settings.AUTHENTICATION_CLASSES is None:
        for cls in get_catalog(getattr(request._request, "urlconf", None)).authentication_classes:
            authenticator = cls()
            try:
                found = authenticator.authenticate(request)
            except Exception:  # what a class wants of its own view must not cost a caller of others
                logger.debug("%s proves nobody at the MCP endpoint.", cls, exc_info=True)
                continue
            if found is not None:
                request._authenticator = authenticator  # type: ignore[attr-defined]
                request.user, request.auth = found
                break
    return request.user


def prove_again(request: HttpRequest, identity: Identity) -> Identity:
    """Prove that who opened a stream would still be let in.

    Args:
        request: The request that opened it.
        identity: Whom it proved then.

    Returns:
        The same caller as they are now, with the rights that they have now.

    Raises:
        UnauthorizedError: They would not be let in, or be somebody else.
    """
    authenticators = [cls() for cls in endpoint_authentication_classes()]
    found = prove(DRFRequest(request, [NoParser()], authenticators, AnyMediaType()))
    if found.key != identity.key:
        raise UnauthorizedError("The credentials were refused.", presented=True)
    return found


def has_threads(request: HttpRequest) -> bool:
    """Whether the server can hold a response open and do something else meanwhile."""
    return bool(request.META.get("wsgi.multithread"))


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


def read_id(request: HttpRequest) -> str | int | None:
    """The id that a failure of ours is answered with, though nobody has proved yet who sent it.

    Nothing else of the message is looked at, and what cannot be read has no id.

    Spec: basic/index#responses
    """
    try:
        message = parse_message(load_message(read_body(request)))
    except Exception:  # noqa: BLE001  (a second failure must not hide the first)
        return None
    return message.id if isinstance(message, Request) else None


def _too_large() -> HTTPRefusalError:
    return HTTPRefusalError(413, f"A message has at most {mcp_settings.MAX_BODY_SIZE} bytes.")
