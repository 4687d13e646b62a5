"""Middleware that rewrites, replaces, wraps and breaks what a view answered."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import threading

import pytest
from asgiref.sync import markcoroutinefunction
from django.conf import settings as django_settings
from django.core.exceptions import MiddlewareNotUsed, PermissionDenied, ValidationError
from django.core.signals import got_request_exception
from django.db import IntegrityError
from django.http import Http404, HttpResponse, HttpResponseServerError, JsonResponse
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from drf_mcp.inner_handler import inner_handler
from tests.factories import MCPClient, mcp_urls, routed, text_of
from users.models import User
from users.serializers import UserSerializer


class Wrapped(GenericViewSet):
    def get_serializer_class(self):
        return serializers.Serializer

    def list(self, request):
        return Response([{"id": number, "name": f"n{number}"} for number in range(3)])

    @action(detail=False)
    def single(self, request):
        return Response({"id": 1, "name": "n1"})

    @action(detail=False, methods=["post"])
    def refuse(self, request):
        raise serializers.ValidationError({"name": ["Taken."]}, code="unique")

    @action(detail=False)
    def locked(self, request):
        return Response({"detail": "Locked."}, status=423)

    @action(detail=False, methods=["post"])
    def race(self, request):
        raise IntegrityError("UNIQUE constraint failed: a.b")


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


urlpatterns = [*routed(Wrapped, Users, basename="w"), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def is_outer(request) -> bool:
    return request.path.startswith("/mcp")


def rewriting(change):
    """Middleware that makes something else of each REST answer's data."""

    class Rewrites:
        def __init__(self, get_response):
            self.get_response = get_response

        def __call__(self, request):
            response = self.get_response(request)
            if is_outer(request) or "json" not in response.get("Content-Type", ""):
                return response
            return change(request, response, json.loads(response.content))

    return Rewrites


def in_place(change, indent=None):
    def rewrite(request, response, data):
        response.content = json.dumps(change(data), indent=indent)
        return response

    return rewriting(rewrite)


Envelope = in_place(lambda data: {"data": data, "ok": True})
AddsAKey = in_place(lambda data: {**data, "request_id": 7} if isinstance(data, dict) else data)
Replaces = rewriting(lambda request, response, data: JsonResponse({"said": "something else"}, status=207))
ToText = rewriting(lambda request, response, data: HttpResponse("Nothing.", content_type="text/plain"))
Indents = in_place(lambda data: data, indent=2)
Refuses = rewriting(lambda request, response, data: JsonResponse({"detail": "Closed.", "until": 9}, status=423))
Empties = rewriting(lambda request, response, data: HttpResponse(status=204))


@pytest.fixture
def behind(settings):
    """Put middleware of this module in front of all views."""

    def put(*names, **drf_mcp):
        settings.MIDDLEWARE = [f"{__name__}.{name}" for name in names]
        settings.DRF_MCP = {"ANONYMOUS": True, **drf_mcp}

    return put


def lists(structured) -> object:
    return structured["result"] if list(structured) == ["result"] else structured


@pytest.mark.parametrize("name", ["Envelope", "AddsAKey", "Replaces", "Indents"])
@pytest.mark.parametrize(("path", "tool"), [("/things/", "list_w"), ("/things/single/", "single_w")])
def test_structure_is_what_left_the_last_middleware(behind, name, path, tool) -> None:
    behind(name)
    result = MCPClient().call(tool)
    assert lists(result["structuredContent"]) == APIClient().get(path).json()
    assert result["isError"] is False


def test_text_is_made_of_what_left_the_last_middleware(behind) -> None:
    behind("AddsAKey")
    assert text_of(MCPClient().call("single_w")).endswith('{"id": 1, "name": "n1", "request_id": 7}')
    behind("Replaces")
    assert "n1" not in text_of(MCPClient().call("single_w"))
    assert "something else" in text_of(MCPClient().call("list_w"))


def test_a_list_in_an_envelope_is_not_cut_as_a_list(behind) -> None:
    behind("Envelope", MAX_ITEMS=2)
    result = MCPClient().call("list_w")
    assert len(result["structuredContent"]["data"]) == 3
    assert "n2" in text_of(result)


def test_data_that_middleware_made_text_is_text(behind) -> None:
    behind("ToText")
    result = MCPClient().call("list_w")
    assert text_of(result) == "Nothing."
    assert "structuredContent" not in result


def test_an_answer_that_middleware_took_away_is_an_empty_success(behind) -> None:
    behind("Empties")
    result = MCPClient().call("single_w")
    assert "n1" not in text_of(result)
    assert result["isError"] is False


def test_an_answer_that_middleware_refused_is_refused_with_all_that_it_said(behind) -> None:
    behind("Refuses")
    result = MCPClient().call("single_w")
    assert result["structuredContent"] == {
        "status": 423,
        "code": "locked",
        "detail": "Closed.",
        "data": {"detail": "Closed.", "until": 9},
    }
    assert text_of(result) == "Locked: Closed. until: 9"


def test_errors_that_middleware_wrapped_are_what_it_made_of_them(behind) -> None:
    behind("Envelope")
    error = MCPClient().fail("refuse_w")
    assert error["data"] == {"body": {"data": {"name": ["Taken."]}, "ok": True}}
    assert "Taken." in error["message"]


def test_errors_that_middleware_left_alone_keep_their_codes(behind) -> None:
    behind("Indents")
    assert MCPClient().fail("refuse_w")["data"] == {"errors": {"name": [{"message": "Taken.", "code": "unique"}]}}
    behind()
    assert MCPClient().fail("refuse_w")["data"] == {"errors": {"name": [{"message": "Taken.", "code": "unique"}]}}


def test_an_output_schema_that_middleware_breaks_is_named_in_the_log_once(behind, caplog) -> None:
    behind("Envelope")
    for _ in range(2):
        MCPClient().call("list_users_user")
    records = [record for record in caplog.records if record.name == "drf_mcp"]
    assert ["outputSchema" in record.getMessage() for record in records] == [True]
    caplog.clear()
    behind("Indents")
    MCPClient().call("list_users_user")
    assert not [record for record in caplog.records if record.name == "drf_mcp"]


# Middleware that breaks


def breaking(error, *, after=False, hook=""):
    class Breaks:
        def __init__(self, get_response):
            self.get_response = get_response

        def __call__(self, request):
            if is_outer(request) or hook:
                return self.get_response(request)
            if after:
                self.get_response(request)
            raise error

    if hook:

        def raises(self, request, *args):
            if not is_outer(request):
                raise error

        setattr(Breaks, hook, raises)
    return Breaks


class Passes:
    """Middleware between the others, which sees responses only."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["X-Passed"] = "1"
        return response


class BreaksLater:
    """Asynchronous, and only then broken."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request):
        await asyncio.sleep(0)
        response = await self.get_response(request)
        if is_outer(request):
            return response
        raise ZeroDivisionError("secret")


class Crashes(GenericViewSet):
    pass


BreaksBefore = breaking(ZeroDivisionError("secret"))
BreaksAfter = breaking(ZeroDivisionError("secret"), after=True)
BreaksInView = breaking(ZeroDivisionError("secret"), hook="process_view")
BreaksOnError = breaking(ZeroDivisionError("secret"), hook="process_exception")
BreaksWithAValue = breaking(ValidationError("secret"), after=True)
BreaksWithARace = breaking(IntegrityError("UNIQUE constraint failed: audit.id"), after=True)
Forbids = breaking(PermissionDenied("secret"))
Misses = breaking(Http404("secret"))


def failures(caplog) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "name",
    ["BreaksBefore", "BreaksAfter", "BreaksInView", "BreaksLater", "BreaksWithAValue", "BreaksWithARace"],
)
def test_what_middleware_raises_is_in_the_log_once_under_the_clients_id(settings, behind, caplog, name, debug) -> None:
    settings.DEBUG = debug
    behind("Passes", name, "Passes")
    signalled = []

    def note(**kwargs):
        signalled.append(kwargs["request"])

    got_request_exception.connect(note)
    try:
        error = MCPClient().fail("single_w")
    finally:
        got_request_exception.disconnect(note)
    (record,) = failures(caplog)
    assert error == {"code": -32603, "message": "Internal error", "data": {"error_id": error["data"]["error_id"]}}
    assert error["data"]["error_id"] in record.getMessage()
    assert record.exc_info is not None
    assert len(signalled) == 1


def test_a_hook_that_breaks_on_an_exception_is_in_the_log(behind, caplog) -> None:
    behind("BreaksOnError")
    error = MCPClient().fail("race_w")
    (record,) = [record for record in failures(caplog) if error["data"]["error_id"] in record.getMessage()]
    assert record.exc_info[0] is ZeroDivisionError


@pytest.mark.parametrize(("name", "status"), [("Forbids", 401), ("Misses", 404)])
def test_what_middleware_refuses_by_raising_is_refused(behind, name, status) -> None:
    behind(name)
    answer = MCPClient().send("tools/call", {"name": "single_w", "arguments": {}})
    assert "secret" not in str(answer)
    shown = answer["error"]["code"] if "error" in answer else answer["result"]["structuredContent"]["status"]
    assert shown == status


class LogsItself:
    """Answers a 500 of its own and says that the log has it, without any id."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not is_outer(request):
            response = HttpResponseServerError("<p>secret</p>")
            response._has_been_logged = True
        return response


def test_a_failure_that_middleware_claims_to_have_logged_is_found_by_its_id(behind, caplog) -> None:
    behind("LogsItself")
    error = MCPClient().fail("single_w")
    assert [error["data"]["error_id"] in record.getMessage() for record in failures(caplog)] == [True]


# Loading it

LOADED: list[object] = []
LOADING = threading.Event()


class Slow:
    """Takes its time to load, and notes what the settings list meanwhile."""

    def __init__(self, get_response):
        LOADING.wait(0.1)
        LOADED.append(django_settings.MIDDLEWARE)
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)


@pytest.mark.parametrize("skipped", [[], [f"{__name__}.Passes"]])
def test_two_threads_load_the_middleware_once_and_the_settings_stay_as_they_are(behind, skipped) -> None:
    behind("Passes", "Slow", SKIP_MIDDLEWARE=skipped)
    listed = django_settings.MIDDLEWARE
    LOADED.clear()
    handlers: list[object] = []
    threads = [threading.Thread(target=lambda: handlers.append(inner_handler())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(LOADED) == 1
    assert LOADED[0] is listed
    assert len(set(map(id, handlers))) == 1


class Compresses:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not is_outer(request):
            response.content = gzip.compress(response.content)
            response["Content-Encoding"] = "gzip"
        return response


class NotUsed:
    def __init__(self, get_response):
        raise MiddlewareNotUsed


def test_middleware_that_does_not_want_to_be_used_is_not(behind) -> None:
    behind("Passes", "NotUsed", "AddsAKey")
    assert MCPClient().call("single_w")["structuredContent"]["request_id"] == 7


def test_what_was_compressed_although_nobody_asked_for_it_is_no_answer(behind, caplog) -> None:
    behind("Compresses")
    error = MCPClient().fail("single_w")
    (record,) = failures(caplog)
    assert error["data"]["error_id"] in record.getMessage()
    assert "gzip" in record.getMessage()
