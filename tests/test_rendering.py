"""Any response of a view or of middleware as the result of a call."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
import uuid
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.test import override_settings
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import ViewSet

from tests.factories import MCPClient, UserFactory, mcp_urls, routed, text_of


class CSVRenderer(BaseRenderer):
    media_type = "text/csv"
    format = "csv"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return "\n".join(",".join(map(str, row.values())) for row in data)


class ShoutingRenderer(JSONRenderer):
    """A project's own JSON, which is what the structured content must be."""

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return super().render({"DATA": data}, accepted_media_type, renderer_context)


ANSWERS: dict[str, Any] = {
    "types": lambda: Response(
        {
            "decimal": Decimal("1.50"),
            "datetime": dt.datetime(2025, 8, 4, 15, 30, tzinfo=dt.UTC),
            "date": dt.date(2025, 8, 4),
            "uuid": uuid.UUID(int=1),
            "lazy": gettext_lazy("Yes"),
            "generator": (number for number in (1, 2)),
            "none": None,
            "bytes": b"abc",
        }
    ),
    "nothing": lambda: Response(),
    "no_content": lambda: Response(status=204),
    "number": lambda: Response(8),
    "text": lambda: Response("hello"),
    "boolean": lambda: Response(False),
    "listed": lambda: Response([1, 2]),
    "tuple": lambda: Response((1, 2)),
    "generated": lambda: Response(number for number in (1, 2)),
    "nan": lambda: JsonResponse({"a": float("nan")}),
    "json": lambda: JsonResponse({"a": 1}),
    "json_list": lambda: JsonResponse([1], safe=False),
    "broken_json": lambda: HttpResponse(b"{", content_type="application/json"),
    "problem": lambda: HttpResponse(b'{"a": 1}', content_type="application/problem+json; charset=utf-8"),
    "plain": lambda: HttpResponse("grüße", content_type="text/plain"),
    "latin": lambda: HttpResponse("grüße".encode("latin-1"), content_type="text/plain; charset=latin-1"),
    "binary_text": lambda: HttpResponse(b"\xff\xfe", content_type="text/plain"),
    "unknown_charset": lambda: HttpResponse(b"hi", content_type="text/plain; charset=klingon"),
    "empty_page": lambda: HttpResponse(b""),
    "page": lambda: HttpResponse("<p>hi</p>"),
    "image": lambda: HttpResponse(b"\x89PNG", content_type="image/png"),
    "audio": lambda: HttpResponse(b"RIFF", content_type="audio/wav"),
    "pdf": lambda: FileResponse(BytesIO(b"%PDF"), content_type="application/pdf"),
    "untyped": lambda: HttpResponse(b"x", content_type=""),
    "stream": lambda: StreamingHttpResponse(iter(["a", b"b"]), content_type="text/plain"),
    "stream_json": lambda: StreamingHttpResponse(iter([b'{"a":', b"1}"]), content_type="application/json"),
    "large": lambda: StreamingHttpResponse((b"x" * 100 for _ in range(100)), content_type="text/plain"),
    "large_file": lambda: FileResponse(BytesIO(b"x" * 5000), content_type="application/pdf"),
    "large_body": lambda: HttpResponse(b"x" * 5000, content_type="application/pdf"),
    "moved": lambda: HttpResponseRedirect("/login/"),
    "many": lambda: Response(list(range(500))),
    "many_objects": lambda: JsonResponse([{"id": number} for number in range(500)], safe=False),
    "conflict": lambda: Response({"detail": "Busy.", "retry": True}, status=409),
    "conflict_page": lambda: HttpResponse("<p>no</p>", status=409),
    "conflict_json": lambda: JsonResponse({"message": "Busy."}, status=409),
    "conflict_broken": lambda: HttpResponse(b"{", status=409, content_type="application/json"),
    "teapot_page": lambda: HttpResponse("<p>I am a teapot</p>", status=418),
    "bad": lambda: Response({"email": ["Taken."]}, status=400),
    "bad_page": lambda: HttpResponse("<p>secret</p>", status=400),
    "server_error": lambda: Response({"detail": "secret"}, status=500),
    "unavailable": lambda: Response({"detail": "secret"}, status=503),
    "unauthorized": lambda: Response({"detail": "secret"}, status=401),
    "created": lambda: Response({"id": 1}, status=201),
    "accepted": lambda: Response({"task": 1}, status=202),
}
ERRORS: dict[str, Exception] = {
    "not_found": Http404("No such bell"),
    "forbidden": PermissionDenied("secret reason"),
    "throttled": exceptions.Throttled(wait=7),
    "api_error": exceptions.APIException("secret"),
    "not_allowed": exceptions.MethodNotAllowed("GET"),
    "signed_out": exceptions.NotAuthenticated(),
    "invalid": exceptions.ValidationError({"lines": [{"sku": ["Required."]}]}, code="required"),
    "model_invalid": ValidationError({"email": ["Taken."]}),
    "lost_race": IntegrityError("UNIQUE constraint failed: users_user.email"),
    "protected": ProtectedError("secret", set()),
    "missing_column": IntegrityError("NOT NULL constraint failed: users_user.email"),
    "crash": ZeroDivisionError("secret"),
    "suspicious": SuspiciousOperation("secret"),
    "missing_row": ObjectDoesNotExist("secret"),
}


def answering(name: str, answer: Any) -> Any:
    def method(self, request):
        return answer()

    method.__name__ = name
    return action(detail=False)(method)


def raising(name: str, error: Exception) -> Any:
    def method(self, request):
        raise error

    method.__name__ = name
    return action(detail=False)(method)


Answers = type("Answers", (ViewSet,), {name: answering(name, answer) for name, answer in ANSWERS.items()})
Errors = type("Errors", (ViewSet,), {name: raising(name, error) for name, error in ERRORS.items()})


class Tables(ViewSet):
    @action(detail=False, renderer_classes=[CSVRenderer])
    def table(self, request):
        return Response([{"a": 1, "b": 2}, {"a": 3, "b": 4}])

    @action(detail=False, renderer_classes=[ShoutingRenderer])
    def shout(self, request):
        return Response({"a": 1})

    @action(detail=False, renderer_classes=[ShoutingRenderer])
    def shout_no(self, request):
        raise exceptions.NotFound


urlpatterns = [
    *routed(Answers, basename="a"),
    *routed(Errors, prefix="errors", basename="e"),
    *routed(Tables, prefix="tables", basename="t"),
    *mcp_urls(),
]
pytestmark = pytest.mark.urls(__name__)


def answer(name: str, version: str = "2025-06-18") -> dict[str, Any]:
    return MCPClient(version=version).call(f"{name}_a")


def block(name: str) -> dict[str, Any]:
    (only,) = answer(name)["content"]
    return only


# What succeeded


def test_structured_content_is_what_rest_would_have_sent() -> None:
    structured = answer("types")["structuredContent"]
    assert structured == APIClient().get("/things/types/").json()
    assert structured["datetime"] == "2025-08-04T15:30:00Z"
    assert structured["generator"] == [1, 2]


@pytest.mark.parametrize(
    ("name", "structured"),
    [
        ("number", {"result": 8}),
        ("text", {"result": "hello"}),
        ("boolean", {"result": False}),
        ("listed", {"result": [1, 2]}),
        ("tuple", {"result": [1, 2]}),
        ("generated", {"result": [1, 2]}),
        ("json", {"a": 1}),
        ("json_list", {"result": [1]}),
        ("problem", {"a": 1}),
        ("stream_json", {"a": 1}),
        ("created", {"id": 1}),
        ("accepted", {"task": 1}),
    ],
)
def test_structured_content_is_always_an_object(name: str, structured: Any) -> None:
    result = answer(name)
    assert result["structuredContent"] == structured
    assert result["isError"] is False


@pytest.mark.parametrize("name", ["nothing", "no_content", "empty_page"])
def test_an_empty_answer_has_a_text_and_no_structure(name: str) -> None:
    result = answer(name)
    assert "structuredContent" not in result
    assert text_of(result)
    assert result["isError"] is False


@pytest.mark.parametrize(("name", "text"), [("number", "8"), ("text", "hello"), ("boolean", "False")])
def test_a_bare_value_is_its_own_text(name: str, text: str) -> None:
    assert text_of(answer(name)) == text


def test_a_number_that_json_does_not_have_never_reaches_a_client() -> None:
    assert answer("nan")["structuredContent"] == {"a": "NaN"}


def test_a_view_whose_json_is_broken_is_an_error_of_the_server() -> None:
    assert MCPClient().fail("broken_json_a")["code"] == -32603


@pytest.mark.parametrize(
    ("name", "text"),
    [("plain", "grüße"), ("latin", "grüße"), ("binary_text", "\ufffd\ufffd"), ("stream", "ab")],
)
def test_text_is_a_text_block(name: str, text: str) -> None:
    assert text_of(answer(name)) == text


def test_a_charset_that_nobody_knows_is_read_as_utf8() -> None:
    assert text_of(answer("unknown_charset")) == "hi"


def test_a_csv_renderer_makes_text() -> None:
    result = MCPClient().call("table_t")
    assert text_of(result) == "1,2\n3,4"
    assert "structuredContent" not in result


def test_a_renderer_of_the_projects_own_is_obeyed() -> None:
    result = MCPClient().call("shout_t")
    assert result["structuredContent"] == {"DATA": {"a": 1}}
    assert "DATA" in text_of(result)


def test_an_error_under_a_renderer_of_the_projects_own_is_a_refusal() -> None:
    result = MCPClient().call("shout_no_t")
    assert result["isError"] is True
    assert result["structuredContent"]["status"] == 404


def test_a_page_is_no_answer() -> None:
    result = answer("page")
    assert result["isError"] is True
    assert "page or a redirect instead of data" in text_of(result)
    assert "<p>" not in json.dumps(result)


def test_media_are_blocks_of_their_kind() -> None:
    assert block("image") == {
        "type": "image",
        "data": base64.b64encode(b"\x89PNG").decode(),
        "mimeType": "image/png",
    }
    assert block("audio")["type"] == "audio"


def test_other_bytes_are_an_embedded_resource() -> None:
    assert block("pdf") == {
        "type": "resource",
        "resource": {
            "uri": "http://testserver/things/pdf/",
            "mimeType": "application/pdf",
            "blob": base64.b64encode(b"%PDF").decode(),
        },
    }
    assert block("untyped")["resource"]["mimeType"] == "application/octet-stream"


def test_an_old_client_is_told_of_audio_in_words() -> None:
    (only,) = answer("audio", "2024-11-05")["content"]
    assert only["type"] == "text"


# Size


@pytest.mark.parametrize("name", ["large", "large_file", "large_body"])
def test_what_is_larger_than_the_limit_is_refused_with_the_limit(name: str) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_FILE_SIZE": 1000}):
        result = answer(name)
    assert result["isError"] is True
    assert result["structuredContent"]["status"] == 413
    assert "1000 bytes" in text_of(result)


def test_a_stream_that_is_too_large_is_not_read_to_its_end() -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_FILE_SIZE": 1000}):
        assert answer("large")["isError"] is True
    assert text_of(answer("large")) == "x" * 10_000


@pytest.mark.parametrize("name", ["many", "many_objects"])
def test_a_long_list_without_pages_is_cut_and_says_so(name: str) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_ITEMS": 3}):
        structured = answer(name)["structuredContent"]
    assert len(structured["result"]) == 3
    assert structured["total"] == 500


# The text as JSON


@pytest.mark.parametrize(("name", "text"), [("json", '{"a":1}'), ("listed", "[1,2]"), ("number", "8")])
def test_a_setting_makes_the_text_plain_json(name: str, text: str) -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "RESULT_TEXT": "json"}):
        assert text_of(answer(name)) == text


def test_plain_json_of_a_cut_list_is_json_as_well() -> None:
    with override_settings(DRF_MCP={"ANONYMOUS": True, "RESULT_TEXT": "json", "MAX_ITEMS": 2}):
        assert json.loads(text_of(answer("many"))) in ([0, 1], {"result": [0, 1], "total": 500})


# What was refused


@pytest.mark.parametrize(
    ("name", "expected", "text"),
    [
        ("conflict_a", 409, "Conflict: Busy."),
        ("conflict_page_a", 409, "Conflict"),
        ("conflict_json_a", 409, "Conflict: message: Busy."),
        ("conflict_broken_a", 409, "Conflict"),
        ("not_found_e", 404, "Not found: "),
        ("protected_e", 409, "Conflict: Other objects refer to this one"),
        ("throttled_e", 429, "Too many requests: Request was throttled."),
        ("not_allowed_e", 405, "Method not allowed: "),
        ("moved_a", 302, "The answer was a page or a redirect"),
        ("teapot_page_a", 418, "The answer was a page or a redirect"),
    ],
)
def test_a_refusal_is_a_result_that_says_so(name: str, expected: int, text: str) -> None:
    result = MCPClient().call(name)
    assert result["isError"] is True
    assert result["structuredContent"]["status"] == expected
    assert text_of(result).startswith(text)
    assert "<p>" not in json.dumps(result)


def test_a_throttle_says_when_to_retry() -> None:
    result = MCPClient().call("throttled_e")
    assert result["structuredContent"]["retry_after"] == "7"
    assert text_of(result).endswith("Call again in 7 seconds.")


@pytest.mark.parametrize("name", ["bad_a", "invalid_e", "model_invalid_e", "lost_race_e", "bad_page_a"])
def test_a_400_is_invalid_params(name: str) -> None:
    error = MCPClient().fail(name)
    assert error["code"] == -32602
    assert error["message"].startswith("Tool execution failed: ")
    assert "secret" not in json.dumps(error)
    assert "None" not in error["message"]


def test_the_path_of_a_nested_error_is_kept() -> None:
    error = MCPClient().fail("invalid_e")
    assert error["message"] == "Tool execution failed: lines.0.sku: Required."
    assert error["data"]["errors"] == {"lines": [{"sku": [{"message": "Required.", "code": "required"}]}]}


def test_a_suspicious_request_is_answered_without_detail() -> None:
    error = MCPClient().fail("suspicious_e")
    assert "secret" not in json.dumps(error)


@pytest.mark.parametrize(
    "name", ["server_error_a", "unavailable_a", "api_error_e", "crash_e", "missing_column_e", "missing_row_e"]
)
@pytest.mark.parametrize("debug", [False, True])
def test_what_broke_is_answered_without_detail(name: str, debug: bool, caplog) -> None:
    with override_settings(DEBUG=debug), caplog.at_level(logging.ERROR):
        error = MCPClient().fail(name)
    assert error["code"] == -32603
    assert error["message"] == "Internal error"
    assert set(error["data"]) == {"error_id"}
    (record,) = (record for record in caplog.records if error["data"]["error_id"] in record.getMessage())
    assert record.levelno == logging.ERROR


@pytest.mark.parametrize("name", ["unauthorized_a", "forbidden_e", "signed_out_e"])
def test_an_anonymous_caller_whom_a_view_refuses_is_told_to_sign_in(name: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name}}
    response = MCPClient().post(message)
    assert response.status_code == status.HTTP_401_UNAUTHORIZED
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert "secret" not in response.content.decode()


@pytest.mark.django_db
def test_a_known_caller_who_is_forbidden_gets_a_result() -> None:
    result = MCPClient(UserFactory()).call("forbidden_e")
    assert result["structuredContent"]["status"] == 403
    assert result["isError"] is True


@pytest.mark.django_db
def test_a_view_that_does_not_believe_a_known_caller_is_an_error_of_the_server() -> None:
    assert MCPClient(UserFactory()).fail("unauthorized_a")["code"] == -32603
