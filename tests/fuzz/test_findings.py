"""What the fuzzers found, each as a call of a routed view."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache

from drf_mcp import resource
from tests.factories import MCPClient
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


@pytest.mark.django_db
@pytest.mark.urls("tests.fuzz.urls")
@pytest.mark.parametrize("further", [0, 1], ids=["the last event", "one that never was"])
def test_a_client_that_has_the_end_of_a_stream_waits_for_nothing(further: int, settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": True, "RECORD": "none"}
    cache.clear()
    alone: dict[str, Any] = {"wsgi.multithread": True, "wsgi.multiprocess": False}
    client = MCPClient(HTTP_ACCEPT="application/json, text/event-stream", **alone)
    opening = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
    client.headers["HTTP_MCP_SESSION_ID"] = client.post(opening)["Mcp-Session-Id"]
    params = {"name": "report", "_meta": {"progressToken": 1}}
    response: Any = client.post({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params})
    name, _, place = re.findall(r"id: (\S+)", b"".join(response.streaming_content).decode())[-1].partition(".")

    headers: dict[str, Any] = {**client.headers, "HTTP_LAST_EVENT_ID": f"{name}.{int(place) + further}"}
    response = client.http.get("/mcp/", **headers)
    assert response.status_code == 400
    assert "nothing is left of this stream" in response.json()["error"]["message"]
