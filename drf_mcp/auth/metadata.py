"""The document that tells a client where to sign in for an endpoint."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.generic import View

from drf_mcp.auth.cors import ReadableEverywhereMixin
from drf_mcp.auth.resource_server import endpoint_paths, is_endpoint_path, public_origin
from drf_mcp.auth.scopes import ALL_TOOLS
from drf_mcp.conf import mcp_settings


@method_decorator(login_not_required, name="dispatch")
class ProtectedResourceView(ReadableEverywhereMixin, View):
    """RFC 9728: the resource, who signs in for it, and with which scope.

    Spec: basic/authorization#authorization-server-location
    """

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, path: str | None = None) -> HttpResponse:
        """Answer for the endpoint at a path, in the spelling in which it was asked.

        Some clients compare ``resource`` with the address that they were given, letter by letter.

        Args:
            request: The HTTP request.
            path: The endpoint's path without its first slash; None asks at the root, for the only endpoint.

        Raises:
            Http404: There is no such endpoint, or nobody signs in for it.
        """
        asked = next(iter(endpoint_paths()), None) if path is None else f"/{path}"
        origin = public_origin(request)
        if asked is None or origin is None or not mcp_settings.AUTHORIZATION_SERVERS or not is_endpoint_path(asked):
            raise Http404
        info = mcp_settings.SERVER_INFO
        document: dict[str, Any] = {
            "resource": f"{origin}{asked}",
            "authorization_servers": list(mcp_settings.AUTHORIZATION_SERVERS),
            "scopes_supported": [ALL_TOOLS],
            "bearer_methods_supported": ["header"],
            "resource_name": info.get("title") or info["name"],
        }
        return JsonResponse(document)
