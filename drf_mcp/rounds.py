"""Rounds: a call that asks the client runs once for each set of answers, from the top.

In the stateless revisions the client sends its call again, with the answers and with the sealed state
of the rounds before. With a handshake, the questions go out on the stream that is open, and the answers
come in requests of their own.

Spec: basic/patterns/mrtr
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

from django.db import connections, transaction

from .channel import Channel
from .conf import mcp_settings
from .context import Context
from .elicitation import Cancelled, CannotAsk, Declined, Dialogue, InputRequired, TimedOut, askable
from .protocol.errors import InvalidParamsError, MCPError, MissingCapabilityError
from .protocol.results import InputRequiredResult
from .sealing import Seal, SealError
from .sessions import Session

T = TypeVar("T")

MAX_ROUNDS = 50
"""How often an action may run for one call, so that wrong answers do not keep it for ever."""

_LOOK_SECONDS = (0.02, 0.25)
"""How soon to look for an answer at first, and how seldom in the end."""
_USER_REJECTED = -1
"""The code by which a client says that its user wants no sampling. Spec: client/sampling#error-handling"""


def in_rounds(
    subject: str,
    params: Mapping[str, Any],
    context: Context,
    run: Callable[[Context], T],
    non_atomic: Collection[str] = (),
) -> T | InputRequiredResult:
    """Run something that may ask the client, until it has all of its answers.

    Each round runs in a transaction, which is rolled back unless it is the last.

    Args:
        subject: What is called, with the method: an answer is good for nothing else.
        params: The params of the request, with the answers and the state in the stateless revisions.
        context: Who calls.
        run: Does the work; it gets the context to do it with.
        non_atomic: The databases whose requests do not commit or roll back as a whole, whatever ``ATOMIC_REQUESTS``
            says.

    Returns:
        What ``run`` gives, or the questions that the client has to answer before it sends its call again.

    Raises:
        InvalidParamsError: The answers or the state are none.
        MissingCapabilityError: A question needs what the client did not declare, and ``run`` does not do without.
        NoAnswer: Another reason why there is no answer, which ``run`` lets pass; all is rolled back.
        MCPError: Whatever ``run`` raises.
    """
    is_stateless = not context.revision.has_handshake
    seal = Seal("rounds", context.identity, [subject, params.get("arguments") or {}])
    can_be_asked = is_stateless or (context._channel is not None and context._session is not None)
    dialogue = Dialogue(context.revision.version, askable(context.client_capabilities if can_be_asked else {}))
    if is_stateless:
        _take_answers(params, seal, dialogue)
    context = replace(context, _dialogue=dialogue)
    while True:
        dialogue.begin()
        try:
            result = _in_transaction(run, context, non_atomic)
        except InputRequired as asked:
            if dialogue.round >= MAX_ROUNDS:
                raise InvalidParamsError("There were too many answers that did not fit.") from None
            dialogue.round += 1
            if is_stateless:
                return InputRequiredResult(asked.requests, seal.close([dialogue.round, dialogue.used_answers]))
            dialogue.answers.update(_ask_client(asked.requests, context))
        except CannotAsk as error:
            if is_stateless:
                raise MissingCapabilityError({name: {} for name in sorted(error.capabilities)}) from None
            raise
        else:
            if isinstance(result, MCPError):
                raise result
            return result


def _in_transaction(run: Callable[[Context], T], context: Context, non_atomic: Collection[str]) -> T | MCPError:
    """One round. A call that is refused keeps what REST keeps: only a question takes everything back."""
    with ExitStack() as stack:
        for alias in connections:
            atomic = transaction.atomic(using=alias)
            # As in Django's own TestCase: the view's outermost block may still be a durable one, which
            # ATOMIC_REQUESTS makes it.
            atomic._from_testcase = True  # type: ignore[attr-defined]
            stack.enter_context(atomic)
            if alias in non_atomic:
                stack.enter_context(_not_rolled_back_by_drf(connections[alias]))
        try:
            return run(context)
        except MCPError as error:
            return error


@contextmanager
def _not_rolled_back_by_drf(connection: Any) -> Iterator[None]:
    """Keep what a view does that refuses. DRF rolls back where requests are atomic and a block is open, and ours is."""
    known = connection.settings_dict
    connection.settings_dict = {**known, "ATOMIC_REQUESTS": False}
    try:
        yield
    finally:
        connection.settings_dict = known


def _take_answers(params: Mapping[str, Any], seal: Seal, dialogue: Dialogue) -> None:
    """Put what the client sent into the dialogue.

    Raises:
        InvalidParamsError: The answers are no object, or the state is not this call's.
    """
    answers, state = params.get("inputResponses"), params.get("requestState")
    if answers is not None and not isinstance(answers, dict):
        raise InvalidParamsError("inputResponses is an object.", data={"argument": "inputResponses"})
    if state is not None:
        try:
            dialogue.round, dialogue.answers = seal.open(state)
        except SealError:
            raise InvalidParamsError(
                "The requestState is not valid: it was changed, is too old, was used before or belongs to another "
                "call. Call again without it.",
                data={"argument": "requestState"},
            ) from None
    dialogue.answers.update(answers or {})


def _ask_client(requests: Mapping[str, Mapping[str, Any]], context: Context) -> dict[str, Any]:
    """Send questions over the open stream and wait for the answers, outside of every transaction.

    Returns:
        The answers by the names of the questions: what the client sent, or why there is none.
    """
    # Without them the client would have no capability to be asked.
    channel, session = cast("Channel", context._channel), cast("Session", context._session)
    ids = {uuid.uuid4().hex: name for name in requests}
    session.expect_answers(ids, mcp_settings.ANSWER_SECONDS)
    for question_id, name in ids.items():
        channel.send({"jsonrpc": "2.0", "id": question_id, **requests[name]})
    found = _wait(session, channel, set(ids))
    return {name: _answer(found.get(question_id)) for question_id, name in ids.items()}


def _wait(session: Session, channel: Channel, ids: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pause, longest = _LOOK_SECONDS
    deadline = time.monotonic() + mcp_settings.ANSWER_SECONDS
    # A thread that waits for a person holds no connection meanwhile.
    connections.close_all()
    while len(found) < len(ids) and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.2, longest)
        channel.check()
        found |= session.answers_to(ids - found.keys())
    return found


def _answer(payload: Mapping[str, Any] | None) -> Any:
    if payload is None:
        return TimedOut()
    if "error" in payload:
        error = payload["error"]
        is_rejected = isinstance(error, Mapping) and error.get("code") == _USER_REJECTED
        return Declined() if is_rejected else Cancelled()
    return payload.get("result")
