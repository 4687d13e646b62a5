"""The project of these benchmarks with endpoints that do nothing of their own; ``floor`` says what for."""

import json
from functools import cache
from io import BytesIO
from itertools import product
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import TokenAuthentication
from rest_framework.request import Request

from drf_mcp.conf import mcp_settings

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
    with override_settings(MIDDLEWARE=[] if mcp_settings.SKIP_MIDDLEWARE else settings.MIDDLEWARE):
        found.load_middleware()
    return found


def proved(request: Any) -> Request:
    """The caller, proved as DRF does it."""
    found = Request(request, authenticators=[TokenAuthentication()])
    assert found.user.is_authenticated
    return found


@csrf_exempt
def call(request: Any) -> HttpResponse:
    """Prove the caller and send the REST request that a tool call stands for through all of Django and DRF."""
    by = proved(request)
    called = json.loads(request.body)["params"]
    method, address = REST[called["name"]]
    body = json.dumps(called["arguments"]).encode() if method == "POST" else b""
    environ = {
        **request.META,
        "REQUEST_METHOD": method,
        "PATH_INFO": address % called["arguments"],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    inner = WSGIRequest(environ)
    inner._force_auth_user, inner._force_auth_token = by.user, by.auth
    content = handler().get_response(inner).content
    return HttpResponse(
        b'{"jsonrpc":"2.0","id":1,"result":{"structuredContent":%b}}' % content, content_type="application/json"
    )


KEPT: dict[str, bytes] = {}
"""What the next view answers, by method."""


@csrf_exempt
def kept(request: Any, *, asks: bool = False) -> HttpResponse:
    """Prove the caller and answer from memory what the MCP endpoint answers to this method.

    Args:
        request: The HTTP request.
        asks: Whether each ViewSet is asked before.
    """
    by = proved(request)
    for view in views() if asks else ():
        view.request.user = by.user
        assert all(permission.has_permission(view.request, view) for permission in view.get_permissions())
    return HttpResponse(KEPT[json.loads(request.body)["method"]], content_type="application/json")


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
    path("floor/", call),
    path("kept/", kept),
    path("kept/asking/", kept, {"asks": True}),
]
