"""What the fuzzers found, each as a call of a routed view."""

from __future__ import annotations

from typing import Any

import pytest

from drf_mcp import resource
from tests.hard_cases.callers import MCP
from tests.shop.models import Document

FILE = {"name": "a.txt", "content": "aGVsbG8="}


@pytest.mark.django_db
@pytest.mark.urls("tests.shop.urls.bodies")
@pytest.mark.parametrize("labels", [True, 1, "a", {"no": "list"}], ids=repr)
@pytest.mark.parametrize("form", [{"file": FILE}], ids=["beside a file"])
def test_what_is_no_list_is_refused_beside_a_file_as_it_is_without(labels: Any, form: dict[str, Any]) -> None:
    answer = MCP().call("upload_shop_document", {**form, "labels": labels})
    assert answer.error["code"] == -32602
    assert answer.error["data"] == {"argument": "labels"}


@pytest.mark.django_db
@pytest.mark.urls("tests.shop.urls.bodies")
@pytest.mark.parametrize("kind", [{"no": {"such": "thing"}}, ["draft"]], ids=repr)
def test_what_is_no_text_is_refused_beside_a_file_and_not_left_out(kind: Any) -> None:
    answer = MCP().call("upload_shop_document", {"file": FILE, "kind": kind})
    assert (answer.error["code"], answer.error["data"]) == (-32602, {"argument": "kind"})
    assert not Document.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("declared")
def test_an_escape_in_a_uri_is_one_character_also_where_two_variables_touch() -> None:
    @resource("pair://{first}{second}", mime_type="text/plain")
    def pair(first: str, second: str) -> str:
        """Two values."""
        return f"{first} and {second}"

    answer = MCP().post("resources/read", {"uri": "pair://8%21"})
    assert answer.result["contents"][0]["text"] == "8 and !"
