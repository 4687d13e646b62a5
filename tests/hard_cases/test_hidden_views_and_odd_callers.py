"""Views that a wrapper hides, authentication that raises anything, and text that is none."""

from __future__ import annotations

import functools

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.urls import path
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.catalog import get_catalog
from drf_mcp.discovery import discover_endpoints
from tests.factories import MCPClient, mcp_urls, routed


class Hidden(ViewSet):
    def list(self, request):
        return Response([])


class Plain(APIView):
    def get(self, request):
        return Response({})


class Taking(ViewSet):
    @mcp_tool(headers=["X-Word"])
    @action(detail=False, methods=["post"])
    def echo(self, request):
        return Response(request.data)

    @action(detail=False)
    def query(self, request):
        return Response({"word": request.query_params.get("word")})

    def retrieve(self, request, pk=None):
        return Response({"pk": pk})


view = Hidden.as_view({"get": "list"})


def in_closure(wrapped):
    def wrapper(request, *args, **kwargs):
        return wrapped(request, *args, **kwargs)

    return wrapper


def in_closure_twice(wrapped):
    return in_closure(in_closure(wrapped))


def in_default(wrapped):
    def wrapper(request, wrapped=wrapped):
        return wrapped(request)

    return wrapper


def in_keyword(wrapped):
    def wrapper(request, *, wrapped=wrapped):
        return wrapped(request)

    return wrapper


class InInstance:
    def __init__(self, wrapped):
        self.wrapped = wrapped

    def __call__(self, request):
        return self.wrapped(request)

    def method(self, request):
        return self.wrapped(request)


def in_method(wrapped):
    return InInstance(wrapped).method


def in_partial(wrapped):
    return functools.partial(lambda view, request: view(request), wrapped)


def in_table(wrapped):
    views = {"GET": wrapped}
    return lambda request: views[request.method](request)


def by_name(wrapped):
    def wrapper(request):
        return globals()["view"](request)

    return wrapper


def with_wraps(wrapped):
    return functools.wraps(wrapped)(lambda request: wrapped(request))


HIDING = [in_closure, in_closure_twice, in_default, in_keyword, InInstance, in_method, in_partial, in_table]

urlpatterns = [*routed(Taking, prefix="taking", basename="taking"), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


# Hidden views


@pytest.mark.parametrize("hide", HIDING)
def test_a_view_that_a_wrapper_hides_is_named(hide) -> None:
    endpoints, skipped = discover_endpoints((path("hidden/", hide(view)),))
    assert endpoints == []
    (only,) = skipped
    assert (only.path, only.view) == ("/hidden/", f"{__name__}.Hidden")
    assert "functools.wraps" in only.reason


def test_a_wrapper_that_keeps_the_views_attributes_hides_nothing() -> None:
    endpoints, skipped = discover_endpoints((path("shown/", with_wraps(view)),))
    assert [endpoint.viewset for endpoint in endpoints] == [Hidden]
    assert skipped == []


def test_a_view_that_is_looked_up_when_it_is_called_cannot_be_seen() -> None:
    assert discover_endpoints((path("hidden/", by_name(view)),)) == ([], [])


def test_a_hidden_view_that_would_be_no_tool_is_not_named() -> None:
    patterns = (path("plain/", in_closure(Plain.as_view())),)
    assert discover_endpoints(patterns) == ([], [])
    (only,) = discover_endpoints(patterns, api_views=True)[1]
    assert only.view.endswith(".Plain")


def test_whatever_else_is_routed_is_nothing_to_wonder_at() -> None:
    def unfinished():
        def callback(request):
            return later

        yield callback
        later = 1
        yield later

    callback = next(unfinished())
    loop: list[object] = []
    loop.append(loop)
    circular = InInstance(loop)
    patterns = tuple(path(f"{n}/", one) for n, one in enumerate([callback, circular, HttpResponse, print, InInstance]))
    assert discover_endpoints(patterns) == ([], [])


def test_the_admin_hides_nothing() -> None:
    assert not [skipped for skipped in get_catalog("config.urls").skipped if "functools" in skipped.reason]


# Authentication at the endpoint

RAISED: list[Exception] = []


class Raises(BaseAuthentication):
    def authenticate(self, request):
        raise RAISED[0]


@pytest.mark.parametrize(
    "error",
    [
        PermissionDenied("secret"),
        Http404("secret"),
        SuspiciousOperation("secret"),
        BadRequest("secret"),
        exceptions.PermissionDenied("secret"),
        exceptions.AuthenticationFailed("secret"),
        exceptions.Throttled(wait=1),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("debug", [False, True])
def test_whatever_refusal_an_authentication_class_raises_is_a_401(error, debug) -> None:
    RAISED[:] = [error]
    options = {"ANONYMOUS": True, "AUTHENTICATION_CLASSES": [Raises]}
    with override_settings(DRF_MCP=options, DEBUG=debug):
        response = MCPClient().post({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert b"secret" not in response.content


def test_a_bug_in_an_authentication_class_is_in_the_log(caplog) -> None:
    RAISED[:] = [ZeroDivisionError("secret")]
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [Raises]}):
        response = MCPClient().post({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    error = response.json()["error"]
    assert error["code"] == -32603
    assert [error["data"]["error_id"] in record.getMessage() for record in caplog.records if record.levelno >= 40] == [
        True
    ]


# Half of a surrogate pair

HALF = rb"\ud800"
CALL = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"%b","arguments":{%b}}}'


@pytest.mark.parametrize(
    "body",
    [
        CALL % (HALF, b""),
        CALL % (b"echo_taking", b'"word":"%b"' % HALF),
        CALL % (b"echo_taking", b'"%b":1' % HALF),
        CALL % (b"echo_taking", b'"word":{"deep":["x",{"%b":1}]}' % HALF),
        CALL % (b"echo_taking", b'"x_word":"%b"' % HALF),
        CALL % (b"query_taking", b'"word":"%b"' % HALF),
        CALL % (b"retrieve_taking", b'"id":"%b"' % HALF),
        CALL % (b"retrieve_taking", rb'"id":"\udc00\ud800"'),
        b'{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"%b"}}' % HALF,
        b'{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"cursor":"%b"}}' % HALF,
        b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{"x":"%b"}}}' % HALF,
    ],
)
def test_half_of_a_surrogate_pair_is_an_invalid_param_of_the_request(body) -> None:
    response = MCPClient().post(body)
    answer = response.json()
    assert response.status_code == 200
    assert answer["id"] == 7
    assert answer["error"] == {"code": -32602, "message": "The params have half of a surrogate pair."}
    assert MCPClient(version="2026-07-28").post(body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":"%b","method":"ping"}' % HALF,
        b'{"jsonrpc":"2.0","id":7,"method":"%b"}' % HALF,
        b'{"jsonrpc":"2.0","method":"notifications/x","params":{"x":"%b"}}' % HALF,
        b'{"jsonrpc":"%b","id":7,"method":"ping"}' % HALF,
        b'["%b"]' % HALF,
    ],
)
def test_half_of_a_surrogate_pair_anywhere_else_is_no_message(body) -> None:
    response = MCPClient().post(body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32700


def test_a_json_text_in_an_argument_that_spells_half_a_pair_stays_text() -> None:
    body = CALL % (b"echo_taking", rb'"word":"{\"a\":\"\\ud800\"}"')
    assert MCPClient().post(body).json()["result"]["structuredContent"] == {"word": '{"a":"\\ud800"}'}


def test_a_whole_pair_is_a_character() -> None:
    body = CALL % (b"echo_taking", rb'"word":"\ud83d\ude00"')
    assert MCPClient().post(body).json()["result"]["structuredContent"] == {"word": "\U0001f600"}
