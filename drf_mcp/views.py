"""The endpoint: HTTP in, HTTP out, and the one place where errors become answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connections, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.metadata import SimpleMetadata
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request as DRFRequest
from rest_framework.views import APIView

from . import trace
from .answers import Answer, failure_answer, join_answers, to_response
from .audit import write_waiting
from .auth.cors import answer_preflight, is_preflight, let_page_read
from .auth.identity import Identity, endpoint_authentication_classes
from .auth.resource_server import sign_in_parameters
from .changes import hub
from .channel import Channel
from .conf import mcp_settings
from .context import Context, caller_of
from .legacy import HANDSHAKE_METHODS
from .listening import LISTEN, follow, listen
from .methods import dispatch, may_speak, needs_sessions
from .narrowing import Narrowing, client_narrowings
from .observing import observed
from .protocol.errors import MCPError
from .protocol.gate import pass_gate
from .protocol.headers import LAST_EVENT_KEY, PROTOCOL_VERSION_KEY, SESSION_KEY, check_content_type, header_value
from .protocol.jsonrpc import Notification, Request, Response, encode_result, load_message, parse_message
from .protocol.revisions import LATEST_HANDSHAKE, Revision, check_batch, handshake_revision
from .reception import AnyMediaType, NoParser, check_method, check_origin, check_size, prove, read_body, read_id
from .searching import unwrapped
from .sessions import EventRecord, Session, can_listen, find_session, is_of_session
from .stateless import dispatch_stateless
from .streaming import can_stream, resume, stream

NARROWED_BY = ("read_only", "include", "exclude")
"""What an endpoint says of the tools that it offers."""


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
    is_mcp_endpoint = True

    read_only: bool = False
    """Whether this endpoint offers only tools that change nothing."""
    include: Sequence[str] | None = None
    """Patterns of the tools that it offers, None for all that the settings leave."""
    exclude: Sequence[str] = ()
    """Patterns of the tools that it does not offer."""

    @classmethod
    def as_view(  # type: ignore[override]  # the stubs have a type of their own for it
        cls, **initkwargs: Any
    ) -> Callable[..., HttpResponseBase]:
        """The view function: outside every transaction, because the calls inside have their own.

        Args:
            initkwargs: ``read_only``, ``include`` or ``exclude``, as in ``as_view(read_only=True)``.

        Raises:
            ImproperlyConfigured: One of these is of the wrong type.
        """
        Narrowing.of(*(initkwargs.get(name, getattr(cls, name)) for name in NARROWED_BY))
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
            HTTPRefusalError: 400 host, 403 origin, 405 method, 415 content type, 413 size, 401 identity, 400 for
                a client that asks for less in words that say nothing.
        """
        outer = request._request
        check_origin(outer)
        if is_preflight(outer) and "HTTP_ORIGIN" in outer.META:
            return
        check_method(outer)
        if outer.method == "POST":
            check_content_type(outer.META.get("CONTENT_TYPE", ""))
            check_size(outer.META.get("CONTENT_LENGTH"))
        self.identity = prove(request)
        self.narrowings = (
            Narrowing.of(mcp_settings.READ_ONLY, mcp_settings.INCLUDE, mcp_settings.EXCLUDE),
            Narrowing.of(self.read_only, self.include, self.exclude),
            *client_narrowings(dict(outer.GET.lists()) if outer.META.get("QUERY_STRING") else {}, outer.META),
        )

    def post(self, request: DRFRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer what was posted: one message or, where the revision has them, a batch.

        A tool call takes seven steps, each a function of its own:

        1. receive: ``initial`` has checked the request and proved the caller; the body is read.
        2. parse: ``parse_message`` makes a message of it, ``handshake_revision`` and ``pass_gate`` tell
           its revision.
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
            A JSON-RPC response with its status, 202 for what wants none, or a stream.

        Raises:
            MCPError: The body is no JSON, or a batch that is not taken; ``handle_exception`` answers it.

        Spec: basic/transports#sending-messages-to-the-server
        """
        value = load_message(read_body(request._request))
        if isinstance(value, list):
            check_batch(value, self.version_header)  # before the trace, which has a line for each entry
            trace.received(value)
            answers = [answer for entry in value if (answer := self.answer(entry)) is not None]
            return to_response(join_answers(answers))
        trace.received(value)
        answer = self.answer(value, may_stream=can_stream(request._request))
        return answer if isinstance(answer, HttpResponseBase) else to_response(answer)

    def get(self, request: DRFRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Open the stream of a session, or send what a client missed of a stream.

        Spec: basic/transports#listening-for-messages-from-the-server
        """
        event_id = request.META.get(LAST_EVENT_KEY, "")
        if can_listen(request._request) and (not event_id or is_of_session(event_id)):
            revision = handshake_revision(None, self.version_header) or LATEST_HANDSHAKE
            return follow(self.context_in(revision, self.session), event_id)
        return resume(self.session, event_id, request._request)

    def delete(self, request: DRFRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End a session.

        Spec: basic/transports#session-management
        """
        session = self.session
        session.end()
        hub.tell({session.topic: False})
        return HttpResponse(status=204)

    def options(self, request: DRFRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Tell a browser what a page of an allowed origin may send."""
        return answer_preflight()

    @property
    def has_session(self) -> bool:
        """Whether the request names a session, and this project has any."""
        return SESSION_KEY in self.request._request.META and needs_sessions(self.request._request)

    @property
    def session(self) -> Session:
        """The session that the request names."""
        return find_session(self.request.META[SESSION_KEY], self.identity.key)

    identity: Identity
    """Who calls; from ``initial``."""

    @property
    def version_header(self) -> str | None:
        """What the request names as its revision."""
        return header_value(self.request._request.META, PROTOCOL_VERSION_KEY)

    def answer(self, value: Any, *, may_stream: bool = False) -> Any:
        """Answer one message by itself, whatever becomes of it: the steps from the second on.

        Args:
            value: The message as JSON.
            may_stream: Whether the answer may be a stream.

        Returns:
            The answer, None for a message that wants none, a response where it is a stream.
        """
        request_id, handshake = None, handshake_revision(value, self.version_header)
        try:
            message = parse_message(value)
            if not isinstance(message, Request):
                self.take(message, handshake)
                return None
            request_id = message.id
            context = self.context_of(message, handshake or pass_gate(message, self.request._request.META))
            message, context = unwrapped(message, context)
            if message.method == LISTEN and handshake is None and can_listen(self.request._request):
                with observed(message, context) as call:
                    call.has_method = True
                    return listen(message, context)
            if may_stream and may_speak(message, context):
                record = None if context._session is None else EventRecord(context._session, request_id)
                channel = Channel(
                    record,
                    outlives_stream=context.revision.has_handshake,
                    has_primer=context.revision.version >= "2025-11-25",
                )
                speaking = replace(context, _channel=channel)
                return stream(
                    channel, lambda: run(message, speaking), self.request._request, request_id, caller_of(context)
                )
        except Exception as error:  # noqa: BLE001  (the one place that knows what to say of any)
            answer = failure_answer(error, request_id, has_handshake=handshake is not None)
            trace.answered("", answer.body)
            return answer
        return run(message, context)

    def take(self, message: Notification | Response, handshake: Revision | None) -> None:
        """Take what wants no answer: a client's answer to a question, or a call that it takes back.

        Raises:
            HTTPRefusalError: 404 where the session that the client names is over.
        """
        if handshake is None or not self.has_session:
            return
        session = self.session
        if isinstance(message, Response):
            session.take_answer(message.id, message.payload)
        elif message.method == "notifications/cancelled" and isinstance(message.params, dict):
            session.take_back(message.params.get("requestId"))

    def context_of(self, message: Request, revision: Revision) -> Context:
        """What the code behind a method may know of its caller."""
        has_session = revision.has_handshake and message.method != "initialize" and self.has_session
        return self.context_in(revision, self.session if has_session else None, message.meta)

    def context_in(self, revision: Revision, session: Session | None, meta: Mapping[str, Any] | None = None) -> Context:
        """The same, of what has no message."""
        return Context(
            _http_request=self.request._request,
            identity=self.identity,
            revision=revision,
            sent_version=self.version_header is not None,
            meta=meta or {},
            _session=session,
            _narrowings=self.narrowings,
        )

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # the stubs want DRF's
        """Answer what went wrong before there was a message."""
        has_handshake = handshake_revision(None, self.version_header) is not None
        # A refusal has no id: of a caller who is not let in nothing is read. A failure is ours, and may have one.
        is_ours = self.request.method == "POST" and not isinstance(exc, MCPError)
        request_id = read_id(self.request._request) if is_ours else None
        answer = failure_answer(exc, request_id, has_handshake=has_handshake)
        trace.answered("", answer.body)
        return to_response(answer)

    def finalize_response(self, request: DRFRequest, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Finish as DRF does; a stream says by itself how it may be kept, and what is recorded waits for the end."""
        if response.streaming:
            self.headers.pop("Cache-Control", None)
        response._resource_closers.append(write_waiting)
        response = super().finalize_response(request, response, *args, **kwargs)
        if challenge := response.get("WWW-Authenticate"):
            hint = sign_in_parameters(self.request._request, with_scope="scope=" not in challenge)
            response["WWW-Authenticate"] = challenge + hint
        let_page_read(self.request._request, response)
        return response

    @property
    def default_response_headers(self) -> dict[str, str]:
        """What belongs to one caller is kept by no cache."""
        return {"Cache-Control": "no-store", "Vary": "Authorization"}


def run(message: Request, context: Context) -> Answer:
    """Run the method that a message names, and answer whatever becomes of it."""
    with observed(message, context) as call:
        try:
            if context.revision.has_handshake:
                result = dispatch(message, context, HANDSHAKE_METHODS)
            else:
                result = dispatch_stateless(message, context)
            answer = Answer(encode_result(message.id, result), headers=context._response_headers)
        except Exception as error:  # noqa: BLE001  (the one place that knows what to say of any)
            answer = failure_answer(error, message.id, has_handshake=context.revision.has_handshake)
            call.error = answer.error
        trace.answered(message.method, answer.body)
        call.size = len(answer.body)
        return answer
