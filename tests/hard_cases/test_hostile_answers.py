"""Answers of every kind that a view may give, against what REST says of the same."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import json
import logging
import uuid
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import AsyncClient, override_settings
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.utils.serializer_helpers import ReturnDict
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.payloads import _with_details
from drf_mcp.responses import ToolResponse, text
from tests.factories import MCPClient, UserFactory, mcp_urls, routed, text_of
from users.models import User
from users.serializers import UserSerializer


class Colour(str, enum.Enum):  # noqa: UP042  (its str() is not its value)
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Row:
    """An object that only its ``__getitem__`` makes a mapping."""

    def keys(self):
        return ["a"]

    def __getitem__(self, key):
        return {"a": 1}[key]


def nested(depth):
    data = "deep"
    for _ in range(depth):
        data = {"in": [data]}
    return data


# Data that is no JSON by itself: each entry is made anew for each call.
DATA = {
    "generator": lambda: {"rows": (n for n in (1, 2))},
    "rows": lambda: {"rows": ({"id": n} for n in (1, 2))},
    "deeper": lambda: [{"id": 1, "tags": {"x": iter("ab")}}],
    "iterator": lambda: iter([1, 2]),
    "objects": lambda: ({"id": n, "n": n} for n in (1, 2)),
    "dict_views": lambda: {"keys": {"a": 1}.keys(), "values": {"a": 1}.values(), "items": {"a": 1}.items()},
    "a_set": lambda: {"tags": {"one"}, "frozen": frozenset(["two"])},
    "queryset": lambda: User.objects.order_by("pk").values("username"),
    "queryset_inside": lambda: {"users": User.objects.order_by("pk").values_list("username", flat=True)},
    "proxied": lambda: {"row": Row(), "counter": collections.Counter("aab")},
    "enums": lambda: {"colour": Colour.RED, "size": Size.SMALL},
    "decimals": lambda: {"price": Decimal("1.50"), "at": dt.datetime(2025, 8, 4, 15, 30, tzinfo=dt.UTC)},
    "more_types": lambda: {"id": uuid.UUID(int=5), "took": dt.timedelta(minutes=1), "at": dt.time(10, 30)},
    "odd_keys": lambda: {7: "seven", None: "none", True: "true", 1.5: "more"},
    "large_number": lambda: {"n": 10**30, "f": 1e300, "z": -0.0},
    "separators": lambda: {"text": "a\u2028b\u2029c\x85d", "n": "a\r\nb"},
    "return_dict": lambda: ReturnDict({"a": (n for n in (1,))}, serializer=None),
    "empty_generator": lambda: {"rows": (n for n in ())},
    "words": lambda: {"said": 'NaN and Infinity, \\ud800 and ": ", ", "'},
    "astral": lambda: {"face": "\U0001f600"},
    "deep": lambda: nested(60),
}


def answers(name, make):
    def method(self, request):
        return Response(make())

    method.__name__ = name
    return action(detail=False)(method)


Data = type("Data", (ViewSet,), {name: answers(name, make) for name, make in DATA.items()})


def streams(*chunks):
    def make():
        return StreamingHttpResponse(iter(chunks), content_type="text/plain")

    return make


REFUSED = {
    "nothing": lambda: Response(status=400),
    "empty_list": lambda: Response([], status=400),
    "text": lambda: Response("No.", status=400),
    "texts": lambda: Response(["No.", "Never."], status=400),
    "fields": lambda: Response({"name": ["Taken."], "lines": [{}, {"sku": ["Bad."]}]}, status=400),
    "detail": lambda: Response({"detail": "No."}, status=400),
    "flag": lambda: Response({"ok": False}, status=400),
    "envelope": lambda: Response(
        {"success": False, "code": 1001, "errors": {"name": ["Taken."]}, "ratio": 0.5, "next": None}, status=400
    ),
    "objects": lambda: Response({"detail": "Sold out.", "product": {"sku": "x", "stock": 0}}, status=400),
    "meaning": lambda: Response({"error": "sold_out", "product": {"sku": "x"}}, status=400),
    "number": lambda: Response(5, status=400),
    "boolean": lambda: Response(False, status=400),
    "zero": lambda: Response(0, status=400),
    "numbers": lambda: Response([1, 2], status=400),
    "generated": lambda: Response({"name": (word for word in ("Taken.", "Short."))}, status=400),
    "problem": lambda: HttpResponse(
        json.dumps({"title": "Bad", "status": 400}), status=400, content_type="application/problem+json"
    ),
    "latin": lambda: HttpResponse(
        '{"name": ["Größe"]}'.encode("latin-1"), status=400, content_type="application/json; charset=latin-1"
    ),
    "nan": lambda: JsonResponse({"ratio": float("nan")}, status=400),
}
STATUSES = [402, 403, 404, 405, 406, 409, 410, 412, 413, 415, 416, 418, 422, 423, 424, 428, 429, 431, 451, 499]


class Refused(ViewSet):
    @mcp_tool(name="refuse", input={"type": "object", "properties": {"how": {"type": "string"}}})
    @action(detail=False, methods=["post"])
    def how(self, request):
        return REFUSED[request.data["how"]]()

    @mcp_tool(name="status", input={"type": "object"})
    @action(detail=False, methods=["post"])
    def status(self, request):
        kwargs = {"status": request.data["status"], "headers": request.data.get("headers")}
        return Response(request.data["data"], **kwargs) if "data" in request.data else HttpResponse(**kwargs)

    @mcp_tool(name="raise")
    @action(detail=False, methods=["post"])
    def raises(self, request):
        raise ERRORS[request.data["what"]]


ERRORS = {
    "clean": ValidationError({"name": [ValidationError("Short.", code="min_length")]}),
    "clean_all": ValidationError("Together they are wrong.", code="both"),
    "race": IntegrityError("duplicate key value violates unique constraint"),
    "protected": ProtectedError("secret", set()),
    "restricted": RestrictedError("secret", set()),
    "throttled": exceptions.Throttled(wait=9),
}


# Exception handlers of any shape

HANDLED = {
    "list": lambda: Response(["No.", {"code": 5}], status=400),
    "string": lambda: Response("No.", status=409),
    "none": lambda: Response(None, status=409),
    "number": lambda: Response(7, status=422),
    "http": lambda: HttpResponse("No, in plain words.", status=422, content_type="text/plain"),
    "page": lambda: HttpResponse("<p>secret</p>", status=400),
    "redirect": lambda: HttpResponse(status=302, headers={"Location": "/login/?secret"}),
    "ok": lambda: Response({"ok": False, "error": "No."}, status=200),
    "json": lambda: JsonResponse({"ok": False, "reason": {"code": 5}}, status=409),
    "not_handled": lambda: None,
    "no_response": lambda: ["secret"],
}


class Handled(ViewSet):
    @mcp_tool(name="handle")
    @action(detail=False, methods=["post"])
    def handled(self, request):
        raise exceptions.NotAcceptable(request.data["how"])

    def get_exception_handler(self):
        return lambda error, context: HANDLED[str(error.detail)]()


class CSVRenderer(BaseRenderer):
    media_type = "text/csv"
    format = "csv"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return ";".join(map(str, data.values() if isinstance(data, dict) else data))


class XMLRenderer(CSVRenderer):
    media_type = "application/xml"
    format = "xml"
    charset = "utf-8"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return f"<a>{data}</a>"


OPENED: list[object] = []


def counted(number, size=1000):
    """Chunks that note how many of them were read, and that they were closed."""
    OPENED.clear()
    try:
        for count in range(number):
            OPENED.append(count)
            yield b"x" * size
    finally:
        OPENED.append("closed")


async def counted_later(number):
    for chunk in counted(number):
        yield chunk


class CannotClose(BytesIO):
    has_failed = False

    def close(self):
        if self.has_failed:  # from Python 3.13 on, what collects it says so when this fails, too
            return super().close()
        self.has_failed = True
        OPENED.append("closing")
        raise OSError("secret")


class Streams(ViewSet):
    @action(detail=False)
    def long(self, request):
        return StreamingHttpResponse(counted(50), content_type="application/pdf")

    @action(detail=False)
    def announced(self, request):
        return StreamingHttpResponse(counted(50), content_type="application/pdf", headers={"Content-Length": 50_000})

    @action(detail=False)
    def lying(self, request):
        return StreamingHttpResponse(counted(50), content_type="application/pdf", headers={"Content-Length": 5})

    @action(detail=False)
    def later(self, request):
        return StreamingHttpResponse(counted_later(50), content_type="application/pdf")

    @action(detail=False)
    def short_later(self, request):
        return StreamingHttpResponse(counted_later(2), content_type="text/plain")

    @action(detail=False)
    def file(self, request):
        OPENED[:] = [Path(__file__).open("rb")]  # noqa: SIM115  (the response closes it)
        return FileResponse(OPENED[0], content_type="application/pdf")

    @action(detail=False)
    def unclosable(self, request):
        OPENED.clear()
        response = FileResponse(CannotClose(b"abc"), content_type="text/plain")
        response._resource_closers.append(lambda: OPENED.append("other"))
        return response

    @action(detail=False)
    def breaks(self, request):
        def chunks():
            yield b"a"
            raise ZeroDivisionError("secret")

        return StreamingHttpResponse(chunks(), content_type="text/plain")

    @action(detail=False, renderer_classes=[CSVRenderer])
    def csv_refused(self, request):
        raise exceptions.NotAcceptable("Only on Mondays.")

    @action(detail=False, renderer_classes=[XMLRenderer])
    def xml(self, request):
        return Response(5)

    @action(detail=False)
    def surrogate(self, request):
        return JsonResponse({"a": "x\ud800"})

    @action(detail=False, renderer_classes=[JSONRenderer])
    def blocks(self, request):
        return ToolResponse({"rows": (n for n in (1, 2))}, content=[text("Two rows.")])


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer

    def perform_create(self, serializer):
        if serializer.validated_data["username"] == "refused":
            raise exceptions.ValidationError({"username": "Not this one."}, code="taste")
        serializer.save().full_clean()


urlpatterns = [
    *routed(Data, prefix="data", basename="d"),
    *routed(Refused, prefix="refused", basename="r"),
    *routed(Handled, prefix="handled", basename="h"),
    *routed(Streams, prefix="streams", basename="s"),
    *routed(Users, prefix="users", basename="u"),
    *mcp_urls(),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


# Data


@pytest.fixture
def ann(db):
    return UserFactory(username="ann")


@pytest.mark.parametrize("name", DATA)
def test_structure_is_what_rest_sends(name, ann) -> None:
    by_rest = APIClient().get(f"/data/{name}/").json()
    result = MCPClient().call(f"{name}_d")
    structured = result["structuredContent"]
    assert (structured if isinstance(by_rest, dict) else structured["result"]) == by_rest
    assert result["isError"] is False


@pytest.mark.parametrize("name", DATA)
def test_text_says_the_same_as_the_structure(name, ann) -> None:
    result = MCPClient().call(f"{name}_d")
    _, _, shown = text_of(result).partition("Response: ")
    structured = result["structuredContent"]
    assert json.loads(shown) == (structured["result"] if list(structured) == ["result"] else structured)


def test_a_generator_is_shown_in_a_block_of_content_as_well() -> None:
    result = MCPClient().call("blocks_s")
    assert result["structuredContent"] == {"rows": [1, 2]}
    assert text_of(result) == "Two rows."


def test_half_of_a_surrogate_pair_in_an_answer_costs_no_more_than_itself() -> None:
    assert MCPClient().call("surrogate_s")["structuredContent"] == {"a": "x?"}


def test_text_under_another_name_is_text() -> None:
    assert text_of(MCPClient().call("xml_s")) == "<a>5</a>"


# Refusals


@pytest.mark.parametrize("name", REFUSED)
def test_a_400_of_any_shape_keeps_what_it_is(name) -> None:
    response = APIClient().post("/refused/how/", {"how": name}, format="json")
    error = MCPClient().fail("refuse", how=name)
    assert error["code"] == -32602
    assert error["message"].startswith("Tool execution failed: ")
    assert len(error["data"]) == 1
    if "body" in error["data"]:
        expected = {"ratio": "NaN"} if name == "nan" else json.loads(response.content)
        assert error["data"]["body"] == expected
        assert type(error["data"]["body"]) is type(expected)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nothing", {"errors": {}}),
        ("empty_list", {"errors": {}}),
        ("text", {"errors": {"non_field_errors": [{"message": "No.", "code": "invalid"}]}}),
        (
            "fields",
            {
                "errors": {
                    "name": [{"message": "Taken.", "code": "invalid"}],
                    "lines": [{}, {"sku": [{"message": "Bad.", "code": "invalid"}]}],
                }
            },
        ),
        (
            "generated",
            {"errors": {"name": [{"message": "Taken.", "code": "invalid"}, {"message": "Short.", "code": "invalid"}]}},
        ),
        ("latin", {"errors": {"name": [{"message": "Größe", "code": "invalid"}]}}),
        ("detail", {"body": {"detail": "No."}}),
        ("flag", {"body": {"ok": False}}),
        ("meaning", {"body": {"error": "sold_out", "product": {"sku": "x"}}}),
        ("boolean", {"body": False}),
        ("zero", {"body": 0}),
        ("numbers", {"body": [1, 2]}),
    ],
)
def test_only_what_has_the_form_of_errors_is_called_errors(name, data) -> None:
    assert MCPClient().fail("refuse", how=name)["data"] == data
    with override_settings(DRF_MCP={"ANONYMOUS": True, "VALIDATION_ERRORS": "result"}):
        assert MCPClient().call("refuse", how=name)["structuredContent"] == {"status": 400, **data}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("data", [None, {"detail": "Why."}, {"detail": "Why.", "until": [1]}, ["Why."], "Why."])
def test_a_refusal_of_any_status_says_what_rest_says(status, data) -> None:
    result = MCPClient(UserFactory()).call("status", status=status, data=data)
    structured = result["structuredContent"]
    assert result["isError"] is True
    assert structured["status"] == status
    assert "page or a redirect" not in text_of(result)
    if data is not None:
        assert "Why." in text_of(result)
        assert structured["detail"] == "Why."
    if isinstance(data, list) or "until" in (data or {}):
        assert structured["data"] == data
    else:
        assert "data" not in structured


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_without_a_word_is_a_sentence(status) -> None:
    result = MCPClient(UserFactory()).call("status", status=status)
    assert "page or a redirect" not in text_of(result)
    assert text_of(result)


def test_a_code_of_the_projects_own_is_the_code() -> None:
    result = MCPClient().call("status", status=409, data={"detail": "Busy.", "code": "locked_by_other"})
    assert result["structuredContent"]["code"] == "locked_by_other"


@pytest.mark.parametrize(
    ("after", "sentence"),
    [("9", "Call again in 9 seconds."), ("Wed, 21 Oct 2026 07:28:00 GMT", "Call again Wed, 21 Oct 2026 07:28:00 GMT.")],
)
def test_when_to_call_again_is_said_as_it_was_meant(after, sentence) -> None:
    for status in (409, 423, 429):
        result = MCPClient().call("status", status=status, data={"detail": "Busy."}, headers={"Retry-After": after})
        assert text_of(result).endswith(sentence)
        assert result["structuredContent"]["retry_after"] == after


def test_not_modified_says_so() -> None:
    result = MCPClient().call("status", status=304)
    assert text_of(result).startswith("Not modified: Nothing has changed")
    assert "page" not in text_of(result)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
def test_a_redirect_leads_nowhere_and_leaks_no_address(status) -> None:
    headers = {"Location": "https://internal/secret"}
    for data in ({}, {"data": {"go": "secret"}}):
        result = MCPClient().call("status", status=status, headers=headers, **data)
        assert result["isError"] is True
        assert "secret" not in json.dumps(result)


@pytest.mark.parametrize("status", [100, 103, 199, 500, 502, 503, 599])
def test_what_is_no_answer_of_a_view_is_a_failure_of_the_server(status, caplog) -> None:
    error = MCPClient().fail("status", status=status, data={"detail": "secret"})
    assert error["code"] == -32603
    assert "secret" not in json.dumps(error)
    ids = [error["data"]["error_id"] in record.getMessage() for record in caplog.records if record.levelno >= 40]
    assert ids == [True]


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 207, 226, 299])
def test_a_success_of_any_status_is_a_success(status) -> None:
    result = MCPClient().call("status", status=status, data={"id": 1})
    assert result["structuredContent"] == {"id": 1}
    assert result["isError"] is False


@pytest.mark.parametrize("status", [200, 201, 202, 204, 205])
def test_an_empty_success_says_where_to_look(status) -> None:
    result = MCPClient().call("status", status=status, headers={"Location": "/jobs/7/"})
    assert text_of(result).endswith("\n\nLocation: /jobs/7/")
    assert "structuredContent" not in result


@pytest.mark.parametrize(
    ("what", "errors"),
    [
        ("clean", {"name": [{"message": "Short.", "code": "min_length"}]}),
        ("clean_all", {"non_field_errors": [{"message": "Together they are wrong.", "code": "both"}]}),
    ],
)
def test_a_models_own_validation_is_the_callers_to_mend(what, errors) -> None:
    error = MCPClient().fail("raise", what=what)
    assert error["code"] == -32602
    assert error["data"] == {"errors": errors}


def test_what_the_database_refuses_is_said_without_its_words() -> None:
    assert MCPClient().fail("raise", what="race")["code"] == -32602
    for what in ("protected", "restricted"):
        result = MCPClient().call("raise", what=what)
        assert result["structuredContent"]["status"] == 409
        assert "secret" not in json.dumps(result)
    assert text_of(MCPClient().call("raise", what="throttled")).endswith("Call again in 9 seconds.")


def test_what_perform_create_refuses_is_a_refused_field() -> None:
    sent = {"username": "refused", "email": "r@example.com", "password": "secret-enough"}
    error = MCPClient().fail("create_users_user", **sent)
    assert error["data"] == {"errors": {"username": [{"message": "Not this one.", "code": "taste"}]}}


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ("list", (-32602, {"body": ["No.", {"code": 5}]})),
        ("string", (409, "Conflict: No.")),
        ("none", (409, "Conflict")),
        ("number", (422, "Unprocessable: 7")),
        ("http", (422, "Unprocessable: No, in plain words.")),
        ("page", (-32602, {"errors": {}})),
        ("redirect", (302, "The answer was a page or a redirect instead of data.")),
        ("json", (409, "Conflict: ok: False reason.code: 5")),
        ("no_response", (-32603, None)),
    ],
)
def test_an_exception_handler_may_answer_in_any_shape(how, shown) -> None:
    answer = MCPClient().send("tools/call", {"name": "handle", "arguments": {"how": how}})
    assert "secret" not in json.dumps(answer)
    code, said = shown
    if "error" in answer:
        assert answer["error"]["code"] == code
        assert said is None or answer["error"]["data"] == said
    else:
        assert answer["result"]["structuredContent"]["status"] == code
        assert text_of(answer["result"]).startswith(said)


def test_an_exception_handler_may_make_a_success_of_it() -> None:
    assert MCPClient().call("handle", how="ok")["structuredContent"] == {"ok": False, "error": "No."}


def test_what_the_exception_handler_leaves_alone_is_a_failure() -> None:
    assert MCPClient().fail("handle", how="not_handled")["code"] == -32603


def test_a_refusal_in_plain_words_is_passed_on_and_a_page_is_not() -> None:
    assert "Only on Mondays." in text_of(MCPClient().call("csv_refused_s"))


# Sizes and resources


@pytest.fixture
def small():
    # Under ASGI a call is recorded by the thread that ran it, through a connection that no test closes.
    with override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_FILE_SIZE": 3000, "RECORD": "none"}):
        yield


@pytest.mark.parametrize(
    ("name", "read"),
    [("long", [0, 1, 2, 3, "closed"]), ("lying", [0, 1, 2, 3, "closed"]), ("later", [0, 1, 2, 3, "closed"])],
)
def test_a_stream_is_read_to_the_limit_and_closed(small, name, read) -> None:
    result = MCPClient().call(f"{name}_s")
    assert result["structuredContent"]["status"] == 413
    assert read == OPENED


def test_a_stream_that_says_it_is_too_large_is_not_read_at_all(small) -> None:
    OPENED.clear()
    assert MCPClient().call("announced_s")["structuredContent"]["status"] == 413
    assert OPENED == []


def test_a_file_that_is_too_large_is_closed(small) -> None:
    assert MCPClient().call("file_s")["structuredContent"]["status"] == 413
    assert OPENED[0].closed


def test_an_asynchronous_stream_is_whole() -> None:
    assert text_of(MCPClient().call("short_later_s")) == "x" * 2000
    assert OPENED == [0, 1, "closed"]


async def ask_under_asgi(name):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name}}
    return (await AsyncClient().post("/mcp/", message, content_type="application/json")).json()["result"]


def test_an_asynchronous_stream_is_read_under_asgi_as_well(small) -> None:
    assert text_of(async_to_sync(ask_under_asgi)("short_later_s")) == "x" * 2000
    assert async_to_sync(ask_under_asgi)("later_s")["structuredContent"]["status"] == 413
    assert OPENED == [0, 1, 2, 3, "closed"]


def test_what_cannot_be_closed_costs_neither_the_answer_nor_the_others() -> None:
    assert text_of(MCPClient().call("unclosable_s")) == "abc"
    assert "closing" in OPENED
    assert "other" in OPENED


def test_a_stream_that_breaks_is_a_failure_that_the_log_has(caplog) -> None:
    error = MCPClient().fail("breaks_s")
    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert error["data"]["error_id"] in record.getMessage()
    assert record.exc_info[0] is ZeroDivisionError
    assert "secret" not in json.dumps(error)


def test_details_are_matched_by_their_words() -> None:
    detail = ErrorDetail("Taken.", "unique")
    assert _with_details({"a": ["Taken."]}, {"a": [detail]})["a"][0].code == "unique"
    assert not hasattr(_with_details({"a": ["Other."]}, {"a": [detail]})["a"][0], "code")
    assert _with_details({"a": ["x", "y"]}, MappingProxyType({"a": [detail]})) == {"a": ["x", "y"]}
