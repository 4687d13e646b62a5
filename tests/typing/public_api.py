"""What a project writes with the public API, fully typed: mypy and pyright, both strict, find nothing here.

Nothing of it runs; ``test_public_api`` looks that every public name is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from django.contrib.admin import AdminSite, ModelAdmin
from django.dispatch import receiver
from django.urls import include, path
from rest_framework import serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import __version__, mcp_exclude, mcp_tool, prompt, resource
from drf_mcp.admin import CallsMixin, register_pages
from drf_mcp.auth.resource_server import AudienceMixin
from drf_mcp.calls import FinishedCall, RunningCall, running_call
from drf_mcp.channel import CallCancelled
from drf_mcp.context import Context
from drf_mcp.contrib.oauth_toolkit.settings import oauth2_provider, sign_in
from drf_mcp.contrib.oauth_toolkit.urls import endpoint_patterns, well_known_patterns
from drf_mcp.elicitation import Cancelled, CannotAsk, Declined, Elicit, NoAnswer, Roots, Sample, TimedOut
from drf_mcp.notifications import prompts_changed, resource_updated, resources_changed, tools_changed
from drf_mcp.responses import ToolResponse, audio, embedded, image, link, text
from drf_mcp.schema import field_schema, input_schema, printed_schema
from drf_mcp.signals import call_finished, call_started
from drf_mcp.test import AsyncMCPClient, MCPClient, ResponseError, assert_tools_snapshot
from drf_mcp.views import MCPView
from users.models import User

# Settings

DRF_MCP: dict[str, Any] = {"SERVER_INFO": {"version": __version__}, **sign_in("https://example.com")}
OAUTH2_PROVIDER: dict[str, Any] = oauth2_provider("https://example.com")


# A ViewSet


class Colour(serializers.Field[str, str, str, Any]):
    def to_internal_value(self, data: str) -> str:
        return data.lower()

    def to_representation(self, value: str) -> str:
        return value


@field_schema.register
def _(field: Colour) -> dict[str, Any]:
    return {"type": "string", "pattern": "^#[0-9a-f]{6}$"}


@printed_schema.register
def _(field: Colour) -> dict[str, Any]:
    return {"type": "string"}


class Paint(serializers.Serializer[Any]):
    colour = Colour()


@mcp_exclude("forget")
@mcp_tool("paint", title="Paint it", description="Paints the wall.", idempotent=True)
class WallViewSet(ViewSet):
    @mcp_tool(name="paint_the_wall", input=Paint, output=Paint(many=True), done="Wall {id} is painted.", asks=True)
    @action(detail=True, methods=["post"])
    def paint(self, request: Request, pk: str) -> Response:
        context: Context | None = getattr(request, "mcp", None)
        if context is None:
            return Response(status=204)
        reporting(context)
        asking(context)
        blocks = [text("Painted"), image(b"", "image/png"), audio(b"", "audio/wav"), link("shop://1", "one")]
        return ToolResponse({"colour": pk}, content=[*blocks, embedded("a,b", "shop://2", "text/csv")], status=200)

    @mcp_exclude
    @action(detail=False)
    def forget(self, request: Request) -> Response:
        return Response(input_schema(Paint()))


def reporting(context: Context) -> tuple[str, str | None]:
    try:
        told: bool = context.report_progress(1, total=3, message="One of three")
        context.log("info", {"told": told}, logger="walls")
    except CallCancelled as gone:
        print(gone)
        raise
    context.hang_up(retry=2.5)
    return context.revision.version, context.trace_context.get("traceparent")


def asking(context: Context) -> Any:
    if not context.can_ask("elicitation"):
        return None
    try:
        answers = context.ask(sure=Elicit("Sure?", Paint), idea=Sample("A name?", 10), folders=Roots())
        return [answers["sure"], context.elicit("How?", Paint), context.sample("Why?", key="why"), context.roots()]
    except (Declined, Cancelled, TimedOut) as no:
        return no.code
    except CannotAsk as no:
        return sorted(no.capabilities)
    except NoAnswer as no:
        return no.detail


# Resources and prompts


@resource("shop://reports/{year}", mime_type="text/csv", permission_classes=[IsAuthenticated])
def report(year: int, request: Request) -> str:
    return f"year\n{year}"


@prompt(description="Review some code")
def review(code: Annotated[str, "The code"], language: Literal["python", "rust"] = "python") -> str:
    return f"Please review this {language} code: {code}"


rendered: str = review("x = 1") + review(code="let x = 1", language="rust")


# What happens


@receiver(call_started)
def begin(sender: Any, call: RunningCall, **kwargs: Any) -> None:
    print(call.method, call.name, running_call.get() is call)


@receiver(call_finished)
def end(sender: Any, call: FinishedCall, **kwargs: Any) -> None:
    if call.outcome != "ok":
        print(call.method, call.name, call.status, call.duration_ms)


def tell() -> None:
    tools_changed()
    prompts_changed()
    resources_changed()
    resource_updated("shop://reports/2026")


# Endpoints and the admin


class ReadingView(MCPView):
    read_only = True
    include = ["list_*"]
    exclude = ("app:users",)


urlpatterns = [
    path("mcp/", include("drf_mcp.urls")),
    path("mcp/reading/", ReadingView.as_view()),
    path("mcp/people/", MCPView.as_view(include=["app:users"])),
    *well_known_patterns,
    path("oauth/", include((endpoint_patterns, "oauth2_provider"))),
]


class MCPAuthentication(AudienceMixin, TokenAuthentication):
    def get_audience(self, auth: Any) -> str | Iterable[str] | None:
        return ["https://example.com/mcp/"]


class UserAdmin(CallsMixin, ModelAdmin[User]):
    pass


register_pages(AdminSite("other"))


# Tests


def check_tools(user: User) -> None:
    client = MCPClient(user, version="2025-11-25")
    client.force_authenticate(user)
    client.credentials(HTTP_AUTHORIZATION="Token x")
    title: str = client.list_tools()["list_users_user"]["title"]
    result = client.call_tool("retrieve_users_user", id=title)
    words: str = result.text + client.read_resource("drf:///api/users/1/").text + client.get_prompt("p", a="b").text
    print(words, result.is_error, result.structured, result.content)
    print(client.list_resources(), client.list_resource_templates(), client.list_prompts())
    try:
        client.request("tools/call", {"name": "none"})
    except ResponseError as error:
        print(error.code, error.message, error.data)
    assert_tools_snapshot("tools.json", client)


async def check_tools_in_a_coroutine(user: User) -> None:
    client = AsyncMCPClient(user)
    result = await client.call_tool("retrieve_users_user", id="1")
    print(result.text, await client.list_tools())
