"""The resources and prompts that the conformance suite reads and gets."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from drf_mcp import prompt, resource
from drf_mcp.responses import embedded, image

from .views import PNG


@resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


@resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """An image that never changes."""
    return PNG


@resource("test://watched-resource", mime_type="text/plain")
def watched_resource() -> str:
    """A text to subscribe to."""
    return "Watched resource content."


@resource("test://template/{id}/data", mime_type="application/json")
def template_data(id: str) -> dict[str, str]:
    """Data for an id."""
    return {"id": id, "data": f"Data for ID: {id}"}


@prompt()
def test_simple_prompt() -> str:
    """A prompt without arguments."""
    return "This is a simple prompt for testing."


@prompt()
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt with two arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@prompt(name="test_prompt_with_embedded_resource")
def with_embedded_resource(resourceUri: str) -> list[Any]:  # noqa: N803  (the suite's name)
    """A prompt that embeds a resource."""
    return [
        embedded("Embedded resource content for testing.", resourceUri, "text/plain"),
        "Please process the embedded resource above.",
    ]


@prompt(name="test_prompt_with_image")
def with_image() -> list[Any]:
    """A prompt with an image."""
    return [image(PNG, "image/png"), "Please analyze the image above."]


class ContextSerializer(serializers.Serializer[Any]):
    context = serializers.CharField()


@prompt(asks=True)
def test_input_required_result_prompt(request: Request) -> str:
    """A prompt that asks before it has its text."""
    answer = request.mcp.elicit("What is this about?", ContextSerializer, key="user_context")
    return f"The context: {answer['context']}"
