"""Questions: what an action may ask the person behind the client, the client's model, or the client itself.

Asking stops the action. Once the answers are there it runs again from the top, and each question that
has been answered gives its answer at once. So nothing waits inside a transaction, and it makes no
difference whether the answer comes in the next request or over a stream that is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from django.utils.encoding import force_str

from .forms import form_of, form_schema, read_form, serializer_for


class NoAnswer(BaseException):
    """A question was not answered.

    Where an action does not catch it, all that it did is rolled back, and this is what the tool answers. It
    is no ``Exception``, so that no ``except Exception`` on the way takes a no for a yes.
    """

    detail: str = "There was no answer, so nothing was done."
    code: str = "no_answer"

    def __init__(self, detail: str | None = None) -> None:
        self.detail = self.detail if detail is None else detail
        super().__init__(self.detail)


class Declined(NoAnswer):
    """The person said no."""

    detail, code = "The user declined, so nothing was done.", "declined"


class Cancelled(NoAnswer):
    """The person closed the question without an answer, or the client could not put it."""

    detail, code = "The user did not answer, so nothing was done.", "cancelled"


class TimedOut(NoAnswer):
    """Nobody answered in time."""

    detail, code = "Nobody answered in time, so nothing was done.", "timed_out"


class CannotAsk(NoAnswer):
    """The client has no way to answer.

    Args:
        capabilities: What it would have to declare, such as ``elicitation``.
    """

    code = "cannot_ask"

    def __init__(self, capabilities: set[str]) -> None:
        self.capabilities = capabilities
        super().__init__(f"This needs a client that supports {' and '.join(sorted(capabilities))} and takes streams.")


class AnswerInvalid(Exception):  # noqa: N818
    """An answer came that is none; the question is put again, with the reason."""


class InputRequired(BaseException):
    """The action waits for answers.

    It is no ``Exception``, so that views, their handlers and middleware let it pass, and transactions
    roll back.

    Args:
        requests: The open questions by name, each with its ``method`` and ``params``.

    Spec: basic/patterns/mrtr
    """

    def __init__(self, requests: dict[str, dict[str, Any]]) -> None:
        super().__init__(", ".join(requests))
        self.requests = requests


class Question:
    """Something that only the client can answer."""

    capability: ClassVar[str]
    """What a client declares that can answer it."""

    def to_wire(self, version: str) -> dict[str, Any]:
        """The request to the client: ``method`` and ``params``."""
        raise NotImplementedError

    def read(self, answer: Any) -> Any:
        """What the action gets for the client's answer.

        Raises:
            AnswerInvalid: It must be asked again.
            NoAnswer: There will be none.
        """
        raise NotImplementedError

    def again(self, reason: str) -> Question:
        """The same question after an answer that was none."""
        return self


@dataclass(frozen=True)
class Elicit(Question):
    """A form for the person.

    Args:
        message: What is asked, in a sentence.
        schema: What the answer holds: a serializer class or instance, or a flat object schema.

    Spec: client/elicitation
    """

    message: str
    schema: Any
    capability = "elicitation"

    def to_wire(self, version: str) -> dict[str, Any]:
        """``elicitation/create`` with the form."""
        is_schema = isinstance(self.schema, Mapping)
        form = form_of(self.schema, version) if is_schema else form_schema(self._serializer(), version)
        return {"method": "elicitation/create", "params": {"message": str(self.message), "requestedSchema": form}}

    def read(self, answer: Any) -> Any:
        """The validated data."""
        action = answer.get("action") if isinstance(answer, Mapping) else None
        if action == "decline":
            raise Declined
        if action == "cancel":
            raise Cancelled
        content = answer.get("content") or {} if action == "accept" else None
        if not isinstance(content, Mapping):
            raise AnswerInvalid("The answer was not understood.")
        serializer = self._serializer(data=read_form(self._serializer(), content))
        if not serializer.is_valid():
            raise AnswerInvalid(_sentence(serializer.errors))
        return serializer.validated_data

    def again(self, reason: str) -> Question:
        """The same form, with what was wrong."""
        return replace(self, message=f"{self.message}\n{reason}")

    def _serializer(self, **options: Any) -> Any:
        schema = serializer_for(self.schema) if isinstance(self.schema, Mapping) else self.schema
        if isinstance(schema, type):
            return schema(**options)
        return type(schema)(*schema._args, **{**schema._kwargs, **options})


def _sentence(errors: Any) -> str:
    return " ".join(f"{name}: {' '.join(map(force_str, found))}" for name, found in errors.items())


@dataclass(frozen=True)
class Sample(Question):
    """A question to the client's language model.

    Args:
        prompt: What is asked.
        max_tokens: How long the answer may be.
        params: More of ``sampling/createMessage``, such as ``systemPrompt`` or ``temperature``; ``messages``
            in place of the prompt.

    Spec: client/sampling
    """

    prompt: str
    max_tokens: int = 1000
    params: Mapping[str, Any] = field(default_factory=dict)
    capability = "sampling"

    def to_wire(self, version: str) -> dict[str, Any]:
        """``sampling/createMessage`` with one message of the user."""
        messages = [{"role": "user", "content": {"type": "text", "text": self.prompt}}]
        params = {"messages": messages, "maxTokens": self.max_tokens, **self.params}
        return {"method": "sampling/createMessage", "params": params}

    def read(self, answer: Any) -> Any:
        """The model's message: ``role``, ``content`` and ``model``."""
        if not isinstance(answer, Mapping) or not isinstance(answer.get("content"), (Mapping, list)):
            raise AnswerInvalid("The answer was not understood.")
        return dict(answer)


@dataclass(frozen=True)
class Roots(Question):
    """The folders that the client works in.

    Spec: client/roots
    """

    capability = "roots"

    def to_wire(self, version: str) -> dict[str, Any]:
        """``roots/list``."""
        return {"method": "roots/list", "params": {}}

    def read(self, answer: Any) -> Any:
        """Each root: ``uri`` and perhaps ``name``."""
        roots = answer.get("roots") if isinstance(answer, Mapping) else None
        if not isinstance(roots, list) or not all(isinstance(root, Mapping) for root in roots):
            raise AnswerInvalid("The answer was not understood.")
        return [dict(root) for root in roots]


def askable(capabilities: Mapping[str, Any]) -> frozenset[str]:
    """What a client with these capabilities can be asked.

    Args:
        capabilities: What it declared.

    Returns:
        The names of its capabilities, without elicitation where it shows addresses only and no forms.

    Spec: client/elicitation#capabilities
    """
    elicitation = capabilities.get("elicitation")
    shows_forms = isinstance(elicitation, Mapping) and (not elicitation or "form" in elicitation)
    return frozenset(name for name in capabilities if name != "elicitation" or shows_forms)


@dataclass
class Dialogue:
    """What one call has asked and been told, over all of its rounds.

    Args:
        version: The revision that the client speaks.
        capabilities: What the client can answer.
        answers: The client's answers by the names of the questions.
        round: How many times the action has run before.
    """

    version: str
    capabilities: frozenset[str]
    answers: dict[str, Any] = field(default_factory=dict)
    round: int = 0
    _asked: int = 0
    _used: set[str] = field(default_factory=set)

    @property
    def used_answers(self) -> dict[str, Any]:
        """The answers to what was asked, without what a client sent beside them."""
        return {name: answer for name, answer in self.answers.items() if name in self._used}

    def ask(self, questions: Mapping[str, Question]) -> dict[str, Any]:
        """Give the answers, or stop the action until they are there.

        Args:
            questions: What is asked, by names that are the same in every round.

        Returns:
            The answers by the same names.

        Raises:
            InputRequired: Some are still to come.
            NoAnswer: One will never come.
        """
        if lacking := {question.capability for question in questions.values()} - self.capabilities:
            raise CannotAsk(lacking)
        given, open_questions = {}, {}
        for name, question in questions.items():
            if name not in self.answers:
                open_questions[name] = question
                continue
            try:
                given[name] = self._read(name, question)
            except AnswerInvalid as error:
                del self.answers[name]
                open_questions[name] = question.again(str(error))
        if open_questions:
            raise InputRequired({name: question.to_wire(self.version) for name, question in open_questions.items()})
        return given

    def _read(self, name: str, question: Question) -> Any:
        answer = self.answers[name]
        self._used.add(name)
        if isinstance(answer, NoAnswer):
            raise answer
        return question.read(answer)

    def next_name(self) -> str:
        """A name for a question that was given none: by its place in the action, which is the same in each round."""
        self._asked += 1
        return f"question_{self._asked}"

    def begin(self) -> None:
        """Start the action from the top."""
        self._asked = 0
