"""Bodies as a REST client writes them: what DRF's parsers read is what was sent."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.parsers import BaseParser, FileUploadParser, FormParser, JSONParser, MultiPartParser

from drf_mcp.arguments import BoundArguments, Upload
from drf_mcp.bodies import encode_body
from drf_mcp.parameters import Parameter
from drf_mcp.schema import input_schema
from tests.protocol import JSON, steady


class VendorParser(JSONParser):
    media_type = "application/vnd.shop+json"


class OwnParser(BaseParser):
    media_type = "application/problem+json"


def parse(content: bytes, content_type: str) -> Any:
    """Read a body with DRF's own parser."""
    if content_type.startswith("multipart/"):
        meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(content))}
        request = RequestFactory().generic("POST", "/", content, content_type, **meta)
        return MultiPartParser().parse(request, content_type, {"request": request})
    return JSONParser().parse(BytesIO(content))


def form(body: Any = None, **files: Upload) -> Any:
    arguments = BoundArguments(body={} if body is None else body, files=files)
    return parse(*encode_body(arguments, [MultiPartParser]))


def test_a_call_without_a_body_has_no_content_type() -> None:
    assert encode_body(BoundArguments(), [JSONParser]) == (b"", "")


@steady
@given(st.dictionaries(st.text(), JSON) | st.lists(JSON))
def test_json_arrives_as_it_was_sent(body: Any) -> None:
    content, content_type = encode_body(BoundArguments(body=body), [JSONParser])
    assert content_type == "application/json"
    assert json.loads(content) == body


@pytest.mark.parametrize(
    ("parsers", "expected"),
    [
        ([JSONParser, MultiPartParser], "application/json"),
        ([MultiPartParser, FormParser, JSONParser], "application/json"),
        ([VendorParser], "application/vnd.shop+json"),
        ([OwnParser], "application/problem+json"),
        ([FormParser, OwnParser], "application/problem+json"),
        ([FileUploadParser, JSONParser], "application/json"),
        ([], "application/json"),
    ],
)
def test_the_media_type_is_one_that_the_view_reads(parsers, expected: str) -> None:
    assert encode_body(BoundArguments(body={}), parsers)[1] == expected


@pytest.mark.parametrize("parsers", [[MultiPartParser], [FormParser, MultiPartParser]])
def test_a_view_that_reads_only_forms_gets_a_form(parsers) -> None:
    content, content_type = encode_body(BoundArguments(body={"name": "a"}), parsers)
    assert content_type.startswith("multipart/form-data; boundary=")
    assert parse(content, content_type).data.dict() == {"name": "a"}


def test_a_view_that_reads_only_urlencoded_forms_gets_what_it_reads() -> None:
    """``FormParser`` alone reads no multipart: it would answer 415."""
    _, content_type = encode_body(BoundArguments(body={"name": "a"}), [FormParser])
    assert content_type.partition(";")[0] == FormParser.media_type


def test_a_file_makes_a_form_of_the_body() -> None:
    parsed = form({"name": "ä"}, picture=Upload("ü 1.png", "image/png", b"\x89PNG\r\n\x00--"))
    assert parsed.data.dict() == {"name": "ä"}
    file = parsed.files["picture"]
    assert (file.name, file.content_type, file.read()) == ("ü 1.png", "image/png", b"\x89PNG\r\n\x00--")


def test_a_file_beside_a_body_that_is_no_object_stands_alone() -> None:
    parsed = form([1], picture=Upload("a", "text/plain", b"x"))
    assert (len(parsed.data), parsed.files["picture"].read()) == (0, b"x")


class Line(serializers.Serializer):
    sku = serializers.CharField()
    count = serializers.IntegerField()


class Order(serializers.Serializer):
    name = serializers.CharField()
    is_gift = serializers.BooleanField()
    express = serializers.BooleanField()
    note = serializers.CharField(allow_null=True)
    total = serializers.FloatField()
    tags = serializers.ListField(child=serializers.CharField())
    address = Line()
    lines = Line(many=True)


ORDER = {
    "name": "Zoë\r\nSmith",
    "is_gift": True,
    "express": False,
    "note": None,
    "total": 1.5,
    "tags": ["a", "b"],
    "address": {"sku": "x", "count": 1},
    "lines": [{"sku": "y", "count": 2}, {"sku": "z", "count": 3}],
}


def test_a_serializer_reads_from_the_form_what_it_would_read_from_json() -> None:
    properties = input_schema(Order())["properties"]
    fields = {key: Parameter(key, "body", key, schema) for key, schema in properties.items()}
    parsed = parse(*encode_body(BoundArguments(body=ORDER, fields=fields), [MultiPartParser]))
    by_form, by_json = Order(data=parsed.data), Order(data=ORDER)
    assert by_form.is_valid(), by_form.errors
    assert by_json.is_valid(), by_json.errors
    assert by_form.validated_data == by_json.validated_data


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)
FILE_NAMES = st.text("abcäß日.-_ ()[]{}~'%+,=@", min_size=1, max_size=20).filter(lambda name: name.strip(". "))


@steady
@given(st.dictionaries(NAMES, st.text() | st.integers(2)), st.dictionaries(NAMES, st.binary(max_size=200)))
def test_text_and_bytes_come_out_of_a_form_as_they_went_in(values: dict[str, Any], files: dict[str, bytes]) -> None:
    parsed = form(values, **{name: Upload("a.bin", "application/octet-stream", data) for name, data in files.items()})
    assert parsed.data.dict() == {name: str(value) for name, value in values.items()}
    assert {name: file.read() for name, file in parsed.files.items()} == files


@steady
@given(NAMES, st.lists(st.text(), min_size=1, max_size=5))
def test_a_list_comes_out_of_a_form_in_its_order(name: str, values: list[str]) -> None:
    assert form({name: values}).data.getlist(name) == values


@steady
@given(FILE_NAMES)
def test_a_file_name_comes_out_of_a_form_as_it_went_in(name: str) -> None:
    name = name.strip()
    assert form({}, file=Upload(name, "text/plain", b"x")).files["file"].name == name


@pytest.mark.parametrize("name", ['a"b.txt', 'a"; filename="evil.sh', "a\r\nX-Evil: 1\r\n\r\nb"])
def test_no_file_name_breaks_out_of_its_header(name: str) -> None:
    parsed = form({"kept": "1"}, file=Upload(name, "text/plain", b"x"))
    assert list(parsed.files) == ["file"]
    assert parsed.files["file"].read() == b"x"
    assert parsed.data.dict() == {"kept": "1"}


@steady
@given(st.text(max_size=20), st.text(max_size=20))
def test_no_key_or_value_adds_another_part(key: str, value: str) -> None:
    parsed = form({"kept": "1", f"x{key}": value})
    assert len(parsed.data) == 2
    assert parsed.data["kept"] == "1"
    assert parsed.files == {}
