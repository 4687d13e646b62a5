"""The project of these benchmarks with two endpoints more, which do nothing of their own; ``floor`` says what for."""

import json
from functools import cache
from io import BytesIO
from itertools import product
from typing import Any

from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from .operations import PRODUCTS
from .project.urls import urlpatterns as project
from .project.urls import viewsets

REST = {
    "list_project_product": ("GET", PRODUCTS),
    "retrieve_project_product": ("GET", f"{PRODUCTS}%(id)s/"),
    "create_project_product": ("POST", PRODUCTS),
}


@cache
def handler() -> BaseHandler:
    """Django's own, with the project's middleware."""
    found = BaseHandler()
    found.load_middleware()
    return found


class FloorView(APIView):
    """Proves the caller and sends the REST request that a tool call stands for through all of Django and DRF."""

    permission_classes = [IsAuthenticated]

    def post(self, request: Any) -> HttpResponse:
        """Send it, and answer the bytes of its answer."""
        called = json.loads(request._request.body)["params"]
        method, address = REST[called["name"]]
        body = json.dumps(called["arguments"]).encode() if method == "POST" else b""
        environ = {
            **request._request.META,
            "REQUEST_METHOD": method,
            "PATH_INFO": address % called["arguments"],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        inner = WSGIRequest(environ)
        inner._force_auth_user, inner._force_auth_token = request.user, request.auth
        content = handler().get_response(inner).content
        return HttpResponse(
            b'{"jsonrpc":"2.0","id":1,"result":{"structuredContent":%b}}' % content, content_type="application/json"
        )


KEPT: dict[str, bytes] = {}
"""What the next view answers, by method."""


class KeptView(APIView):
    """Proves the caller and answers from memory."""

    permission_classes = [IsAuthenticated]
    asks = False

    def post(self, request: Any) -> HttpResponse:
        """Answer what the MCP endpoint answers to this method, where it says so after each ViewSet was asked."""
        for view in views() if self.asks else ():
            view.request.user = request.user
            assert all(permission.has_permission(view.request, view) for permission in view.get_permissions())
        return HttpResponse(KEPT[json.loads(request._request.body)["method"]], content_type="application/json")


@cache
def views() -> list[Any]:
    """A view for each ViewSet and HTTP method, with a request, made once."""
    found = []
    for viewset, method in product(viewsets, ("get", "post", "put", "delete")):
        view = viewset()
        view.request = Request(getattr(RequestFactory(), method)("/"))
        found.append(view)
    return found


urlpatterns = [
    *project,
    path("floor/", FloorView.as_view()),
    path("kept/", KeptView.as_view()),
    path("kept/asking/", KeptView.as_view(asks=True)),
]
