"""What Django says of a failure while DEBUG is on is for the person at the keyboard, and not for a model."""

from __future__ import annotations

import pytest
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from tests.factories import MCPClient, mcp_urls, routed

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Odd(ViewSet):
    def list(self, request):
        raise SuspiciousOperation("hunter2")

    def create(self, request):
        raise BadRequest("hunter2")

    def retrieve(self, request, pk=None):
        return Response({})


def picky(get_response):
    def middleware(request):
        if request.path == "/odds/9/":
            raise Http404("hunter2")
        return get_response(request)

    return middleware


urlpatterns = [*routed(Odd, prefix="odds", basename="odd"), *mcp_urls()]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(("tool", "arguments"), [("list_odd", {}), ("create_odd", {}), ("retrieve_odd", {"id": "9"})])
def test_no_page_of_the_debugger_reaches_a_client(settings, debug, tool, arguments) -> None:
    settings.DEBUG = debug
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.picky"]
    answer = MCPClient().post(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    )
    said = answer.content.decode()
    assert answer.status_code == 200
    for part in ("hunter2", "Traceback", "Python", "INSTALLED", "Installed", "/odds/", "site-packages", "MIDDLEWARE"):
        assert part not in said
