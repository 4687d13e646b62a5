"""Questions: what is sent, and what is made of what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers

from drf_mcp.elicitation import AnswerInvalid, Elicit, Roots, Sample, askable


class SizeSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(min_value=1)


def test_a_question_can_be_a_serializer_its_instance_or_a_schema():
    schema = {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}, "required": ["size"]}
    answer = {"action": "accept", "content": {"size": 3}}

    for asked in (SizeSerializer, SizeSerializer(), schema):
        assert Elicit("How large?", asked).read(answer) == {"size": 3}
        with pytest.raises(AnswerInvalid, match="size: Ensure this value is greater"):
            Elicit("How large?", asked).read({"action": "accept", "content": {"size": 0}})
    assert Elicit("How large?", schema).to_wire("2025-11-25")["params"]["requestedSchema"] == schema


def test_the_model_is_asked_with_the_users_words_and_what_else_is_given():
    wire = Sample("Sum it up.", 50, {"systemPrompt": "Be brief."}).to_wire("2025-11-25")

    assert wire["method"] == "sampling/createMessage"
    assert wire["params"] == {
        "messages": [{"role": "user", "content": {"type": "text", "text": "Sum it up."}}],
        "maxTokens": 50,
        "systemPrompt": "Be brief.",
    }


@pytest.mark.parametrize("answer", [None, 7, {}, {"content": "text"}])
def test_a_sample_is_a_message(answer):
    with pytest.raises(AnswerInvalid):
        Sample("Greet.").read(answer)


@pytest.mark.parametrize("answer", [None, {"roots": None}, {"roots": ["file:///"]}])
def test_roots_are_a_list_of_objects(answer):
    with pytest.raises(AnswerInvalid):
        Roots().read(answer)


def test_what_was_no_answer_is_asked_again_without_a_form_to_explain_it_in():
    assert Roots().again("Why.") == Roots()


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        ({}, set()),
        ({"elicitation": {}}, {"elicitation"}),
        ({"elicitation": {"form": {}, "url": {}}, "roots": {}}, {"elicitation", "roots"}),
        ({"elicitation": {"url": {}}, "sampling": {}}, {"sampling"}),
        ({"elicitation": True}, set()),
    ],
)
def test_only_forms_can_be_asked_for(declared, names):
    assert askable(declared) == names
