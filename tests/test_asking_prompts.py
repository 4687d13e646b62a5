"""Prompts that ask their caller, through the endpoint."""

from __future__ import annotations

import pytest
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from drf_mcp import prompt
from tests.factories import MCPClient, StatelessClient, mcp_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = mcp_urls()


class ToneSerializer(serializers.Serializer):
    tone = serializers.CharField(max_length=5)


@pytest.fixture(autouse=True)
def letter(declared):
    @prompt(asks=True, permission_classes=[AllowAny])
    def letter(to: str, request):
        return f"A {request.mcp.elicit('Which tone?', ToneSerializer, key='tone')['tone']} letter to {to}."


def get(client, **more):
    return client.send("prompts/get", {"name": "letter", "arguments": {"to": "Ann"}, **more})["result"]


def test_a_prompt_asks_and_has_its_text_with_the_answer():
    client = StatelessClient(capabilities={"elicitation": {}})

    asked = get(client)
    assert asked["resultType"] == "input_required"
    assert asked["inputRequests"]["tone"]["method"] == "elicitation/create"

    answers = {"tone": {"action": "accept", "content": {"tone": "kind"}}}
    done = get(client, inputResponses=answers, requestState=asked["requestState"])
    assert done["messages"] == [{"role": "user", "content": {"type": "text", "text": "A kind letter to Ann."}}]


def test_without_an_answer_there_is_no_prompt():
    client = StatelessClient(capabilities={"elicitation": {}})
    response = client.ask(
        "prompts/get",
        {"name": "letter", "arguments": {"to": "Ann"}, "inputResponses": {"tone": {"action": "decline"}}},
    )

    assert response.json()["error"]["code"] == 422
    assert response.json()["error"]["data"] == {"name": "letter", "code": "declined"}


def test_a_client_that_cannot_be_asked_is_told_so():
    params = {"name": "letter", "arguments": {"to": "Ann"}}
    response = StatelessClient().ask("prompts/get", params)
    assert response.json()["error"]["code"] == -32021

    message = {"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": params}
    assert MCPClient().post(message).json()["error"]["data"]["code"] == "cannot_ask"
