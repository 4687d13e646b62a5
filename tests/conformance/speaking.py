"""Actions that speak with their client while they run: progress, log messages, questions."""

from __future__ import annotations

import time
from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.elicitation import Elicit, Roots, Sample
from drf_mcp.responses import ToolResponse, text


def say(words: str) -> ToolResponse:
    return ToolResponse(content=[text(words)])


class PromptSerializer(serializers.Serializer[Any]):
    prompt = serializers.CharField()


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class UserSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    email = serializers.CharField()


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class OkSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()


class DefaultsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(default="John Doe")
    age = serializers.IntegerField(default=30)
    score = serializers.FloatField(default=95.5)
    status = serializers.ChoiceField(["active", "inactive", "pending"], default="active")
    verified = serializers.BooleanField(default=True)


TITLED = [{"const": f"value{n}", "title": f"Option {n}"} for n in (1, 2, 3)]
ENUMS = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": TITLED},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option 1", "Option 2", "Option 3"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
    },
}


class ReportViewSet(ViewSet):
    """Tools that report while they run."""

    @mcp_tool(name="test_tool_with_progress", reports=True)
    @action(detail=False, methods=["post"])
    def progress(self, request: Request) -> ToolResponse:
        """Report how far it has come."""
        for done in (0, 50, 100):
            request.mcp.report_progress(done, total=100, message=f"{done} of 100")
            time.sleep(0.05)
        return say("Done.")

    @mcp_tool(name="test_tool_with_logging", reports=True)
    @action(detail=False, methods=["post"])
    def logging(self, request: Request) -> ToolResponse:
        """Log what it does."""
        for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            request.mcp.log("info", line)
            time.sleep(0.05)
        return say("Done.")

    @mcp_tool(name="test_reconnection", reports=True)
    @action(detail=False, methods=["post"])
    def reconnection(self, request: Request) -> ToolResponse:
        """Hang up in the middle and finish all the same."""
        request.mcp.hang_up(retry=0.1)
        time.sleep(0.2)
        return say("Done after the connection was closed.")


class QuestionViewSet(ViewSet):
    """Tools that ask their client."""

    @mcp_tool(name="test_sampling", asks=True, input=PromptSerializer)
    @action(detail=False, methods=["post"])
    def sampling(self, request: Request) -> ToolResponse:
        """Ask the client's model."""
        answer = request.mcp.sample(request.data["prompt"], max_tokens=100)
        return say(f"LLM response: {answer['content']['text']}")

    @mcp_tool(name="test_elicitation", asks=True, input=MessageSerializer)
    @action(detail=False, methods=["post"])
    def elicitation(self, request: Request) -> ToolResponse:
        """Ask the person."""
        answer = request.mcp.elicit(request.data["message"], UserSerializer)
        return say(f"User response: accept {dict(answer)}")

    @mcp_tool(name="test_elicitation_sep1034_defaults", asks=True)
    @action(detail=False, methods=["post"])
    def defaults(self, request: Request) -> ToolResponse:
        """Ask with defaults."""
        return say(f"Elicitation completed: {dict(request.mcp.elicit('Check these.', DefaultsSerializer))}")

    @mcp_tool(name="test_elicitation_sep1330_enums", asks=True)
    @action(detail=False, methods=["post"])
    def enums(self, request: Request) -> ToolResponse:
        """Ask for choices of every kind."""
        return say(f"Elicitation completed: {dict(request.mcp.elicit('Choose.', ENUMS))}")

    @mcp_tool(name="test_input_required_result_elicitation", asks=True)
    @action(detail=False, methods=["post"])
    def person(self, request: Request) -> ToolResponse:
        """Ask for a name."""
        return say(f"Hello, {request.mcp.elicit('What is your name?', NameSerializer, key='user_name')['name']}!")

    @mcp_tool(name="test_input_required_result_sampling", asks=True)
    @action(detail=False, methods=["post"])
    def capital(self, request: Request) -> ToolResponse:
        """Ask the model for a capital."""
        answer = request.mcp.sample("What is the capital of France?", max_tokens=100, key="capital_question")
        return say(f"The model says: {answer['content']['text']}")

    @mcp_tool(name="test_input_required_result_list_roots", asks=True)
    @action(detail=False, methods=["post"])
    def folders(self, request: Request) -> ToolResponse:
        """Ask for the folders."""
        return say(f"{len(request.mcp.roots(key='client_roots'))} roots")

    @mcp_tool(name="test_input_required_result_request_state", asks=True)
    @action(detail=False, methods=["post"])
    def state(self, request: Request) -> ToolResponse:
        """Ask for a confirmation."""
        request.mcp.elicit("Go on?", OkSerializer, key="confirm")
        return say("state-ok")

    @mcp_tool(name="test_input_required_result_tampered_state", asks=True)
    @action(detail=False, methods=["post"])
    def tampered(self, request: Request) -> ToolResponse:
        """Ask for a confirmation whose state is changed on the way."""
        request.mcp.elicit("Go on?", OkSerializer, key="confirm")
        return say("state-ok")

    @mcp_tool(name="test_input_required_result_multiple_inputs", asks=True)
    @action(detail=False, methods=["post"])
    def several(self, request: Request) -> ToolResponse:
        """Ask for several things at once."""
        answers = request.mcp.ask(
            user_name=Elicit("What is your name?", NameSerializer),
            greeting=Sample("Write a greeting.", max_tokens=50),
            client_roots=Roots(),
        )
        return say(f"Hello, {answers['user_name']['name']}!")

    @mcp_tool(name="test_input_required_result_multi_round", asks=True)
    @action(detail=False, methods=["post"])
    def rounds(self, request: Request) -> ToolResponse:
        """Ask one thing after the other."""
        first = request.mcp.elicit("Step 1: your name?", NameSerializer, key="step1")
        second = request.mcp.elicit("Step 2: another name?", serializer_of("color"), key="step2")
        return say(f"{dict(first)} {dict(second)}")

    @mcp_tool(name="test_input_required_result_capabilities", asks=True)
    @action(detail=False, methods=["post"])
    def capabilities(self, request: Request) -> ToolResponse:
        """Ask for what the client can answer, and for nothing else."""
        questions = {
            "user_name": Elicit("What is your name?", NameSerializer),
            "greeting": Sample("Write a greeting.", max_tokens=50),
            "client_roots": Roots(),
        }
        asked = {name: question for name, question in questions.items() if request.mcp.can_ask(question.capability)}
        return say(f"Answered: {', '.join(request.mcp.ask(**asked))}")


def serializer_of(name: str) -> type[serializers.Serializer[Any]]:
    return type("AnswerSerializer", (serializers.Serializer,), {name: serializers.CharField()})
