"""Section 8: bodies, files, headers, answers."""

from __future__ import annotations

import base64
import logging
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from jsonschema import Draft202012Validator

from tests.shop.models import Document, Product, Task

from .callers import assert_same, rows

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.bodies")]

CONTENT = b"\x00\x01 some bytes \xff"
ENCODED = base64.b64encode(CONTENT).decode()


@pytest.fixture
def document(db):
    return Document.objects.create(name="d.bin", content=b"old")


@pytest.fixture
def tasks(alice):
    for number in range(5):
        Task.objects.create(title=f"Task {number}", priority=number, owner=alice.user if number % 2 else None)


@pytest.mark.parametrize(
    ("content", "media_type"), [(ENCODED, "text/csv"), (f"data:image/png;base64,{ENCODED}", "image/png")]
)
def test_upload_takes_base64_and_data_uris(alice, content, media_type):
    assert "file" in alice.mcp.required("upload_shop_document")
    file = SimpleUploadedFile("a.csv", CONTENT, media_type)
    response = alice.rest.post("/documents/upload/", {"file": file, "kind": "k"}, format="multipart")
    by_rest = rows()["Document"]
    Document.objects.all().delete()
    answer = alice.mcp.call("upload_shop_document", {"file": {"name": "a.csv", "content": content}, "kind": "k"})
    assert_same(response, answer)
    assert answer.data["type"] == media_type
    assert answer.data["files"] == ["file"]
    assert rows()["Document"] == by_rest


def test_upload_carries_lists_and_text_beside_the_file(alice):
    file = {"name": "ü.txt", "content": ENCODED}
    answer = alice.mcp.call("upload_shop_document", {"file": file, "labels": ["a", "b c"], "kind": "ü"})
    assert answer.data["labels"] == ["a", "b c"]
    assert answer.data["name"] == "ü.txt"
    assert Document.objects.get().kind == "ü"


def test_upload_that_the_serializer_refuses_is_refused_as_under_rest(alice):
    response = alice.rest.post("/documents/upload/", {"kind": "k"}, format="multipart")
    assert_same(response, alice.mcp.call("upload_shop_document", {"kind": "k"}))
    response = alice.rest.post(
        "/documents/upload/", {"file": SimpleUploadedFile("empty.txt", b""), "kind": "k"}, format="multipart"
    )
    assert_same(response, alice.mcp.call("upload_shop_document", {"file": {"name": "empty.txt", "content": ""}}))


@pytest.mark.parametrize("file", ["text", {"name": "x"}, {"name": "x", "content": "no base64!"}, 5, ["a"]])
def test_argument_that_is_no_file_is_named(alice, file):
    error = alice.mcp.call("upload_shop_document", {"file": file}).error
    assert error["code"] == -32602
    assert "file" in error["message"]


def test_file_name_cannot_leave_its_folder_or_its_header(alice):
    for name in ("../../etc/passwd", 'a"; name="kind', "a\r\nX: y"):
        answer = alice.mcp.call("upload_shop_document", {"file": {"name": name, "content": ENCODED}})
        if "result" in answer.payload:
            assert "/" not in answer.data["name"]
            assert answer.data["files"] == ["file"]


def test_file_beyond_the_limit_is_refused(settings, alice):
    settings.DRF_MCP = {**settings.DRF_MCP, "MAX_FILE_SIZE": 4}
    error = alice.mcp.call("upload_shop_document", {"file": {"name": "a", "content": ENCODED}}).error
    assert "4" in error["message"]
    assert not Document.objects.exists()


def test_download_and_upload_of_one_action_are_two_tools(document, alice):
    pk = str(document.pk)
    answer = alice.mcp.call("get_content_shop_document", {"id": pk})
    assert base64.b64decode(answer.result["content"][0]["resource"]["blob"]) == b"old"
    answer = alice.mcp.call("post_content_shop_document", {"id": pk, "file": {"name": "n", "content": ENCODED}})
    assert not answer.is_refused
    document.refresh_from_db()
    assert bytes(document.content) == CONTENT


def test_download_takes_no_file(document, alice):
    assert set(alice.mcp.properties("get_content_shop_document")) == {"id"}


def test_form_parser_gets_a_form(alice):
    response = alice.rest.post("/documents/form/", "a=1&b=2&b=3", content_type="application/x-www-form-urlencoded")
    answer = alice.mcp.call("form_shop_document", {"a": "1", "b": ["2", "3"]})
    assert answer.data["a"] == response.data["a"]
    assert answer.data["b"] == response.data["b"]


def test_custom_parser_is_refused_or_served_but_never_crashes(alice):
    answer = alice.mcp.call("raw_shop_document", {"text": "hello"})
    assert answer.status in (200, 415), answer.payload


def test_required_headers_are_arguments(document, alice):
    path, pk = f"/documents/{document.pk}/part/", str(document.pk)
    assert {"content_range", "if_match"} <= alice.mcp.properties("part_shop_document").keys()
    answer = alice.compare(
        "post",
        path,
        "part_shop_document",
        {"id": pk, "content_range": "bytes 0-1/2", "if_match": '"tag"'},
        {},
        HTTP_CONTENT_RANGE="bytes 0-1/2",
        HTTP_IF_MATCH='"tag"',
    )
    assert answer.data == {"range": "bytes 0-1/2", "match": '"tag"'}
    assert alice.compare("post", path, "part_shop_document", {"id": pk}, {}).status == 412


def test_header_argument_cannot_bring_another_header(document, alice):
    arguments = {"id": str(document.pk), "content_range": "bytes 0-1/2\r\nX-Admin: yes"}
    assert alice.mcp.call("part_shop_document", arguments).error["code"] == -32602


def test_conflict_says_to_retry(document, alice):
    answer = alice.compare("post", "/answers/busy/", "busy_shop_task", {}, {})
    assert answer.status == 409
    assert answer.structured["code"] == "conflict"
    assert "retry later" in answer.text


def test_pdf_is_an_embedded_resource(alice):
    (block,) = alice.mcp.call("pdf_shop_task").result["content"]
    assert block["type"] == "resource"
    assert block["resource"]["mimeType"] == "application/pdf"
    assert base64.b64decode(block["resource"]["blob"]) == alice.rest.get("/answers/pdf/").content


def test_csv_of_a_renderer_is_text(tasks, alice):
    answer = alice.mcp.call("csv_shop_task")
    assert answer.text == alice.rest.get("/answers/csv/").content.decode()


def test_page_is_never_passed_on(alice):
    answer = alice.mcp.call("html_shop_task")
    assert "<" not in str(answer.payload)


def test_plain_text_is_text(alice):
    assert alice.mcp.call("plain_shop_task").text == "Just text: ü"


def test_image_is_an_image(alice):
    (block,) = alice.mcp.call("image_shop_task").result["content"]
    assert (block["type"], block["mimeType"]) == ("image", "image/png")
    assert base64.b64decode(block["data"]) == b"\x89PNG\r\n"


def test_streamed_text_is_whole(alice):
    assert alice.mcp.call("stream_shop_task").text == "line 0\nline 1\nline 2\n"


def test_streamed_file_is_whole(alice):
    (block,) = alice.mcp.call("file_shop_task").result["content"]
    assert base64.b64decode(block["resource"]["blob"]) == b"ab"


def test_redirect_is_a_fixed_sentence(alice):
    answer = alice.mcp.call("moved_shop_task")
    assert answer.is_refused
    assert "secret" not in str(answer.payload)


def test_accepted_gives_the_task(alice):
    assert alice.compare("post", "/answers/accepted/", "accepted_shop_task", {}, {}).data == {"task": "t-1"}


def test_no_content_is_a_success(alice):
    answer = alice.compare("post", "/answers/nothing/", "nothing_shop_task", {}, {})
    assert not answer.is_refused
    assert answer.text


@pytest.mark.parametrize(("action", "data"), [("numbers", [1, 2.5, None, True, "x"]), ("value", 42)])
def test_bare_values_stand_under_result(alice, action, data):
    answer = alice.compare("get", f"/answers/{action}/", f"{action}_shop_task")
    assert answer.structured == {"result": data}


def test_null_is_a_success(alice):
    assert not alice.mcp.call("null_shop_task").is_refused


def test_query_parameters_that_a_write_wants_are_arguments(alice):
    product = Product.objects.create(sku="s", name="S")
    path, pk = f"/required-query/{product.pk}/", str(product.pk)
    assert "version" in alice.mcp.properties("update_shop_product")
    assert "confirm" in alice.mcp.properties("destroy_shop_product")
    assert alice.compare("patch", path, "update_shop_product", {"id": pk, "name": "T"}, {"name": "T"}).status == 412
    alice.compare(
        "patch", f"{path}?version=1", "update_shop_product", {"id": pk, "name": "T", "version": "1"}, {"name": "T"}
    )
    assert alice.compare("delete", path, "destroy_shop_product", {"id": pk}).status == 412
    alice.compare("delete", f"{path}?confirm=yes", "destroy_shop_product", {"id": pk, "confirm": "yes"})


@pytest.mark.parametrize(
    ("query", "arguments", "count"),
    [
        ("min_priority=3", {"min_priority": "3"}, 2),
        ("min_priority=3", {"min_priority": 3}, 2),
        ("owner=alice", {"owner": "alice"}, 2),
        ("open=true", {"open": "true"}, 5),
        ("open=true", {"open": True}, 5),
        ("search=Task%202", {"search": "Task 2"}, 1),
        ("ordering=-priority", {"ordering": "-priority"}, 5),
        ("key=1&key=2", {"key": ["1", "2"]}, None),
    ],
)
def test_filters_that_the_code_reads_by_hand_are_arguments(tasks, alice, query, arguments, count):
    assert arguments.keys() <= alice.mcp.properties("list_shop_task_filtered").keys()
    answer = alice.compare("get", f"/filtered/?{query}", "list_shop_task_filtered", arguments)
    assert count is None or len(answer.data) == count


def test_misspelt_filter_is_refused_and_not_dropped(tasks, alice):
    error = alice.mcp.call("list_shop_task_filtered", {"ownr": "alice"}).error
    assert "owner" in error["message"]


def test_optional_pagination_gives_an_array_or_a_page(tasks, alice):
    name = "list_shop_task_optional-pages"
    schema = alice.mcp.tool(name).get("outputSchema", {})
    for path, arguments in (
        ("/optional-pages/", {}),
        ("/optional-pages/?page_size=2", {"page_size": 2}),
        ("/optional-pages/?page_size=2&page=2", {"page_size": 2, "page": 2}),
    ):
        answer = alice.compare("get", path, name, arguments)
        Draft202012Validator(schema).validate(answer.structured)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [("paged", {"page": 2}), ("offset", {"limit": 1, "offset": 1}), ("paged", {}), ("offset", {}), ("cursor", {})],
)
def test_links_of_a_page_are_those_of_the_rest_api(tasks, alice, kind, arguments):
    query = "&".join(f"{key}={value}" for key, value in arguments.items())
    answer = alice.compare("get", f"/{kind}/?{query}" if query else f"/{kind}/", f"list_shop_task_{kind}", arguments)
    assert answer.data["next"].startswith(f"http://testserver/{kind}/?")


def test_cursor_leads_to_the_next_page(tasks, alice):
    first = alice.mcp.call("list_shop_task_cursor").data
    cursor = first["next"].partition("cursor=")[2]
    second = alice.mcp.call("list_shop_task_cursor", {"cursor": unquote(cursor)}).data
    assert second == alice.rest.get(first["next"]).json()


def test_page_that_is_not_there_is_404(tasks, alice):
    assert alice.compare("get", "/paged/?page=9", "list_shop_task_paged", {"page": 9}).status == 404


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_version_in_the_path(alice, version):
    name = "list_by-path"
    alice.compare("get", f"/path/{version}/by-path/", name, {"version": version})
    alice.compare("get", "/path/v3/by-path/", name, {"version": "v3"})


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_version_in_the_namespace(alice, version):
    answer = alice.compare("get", f"/{version}/by-namespace/", f"list_by-namespace_{version}")
    assert answer.data["version"] == version


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_version_in_the_host(settings, alice, version):
    settings.ALLOWED_HOSTS = [".shop.test", "testserver"]
    host = f"{version}.shop.test"
    by_rest = alice.rest.get("/host/", HTTP_HOST=host).data
    assert by_rest["version"] == version
    assert alice.mcp.call("list_host", HTTP_HOST=host).data == by_rest


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_version_in_the_query(alice, version):
    assert (
        alice.compare("get", f"/query/?version={version}", "list_query", {"version": version}).data["version"]
        == version
    )
    alice.compare("post", f"/query/?version={version}", "create_query", {"version": version}, {})
    alice.compare("get", "/query/", "list_query")
    alice.compare("get", "/query/?version=v3", "list_query", {"version": "v3"})


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_version_in_the_accept_header(alice, version):
    accept = f"application/json; version={version}"
    assert alice.compare("get", "/accept/", "list_accept", {"version": version}, HTTP_ACCEPT=accept).status == 200
    assert alice.mcp.call("list_accept", {"version": version}).data["version"] == version
    assert alice.mcp.call("list_accept").data["version"] == "v1"
    refused = alice.mcp.call("list_accept", {"version": "v3"})
    assert refused.status == alice.rest.get("/accept/", HTTP_ACCEPT="application/json; version=v3").status_code


def test_throttle_counts_tool_calls_and_rest_calls_together(alice, bob):
    assert alice.rest.get("/throttled/").status_code == 200
    assert alice.mcp.call("list_throttled").status == 200
    answer = alice.mcp.call("list_throttled")
    assert answer.status == 429
    assert answer.structured["code"] == "throttled"
    assert 0 < int(answer.structured["retry_after"]) <= 60
    assert f"{answer.structured['retry_after']} seconds" in answer.text
    assert alice.rest.get("/throttled/").status_code == 429
    assert bob.mcp.call("list_throttled").status == 200


def test_throttle_sees_the_clients_own_address(alice):
    for number in (1, 2, 3):
        answer = alice.mcp.call("list_throttled", REMOTE_ADDR=f"10.0.0.{number}")
        assert answer.status == 200
    cache.clear()


@pytest.mark.parametrize(
    ("verb", "action"), [("post", "crash"), ("get", "unrenderable"), ("get", "forgets"), ("get", "says_503")]
)
def test_broken_view_is_an_internal_error_of_the_call(alice, caplog, verb, action):
    response = getattr(alice.rest, verb)(f"/broken/{action}/")
    assert response.status_code >= 500
    caplog.clear()
    answer = alice.mcp.call(f"{action}_shop_task")
    assert answer.error["code"] == -32603
    assert answer.error["message"] == "Internal error"
    shown = str(answer.payload)
    for leak in ("hunter2", "RuntimeError", "Traceback", "internal-host-17", "<"):
        assert leak not in shown
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1, [record.getMessage() for record in errors]
    assert answer.error["data"]["error_id"] in errors[0].getMessage()
    if action == "crash":
        assert errors[0].name == "django.request"
        assert "hunter2" in str(errors[0].exc_info[1])


def test_view_that_answers_500_leaks_nothing(alice):
    answer = alice.mcp.call("says_500_shop_task")
    assert answer.error["code"] == -32603
    assert "internal-host-17" not in str(answer.payload)


def test_broken_view_leaks_nothing_under_debug(settings, alice):
    settings.DEBUG = True
    assert "hunter2" not in str(alice.mcp.call("crash_shop_task").payload)


def test_next_call_after_a_broken_one_works(tasks, alice):
    alice.mcp.call("crash_shop_task")
    alice.compare("get", "/paged/", "list_shop_task_paged")
