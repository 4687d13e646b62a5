"""Who calls, in which revision, with which metadata: what an action finds as ``request.mcp``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from .auth.identity import Identity
from .calls import RunningCall
from .channel import Channel
from .elicitation import Dialogue, Elicit, Question, Roots, Sample
from .narrowing import EVERYTHING, Narrowing
from .protocol.levels import LOG_LEVELS
from .protocol.revisions import CLIENT_CAPABILITIES_META, CLIENT_INFO_META, LOG_LEVEL_META, Revision
from .protocol.tracing import trace_context
from .rules import snapshot
from .sessions import Session, client_info
from .time_limit import check_time
from .tools import Tool


def caller_of(context: Context) -> str:
    """Who is counted as one caller, for limits: those without credentials are told apart by their address."""
    identity = context.identity
    return identity.key + (context._http_request.META.get("REMOTE_ADDR", "") if identity.is_anonymous else "")


@dataclass(frozen=True, slots=True)
class Context:
    """One MCP request, as the code behind a tool may know it.

    Args:
        _http_request: The request that the client sent to the MCP endpoint; it carries the raw credentials.
        identity: Who sent it.
        revision: The protocol revision that it speaks.
        sent_version: Whether it named that revision in a header, as every client since 2025-06-18 does.
        meta: ``params._meta`` as the client sent it.
        _response_headers: What a method wants HTTP to say with its answer.
        _session: The client's session, in the handshake era and where one is open.
        _channel: The open stream, where the call has one.
        _dialogue: What the call has asked, where it may ask.
        _is_recheck: Whether this server asks by itself what the caller may still read.
        _call: What is learnt of the request while it runs.
        _narrowings: What the endpoint and the client leave of the tools.
    """

    _http_request: HttpRequest
    identity: Identity
    revision: Revision
    sent_version: bool
    meta: Mapping[str, Any] = field(default_factory=dict)
    _response_headers: dict[str, str] = field(default_factory=dict)
    _session: Session | None = None
    _channel: Channel | None = None
    _dialogue: Dialogue | None = None
    _is_recheck: bool = False
    _call: RunningCall = field(default_factory=RunningCall)
    _narrowings: tuple[Narrowing, ...] = ()

    @property
    def user(self) -> Any:
        """The calling user."""
        return self.identity.user

    @property
    def narrowings(self) -> tuple[Narrowing, ...]:
        """All that takes tools away from this caller: the settings, the endpoint, the client and the credentials."""
        narrowings = (*self._narrowings, self.identity.narrowing)
        return tuple(each for each in narrowings if each is not EVERYTHING and each != EVERYTHING)

    def allows(self, tool: Tool) -> bool:
        """Whether a tool is left to this caller. Whether the caller may use it is the view's to say."""
        return tool.is_left_by(self.narrowings) and snapshot.current().refusing(tool, self.user) is None

    @property
    def progress_token(self) -> str | int | None:
        """The token under which the client wants to hear of progress, None where it does not.

        Spec: basic/utilities/progress
        """
        token = self.meta.get("progressToken")
        return token if isinstance(token, (str, int)) and not isinstance(token, bool) else None

    @property
    def client_capabilities(self) -> Mapping[str, Any]:
        """What the client declared that it can do: with this request or, in the handshake era, with its session.

        Spec: basic/index#meta
        """
        if self.revision.has_handshake:
            return {} if self._session is None else self._session.capabilities
        declared: Mapping[str, Any] = self.meta.get(CLIENT_CAPABILITIES_META, {})
        return declared

    @property
    def client_info(self) -> Mapping[str, str]:
        """How the client calls itself, ``name`` and ``version``: empty where it has not said, and never proved.

        Spec: basic/index#meta
        """
        if self.revision.has_handshake:
            return {} if self._session is None else self._session.client_info
        return client_info(self.meta.get(CLIENT_INFO_META))

    @property
    def log_level(self) -> str | None:
        """The least level of the log messages that the client wants, None where it wants none.

        Spec: server/utilities/logging
        """
        if self.revision.has_handshake:
            return None if self._session is None else self._session.log_level
        level: str | None = self.meta.get(LOG_LEVEL_META)
        return level

    @property
    def trace_context(self) -> dict[str, str]:
        """The trace that the request belongs to: ``traceparent``, ``tracestate`` and ``baggage`` from ``meta``.

        Spec: basic/index#meta
        """
        return trace_context(self.meta)

    # What an action may say while it runs

    def report_progress(self, progress: float, total: float | None = None, message: str | None = None) -> bool:
        """Tell the client how far the action has come; nothing happens where it does not want to know.

        Only progress is reported: a value that is not above the last one is passed over, and so are
        reports that come too fast.

        Args:
            progress: How much is done.
            total: How much there is to do, where that is known.
            message: What is being done, in a few words.

        Returns:
            Whether the client is told.

        Raises:
            CallCancelled: The client has taken its call back. It is no ``Exception``; let it pass.

        Spec: basic/utilities/progress
        """
        check_time()
        if self._channel is None:
            return False
        self._channel.check()
        if self.progress_token is None or not self._channel.may_report(progress):
            return False
        params: dict[str, Any] = {"progressToken": self.progress_token, "progress": progress}
        params |= {} if total is None else {"total": total}
        params |= {} if message is None else {"message": str(message)}
        self._channel.send({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
        return True

    def log(self, level: str, data: Any, logger: str | None = None) -> None:
        """Send the client a log message; nothing happens where it does not want one of this level.

        Args:
            level: One of ``LOG_LEVELS``.
            data: Anything that JSON can hold.
            logger: What says it.

        Raises:
            ValueError: There is no such level.
            CallCancelled: The client has taken its call back. It is no ``Exception``; let it pass.

        Spec: server/utilities/logging
        """
        severity = LOG_LEVELS.index(level)
        check_time()
        least = self.log_level
        if self._channel is None or least is None or severity < LOG_LEVELS.index(least):
            return
        params = {"level": level, "data": data, **({} if logger is None else {"logger": logger})}
        self._channel.send({"jsonrpc": "2.0", "method": "notifications/message", "params": params})

    def hang_up(self, retry: float = 1.0) -> bool:
        """Close the stream while the action goes on: the client comes back for the rest.

        Args:
            retry: After how many seconds it should.

        Returns:
            False where the client could not get the rest, and the stream stays open.

        Spec: 2025-11-25 basic/transports#sending-messages-to-the-server
        """
        return self._channel is not None and self._channel.hang_up(round(retry * 1000))

    # What an action may ask

    def can_ask(self, capability: str) -> bool:
        """Whether the client can answer a kind of question: ``elicitation``, ``sampling`` or ``roots``."""
        return self._dialogue is not None and capability in self._dialogue.capabilities

    def ask(self, **questions: Question) -> dict[str, Any]:
        """Ask several things at once.

        The action stops here and runs again from the top when the answers are there; what it did
        before is rolled back.

        Args:
            questions: What is asked, by names that are the same in every round.

        Returns:
            The answers by the same names.

        Raises:
            NoAnswer: ``Declined``, ``Cancelled``, ``TimedOut`` or ``CannotAsk``; each has an answer of
                its own where the action does not catch it.
            ImproperlyConfigured: The action is not declared with ``@mcp_tool(asks=True)``.

        Spec: basic/patterns/mrtr
        """
        if self._dialogue is None:
            raise ImproperlyConfigured("An action that asks its caller is declared with @mcp_tool(asks=True).")
        return self._dialogue.ask(questions)

    def elicit(self, message: str, schema: Any, key: str | None = None) -> Any:
        """Ask the person behind the client.

        Args:
            message: What is asked, in a sentence.
            schema: What the answer holds: a serializer class, or a flat object schema.
            key: The question's name, the same in every round; its place in the action where none is given.

        Returns:
            The validated data.

        Raises:
            NoAnswer: See ``ask``.

        Spec: client/elicitation
        """
        return self._ask_one(Elicit(message, schema), key)

    def sample(self, prompt: str, max_tokens: int = 1000, key: str | None = None, **params: Any) -> Any:
        """Ask the client's language model.

        Args:
            prompt: What is asked.
            max_tokens: How long the answer may be.
            key: The question's name; see ``elicit``.
            params: More of ``sampling/createMessage``, such as ``systemPrompt``.

        Returns:
            The model's message: ``role``, ``content`` and ``model``.

        Raises:
            NoAnswer: See ``ask``.

        Spec: client/sampling
        """
        return self._ask_one(Sample(prompt, max_tokens, params), key)

    def roots(self, key: str | None = None) -> Any:
        """Ask for the folders that the client works in.

        Returns:
            Each root, with ``uri`` and perhaps ``name``.

        Raises:
            NoAnswer: See ``ask``.

        Spec: client/roots
        """
        return self._ask_one(Roots(), key)

    def _ask_one(self, question: Question, key: str | None) -> Any:
        name = key or ("" if self._dialogue is None else self._dialogue.next_name())
        return self.ask(**{name: question})[name]
