"""Which web pages may read what this server answers them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from drf_mcp.auth.resource_server import public_origin
from drf_mcp.conf import mcp_settings

ENDPOINT_HEADERS = (
    "Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, MCP-Protocol-Version, Mcp-Session-Id"
)
EXPOSED_HEADERS = "Mcp-Session-Id, Retry-After, WWW-Authenticate"
DAY = "86400"


class ReadableEverywhereMixin(View):
    """A view that any web page may call: what is said there is no secret, and it looks at no cookie.

    Browser clients such as the MCP Inspector read metadata, register themselves and fetch their token.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and let every page read it."""
        response = super().dispatch(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tell a browser that it may send what it is about to send."""
        allowed = [name.upper() for name in self.http_method_names if hasattr(self, name)]
        return _preflight(", ".join(allowed), "Authorization, Content-Type, MCP-Protocol-Version")


def is_allowed_origin(request: HttpRequest) -> bool:
    """Whether the web page that sends a request may: one of ``ALLOWED_ORIGINS``, or this site's own.

    Spec: basic/transports#security-warning
    """
    origin = request.META.get("HTTP_ORIGIN")
    if origin in mcp_settings.ALLOWED_ORIGINS:
        return True
    own = public_origin(request)
    return own is not None and origin == own


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks what a page may send."""
    return request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META


def answer_preflight() -> HttpResponse:
    """What a page of an allowed origin may send to the endpoint."""
    return _preflight("POST, GET, DELETE", ENDPOINT_HEADERS)


def let_page_read(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the page that sent a request read the answer, where it may."""
    if "HTTP_ORIGIN" in request.META:
        patch_vary_headers(response, ["Origin"])
        if is_allowed_origin(request):
            response["Access-Control-Allow-Origin"] = request.META["HTTP_ORIGIN"]
            response["Access-Control-Expose-Headers"] = EXPOSED_HEADERS


def _preflight(methods: str, headers: str) -> HttpResponse:
    return HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": headers,
            "Access-Control-Max-Age": DAY,
        },
    )
