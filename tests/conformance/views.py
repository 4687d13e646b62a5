"""What the conformance suite calls, as actions that anybody could write: through this package's public names alone."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.notifications import prompts_changed, tools_changed
from drf_mcp.responses import ToolResponse, audio, embedded, image, text

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def _wav() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8)
    return buffer.getvalue()


WAV = _wav()


class ContentViewSet(ViewSet):
    """Answers of every kind."""

    @mcp_tool(name="test_simple_text")
    @action(detail=False)
    def simple(self, request: Request) -> ToolResponse:
        """Answer a text."""
        return ToolResponse(content=[text("This is a simple text response for testing.")])

    @mcp_tool(name="test_image_content")
    @action(detail=False)
    def image(self, request: Request) -> ToolResponse:
        """Answer an image."""
        return ToolResponse(content=[image(PNG, "image/png")])

    @mcp_tool(name="test_audio_content")
    @action(detail=False)
    def audio(self, request: Request) -> ToolResponse:
        """Answer a recording."""
        return ToolResponse(content=[audio(WAV, "audio/wav")])

    @mcp_tool(name="test_embedded_resource")
    @action(detail=False)
    def embedded(self, request: Request) -> ToolResponse:
        """Answer a resource."""
        return ToolResponse(content=[embedded("An embedded text.", "test://embedded-resource", "text/plain")])

    @mcp_tool(name="test_multiple_content_types")
    @action(detail=False)
    def mixed(self, request: Request) -> ToolResponse:
        """Answer several blocks."""
        resource = embedded('{"key": "value"}', "test://mixed-content-resource", "application/json")
        return ToolResponse(content=[text("Several blocks:"), image(PNG, "image/png"), resource])

    @mcp_tool(name="test_error_handling")
    @action(detail=False)
    def error(self, request: Request) -> ToolResponse:
        """Answer that the tool failed."""
        return ToolResponse(content=[text("This tool intentionally returns an error for testing")], is_error=True)


class RegionSerializer(serializers.Serializer[Any]):
    region = serializers.CharField(required=False)


SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


class RequirementViewSet(ViewSet):
    """Tools that want something of the client."""

    @mcp_tool(name="test_x_mcp_header", input=RegionSerializer, param_headers={"region": "Region"})
    @action(detail=False, methods=["post"])
    def region(self, request: Request) -> ToolResponse:
        """Answer the region, which a header mirrors."""
        return ToolResponse(content=[text(f"Region: {request.data.get('region', 'none')}")])

    @mcp_tool(name="test_missing_capability", requires={"sampling": {}})
    @action(detail=False)
    def sampling(self, request: Request) -> ToolResponse:
        """Do what only a client with sampling is told."""
        return ToolResponse(content=[text("The client declares sampling.")])

    @mcp_tool(name="test_streaming_elicitation")
    @action(detail=False)
    def streaming(self, request: Request) -> ToolResponse:
        """Answer without asking anything."""
        return ToolResponse(content=[text("Nothing had to be asked.")])

    @mcp_tool(name="test_logging_tool")
    @action(detail=False)
    def logging(self, request: Request) -> ToolResponse:
        """Answer without logging anything."""
        return ToolResponse(content=[text("Nothing had to be logged.")])

    @mcp_tool(name="json_schema_2020_12_tool", input=SCHEMA_2020_12)
    @action(detail=False, methods=["post"])
    def schema(self, request: Request) -> ToolResponse:
        """Take arguments by a schema that uses the whole dialect."""
        return ToolResponse(content=[text("Taken.")])


class ChangeViewSet(ViewSet):
    """Tools after which a list is another one."""

    @mcp_tool(name="test_trigger_tool_change")
    @action(detail=False, methods=["post"])
    def tools(self, request: Request) -> ToolResponse:
        """Say that the tools have changed."""
        tools_changed()
        return ToolResponse(content=[text("The tools have changed.")])

    @mcp_tool(name="test_trigger_prompt_change")
    @action(detail=False, methods=["post"])
    def prompts(self, request: Request) -> ToolResponse:
        """Say that the prompts have changed."""
        prompts_changed()
        return ToolResponse(content=[text("The prompts have changed.")])
